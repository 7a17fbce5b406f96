"""Option groups: the default ones and those that were made. PostgreSQL has no options to put into them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netflux.aws.rds.pages import page
from netflux.aws.rds.part import TAGS, Part, check_identifier, combination, invalid, own
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.rds import OptionGroup

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import (
        CreateOptionGroupMessageTypeDef,
        DeleteOptionGroupMessageTypeDef,
        DescribeOptionGroupsMessageTypeDef,
        ModifyOptionGroupMessageTypeDef,
    )

_MOST_GROUPS = 20  # "Quotas and constraints for Amazon RDS", RDS User Guide
_DEFAULT = "default:"
_NO_OPTIONS = "PostgreSQL has no options: leave it out."


class OptionGroupOperations(Part):
    """Handlers of option groups."""

    @operation(
        "OptionGroupName EngineName MajorEngineVersion OptionGroupDescription Tags(Key Value)",
        only={"EngineName": ("postgres",)},
    )
    def create_option_group(self, call: Call, request: CreateOptionGroupMessageTypeDef) -> dict[str, Any]:
        """Names are kept in lower case ("CreateOptionGroup", Amazon RDS API Reference)."""
        name, major = request["OptionGroupName"].lower(), request["MajorEngineVersion"]
        check_identifier("OptionGroupName", name, 255)
        if not request["OptionGroupDescription"].strip():
            raise invalid("The parameter OptionGroupDescription must be provided and must not be blank.")
        if major not in [one.major for one in self.installations]:
            have = ", ".join(one.major for one in self.installations) or "none"
            raise combination(f"Cannot find major version {major} for postgres. On this machine there are: {have}.")
        tags = TAGS.read(request.get("Tags"), own(call))
        if name in self.option_groups:
            raise AwsError("OptionGroupAlreadyExistsFault", f"An option group named {name} already exists.")
        if len(self.option_groups) >= _MOST_GROUPS:
            raise AwsError("OptionGroupQuotaExceededFault", f"The account has {_MOST_GROUPS} option groups already.")
        where = arn("rds", f"og:{name}", call.account, call.region)
        made = OptionGroup(name, where, request["OptionGroupDescription"], major, tags)
        self.option_groups.put(made)
        return {"OptionGroup": _shape(made)}

    @operation(
        "OptionGroupName OptionsToRemove",
        neutral={"ApplyImmediately": "There is nothing to apply."},
        refused={"OptionsToInclude": _NO_OPTIONS},
        only={"OptionsToRemove": ([],)},
    )
    def modify_option_group(self, call: Call, request: ModifyOptionGroupMessageTypeDef) -> dict[str, Any]:
        """There is nothing to change in it."""
        return {"OptionGroup": _shape(self._own_options(call, request["OptionGroupName"]))}

    @operation("OptionGroupName")
    def delete_option_group(self, call: Call, request: DeleteOptionGroupMessageTypeDef) -> dict[str, Any]:
        """Refused for default groups, and while a DB instance is in it."""
        self.option_groups.delete(self._own_options(call, request["OptionGroupName"]).name)
        return {}

    @operation(
        "OptionGroupName EngineName MajorEngineVersion MaxRecords Marker",
        refused={"Filters": "Leave it out: AWS has none for it."},
    )
    def describe_option_groups(self, call: Call, request: DescribeOptionGroupsMessageTypeDef) -> dict[str, Any]:
        """The default ones, and those that were made."""
        found: Sequence[OptionGroup] = sorted([*self._defaults(call), *self.option_groups], key=lambda one: one.name)
        if request.get("OptionGroupName"):
            found = [self.option_group(call, request["OptionGroupName"])]
        if "EngineName" in request and request["EngineName"] != "postgres":
            found = []
        found = [one for one in found if request.get("MajorEngineVersion", one.major) == one.major]
        shown, marker = page(found, request, lambda one: one.name)
        return {"OptionGroupsList": [_shape(one) for one in shown], **({"Marker": marker} if marker else {})}

    def option_group(self, call: Call, name: str) -> OptionGroup:
        """One that was made or a default one; OptionGroupNotFoundFault when there is none of the name."""
        wanted = name.lower()
        found = self.option_groups.get(wanted)
        for group in () if found else self._defaults(call):
            found = group if group.name == wanted else found
        if found is None:
            raise AwsError("OptionGroupNotFoundFault", f"Specified OptionGroupName: {name} not found.", 404)
        return found

    def chosen_options(self, call: Call, name: str, version: str) -> str:
        """The group of this name as an instance's record has it: nothing for the default one, or without a name."""
        if not name:
            return ""
        group = self.option_group(call, name)
        if group.major != version.partition(".")[0]:
            raise combination(f"The option group {name} can't be used with engine postgres, version {version}.")
        return "" if group.name.startswith(_DEFAULT) else group.name

    def _own_options(self, call: Call, name: str) -> OptionGroup:
        group = self.option_group(call, name)
        if group.name.startswith(_DEFAULT):
            raise AwsError("InvalidOptionGroupStateFault", f"A default option group stays as it is: {group.name}.")
        return group

    def _defaults(self, call: Call) -> list[OptionGroup]:
        made = []
        for one in self.installations:
            name = default_name(one.major)
            where = arn("rds", f"og:{name}", call.account, call.region)
            made.append(OptionGroup(name, where, f"Default option group for postgres {one.major}", one.major))
        return made


def default_name(major: str) -> str:
    """Of the group that an instance of the major version is in where none is named."""
    return f"{_DEFAULT}postgres-{major}"


def _shape(group: OptionGroup) -> dict[str, Any]:
    return {
        "OptionGroupName": group.name,
        "OptionGroupDescription": group.description,
        "EngineName": "postgres",
        "MajorEngineVersion": group.major,
        "Options": [],
        "AllowsVpcAndNonVpcInstanceMemberships": True,
        "OptionGroupArn": group.arn,
    }
