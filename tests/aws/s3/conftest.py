"""A real S3 on a free port."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3
import pytest
from aiohttp import web
from botocore.config import Config

from netflux.aws.destinations import Destinations, Event
from netflux.aws.happening import Happening, Happenings
from netflux.aws.s3.announcing import Announcing
from netflux.aws.s3.api import S3Api
from netflux.aws.s3.body import Bodies
from netflux.aws.s3.service import S3Service
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.controlplane.authentication.admission import Admission
from netflux.controlplane.authentication.keys import Keys, well_known
from netflux.controlplane.protocol import bodies
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from tests.aws.s3.kms import Kms

ACCOUNT, REGION = "000000000000", "us-east-1"
QUEUE = f"arn:aws:sqs:{REGION}:{ACCOUNT}:told"


@dataclass(frozen=True)
class Running:
    url: str
    port: int
    api: S3Api
    keys: Keys
    state: Path
    clients: list[Any] = field(default_factory=list)
    told: list[Event] = field(default_factory=list)
    happened: list[Happening] = field(default_factory=list)
    kms: Kms = field(default_factory=Kms)

    def client(self, style: str = "path", **given: Any) -> Any:
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", **given}
        configuration = Config(
            signature_version="s3v4", s3={"addressing_style": style}, retries={"total_max_attempts": 1}
        )
        url = self.url if style == "path" else f"http://s3.{REGION}.localhost:{self.port}"
        made = boto3.client("s3", endpoint_url=url, region_name=REGION, config=configuration, **keys)
        self.clients.append(made)
        return made


def open_service(state: Path, keys: Keys, kms: Kms | None = None) -> tuple[S3Api, S3Service, Documents]:
    state.mkdir(exist_ok=True)
    documents = Documents(state / "netflux.db")
    api = S3Api(Store(documents, Bodies(state / "objects")), Clock(), kms)
    return api, S3Service(api, Admission(keys, ACCOUNT), ACCOUNT, REGION), documents


def _listen(api: S3Api, told: list[Event], happened: list[Happening]) -> None:
    """One queue and EventBridge take events from now on."""
    destinations, happenings = Destinations(), Happenings()

    def take(event: Event) -> None:
        if event.arn != QUEUE:
            raise AwsError("AWS.SimpleQueueService.NonExistentQueue", "There is no such queue.")
        told.append(event)

    destinations.register("sqs", take)
    happenings.listener = happened.append
    api.announcing = Announcing(destinations, happenings, api.clock, ACCOUNT)


@pytest.fixture
async def s3(tmp_path: Path) -> AsyncIterator[Running]:
    keys = Keys()
    keys.add(well_known(ACCOUNT))
    kms = Kms()
    api, service, documents = open_service(tmp_path / "state", keys, kms)
    told: list[Event] = []
    happened: list[Happening] = []
    _listen(api, told, happened)
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", service.handle, expect_handler=bodies.uninvited)
    runner = web.AppRunner(app, access_log=None, auto_decompress=False, lingering_time=0.2)
    await runner.setup()
    listener = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listener).start()
    port = listener.getsockname()[1]
    running = Running(
        f"http://127.0.0.1:{port}", port, api, keys, tmp_path / "state", told=told, happened=happened, kms=kms
    )
    yield running
    for client in running.clients:
        client.close()
    await runner.cleanup()
    documents.close()


@pytest.fixture
def names_of_buckets_resolve(monkeypatch: pytest.MonkeyPatch) -> None:
    """`*.localhost` is loopback (RFC 6761); not every resolver in a container knows."""
    real: Callable[..., Any] = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **named: Any) -> Any:
        return real("127.0.0.1" if str(host).endswith(".localhost") else host, *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
