"""Parameters whose type says where their value is looked up: Systems Manager's parameters, and ids of what is there.

"Parameters section", AWS-specific and Systems Manager parameter types.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from netflux.cloudformation import parameters
from netflux.cloudformation.template import Template
from netflux.cloudformation.types.table import Caller
from netflux.errors import AwsError

_LISTED = re.compile(r"List<(.+)>")


@dataclass(frozen=True)
class _Listing:
    """The call that tells whether an id is there: its member for ids, and the errors of those that are not."""

    service: str
    operation: str
    member: str
    several: bool = True


_LISTINGS = {
    "AWS::EC2::AvailabilityZone::Name": _Listing("ec2", "DescribeAvailabilityZones", "ZoneNames"),
    "AWS::EC2::SecurityGroup::GroupName": _Listing("ec2", "DescribeSecurityGroups", "GroupNames"),
    "AWS::EC2::SecurityGroup::Id": _Listing("ec2", "DescribeSecurityGroups", "GroupIds"),
    "AWS::EC2::Subnet::Id": _Listing("ec2", "DescribeSubnets", "SubnetIds"),
    "AWS::EC2::VPC::Id": _Listing("ec2", "DescribeVpcs", "VpcIds"),
    "AWS::Route53::HostedZone::Id": _Listing("route53", "GetHostedZone", "Id", several=False),
    "AWS::SSM::Parameter::Name": _Listing("ssm", "GetParameter", "Name", several=False),
}
"""Key pairs, images, instances and volumes are not here: what is given for them is taken as it is."""


async def resolved(call: Caller, template: Template, values: Mapping[str, str], *, changing: bool) -> dict[str, str]:
    """What the parameters stand for that name Systems Manager's, lists still as one text.

    Args:
        changing: for a change set, of which AWS says it in other words.

    Raises AwsError ValidationError naming all that are not there.
    """
    found: dict[str, str] = {}
    missing = []
    for name, stored in parameters.stored_parameters(template, values).items():
        try:
            answer = await call("ssm", "GetParameter", {"Name": stored})
        except AwsError as error:
            if error.code not in ("ParameterNotFound", "ParameterVersionNotFound"):
                raise
            if changing:
                said = f"Parameter {name} should either have input value or default value"
                raise parameters.invalid(said) from error
            missing.append(stored)
        else:
            found[name] = str(answer["Parameter"]["Value"])
    if missing:
        raise parameters.invalid(
            f"Unable to fetch parameters [{','.join(missing)}] from parameter store for this account."
        )
    return found


async def check(call: Caller, template: Template, values: Mapping[str, str]) -> None:
    """Raises AwsError ValidationError for the first value that should name something and names nothing."""
    for name, text in values.items():
        kind = str(template.parameters[name]["Type"])
        listed = _LISTED.fullmatch(kind)
        listing = _LISTINGS.get(listed.group(1) if listed else kind)
        if listing is None:
            continue
        for value in parameters.parts(text) if listed else [text]:
            if not await _there(call, listing, value):
                raise parameters.invalid(
                    f"Parameter validation failed: parameter value {value} for parameter name {name} does not exist"
                )


async def _there(call: Caller, listing: _Listing, value: str) -> bool:
    """The service's own refusal of the id, whatever its code is, says that there is nothing."""
    asked = [value] if listing.several else value
    try:
        await call(listing.service, listing.operation, {listing.member: asked})
    except AwsError as error:
        if error.status >= 500 or "AccessDenied" in error.code or error.code == "UnauthorizedOperation":
            raise
        return False
    return True
