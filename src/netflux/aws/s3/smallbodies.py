"""Small bodies: on disk with their object's record, in the database's log, before their files are.

A file of its own costs two syncs that wait for the file system's journal. The log is synced anyway, so a body is put
into the database as well; its file is synced in the background, and then the copy goes. At a start, copies that are
left say what files must have.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
from collections.abc import Collection

from netflux.aws.s3.body import Bodies, sync
from netflux.controlplane.records.documents import Documents

_log = logging.getLogger(__name__)

_PREFIX = "s3/body/"
_PAUSE = 1.0
"""Real seconds in which files are gathered that are synced together."""


class SmallBodies:
    """The copies in the database.

    Args:
        documents: have them as blobs.
        bodies: have the files.
    """

    def __init__(self, documents: Documents, bodies: Bodies) -> None:
        self._documents = documents
        self._bodies = bodies
        self._copied: list[str] = []
        self._syncing: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

    def keep(self, files: Collection[str]) -> None:
        """In the transaction of a record that has these bodies: copies those whose files are not synced."""
        for file in files:
            body = self._bodies.unsynced.get(file)
            if body is not None:
                self._documents.put_blob(f"{_PREFIX}{file}", body)

    def kept(self, files: Collection[str]) -> None:
        """The transaction is on disk: the files are synced soon."""
        for file in files:
            if self._bodies.unsynced.pop(file, None) is not None:
                self._copied.append(file)
        if self._copied and (self._syncing is None or self._syncing.done()):
            with contextlib.suppress(RuntimeError):  # without an event loop the copies stay until the next start
                self._syncing = asyncio.get_running_loop().create_task(self._sync_soon())

    def restore(self, used: Collection[str] | None) -> None:
        """At a start: makes files what their copies are, and drops the copies. Blocking.

        Args:
            used: bodies that records have; None where some records can't be read, so that all are restored.
        """
        copies = {key.removeprefix(_PREFIX): body for key, body in self._documents.blobs(_PREFIX)}
        for file, body in copies.items():
            if used is None or file in used:
                self._bodies.restore(file, body)
        self._drop([*copies])

    async def settle(self) -> None:
        """Returns when all files are synced that were gathered, as far as the disk takes them."""
        self._hurry.set()
        if self._syncing is not None:
            await self._syncing
        self._hurry.clear()

    async def _sync_soon(self) -> None:
        while self._copied:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PAUSE):
                    await self._hurry.wait()
            files, self._copied = self._copied, []
            try:
                await asyncio.to_thread(self._drop, files)
            except (OSError, sqlite3.Error) as error:
                _log.warning("%d bodies of objects stay in the database until the next start: %s", len(files), error)

    def _drop(self, files: Collection[str]) -> None:
        """Drops the copies of files, which are on disk then, or gone with their objects."""
        if not files:
            return
        for file in files:
            with contextlib.suppress(FileNotFoundError):
                sync(self._bodies.path(file))
        sync(self._bodies.directory)
        with self._documents.transaction(frees=True):
            for file in files:
                self._documents.delete_blob(f"{_PREFIX}{file}")
