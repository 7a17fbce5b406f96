"""All flow logs: which VPCs are watched for them, their open intervals, and the delivery of what these end with."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from netflux.aws.ec2 import flowformat
from netflux.aws.ec2.flowdelivery import FlowDelivery, Line, batches
from netflux.aws.ec2.flowformat import Place
from netflux.aws.ec2.flowlog import S3, FlowLog
from netflux.aws.ec2.flowwindow import Record, Window
from netflux.aws.ec2.zones import ZONES
from netflux.aws.logevents import Api
from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import kind_of
from netflux.errors import AwsError, Retryable, Unsupported
from netflux.network.interface import Network
from netflux.network.sighting import Seen
from netflux.resources.ec2.subnet import SUBNET

_log = logging.getLogger(__name__)

KIND = "ec2.flow-log"
PUBLISHED = 300.0
"""Simulated seconds between files in S3: VPC user guide, "Flow log files"."""

_MOST_KEPT = 100_000
"""Lines that are kept for another try when a delivery fails; of more, the oldest are lost."""


@dataclass
class _Open:
    """What a flow log gathers.

    Attributes:
        began: the interval; simulated seconds of the clock.
        published: the last file, likewise.
        lines: records that wait for their delivery.
    """

    window: Window
    began: float
    published: float
    lines: list[Line] = field(default_factory=list)


class FlowLogs:
    """The flow logs of a region.

    Args:
        call: `Apis.call`.
        documents: what was asked for, and how the last delivery went.
        network: sees the packets.
        clock: for the intervals.
        owner: account and region.
    """

    def __init__(self, call: Api, documents: Documents, network: Network, clock: Clock, owner: tuple[str, str]) -> None:
        documents.declare(kind_of(KIND, FlowLog, "Make it anew: aws ec2 create-flow-logs."))
        self._documents = documents
        self._network = network
        self._clock = clock
        self._owner = owner
        self.delivery = FlowDelivery(call, owner)
        self._opened: dict[str, _Open] = {}
        self._collecting = asyncio.Lock()

    def all(self) -> list[FlowLog]:
        """In the order in which they were made."""
        return [FlowLog(**document) for _, document in self._documents.list(KIND)]

    async def add(self, logs: Sequence[FlowLog]) -> None:
        """From now on there are these as well.

        Raises:
            AwsError: the network driver can't see packets, or the kernel refuses; then there are not.
        """
        with self._documents.transaction():
            for log in logs:
                self._documents.put(KIND, log.id, asdict(log))
        try:
            await self._watch()
        except (AwsError, Retryable) as error:
            with self._documents.transaction():
                for log in logs:
                    self._documents.delete(KIND, log.id)
            if isinstance(error, AwsError):
                raise
            raise Unsupported(f"A VPC flow log on this machine ({error})", "It takes Linux 5.14 or newer.") from error
        for log in logs:
            self._window(log)

    async def remove(self, log: FlowLog) -> None:
        """It ends: what it has seen is delivered."""
        await self._close(log)
        self._documents.delete(KIND, log.id)
        self._opened.pop(log.id, None)
        with contextlib.suppress(Unsupported):  # nothing is watched where nothing can be
            await self._watch()

    async def turn(self, identity: str) -> float | None:
        """Gathers, and delivers when an interval is over. Simulated seconds until there is more to do; None when the
        flow log is no more.

        Raises:
            Retryable: the kernel refuses.
        """
        found = self._documents.get(KIND, identity)
        if found is None:
            return None
        log = FlowLog(**found)
        try:
            await self._watch()
        except Unsupported as error:
            self._told(log, error.message)
            return None
        opened = self._window(log)
        await self._collect(log.vpc)
        if self._documents.get(KIND, identity) is None:
            self._opened.pop(identity, None)
            return None
        if self._clock.monotonic() >= opened.began + log.interval:
            await self._close(log, whole=False)
        return max(opened.began + log.interval - self._clock.monotonic(), 0.1)

    async def stop(self) -> None:
        """Delivers what there is."""
        for log in self.all():
            if log.id in self._opened:
                try:
                    await self._close(log)
                except Retryable as error:
                    _log.warning("flow log %s: its last interval is lost: %s", log.id, error)

    async def _watch(self) -> None:
        await self._network.watch(frozenset(log.vpc for log in self.all()))

    def _window(self, log: FlowLog) -> _Open:
        if log.id not in self._opened:
            moment = self._clock.monotonic()
            self._opened[log.id] = _Open(Window(self._clock.now().timestamp()), moment, moment)
        return self._opened[log.id]

    async def _collect(self, vpc: str) -> None:
        """All flow logs of a VPC share what was seen, whichever of them asks."""
        async with self._collecting:
            seen = await self._network.flows(vpc)
            for log in self.all():
                if log.vpc == vpc:
                    self._window(log).window.add(_of(log, seen))

    async def _close(self, log: FlowLog, *, whole: bool = True) -> None:
        """Ends the interval and begins another.

        Args:
            whole: deliver at once what would wait for the next file.
        """
        await self._collect(log.vpc)
        opened, now = self._window(log), self._clock.now().timestamp()
        window, opened.window, opened.began = opened.window, Window(now), self._clock.monotonic()
        kinds = {"accepted": log.traffic != "REJECT", "rejected": log.traffic != "ACCEPT"}
        for record in window.records(now, **kinds):
            opened.lines.append(Line(record.interface, record.start, self._text(log, record)))
        if whole or log.destination_type != S3 or self._clock.monotonic() >= opened.published + PUBLISHED:
            await self._deliver(log, opened)

    async def _deliver(self, log: FlowLog, opened: _Open) -> None:
        """What can't be delivered is kept for the next time."""
        left = batches(log, opened.lines)
        opened.lines, opened.published = [], self._clock.monotonic()
        if not left:
            return
        try:
            for batch in [*left]:
                await self.delivery.put(log, batch, self._clock.now())
                left.remove(batch)
        except AwsError as error:
            opened.lines = [*(line for batch in left for line in batch), *opened.lines][-_MOST_KEPT:]
            self._told(log, f"Access error: {error.message}")
        else:
            self._told(log, "")

    def _told(self, log: FlowLog, problem: str) -> None:
        """What came of a delivery, for DescribeFlowLogs; nothing when it went well."""
        status = "FAILED" if problem else "SUCCESS"
        found = self._documents.get(KIND, log.id)
        if found is None or (found["status"], found["error"]) == (status, problem):
            return
        if problem:
            _log.warning("flow log %s: %s", log.id, problem)
        self._documents.put(KIND, log.id, asdict(replace(FlowLog(**found), status=status, error=problem)))

    def _text(self, log: FlowLog, record: Record) -> str:
        account, region = self._owner
        zone = self._zone(record.subnet) if "az-id" in log.fields else ""
        return flowformat.line(log.fields, record, Place(account, region, log.vpc, zone))

    def _zone(self, subnet: str) -> str:
        """Of a subnet; a dash when the subnet is gone."""
        found = self._documents.table(SUBNET).get(subnet)
        return ZONES.get(found.zone, "-") if found is not None else "-"


def _of(log: FlowLog, seen: Seen) -> Seen:
    """What a flow log is about."""
    return Seen(
        tuple(one for one in seen.sightings if log.covers(one.interface, one.subnet)),
        tuple(one for one in seen.interfaces if log.covers(*one)),
        seen.full,
    )
