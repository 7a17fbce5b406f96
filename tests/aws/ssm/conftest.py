"""Parameter Store with a clock of the test's, on documents on disk."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.ssm.api import SsmApi
from netflux.aws.ssm.controller import ParameterExpirationController
from netflux.controlplane.apis import Apis
from netflux.resources.ssm import Parameters
from tests.aws.secretsmanager.conftest import Watch
from tests.controlplane.plane import Plane


class Store:
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
        apis.register(SsmApi(documents, self.clock, apis, self.plane.keys))
        self.expiration = ParameterExpirationController(documents, self.clock)
        self.kept = Parameters(documents)

    async def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("ssm", operation, params)

    async def put(self, name: str, value: str = "v", **params: Any) -> dict[str, Any]:
        return await self("PutParameter", Name=name, Value=value, **{"Type": "String", **params})

    async def described(self, **params: Any) -> list[str]:
        """Names of the parameters that filters leave."""
        return [one["Name"] for one in (await self("DescribeParameters", **params))["Parameters"]]


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    made = Store(tmp_path)
    await made.start()
    yield made
    made.plane.stop()
