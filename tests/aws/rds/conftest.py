"""A region with as much in it as RDS needs: EC2, moto's secrets, a network, real PostgreSQL."""

from __future__ import annotations

import asyncio
import datetime
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from moto.moto_api._internal import moto_api_backend
from tests.controlplane.plane import with_ec2

from netflux.aws.rds.api import RdsApi
from netflux.aws.rds.backup import Backups
from netflux.aws.rds.controller import Machine, RdsController
from netflux.aws.rds.insightsapi import InsightsApi
from netflux.aws.rds.installation import installations
from netflux.aws.rds.instance import Instances
from netflux.aws.rds.snapshotcontroller import SnapshotController
from netflux.aws.rds.telemetry import TelemetryController
from netflux.aws.secretsmanager.api import SecretsManagerApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.network.endpoints import Endpoints
from netflux.network.loopback import LoopbackNetwork
from netflux.reconcile.loop import Loop
from netflux.runtime.children import Children

ACCOUNT, REGION = "000000000000", "us-east-1"


def issue(names: Sequence[str]) -> tuple[bytes, bytes]:
    """A certificate of nobody's authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), private


class Region:
    """What region.py puts together, without the parts that RDS does not need."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.documents = Documents(directory / "netflux.db")
        self.moto = Moto(self.documents, ACCOUNT, REGION)
        self.apis = Apis(ACCOUNT, REGION, self.moto, self._changed)
        self.network = LoopbackNetwork(self.documents)
        self.children = Children(directory / "run" / "children")
        self.endpoints = Endpoints()
        self.instances = Instances(self.documents)
        self.clock = Clock(5)
        with_ec2(self.apis, self.documents, self.clock)
        self.machine = Machine(
            databases=directory / "databases",
            backups=Backups(directory / "snapshots"),
            run=directory / "run",
            children=self.children,
            network=self.network,
            endpoints=self.endpoints,
            issue=issue,
            installations=installations(),
            clock=self.clock,
        )
        self.controller = RdsController(self.instances, self.machine, lambda key: self.loop.poke("rds", key))
        self.snapshots = SnapshotController(self.instances, self.machine.backups, self.clock)
        self.telemetry = TelemetryController(self.instances, self.machine, self.apis.call)
        self.loop = Loop(self.clock, [self.controller, self.snapshots, self.telemetry])
        self.apis.register(SecretsManagerApi(self.documents, self.clock, self.apis))
        self.apis.register(RdsApi(self.instances, self.apis, installations(), self.clock))
        self.apis.register(InsightsApi(self.instances))
        self.groups: list[str] = []

    async def start(self) -> None:
        await self.network.start()
        self.loop.start()

    async def stop(self) -> None:
        await self.loop.stop()
        await self.controller.stop()
        await self.children.stop_all(5)
        await self.network.stop()
        self.moto.stop()
        self.documents.close()

    async def prepare(self) -> None:
        vpc = (await self.apis.call("ec2", "CreateVpc", {"CidrBlock": "10.0.0.0/16"}))["Vpc"]["VpcId"]
        subnets = []
        for number, zone in ((5, "us-east-1a"), (6, "us-east-1b")):
            wanted = {"VpcId": vpc, "CidrBlock": f"10.0.{number}.0/24", "AvailabilityZone": zone}
            subnets.append((await self.apis.call("ec2", "CreateSubnet", wanted))["Subnet"]["SubnetId"])
        group = {"GroupName": "db", "Description": "db", "VpcId": vpc}
        self.groups = [(await self.apis.call("ec2", "CreateSecurityGroup", group))["GroupId"]]
        await self.rds("CreateDBSubnetGroup", DBSubnetGroupName="db", DBSubnetGroupDescription="db", SubnetIds=subnets)

    async def rds(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("rds", operation, params)

    async def create(self, **params: Any) -> dict[str, Any]:
        wanted: dict[str, Any] = {
            "DBInstanceIdentifier": "netflux-db",
            "DBInstanceClass": "db.t4g.micro",
            "Engine": "postgres",
            "AllocatedStorage": 20,
            "MasterUsername": "postgres",
            "DBSubnetGroupName": "db",
            "VpcSecurityGroupIds": self.groups,
            "BackupRetentionPeriod": 0,  # else a test in the hour of the daily window meets one that is backing up
            **params,
        }
        if "ManageMasterUserPassword" not in wanted:
            wanted.setdefault("MasterUserPassword", "correct-horse")
        return (await self.rds("CreateDBInstance", **wanted))["DBInstance"]

    async def describe(self, identifier: str = "netflux-db") -> dict[str, Any]:
        return (await self.rds("DescribeDBInstances", DBInstanceIdentifier=identifier))["DBInstances"][0]

    async def until(self, status: str, identifier: str = "netflux-db") -> dict[str, Any]:
        return await self.until_it(lambda found: bool(found["DBInstanceStatus"] == status), identifier)

    async def until_it(self, holds: Callable[[dict[str, Any]], bool], identifier: str = "netflux-db") -> dict[str, Any]:
        end = time.monotonic() + 30
        while True:
            found = await self.describe(identifier)
            if holds(found):
                return found
            if time.monotonic() > end:
                log = self.directory / "databases" / identifier / "postgresql.log"
                said = log.read_text()[-2000:] if log.exists() else ""
                pytest.fail(f"it is still {found}: {self.loop.failures()}\n{said}")
            await asyncio.sleep(0.02)

    async def until_snapshot(self, identifier: str, status: str = "available") -> dict[str, Any]:
        end = time.monotonic() + 30
        while True:
            found = await self.snapshot(identifier)
            if found["Status"] == status:
                return found
            assert time.monotonic() < end, (found, self.loop.failures())
            await asyncio.sleep(0.02)

    async def snapshot(self, identifier: str) -> dict[str, Any]:
        return (await self.rds("DescribeDBSnapshots", DBSnapshotIdentifier=identifier))["DBSnapshots"][0]

    def address(self, identifier: str = "netflux-db") -> str:
        interface = self.network.of(f"rds/{identifier}")
        assert interface is not None
        return interface.local_address

    async def restart(self) -> Region:
        """A region on the same state, which this one must have left; `stop` then stops that one."""
        self.__init__(self.directory)  # type: ignore[misc]
        await self.start()
        return self

    def _changed(self, call: Call) -> None:
        if call.service in ("rds", "secretsmanager"):
            self.loop.poke_all("rds")
            self.loop.poke_all("rds-snapshot")
            self.loop.poke_all("rds-telemetry")


@pytest.fixture
def regions(tmp_path: Path) -> Callable[[], Region]:
    """Makes the region of this test; again for one that comes after it in the same state directory."""
    moto_api_backend.reset()
    return lambda: Region(tmp_path)


@pytest.fixture
async def region(regions: Callable[[], Region]) -> AsyncIterator[Region]:
    region = regions()
    await region.start()
    await region.prepare()
    yield region
    await region.stop()
