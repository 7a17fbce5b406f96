"""Files of snapshots: copies of clusters' data, which appear whole and on disk, or not at all."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from netflux.aws.rds.cluster import Cluster, sync_directory
from netflux.runtime.trees import syncfs

_PARTIAL, _DATA = "partial", "data"


class Backups:
    """The files of all snapshots, each in a folder of its own.

    Args:
        directory: `{state}/snapshots`, on the file system of the clusters.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def whole(self, folder: str) -> bool:
        """Whether a snapshot's files are all there."""
        return (self._data(folder) / "PG_VERSION").is_file()

    async def take(self, cluster: Cluster, folder: str) -> None:
        """Of a cluster that runs. Retryable when PostgreSQL can't; OSError."""
        partial = await self._begin(folder)
        await cluster.back_up(partial)
        self._finish(folder)

    async def keep(self, cluster: Cluster, folder: str) -> None:
        """The files themselves of a cluster that does not run, and will not again. OSError."""
        await self._begin(folder)
        cluster.data.rename(self._data(folder))
        sync_directory(self._data(folder).parent)
        sync_directory(cluster.directory)

    async def copy(self, folder: str, target: str) -> None:
        """Another snapshot with the same files. OSError."""
        partial = await self._begin(target)
        await asyncio.to_thread(_copy, self._data(folder), partial)
        self._finish(target)

    async def restore(self, folder: str, cluster: Cluster) -> None:
        """Makes a cluster's data of a snapshot's; PostgreSQL recovers when it starts on them. OSError."""
        partial = cluster.directory / _PARTIAL
        await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)
        cluster.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        await asyncio.to_thread(_copy, self._data(folder), partial)
        partial.rename(cluster.data)
        sync_directory(cluster.directory)

    async def size(self, folder: str) -> int:
        """Bytes of a snapshot's files."""
        return await asyncio.to_thread(_size, self._data(folder))

    async def remove(self, folder: str) -> None:
        """Deletes a snapshot's files. OSError when they can't be deleted."""
        if (self.directory / folder).exists():
            await asyncio.to_thread(shutil.rmtree, self.directory / folder)

    def _data(self, folder: str) -> Path:
        return self.directory / folder / _DATA

    async def _begin(self, folder: str) -> Path:
        partial = self.directory / folder / _PARTIAL
        await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)
        partial.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return partial

    def _finish(self, folder: str) -> None:
        data = self._data(folder)
        data.with_name(_PARTIAL).rename(data)
        sync_directory(data.parent)
        sync_directory(self.directory)


def _copy(source: Path, target: Path) -> None:
    """All files, on disk on return."""
    shutil.copytree(source, target, symlinks=True)
    descriptor = os.open(target, os.O_RDONLY | os.O_DIRECTORY)
    try:
        syncfs(descriptor)
    finally:
        os.close(descriptor)


def _size(folder: Path) -> int:
    return sum((Path(where) / name).lstat().st_size for where, _, names in os.walk(folder) for name in names)
