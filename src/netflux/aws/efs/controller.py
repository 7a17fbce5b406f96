"""Gives mount targets their interfaces, and takes away the folders of file systems that were deleted."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import socket
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.network.interface import Interface, InterfaceRequest, Network
from netflux.reconcile.controller import Result
from netflux.resources.efs.filesystem import AVAILABLE, DELETING, FileSystems, MountTarget
from netflux.resources.efs.mount import PORT

_log = logging.getLogger(__name__)
_AGAIN = 5.0  # simulated seconds
_METERED = 3600.0  # simulated seconds; EFS counts about once an hour
_MOST_FILES = 100_000
"""That are counted; what lies beyond is not."""
_BACKLOG = 64


class FileSystemController:
    """Controller `efs`; keys are ids of mount targets and of file systems.

    Args:
        documents: of the region.
        network: attaches interfaces.
        directory: with a folder for each file system.
    """

    name = "efs"

    def __init__(self, documents: Documents, network: Network, directory: Path) -> None:
        self._documents = documents
        self._kept = FileSystems(documents)
        self._network = network
        self._directory = directory
        self._sockets: dict[str, socket.socket] = {}
        self.sizes: dict[str, int] = {}

    async def keys(self) -> Sequence[str]:
        """All of both."""
        return [*(one.id for one in self._kept.targets), *(one.id for one in self._kept.systems)]

    async def reconcile(self, key: str) -> Result:
        """One step for one of them."""
        target = self._kept.targets.get(key)
        if target is not None:
            return await (self._remove(target) if target.state == DELETING else self._attach(target))
        system = self._kept.systems.get(key)
        if system is None:
            return Result()
        place = self._directory / system.id
        if system.state == DELETING:
            await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)
            if place.exists():
                return Result(_AGAIN)
            self.sizes.pop(system.id, None)
            with self._documents.transaction():
                self._kept.systems.delete(system.id)
            return Result()
        self.sizes[system.id] = await asyncio.to_thread(_size, place)
        return Result(_METERED)

    async def _attach(self, target: MountTarget) -> Result:
        description = f"EFS mount target for {target.file_system} ({target.id})"
        try:
            wish = InterfaceRequest(target.owner, target.subnet, target.groups, description, hosted=True)
            interface = await self._network.attach(wish)
        except AwsError as error:
            self._put(target, replace(target, fault=f"{error.code}: {error.message}"))
            return Result(_AGAIN)
        if self._network.enforces_security_groups:
            self._listen(target, interface)
        observed = replace(target, interface=interface.id, address=interface.vpc_address, state=AVAILABLE, fault="")
        self._put(target, observed)
        return Result()

    def _put(self, seen: MountTarget, observed: MountTarget) -> None:
        """Unless it was changed meanwhile, which makes another pass."""
        if observed != seen and self._kept.targets.get(seen.id) == seen:
            with self._documents.transaction():
                self._kept.targets.put(observed)

    def _listen(self, target: MountTarget, interface: Interface) -> None:
        """A port that answers who is let through to it: tasks ask it before they mount."""
        if target.id in self._sockets:
            return
        with self._network.inside(target.owner):
            listening = socket.socket()
        listening.settimeout(0)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((interface.local_address, PORT))
        listening.listen(_BACKLOG)
        asyncio.get_running_loop().add_reader(listening, _answer, listening)
        self._sockets[target.id] = listening

    async def _remove(self, target: MountTarget) -> Result:
        self._close(target.id)
        await self._network.detach(target.owner)
        with self._documents.transaction():
            self._kept.targets.delete(target.id)
        return Result()

    def _close(self, identity: str) -> None:
        listening = self._sockets.pop(identity, None)
        if listening is not None:
            asyncio.get_running_loop().remove_reader(listening)
            listening.close()

    async def stop(self) -> None:
        """Closes the ports."""
        for identity in [*self._sockets]:
            self._close(identity)


def _answer(listening: socket.socket) -> None:
    with contextlib.suppress(OSError):
        listening.accept()[0].close()


def _size(place: Path) -> int:
    """Bytes of the files that are there, of a bounded number of them."""
    total = count = 0
    for above, _, files in os.walk(place):
        for name in files:
            with contextlib.suppress(OSError):
                total += Path(above, name).lstat().st_size
            count += 1
            if count > _MOST_FILES:
                return total
    return total
