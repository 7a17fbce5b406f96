"""Who of other services uses EC2's nouns, before its network interfaces are there and where no driver translates."""

from __future__ import annotations

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Table
from netflux.errors import AwsError
from netflux.resources.elbv2 import LOAD_BALANCER
from netflux.resources.rds import INSTANCE, SUBNET_GROUP, Instance


def _databases(documents: Documents) -> Table[Instance]:
    return documents.table(INSTANCE)


def check_subnet(documents: Documents, subnet: str) -> None:
    """DependencyViolation where a load balancer or a database is in the subnet, or is about to be."""
    if documents.table(LOAD_BALANCER).has("subnet", subnet) or _databases(documents).has("subnet", subnet):
        raise AwsError("DependencyViolation", f"The subnet '{subnet}' has dependencies and cannot be deleted.")


def check_group(documents: Documents, group: str) -> None:
    """DependencyViolation where a load balancer or a database has the security group."""
    balancers, databases = documents.table(LOAD_BALANCER), _databases(documents)
    if balancers.has("security-group", group) or databases.has("security group", group):
        raise AwsError("DependencyViolation", f"resource {group} has a dependent object")


def on_the_internet(documents: Documents, vpc: str) -> bool:
    """Whether something of the VPC has public addresses: a load balancer, or a database."""
    groups = documents.table(SUBNET_GROUP).keys("vpc", vpc)
    databases = [one for group in groups for one in _databases(documents).where("subnet group", group)]
    public = any(one.settings.get("PubliclyAccessible") for one in databases)
    return public or any(not balancer.internal for balancer in documents.table(LOAD_BALANCER).where("vpc", vpc))
