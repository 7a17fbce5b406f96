"""Instance profiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import errors, quotas, shape
from netflux.aws.iam.roles import modifiable
from netflux.aws.iam.tables import TAGS, Tables, paged, tagged, tags_page, under, untagged
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.resources.iam.profile import InstanceProfile

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types


class InstanceProfiles:
    """Operations on instance profiles."""

    tables: Tables

    @operation("InstanceProfileName Path Tags(Key Value)")
    def create_instance_profile(
        self, _call: Call, request: types.CreateInstanceProfileRequestTypeDef
    ) -> dict[str, Any]:
        """Refuses a name that another one has, whatever its case."""
        name, path, profiles = request["InstanceProfileName"], request.get("Path") or "/", self.tables.profiles
        if profiles.has("name", name.lower()):
            raise errors.exists(f"Instance Profile {name} already exists.")
        if len(profiles) >= quotas.INSTANCE_PROFILES:
            raise errors.exceeded("InstanceProfilesPerAccount", quotas.INSTANCE_PROFILES)
        arn = self.tables.arn(f"instance-profile{path}{name}")
        tags = TAGS.read(request.get("Tags"))
        made = InstanceProfile(identifiers.base32("AIPA", 17), name, path, arn, self.tables.now(), tags=tags)
        profiles.put(made)
        return {"InstanceProfile": self._profile(made)}

    @operation("InstanceProfileName")
    def get_instance_profile(self, _call: Call, request: types.GetInstanceProfileRequestTypeDef) -> dict[str, Any]:
        """The profile with its role."""
        return {"InstanceProfile": self._profile(self.tables.profile(request["InstanceProfileName"]))}

    @operation("PathPrefix Marker MaxItems")
    def list_instance_profiles(self, _call: Call, request: types.ListInstanceProfilesRequestTypeDef) -> dict[str, Any]:
        """Those below a path."""
        found = [profile for profile in self.tables.profiles if under(profile.path, request)]
        return self._profiles(found, request)

    @operation("RoleName Marker MaxItems")
    def list_instance_profiles_for_role(
        self, _call: Call, request: types.ListInstanceProfilesForRoleRequestTypeDef
    ) -> dict[str, Any]:
        """Those that the role is in."""
        return self._profiles(self.tables.profiles.where("role", self.tables.roles.find(request).id), request)

    @operation("InstanceProfileName")
    def delete_instance_profile(
        self, _call: Call, request: types.DeleteInstanceProfileRequestTypeDef
    ) -> dict[str, Any]:
        """Refuses while it has a role."""
        profile = self.tables.profile(request["InstanceProfileName"])
        if profile.role:
            raise errors.conflict("remove roles from instance profile")
        self.tables.profiles.delete(profile.id)
        return {}

    @operation("InstanceProfileName RoleName")
    def add_role_to_instance_profile(
        self, _call: Call, request: types.AddRoleToInstanceProfileRequestTypeDef
    ) -> dict[str, Any]:
        """A profile has one role, and AWS raises that for nobody."""
        profile = self.tables.profile(request["InstanceProfileName"])
        role = modifiable(self.tables.roles.find(request))
        if profile.role:
            raise errors.exceeded("InstanceSessionsPerInstanceProfile", 1)
        self.tables.profiles.put(replace(profile, role=role.id))
        return {}

    @operation("InstanceProfileName RoleName")
    def remove_role_from_instance_profile(
        self, _call: Call, request: types.RemoveRoleFromInstanceProfileRequestTypeDef
    ) -> dict[str, Any]:
        """Refuses a role that is not in it."""
        profile = self.tables.profile(request["InstanceProfileName"])
        role = self.tables.roles.find(request)
        if profile.role != role.id:
            raise errors.missing(f"Role {role.name} in Instance Profile {profile.name} cannot be found.")
        self.tables.profiles.put(replace(profile, role=""))
        return {}

    @operation("InstanceProfileName Tags(Key Value)")
    def tag_instance_profile(self, _call: Call, request: types.TagInstanceProfileRequestTypeDef) -> dict[str, Any]:
        """A key that is there in another case is replaced."""
        profile = self.tables.profile(request["InstanceProfileName"])
        self.tables.profiles.put(replace(profile, tags=tagged(profile.tags, request)))
        return {}

    @operation("InstanceProfileName TagKeys")
    def untag_instance_profile(self, _call: Call, request: types.UntagInstanceProfileRequestTypeDef) -> dict[str, Any]:
        """Keys that are not there are none to remove."""
        profile = self.tables.profile(request["InstanceProfileName"])
        self.tables.profiles.put(replace(profile, tags=untagged(profile.tags, request)))
        return {}

    @operation("InstanceProfileName Marker MaxItems")
    def list_instance_profile_tags(
        self, _call: Call, request: types.ListInstanceProfileTagsRequestTypeDef
    ) -> dict[str, Any]:
        """Its tags."""
        return tags_page(self.tables.profile(request["InstanceProfileName"]).tags, request)

    def _profile(self, profile: InstanceProfile, *, listed: bool = False) -> dict[str, Any]:
        return shape.profile(profile, self.tables.roles.table.get(profile.role), listed=listed)

    def _profiles(self, found: list[InstanceProfile], request: Mapping[str, Any]) -> dict[str, Any]:
        return paged("InstanceProfiles", [self._profile(profile, listed=True) for profile in found], request)
