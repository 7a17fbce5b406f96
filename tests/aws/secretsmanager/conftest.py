"""Secrets Manager with a clock of the test's, on documents on disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.secretsmanager.api import SecretsManagerApi
from netflux.aws.secretsmanager.controller import SecretDeletionController
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.resources.secretsmanager import Secrets
from tests.controlplane.plane import Plane


class Watch(Clock):
    """Moves when the test moves it."""

    def __init__(self) -> None:
        super().__init__()
        self.moment = datetime(2026, 1, 1, 12, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def pass_by(self, **time: float) -> None:
        self.moment += timedelta(**time)


class Manager:
    """The service, called as any part of the region calls it."""

    def __init__(self, path: Path) -> None:
        self.plane = Plane(path)
        self.clock = Watch()

    async def start(self) -> None:
        self._opened(await self.plane.start())

    async def restart(self) -> None:
        self._opened(await self.plane.restart())

    def _opened(self, apis: Apis) -> None:
        self.apis = apis
        documents = self.plane.documents
        apis.register(SecretsManagerApi(documents, self.clock, apis))
        self.deletion = SecretDeletionController(documents, self.clock)
        self.kept = Secrets(documents)

    async def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("secretsmanager", operation, params)

    async def stages(self, secret: str) -> dict[str, list[str]]:
        described = await self("DescribeSecret", SecretId=secret)
        return {version: sorted(labels) for version, labels in described.get("VersionIdsToStages", {}).items()}


@pytest.fixture
async def manager(tmp_path: Path) -> AsyncIterator[Manager]:
    made = Manager(tmp_path)
    await made.start()
    yield made
    made.plane.stop()
