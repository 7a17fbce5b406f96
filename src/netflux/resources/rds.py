"""DB instances as the API accepted them, and the groups that they are in."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError

RUNNING, STOPPED, DELETED = "running", "stopped", "deleted"


@dataclass(frozen=True)
class GroupSubnet:
    """A subnet of a subnet group, and the availability zone that it is in."""

    id: str
    zone: str


@dataclass(frozen=True)
class SubnetGroup:
    """Where DB instances may be placed."""

    name: str
    arn: str
    description: str
    vpc: str
    subnets: tuple[GroupSubnet, ...]
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter:
    """A parameter that a group sets.

    Attributes:
        value: as PostgreSQL's configuration has it, in the parameter's own unit.
        method: `immediate`, or `pending-reboot` where instances of the group get it when they are rebooted.
        static: it takes a reboot in any case.
    """

    value: str
    method: str
    static: bool = False


@dataclass(frozen=True)
class ParameterGroup:
    """What DB instances of one family are configured with, by parameter; the default groups are no records."""

    name: str
    arn: str
    family: str
    description: str
    parameters: dict[str, Parameter] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Instance:
    """What the API accepted.

    Attributes:
        parameter_group: empty for the default one of its family.
        settings: recorded members of the DBInstance shape, with AWS's defaults filled in.
        run: `running`, `stopped` or `deleted`.
        prepared: roles and databases are made, and the master user or rdsadmin has logged in once.
        verifier: SCRAM verifier of a password that is still to be set; empty when there is none. The password itself
            is nowhere on disk.
        secret: name of the secret that RDS manages; empty when the user chose the password.
        secret_arn: empty until the secret exists.
        secret_new: the secret's password is still to be set.
        reboots: how many were asked for.
        rebooted: how many of them were done.
    """

    identifier: str
    arn: str
    resource_id: str
    created: str
    engine_version: str
    master: str
    database: str
    port: int
    subnet_group: str
    subnet: str
    zone: str
    groups: list[str]
    settings: dict[str, Any]
    run: str = RUNNING
    prepared: bool = False
    verifier: str = ""
    secret: str = ""
    secret_arn: str = ""
    secret_key: str = ""
    secret_new: bool = False
    reboots: int = 0
    rebooted: int = 0
    pending: dict[str, Any] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    parameter_group: str = ""

    @property
    def owner(self) -> str:
        """Of its network interface."""
        return f"rds/{self.identifier}"

    @property
    def family(self) -> str:
        """Of the parameter groups that it may have, e.g. `postgres17`."""
        return f"postgres{self.engine_version.partition('.')[0]}"


@dataclass(frozen=True)
class Event:
    """What happened to a DB instance.

    Attributes:
        number: of all events, from 1 on.
        source: the instance's identifier.
        arn: the instance's.
    """

    number: int
    source: str
    arn: str
    message: str
    category: str
    at: datetime

    @property
    def key(self) -> str:
        """In the order of their numbers."""
        return f"{self.number:012}"


def _subnets_in_use(group: SubnetGroup, instance: str) -> AwsError:
    return AwsError(
        "InvalidDBSubnetGroupStateFault",
        f"Cannot delete the subnet group '{group.name}' because at least one database instance: {instance} is still "
        "using it.",
    )


def _parameters_in_use(group: ParameterGroup, instance: str) -> AwsError:
    return AwsError(
        "InvalidDBParameterGroupState",
        f"One or more database instances are still members of this parameter group {group.name}, so the group cannot "
        f"be deleted: {instance}.",
    )


SUBNET_GROUP = Schema(
    "rds/subnet-group",
    SubnetGroup,
    lambda group: group.name,
    indices={"subnet": lambda group: [subnet.id for subnet in group.subnets], "vpc": lambda group: (group.vpc,)},
    in_use=_subnets_in_use,
    remedy="Make it anew: aws rds create-db-subnet-group --db-subnet-group-name {key}.",
)
PARAMETER_GROUP = Schema(
    "rds/parameter-group",
    ParameterGroup,
    lambda group: group.name,
    in_use=_parameters_in_use,
    remedy="Make it anew: aws rds create-db-parameter-group --db-parameter-group-name {key}.",
)
INSTANCE = Schema(
    "rds/instance",
    Instance,
    lambda instance: instance.identifier,
    indices={
        "subnet group": lambda instance: (instance.subnet_group,),
        "parameter group": lambda instance: (instance.parameter_group,),
        "security group": lambda instance: instance.groups,
        "subnet": lambda instance: (instance.subnet,),
    },
    references={"subnet group": SUBNET_GROUP.name, "parameter group": PARAMETER_GROUP.name},
    remedy="Its data stays in databases/{key}. Put a copy of netflux.db back.",
)
EVENT = Schema("rds/instance-event", Event, lambda event: event.key, remedy="It is an event only.")
