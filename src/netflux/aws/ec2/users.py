"""Who of other services uses EC2's nouns, before its network interfaces are there and where no driver translates."""

from __future__ import annotations

from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.elbv2 import LOAD_BALANCER


def check_subnet(documents: Documents, subnet: str) -> None:
    """DependencyViolation where a load balancer has a node in the subnet, or is about to."""
    if documents.table(LOAD_BALANCER).has("subnet", subnet):
        raise AwsError("DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted.")


def check_group(documents: Documents, group: str) -> None:
    """DependencyViolation where a load balancer has the security group."""
    if documents.table(LOAD_BALANCER).has("security-group", group):
        raise AwsError("DependencyViolation", f"resource {group} has a dependent object")


def on_the_internet(documents: Documents, vpc: str) -> bool:
    """Whether a load balancer of the VPC has public addresses."""
    return any(not balancer.internal for balancer in documents.table(LOAD_BALANCER).where("vpc", vpc))
