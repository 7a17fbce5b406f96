"""Makes functions ready to run: what is `Pending` or `InProgress` is so until its code has been seen to be there."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from netflux.aws.awslambda.fleet import Fleet
from netflux.aws.awslambda.host import Host
from netflux.errors import AwsError
from netflux.reconcile.controller import Result
from netflux.resources.awslambda.function import ACTIVE, FAILED, IN_PROGRESS, PENDING, SUCCESSFUL, Version


class LambdaController:
    """The controller.

    Args:
        host: what functions run on.
        fleet: their environments.
    """

    name = "lambda"

    def __init__(self, host: Host, fleet: Fleet) -> None:
        self._host = host
        self._fleet = fleet

    async def keys(self) -> Sequence[str]:
        """All functions, and those that have environments still."""
        return [*{version.function for version in self._host.kept.versions} | self._fleet.functions()]

    async def reconcile(self, key: str) -> Result:
        """One function: code is unpacked, and environments of what it was before are ended."""
        for version in self._host.kept.of(key):
            if version.state == PENDING or version.updated == IN_PROGRESS:
                self._observed(version, await self._ready(version))
        self._fleet.retire(key)
        await self._host.interfaces.release()
        return Result()

    async def _ready(self, version: Version) -> str:
        """Empty when the code is there; else why not."""
        try:
            if version.settings.subnets:
                await self._host.interfaces.attach(version.function, version.settings)
            if version.code.image:
                return ""  # pulled when the function was made
            await asyncio.to_thread(self._host.packages.unpack, version.code.digest)
            if version.layers:
                await asyncio.to_thread(self._host.packages.merged, [one.digest for one in version.layers])
        except OSError as error:
            return f"The code can't be unpacked: {error}"
        except AwsError as error:
            return f"The function's network interface can't be made: {error.message}"
        return ""

    def _observed(self, version: Version, lacking: str) -> None:
        now = self._host.kept.versions.get(version.key)
        if now is None or now.revision != version.revision:
            return
        if lacking:
            self._host.kept.versions.put(replace(now, state=FAILED, reason=lacking, updated="Failed"))
        else:
            self._host.kept.versions.put(replace(now, state=ACTIVE, reason="", updated=SUCCESSFUL))
