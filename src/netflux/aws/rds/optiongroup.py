"""The default option groups of the engine versions on this machine: PostgreSQL has no options to put into others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netflux.aws.rds.installation import Installation
from netflux.aws.rds.pages import page
from netflux.aws.rds.part import Part, combination
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import DescribeOptionGroupsMessageTypeDef


class OptionGroupOperations(Part):
    """Handlers of option groups."""

    @operation(
        "OptionGroupName EngineName MajorEngineVersion MaxRecords Marker",
        refused={"Filters": "Leave it out: AWS has none for it."},
    )
    def describe_option_groups(self, call: Call, request: DescribeOptionGroupsMessageTypeDef) -> dict[str, Any]:
        """The default ones: no other can be made."""
        name = request.get("OptionGroupName", "").lower()
        found = [_shape(call, one) for one in self.installations]
        if name and name not in [one["OptionGroupName"] for one in found]:
            raise _absent(name)
        wanted = {
            "OptionGroupName": name or None,
            "EngineName": request.get("EngineName"),
            "MajorEngineVersion": request.get("MajorEngineVersion"),
        }
        found = [one for one in found if all(value in (None, one[key]) for key, value in wanted.items())]
        shown, marker = page(found, request, lambda one: str(one["OptionGroupName"]))
        return {"OptionGroupsList": shown, **({"Marker": marker} if marker else {})}


def check(name: str, version: str, installations: Sequence[Installation]) -> None:
    """Refuses a group that is not there, or is another version's; no name asks for the default one."""
    if not name:
        return
    if name.lower() not in [_name(one.major) for one in installations]:
        raise _absent(name)
    if name.lower() != _name(version.partition(".")[0]):
        raise combination(f"The option group {name} can't be used with engine postgres, version {version}.")


def _name(major: str) -> str:
    return f"default:postgres-{major}"


def _absent(name: str) -> AwsError:
    return AwsError("OptionGroupNotFoundFault", f"Specified OptionGroupName: {name} not found.", 404)


def _shape(call: Call, installation: Installation) -> dict[str, Any]:
    name = _name(installation.major)
    return {
        "OptionGroupName": name,
        "OptionGroupDescription": f"Default option group for postgres {installation.major}",
        "EngineName": "postgres",
        "MajorEngineVersion": installation.major,
        "Options": [],
        "AllowsVpcAndNonVpcInstanceMemberships": True,
        "OptionGroupArn": f"arn:aws:rds:{call.region}:{call.account}:og:{name}",
    }
