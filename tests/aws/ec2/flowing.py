"""A network whose packets the test makes up, and a region's part that flow logs need."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from netflux import names
from netflux.aws.ec2.api import Ec2Api
from netflux.aws.ec2.flowlogapi import FlowLogApi
from netflux.aws.ec2.flowlogs import FlowLogs
from netflux.aws.logs.api import LogsApi
from netflux.aws.logs.store import Store as LogStore
from netflux.aws.s3.api import S3Api
from netflux.aws.s3.body import Bodies
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.records.documents import Documents
from netflux.errors import Retryable
from netflux.network.sighting import Seen
from tests.controlplane.plane import Plane


@dataclass
class Packets:
    """The part of a network driver that flow logs ask."""

    watched: frozenset[str] = frozenset()
    seen: dict[str, Seen] = field(default_factory=dict)
    refusal: str = ""

    async def watch(self, vpcs: frozenset[str]) -> None:
        if self.refusal and vpcs:
            raise Retryable(self.refusal)
        self.watched = vpcs

    async def flows(self, vpc: str) -> Seen:
        return self.seen.pop(vpc, Seen())


class Hands(Clock):
    """A clock whose durations pass when the test says so."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    def monotonic(self) -> float:
        return self.passed


@dataclass
class Flowing:
    """EC2 with flow logs, CloudWatch Logs and S3."""

    apis: Apis
    packets: Packets
    logs: FlowLogs
    clock: Hands
    poked: list[str]
    documents: Documents

    async def ec2(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("ec2", operation, params)

    async def pass_(self, seconds: float) -> None:
        """So much time passes, and every flow log has a turn."""
        self.clock.passed += seconds
        for log in self.logs.all():
            await self.logs.turn(log.id)


async def flowing(plane: Plane, path: Path, network: Callable[[Apis], Any] | None = None) -> Flowing:
    apis, packets, clock = await plane.start(), Packets(), Hands()
    poked: list[str] = []
    owner = (names.ACCOUNT, names.REGION)
    logs = FlowLogs(apis.call, plane.documents, network(apis) if network else packets, clock, owner)
    flow_logs = FlowLogApi(logs, plane.documents, apis.call, clock, poked.append)
    apis.register(Ec2Api(plane.documents, clock, flow_logs))
    apis.register(LogsApi(LogStore(path / "logs", plane.documents), clock, apis))
    apis.register(S3Api(Store(plane.documents, Bodies(path / "objects")), clock))
    return Flowing(apis, packets, logs, clock, poked, plane.documents)
