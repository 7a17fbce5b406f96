"""Docker's registry (distribution) as a child: it keeps layers and manifests of OCI images.

It starts when first needed and again when it has died. Which repositories, tags and images there are says ECR; the
registry knows manifests by digest only. Only this region reaches it, by a unix socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import aiohttp

from netflux.errors import AwsError
from netflux.faults import Faults
from netflux.runtime.children import Child, Children, Launch

_START = 20.0  # real seconds; it starts in a tenth of one
_STOP = 5.0
_COLLECT = 120.0
INSTALL = "Install docker-registry (Debian and Ubuntu: apt-get install docker-registry) for OCI images"


def program() -> str | None:
    """The registry on PATH: Debian calls it docker-registry, others registry."""
    return shutil.which("docker-registry") or shutil.which("registry")


class DistributionError(AwsError):
    """The registry does not answer; the text says why."""

    def __init__(self, message: str) -> None:
        super().__init__("ServerException", message, 500)


class Distribution:
    """The registry.

    Args:
        children: starts it.
        binary: from `program`.
        storage: `{state}/registry`.
        run: for its socket and configuration.
        faults: told while it does not run though it was needed.
    """

    def __init__(self, children: Children, binary: str, storage: Path, run: Path, faults: Faults | None = None) -> None:
        self._faults = faults or Faults()
        self._stopping = False
        self._again: asyncio.Task[None] | None = None
        self._children = children
        self._binary = binary
        self._storage = storage
        self._socket = run / "registry.sock"
        self._configuration = run / "registry.json"
        self._starting = asyncio.Lock()
        self._child: Child | None = None
        self._session: aiohttp.ClientSession | None = None

    async def session(self) -> aiohttp.ClientSession:
        """Requests to `http://registry/v2/…` reach the registry; DistributionError when it does not start."""
        async with self._starting:
            if self._child is None or self._child.exit_code is not None:
                self._child = await self._start()
                self._faults.clear("part", "registry")
                asyncio.ensure_future(self._child.wait()).add_done_callback(self._ended)
            if self._session is None or self._session.closed:
                self._session = aiohttp.ClientSession(
                    connector=aiohttp.UnixConnector(path=str(self._socket), limit=0),
                    timeout=aiohttp.ClientTimeout(total=None),
                    auto_decompress=False,
                )
            return self._session

    def _ended(self, exit_code: asyncio.Future[int]) -> None:
        """Starts it again: images are pulled by the next task, which would wait for it."""
        if self._stopping or exit_code.cancelled():
            return
        self._faults.tell(
            "part",
            "registry",
            f"The registry of images ended with code {exit_code.result()}: nothing is pulled or pushed until it runs "
            "again.",
            "It is started again by itself; registry/registry.log says why it ended.",
        )
        self._again = asyncio.ensure_future(self._restart())

    async def _restart(self) -> None:
        with contextlib.suppress(DistributionError):  # the next who needs it tries again
            await self.session()

    async def stop(self) -> None:
        """Ends it, if it was started."""
        self._stopping = True
        if self._again is not None:
            self._again.cancel()
        if self._session is not None:
            await self._session.close()
        if self._child is not None:
            await self._child.stop(_STOP)

    async def put_manifest(self, repository: str, digest: str, manifest: str, media_type: str) -> str | None:
        """Stores a manifest whose layers are there; otherwise the registry's own words why not."""
        session = await self.session()
        url = f"http://registry/v2/{repository}/manifests/{digest}"
        async with session.put(url, data=manifest.encode(), headers={"Content-Type": media_type}) as answer:
            return None if answer.status == 201 else _message(await answer.read())

    async def delete_manifest(self, repository: str, digest: str) -> None:
        """Removes a manifest; its layers go when the registry starts the next time, if nothing else names them."""
        session = await self.session()
        async with session.delete(f"http://registry/v2/{repository}/manifests/{digest}") as answer:
            await answer.read()
        self._garbage.touch()

    async def blob_size(self, repository: str, digest: str) -> int | None:
        """Bytes of a layer; None when the repository has none of that digest."""
        session = await self.session()
        async with session.head(f"http://registry/v2/{repository}/blobs/{digest}") as answer:
            return int(answer.headers["Content-Length"]) if answer.status == 200 else None

    async def forget(self, repository: str) -> None:
        """Removes what it has of a deleted repository."""
        place = self._storage / "docker/registry/v2/repositories" / repository
        for part in ("_layers", "_manifests", "_uploads"):
            if (place / part).is_dir():
                await asyncio.to_thread(shutil.rmtree, place / part)
                self._garbage.touch()

    @property
    def _garbage(self) -> Path:
        """There when something was deleted since the last collection."""
        return self._storage / "garbage"

    async def _start(self) -> Child:
        self._storage.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._configuration.write_text(json.dumps(_configuration(self._storage, self._socket)))
        if self._garbage.exists():
            await self._collect()
        child = await self._launch("registry", ["serve", str(self._configuration)])
        try:
            async with asyncio.timeout(_START):
                while not await self._answers():
                    if child.exit_code is not None:
                        raise DistributionError(f"the registry ended with exit code {child.exit_code}: {self._said()}")
                    await asyncio.sleep(0.02)
        except TimeoutError:
            await child.stop(_STOP)
            raise DistributionError(f"the registry did not answer within {_START:.0f} s: {self._said()}") from None
        return child

    async def _collect(self) -> None:
        child = await self._launch("registry-garbage-collect", ["garbage-collect", str(self._configuration)])
        try:
            if await asyncio.wait_for(child.wait(), _COLLECT) == 0:
                self._garbage.unlink()
        except TimeoutError:
            await child.stop(_STOP)

    async def _launch(self, name: str, arguments: list[str]) -> Child:
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self._storage)}
        launch = Launch(name, [self._binary, *arguments], environment, self._storage, output=descriptor, umask=0o077)
        try:
            return await self._children.start(launch)
        finally:
            os.close(descriptor)

    async def _answers(self) -> bool:
        connector = aiohttp.UnixConnector(path=str(self._socket))
        try:
            async with (
                aiohttp.ClientSession(connector=connector) as session,
                session.get("http://registry/v2/") as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, OSError):
            return False

    @property
    def _log(self) -> Path:
        return self._storage / "registry.log"

    def _said(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"


def _configuration(storage: Path, socket: Path) -> Mapping[str, object]:
    """YAML takes JSON. Relative URLs, because clients come by other names than the socket's."""
    socket.unlink(missing_ok=True)
    return {
        "version": "0.1",
        "log": {"level": "warn", "accesslog": {"disabled": True}},
        "storage": {
            "filesystem": {"rootdirectory": str(storage)},
            "delete": {"enabled": True},
            "maintenance": {"uploadpurging": {"enabled": True, "age": "168h", "interval": "24h", "dryrun": False}},
        },
        "http": {"net": "unix", "addr": str(socket), "relativeurls": True, "secret": os.urandom(16).hex()},
    }


def _message(body: bytes) -> str:
    try:
        errors = json.loads(body)["errors"]
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:200] or "no reason given"
    return "; ".join(f"{one.get('message', one.get('code'))} {json.dumps(one.get('detail', ''))}" for one in errors)
