from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux import names
from netflux.aws.route53.api import Route53Api
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane


class Place:
    """Route 53 over moto's EC2."""

    def __init__(self, plane: Plane) -> None:
        self.plane = plane
        self.apis: Apis

    async def start(self) -> Place:
        self.apis = await self.plane.start()
        own = Route53Api(self.plane.documents, Clock(), self.apis, (names.REGION, names.ACCOUNT))
        self.apis.register(own)
        return self

    async def restart(self) -> None:
        self.plane.stop()
        await self.start()

    async def call(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("route53", operation, params)

    async def vpc(self) -> dict[str, str]:
        made = await self.apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"})
        return {"VPCRegion": names.REGION, "VPCId": made["Vpc"]["VpcId"]}

    async def zone(self, name: str = "example.com", **params: Any) -> str:
        made = await self.call("CreateHostedZone", **{"Name": name, "CallerReference": name, **params})
        return str(made["HostedZone"]["Id"]).rpartition("/")[2]

    async def change(self, zone: str, *changes: tuple[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
        made = [{"Action": action, "ResourceRecordSet": one} for action, one in changes]
        return await self.call("ChangeResourceRecordSets", HostedZoneId=zone, ChangeBatch={"Changes": made, **more})

    async def sets(self, zone: str, **params: Any) -> list[dict[str, Any]]:
        """All but the zone's own."""
        told = await self.call("ListResourceRecordSets", HostedZoneId=zone, **params)
        return [one for one in told["ResourceRecordSets"] if one["Type"] not in ("NS", "SOA")]


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    made = await Place(Plane(tmp_path)).start()
    yield made
    made.plane.stop()
