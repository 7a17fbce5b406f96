"""What was observed of DB instances, and what happened to them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from netflux.aws.destinations import Destinations
from netflux.aws.destinations import Event as Told
from netflux.aws.rds.insights import Insights
from netflux.controlplane import identifiers
from netflux.controlplane.identifiers import arn
from netflux.controlplane.records.kinds import kind
from netflux.errors import AwsError
from netflux.resources.rds import (
    AUTOMATED,
    AVAILABLE,
    DELETED,
    DELETING,
    EVENT,
    EVENT_SUBSCRIPTION,
    INSTANCE,
    OPTION_GROUP,
    PARAMETER_GROUP,
    SNAPSHOT,
    SUBNET_GROUP,
    Event,
    EventSubscription,
    Instance,
    Parameter,
    Snapshot,
)

if TYPE_CHECKING:  # what reads these values, among it what decides, is without I/O
    from netflux.controlplane.records.documents import Documents

_DOCUMENTS = "rds/event"
MOST_EVENTS = 1000


def _of_interest(subscription: EventSubscription, event: Event) -> bool:
    return (
        subscription.enabled
        and subscription.kind in ("", event.kind)
        and (not subscription.categories or event.category in subscription.categories)
        and (not subscription.sources or event.source in subscription.sources)
    )


@dataclass(frozen=True)
class Actual:
    """What was observed of it; in memory only, since a restart makes it stale.

    Attributes:
        attached: it has its network interface, with the groups and the public address that it shall have.
        groups: of its network interface.
        initialised: its data directory is whole.
        running: its postmaster lives.
        accepting: a client has logged in since the postmaster started, and the last try succeeded.
        starting: the postmaster was started and no client has logged in yet.
        reboot: of how many reboots the running postmaster is the result.
        failures: starts in a row that did not lead to a login.
        reason: why the last one failed.
        parameter_group: the one whose parameters the postmaster has; empty for the default one.
        parameters: those that it has.
        unapplied: it is to read others now.
        full: its disk has no room for one more segment of PostgreSQL's log.
        owes: it is to be copied into a snapshot.
    """

    attached: bool = False
    groups: tuple[str, ...] = ()
    initialised: bool = False
    running: bool = False
    accepting: bool = False
    starting: bool = False
    reboot: int = 0
    failures: int = 0
    reason: str = ""
    full: bool = False
    parameter_group: str = ""
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    unapplied: bool = False
    owes: bool = False


class Instances:
    """All DB instances with what is known of them: written by the API and the controller, from the region's thread.

    Args:
        documents: where instances and events are kept.
    """

    def __init__(self, documents: Documents) -> None:
        documents.declare(kind(_DOCUMENTS, "It is an event only.", SourceIdentifier=str, Message=str, Date=str))
        self.documents = documents
        self.events = documents.table(EVENT)
        self.subnet_groups = documents.table(SUBNET_GROUP)
        self.parameter_groups = documents.table(PARAMETER_GROUP)
        self.option_groups = documents.table(OPTION_GROUP)
        self.subscriptions = documents.table(EVENT_SUBSCRIPTION)
        self.destinations: Destinations | None = None
        """Tells topics of events; where there is none, events are only kept."""
        self.table = documents.table(INSTANCE)
        self.snapshots = documents.table(SNAPSHOT)
        self._take_over_events()
        self._last = max((event.number for event in self.events), default=0)
        self._actual: dict[str, Actual] = {}
        self.insights = Insights()
        self.passwords: dict[str, str] = {}
        """Passwords between their acceptance and the login that proves them; in memory only."""

    def get(self, identifier: str) -> Instance | None:
        return self.table.get(identifier)

    def all(self) -> Sequence[Instance]:
        return [*self.table]

    def put(self, instance: Instance) -> None:
        self.table.put(instance)

    def update(self, identifier: str, **changes: Any) -> None:
        """Changes some members of an instance that may have changed meanwhile; nothing happens when it is gone."""
        instance = self.get(identifier)
        if instance is not None:
            self.put(replace(instance, **changes))

    def delete(self, identifier: str) -> None:
        gone = self.get(identifier)
        if gone is not None:
            self.insights.forget(gone.resource_id)
        self.table.delete(identifier)
        self._actual.pop(identifier, None)
        self.passwords.pop(identifier, None)

    def parameters(self, instance: Instance) -> Mapping[str, Parameter]:
        """Those of its group."""
        group = self.parameter_groups.get(instance.parameter_group)
        return {} if group is None else group.parameters

    def owed(self, instance: Instance) -> Snapshot | None:
        """The snapshot that is to be taken of it next; of one that is being deleted only the final one."""
        found = self.snapshots.where("owed", instance.identifier)
        if instance.run == DELETED:
            found = [snapshot for snapshot in found if snapshot.folder == instance.final]
        return found[0] if found else None

    def snapshot(self, identifier: str) -> Snapshot | None:
        """The one of the identifier that is not being deleted."""
        found = self.snapshots.where("identifier", identifier)
        return found[0] if found else None

    def begin_snapshot(
        self, instance: Instance, identifier: str, kind: str, now: datetime, tags: Mapping[str, str]
    ) -> Snapshot:
        """Puts the record of a snapshot that is to be taken of an instance."""
        region, account = instance.arn.split(":")[3:5]
        group = self.subnet_groups.get(instance.subnet_group)
        snapshot = Snapshot(
            identifier=identifier,
            arn=arn("rds", f"snapshot:{identifier}", account, region),
            folder=identifiers.hexadecimal("snap"),
            instance=instance.identifier,
            resource_id=instance.resource_id,
            kind=kind,
            created=now,
            asked=now,
            instance_created=datetime.fromisoformat(instance.created),
            engine_version=instance.engine_version,
            master=instance.master,
            database=instance.database,
            port=instance.port,
            zone=instance.zone,
            vpc=group.vpc if group is not None else "",
            settings=dict(instance.settings),
            tags=dict(tags),
        )
        self.snapshots.put(snapshot)
        return snapshot

    def finish_snapshot(self, snapshot: Snapshot, status: str, now: datetime, size: int = 0) -> None:
        """Its files are whole and verified, or never will be; nothing happens when it was deleted meanwhile."""
        found = self.snapshots.get(snapshot.folder)
        if found is None or found.status == DELETING:
            return
        with self.documents.transaction():
            self.snapshots.put(replace(found, status=status, size=size, created=now))
            what = "Automated" if found.kind == AUTOMATED else "Manual"
            said = f"{what} snapshot created" if status == AVAILABLE else f"{what} snapshot could not be taken"
            self.record_snapshot(found, said, "backup" if status == AVAILABLE else "failure", now)

    def actual(self, identifier: str) -> Actual:
        return self._actual.get(identifier, Actual())

    def observe(self, identifier: str, **changes: Any) -> None:
        """Records what was just observed."""
        self._actual[identifier] = replace(self.actual(identifier), **changes)

    def record(self, instance: Instance, message: str, category: str, now: datetime) -> None:
        """Adds an event; the oldest go when there are too many."""
        self._record(Event(self._last + 1, instance.identifier, instance.arn, message, category, now))

    def record_snapshot(self, snapshot: Snapshot, message: str, category: str, now: datetime) -> None:
        """Likewise, of a snapshot."""
        self._record(Event(self._last + 1, snapshot.identifier, snapshot.arn, message, category, now, "db-snapshot"))

    def _record(self, event: Event) -> None:
        self._last = event.number
        with self.documents.transaction():
            self.events.put(event)
            for subscription in self.subscriptions:
                if _of_interest(subscription, event):
                    self._tell(subscription, event)
            for old in [*self.events][:-MOST_EVENTS]:
                self.events.delete(old.key)

    def _tell(self, subscription: EventSubscription, event: Event) -> None:
        """A topic that is gone is told of nothing."""
        message = {
            "Event Source": event.kind, "Event Time": f"{event.at:%Y-%m-%d %H:%M:%S}.{event.at.microsecond // 1000:03}",
            "Source ID": event.source, "Source ARN": event.arn, "Event Message": event.message,
        }  # fmt: skip
        told = Told(subscription.topic, json.dumps(message), event.arn, "RDS Notification Message")
        with contextlib.suppress(AwsError):
            if self.destinations is not None and self.destinations.takes(subscription.topic):
                self.destinations.deliver(told)

    def _take_over_events(self) -> None:
        """Release 0.1 had them in documents that did not hold their number."""
        with self.documents.transaction():
            for key, old in self.documents.list(_DOCUMENTS):
                category = (old.get("EventCategories") or [""])[0]
                at = datetime.fromisoformat(old["Date"])
                told = old["SourceIdentifier"], old.get("SourceArn", ""), old["Message"], category, at
                self.events.put(Event(int(key), *told))
                self.documents.delete(_DOCUMENTS, key)
