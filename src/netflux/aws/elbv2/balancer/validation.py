"""What a load balancer may be. Pure.

API reference, CreateLoadBalancer; user guide, "Subnets for your load balancer".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from netflux.aws.elbv2 import quotas
from netflux.errors import AwsError
from netflux.resources.ec2.subnet import Subnet
from netflux.resources.elbv2 import LoadBalancer

_NAME = re.compile(r"(?!-)(?!internal-)(?!.*--)[A-Za-z0-9-]{1,32}(?<!-)")
_LEAST_FREE = 8
"""Addresses in each subnet; user guide, as above."""
_LONGEST_PREFIX = 27
"""Of a subnet's block; user guide, as above."""


def name(text: str) -> None:
    """Of a new load balancer."""
    if not _NAME.fullmatch(text):
        raise AwsError(
            "ValidationError",
            f"The load balancer name '{text}' can have 1-32 letters, digits and single hyphens, must not "
            "begin or end with a hyphen, and must not begin with 'internal-'",
        )


def subnets(request: Mapping[str, Any]) -> list[str]:
    """The ids of CreateLoadBalancer or SetSubnets."""
    if request.get("Subnets") and request.get("SubnetMappings"):
        raise AwsError("ValidationError", "Either subnets or subnet mappings can be specified, not both")
    mapped = [mapping.get("SubnetId", "") for mapping in request.get("SubnetMappings") or ()]
    found = [*(request.get("Subnets") or ()), *mapped]
    if len(set(found)) < len(found):
        raise AwsError("InvalidConfigurationRequest", "A subnet can't be specified more than once")
    if len(found) < 2:
        raise AwsError("ValidationError", "At least two subnets in two different Availability Zones must be specified")
    return found


def together(found: Sequence[Subnet]) -> None:
    """Subnets of one VPC, each in a zone of its own."""
    if len({subnet.vpc_id for subnet in found}) > 1:
        raise AwsError("InvalidConfigurationRequest", "All subnets must belong to the same VPC")
    if len({subnet.zone for subnet in found}) < len(found):
        raise AwsError(
            "InvalidConfigurationRequest",
            "A load balancer cannot be attached to multiple subnets in the same Availability Zone",
        )


def roomy(found: Sequence[Subnet], free: Callable[[Subnet], int]) -> None:
    """Subnets that nodes can be put into.

    Args:
        found: the subnets.
        free: how many of a subnet's addresses nobody has.
    """
    for subnet in found:
        length = int(subnet.cidr_block.partition("/")[2] or 32)
        if length > _LONGEST_PREFIX or free(subnet) < _LEAST_FREE:
            raise AwsError(
                "InvalidSubnet",
                f"Subnet '{subnet.id}' is too small or full: a load balancer needs a block of /{_LONGEST_PREFIX} or "
                f"larger and {_LEAST_FREE} free IP addresses in it",
            )


def security_groups(vpcs: Mapping[str, str], vpc: str) -> None:
    """Security groups, by id with their VPCs, of a load balancer in a VPC."""
    for group, found in vpcs.items():
        if found != vpc:
            raise AwsError("InvalidConfigurationRequest", f"Security group '{group}' does not belong to VPC '{vpc}'")
    if len(vpcs) > quotas.SECURITY_GROUPS:
        raise AwsError(
            "InvalidConfigurationRequest",
            f"A load balancer can have at most '{quotas.SECURITY_GROUPS}' security groups, not '{len(vpcs)}'",
        )


def same(known: LoadBalancer, wanted: LoadBalancer) -> bool:
    """Whether CreateLoadBalancer asks for what is there."""
    subnets_of = [{zone.subnet for zone in one.zones} for one in (known, wanted)]
    return (
        subnets_of[0] == subnets_of[1]
        and known.internal == wanted.internal
        and {*known.security_groups} == {*wanted.security_groups}
    )
