"""Managed policies and their versions: the account's own, and AWS's, which nobody can change."""

from __future__ import annotations

import hashlib
from base64 import b32encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import documents, errors, quotas, shape
from netflux.aws.iam.tables import TAGS, Tables, paged, tagged, tags_page, under, untagged
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.moto import managedpolicies
from netflux.controlplane.moto.managedpolicies import AwsPolicy
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.iam.policy import AWS_MANAGED, ManagedPolicy, PolicyVersion

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types


class Policies:
    """Operations on managed policies."""

    tables: Tables

    @operation("PolicyName Path PolicyDocument Description Tags(Key Value)")
    def create_policy(self, _call: Call, request: types.CreatePolicyRequestTypeDef) -> dict[str, Any]:
        """Refuses a name that another policy has, whatever its case or path."""
        name, path, policies = request["PolicyName"], request.get("Path") or "/", self.tables.policies
        if policies.has("name", name.lower()):
            raise errors.exists(f"A policy called {name} already exists. Duplicate names are not allowed.")
        documents.managed(request["PolicyDocument"])
        if len(policies) >= quotas.POLICIES:
            raise errors.exceeded("PoliciesPerAccount", quotas.POLICIES)
        now = self.tables.now()
        policy = ManagedPolicy(
            id=identifiers.base32("ANPA", 17),
            name=name,
            path=path,
            arn=self.tables.arn(f"policy{path}{name}"),
            created=now,
            updated=now,
            default="v1",
            versions=(PolicyVersion("v1", request["PolicyDocument"], now),),
            description=request.get("Description") or "",
            tags=TAGS.read(request.get("Tags")),
        )
        policies.put(policy)
        return {"Policy": {**self._policy(policy), **shape.tags(policy.tags)}}

    @operation("PolicyArn")
    def get_policy(self, _call: Call, request: types.GetPolicyRequestTypeDef) -> dict[str, Any]:
        """With its tags, even where there are none."""
        policy = self.tables.policy(request["PolicyArn"])
        shown = self._policy(policy)
        if isinstance(policy, ManagedPolicy):
            described = {"Description": policy.description} if policy.description else {}
            return {"Policy": {**shown, **described, "Tags": TAGS.shown(policy.tags)}}
        return {"Policy": {**shown, "Tags": []}}

    @operation("Scope OnlyAttached PathPrefix PolicyUsageFilter Marker MaxItems")
    def list_policies(self, _call: Call, request: types.ListPoliciesRequestTypeDef) -> dict[str, Any]:
        """The account's own, then AWS's."""
        page = paged("Policies", [*self._listed(request)], request)
        page["Policies"] = [self._policy(self.tables.policy(arn)) for arn in page["Policies"]]
        return page

    @operation("PolicyArn")
    def delete_policy(self, _call: Call, request: types.DeletePolicyRequestTypeDef) -> dict[str, Any]:
        """Refuses while anybody has it, or it has other versions ("DeletePolicy", IAM API Reference)."""
        policy = self.tables.own_policy(request["PolicyArn"])
        if any(self._uses(policy.arn)):
            raise AwsError("DeleteConflict", "Cannot delete a policy attached to entities.")
        if len(policy.versions) > 1:
            raise AwsError(
                "DeleteConflict",
                "This policy has more than one version. Before you delete a policy, you must delete the policy's "
                "versions. The default version is deleted with the policy.",
            )
        self.tables.policies.delete(policy.arn)
        return {}

    @operation("PolicyArn PolicyDocument SetAsDefault")
    def create_policy_version(self, _call: Call, request: types.CreatePolicyVersionRequestTypeDef) -> dict[str, Any]:
        """The number of a version that was deleted is not used again."""
        policy = self.tables.own_policy(request["PolicyArn"])
        documents.managed(request["PolicyDocument"])
        if len(policy.versions) >= quotas.VERSIONS:
            raise AwsError(
                "LimitExceeded",
                "A managed policy can have up to 5 versions. Before you create a new version, you must delete an "
                "existing version.",
            )
        now, number = self.tables.now(), policy.latest + 1
        version = PolicyVersion(f"v{number}", request["PolicyDocument"], now)
        default = version.id if request.get("SetAsDefault") else policy.default
        changed = replace(policy, versions=(*policy.versions, version), latest=number, default=default, updated=now)
        self.tables.policies.put(changed)
        return {"PolicyVersion": _version(changed, version)}

    @operation("PolicyArn VersionId")
    def get_policy_version(self, _call: Call, request: types.GetPolicyVersionRequestTypeDef) -> dict[str, Any]:
        """Of AWS's policies the version in force is known here, and no other."""
        policy, wanted = self.tables.policy(request["PolicyArn"]), request["VersionId"]
        if isinstance(policy, AwsPolicy):
            if wanted != policy.version:
                raise _no_version(policy.arn, wanted)
            return {"PolicyVersion": {**_aws_version(policy), "Document": shape.document(policy.document)}}
        version = _found(policy, wanted)
        return {"PolicyVersion": {**_version(policy, version), "Document": shape.document(version.document)}}

    @operation("PolicyArn Marker MaxItems")
    def list_policy_versions(self, _call: Call, request: types.ListPolicyVersionsRequestTypeDef) -> dict[str, Any]:
        """Newest first, without their documents."""
        policy = self.tables.policy(request["PolicyArn"])
        if isinstance(policy, AwsPolicy):
            return paged("Versions", [_aws_version(policy)], request)
        return paged("Versions", [_version(policy, version) for version in reversed(policy.versions)], request)

    @operation("PolicyArn VersionId")
    def delete_policy_version(self, _call: Call, request: types.DeletePolicyVersionRequestTypeDef) -> dict[str, Any]:
        """Refuses the one in force."""
        policy = self.tables.own_policy(request["PolicyArn"])
        version = _found(policy, request["VersionId"])
        if version.id == policy.default:
            raise AwsError("DeleteConflict", "Cannot delete the default version of a policy.")
        left = tuple(each for each in policy.versions if each.id != version.id)
        self.tables.policies.put(replace(policy, versions=left, updated=self.tables.now()))
        return {}

    @operation("PolicyArn VersionId")
    def set_default_policy_version(
        self, _call: Call, request: types.SetDefaultPolicyVersionRequestTypeDef
    ) -> dict[str, Any]:
        """Puts it in force for everybody who has the policy."""
        policy = self.tables.own_policy(request["PolicyArn"])
        version = _found(policy, request["VersionId"])
        self.tables.policies.put(replace(policy, default=version.id, updated=self.tables.now()))
        return {}

    @operation("PolicyArn Tags(Key Value)")
    def tag_policy(self, _call: Call, request: types.TagPolicyRequestTypeDef) -> dict[str, Any]:
        """A key that is there in another case is replaced."""
        policy = self.tables.own_policy(request["PolicyArn"])
        self.tables.policies.put(replace(policy, tags=tagged(policy.tags, request)))
        return {}

    @operation("PolicyArn TagKeys")
    def untag_policy(self, _call: Call, request: types.UntagPolicyRequestTypeDef) -> dict[str, Any]:
        """Keys that are not there are none to remove."""
        policy = self.tables.own_policy(request["PolicyArn"])
        self.tables.policies.put(replace(policy, tags=untagged(policy.tags, request)))
        return {}

    @operation("PolicyArn Marker MaxItems")
    def list_policy_tags(self, _call: Call, request: types.ListPolicyTagsRequestTypeDef) -> dict[str, Any]:
        """Its tags."""
        policy = self.tables.policy(request["PolicyArn"])
        return tags_page(policy.tags if isinstance(policy, ManagedPolicy) else {}, request)

    def _listed(self, request: Mapping[str, Any]) -> Iterator[str]:
        scope, usage = request.get("Scope") or "All", request.get("PolicyUsageFilter")
        own = [(policy.arn, policy.path) for policy in self.tables.policies] if scope != "AWS" else []
        aws = [(arn, entry.path) for arn, entry in managedpolicies.index().items()] if scope != "Local" else []
        for arn, path in (*own, *aws):
            if not under(path, request):
                continue
            attached, bounding = self._uses(arn) if usage or request.get("OnlyAttached") else (0, 0)
            if request.get("OnlyAttached") and not (attached or bounding):
                continue
            if (usage == "PermissionsPolicy" and not attached) or (usage == "PermissionsBoundary" and not bounding):
                continue
            yield arn

    def _uses(self, arn: str) -> tuple[int, int]:
        """How many have the policy, and of how many it is the boundary."""
        tables = self.tables
        attached = sum(len(kind.table.keys("attached", arn)) for kind in (tables.users, tables.roles, tables.groups))
        return attached, sum(len(kind.table.keys("boundary", arn)) for kind in (tables.users, tables.roles))

    def _policy(self, policy: ManagedPolicy | AwsPolicy) -> dict[str, Any]:
        attached, bounding = self._uses(policy.arn)
        own = isinstance(policy, ManagedPolicy)
        return {
            "PolicyName": policy.name,
            "PolicyId": policy.id if isinstance(policy, ManagedPolicy) else aws_id(policy.arn),
            "Arn": policy.arn,
            "Path": policy.path,
            "DefaultVersionId": policy.default if isinstance(policy, ManagedPolicy) else policy.version,
            "AttachmentCount": attached,
            "PermissionsBoundaryUsageCount": bounding,
            "IsAttachable": own or not policy.arn.startswith(f"{AWS_MANAGED}aws-service-role/"),
            "CreateDate": policy.created,
            "UpdateDate": policy.updated,
        }


def aws_id(arn: str) -> str:
    """A unique id of one of AWS's policies, always the same: those that AWS gave them are in no data here."""
    return "ANPA" + b32encode(hashlib.sha256(arn.encode()).digest()).decode()[:17]


def _found(policy: ManagedPolicy, wanted: str) -> PolicyVersion:
    for version in policy.versions:
        if version.id == wanted:
            return version
    raise _no_version(policy.arn, wanted)


def _no_version(arn: str, version: str) -> AwsError:
    return errors.missing(f"Policy {arn} version {version} does not exist or is not attachable.")


def _version(policy: ManagedPolicy, version: PolicyVersion) -> dict[str, Any]:
    return {
        "VersionId": version.id,
        "IsDefaultVersion": version.id == policy.default,
        "CreateDate": version.created,
    }


def _aws_version(policy: AwsPolicy) -> dict[str, Any]:
    return {"VersionId": policy.version, "IsDefaultVersion": True, "CreateDate": policy.updated}
