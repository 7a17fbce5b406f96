"""DB instances as the API accepted them, the groups that they are in, and the snapshots of their data."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.controlplane.records.table import Body, Schema
from netflux.errors import AwsError

RUNNING, STOPPED, DELETED = "running", "stopped", "deleted"
CREATING, AVAILABLE, FAILED, DELETING = "creating", "available", "failed", "deleting"
MANUAL, AUTOMATED = "manual", "automated"


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
class OptionGroup:
    """Options of a major version; PostgreSQL has none that could be in it."""

    name: str
    arn: str
    description: str
    major: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class EventSubscription:
    """Which events a topic is told of.

    Attributes:
        topic: ARN.
        kind: SourceType; empty for every one.
        categories: none for every one.
        sources: identifiers; none for every one.
    """

    name: str
    arn: str
    topic: str
    created: datetime
    kind: str = ""
    categories: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    enabled: bool = True
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
        option_group: empty for the default one of its version.
        restored: folder of the snapshot that its data are made of; empty for a new cluster.
        final: folder of the snapshot that its deletion leaves; empty for none.
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
    option_group: str = ""
    restored: str = ""
    final: str = ""

    @property
    def owner(self) -> str:
        """Of its network interface."""
        return f"rds/{self.identifier}"

    @property
    def family(self) -> str:
        """Of the parameter groups that it may have, e.g. `postgres17`."""
        return f"postgres{self.engine_version.partition('.')[0]}"


@dataclass(frozen=True)
class Snapshot:
    """A copy of a DB instance's data, with what an instance is that is restored from it.

    Attributes:
        folder: name of the folder of its files, which no other snapshot ever has.
        identifier: another one may have it while this one is being deleted.
        instance: identifier of the DB instance.
        resource_id: of the DB instance, whose identifier another one may have later.
        kind: `manual`, or `automated` for one that RDS takes in the daily window.
        created: when its data were copied; before that, when it was asked for.
        asked: when it was asked for.
        status: `available` only after its files were whole and verified.
        settings: recorded members of the DBInstance shape, as they were when it was asked for.
        source: ARN of the snapshot that it is a copy of; empty where it was taken of the instance.
        size: bytes of its files; 0 until they are there.
    """

    identifier: str
    arn: str
    folder: str
    instance: str
    resource_id: str
    kind: str
    created: datetime
    asked: datetime
    instance_created: datetime
    engine_version: str
    master: str
    database: str
    port: int
    zone: str
    vpc: str
    settings: dict[str, Any]
    status: str = CREATING
    source: str = ""
    size: int = 0
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Event:
    """What happened to a DB instance, or to a snapshot.

    Attributes:
        number: of all events, from 1 on.
        source: the instance's or the snapshot's identifier.
        arn: the instance's or the snapshot's.
        kind: SourceType of RDS's events.
    """

    number: int
    source: str
    arn: str
    message: str
    category: str
    at: datetime
    kind: str = "db-instance"

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


def _options_in_use(group: OptionGroup, instance: str) -> AwsError:
    return AwsError(
        "InvalidOptionGroupStateFault",
        f"The option group '{group.name}' cannot be deleted because it is in use by the DB instance {instance}.",
    )


def _restoring(snapshot: Snapshot, instance: str) -> AwsError:
    return AwsError(
        "InvalidDBSnapshotState",
        f"Cannot delete the snapshot {snapshot.identifier} because the DB instance {instance} is being restored from "
        "it. Wait until that one is available.",
    )


def _since_snapshots(body: Body) -> Body:
    return {**body, "option_group": "", "restored": "", "final": ""}


def _with_kind(body: Body) -> Body:
    return {**body, "kind": "db-instance"}


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
OPTION_GROUP = Schema(
    "rds/option-group",
    OptionGroup,
    lambda group: group.name,
    in_use=_options_in_use,
    remedy="Make it anew: aws rds create-option-group --option-group-name {key}.",
)
EVENT_SUBSCRIPTION = Schema(
    "rds/event-subscription",
    EventSubscription,
    lambda subscription: subscription.name,
    remedy="Make it anew: aws rds create-event-subscription --subscription-name {key}.",
)
SNAPSHOT = Schema(
    "rds/snapshot",
    Snapshot,
    lambda snapshot: snapshot.folder,
    indices={
        "identifier": lambda snapshot: () if snapshot.status == DELETING else (snapshot.identifier,),
        "owed": lambda snapshot: (snapshot.instance,) if snapshot.status == CREATING and not snapshot.source else (),
        "copied": lambda snapshot: (snapshot.source,) if snapshot.status == CREATING and snapshot.source else (),
        "resource": lambda snapshot: (snapshot.resource_id,),
        "kind": lambda snapshot: (snapshot.kind,),
        "status": lambda snapshot: (snapshot.status,),
    },
    in_use=_restoring,
    remedy="Its files stay in snapshots/{key}. Put a copy of netflux.db back.",
)
INSTANCE = Schema(
    "rds/instance",
    Instance,
    lambda instance: instance.identifier,
    indices={
        "subnet group": lambda instance: (instance.subnet_group,),
        "parameter group": lambda instance: (instance.parameter_group,),
        "option group": lambda instance: (instance.option_group,),
        "security group": lambda instance: instance.groups,
        "subnet": lambda instance: (instance.subnet,),
        "restoring": lambda instance: () if instance.prepared else (instance.restored,),
    },
    references={
        "subnet group": SUBNET_GROUP.name,
        "parameter group": PARAMETER_GROUP.name,
        "option group": OPTION_GROUP.name,
        "restoring": SNAPSHOT.name,
    },
    migrations=(_since_snapshots,),
    remedy="Its data stays in databases/{key}. Put a copy of netflux.db back.",
)
EVENT = Schema(
    "rds/instance-event",
    Event,
    lambda event: event.key,
    migrations=(_with_kind,),
    remedy="It is an event only.",
)
