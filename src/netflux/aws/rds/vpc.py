"""What RDS asks of EC2's records: which subnets and security groups there are, and in which VPC."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.ec2.securitygroup import SECURITY_GROUP
from netflux.resources.ec2.subnet import SUBNET, Subnet


def subnets(documents: Documents, ids: Sequence[str]) -> Sequence[Subnet]:
    """Those of the ids that are there."""
    table = documents.table(SUBNET)
    return [found for found in map(table.get, ids) if found is not None]


def default_subnets(documents: Documents) -> Sequence[Subnet]:
    """The default VPC's; none when there is no default VPC."""
    return [subnet for subnet in documents.table(SUBNET) if subnet.default_for_zone]


def security_groups(documents: Documents, ids: Sequence[str]) -> Mapping[str, str]:
    """The VPC of each; InvalidParameterValue when one is not there."""
    table = documents.table(SECURITY_GROUP)
    found = {identity: table.get(identity) for identity in ids}
    absent = [identity for identity, group in found.items() if group is None]
    if absent:
        raise AwsError("InvalidParameterValue", f"Invalid security group, groups={absent}: they do not exist.")
    return {identity: group.vpc_id for identity, group in found.items() if group is not None}


def default_security_group(documents: Documents, vpc: str) -> str:
    """The VPC's own."""
    found = documents.table(SECURITY_GROUP).where("name", f"{vpc}/default")
    if not found:
        raise AwsError("InvalidVPCNetworkStateFault", f"The VPC {vpc} has no default security group; name one.")
    return found[0].id
