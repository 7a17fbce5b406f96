"""Copies snapshots of snapshots, deletes the files of those that were deleted, and RDS's own when they expire.

A snapshot of an instance is taken by the instance's own controller, which alone knows whether its cluster runs. A
folder of which nothing is known stays: its record may be one that can't be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from netflux.aws.rds import automated
from netflux.aws.rds.backup import Backups
from netflux.aws.rds.instance import Instances
from netflux.clock import Clock
from netflux.errors import Retryable
from netflux.reconcile.controller import Result
from netflux.resources.rds import AUTOMATED, AVAILABLE, CREATING, DELETING, FAILED, Snapshot

_EXPIRY = "expiry"
"""The key of the pass over RDS's own snapshots; no folder is named so."""


class SnapshotController:
    """The controller of snapshots; its keys are the folders of those that are copied or deleted, and one for expiry.

    Args:
        instances: shared with the API.
        backups: the files.
        clock: of the region.
    """

    name = "rds-snapshot"

    def __init__(self, instances: Instances, backups: Backups, clock: Clock) -> None:
        self._instances = instances
        self._snapshots = instances.snapshots
        self._backups = backups
        self._clock = clock

    async def keys(self) -> Sequence[str]:
        """Those that are not yet what they shall be, and the expiry."""
        copied = [one.folder for one in self._snapshots.where("status", CREATING) if one.source]
        return [*copied, *(one.folder for one in self._snapshots.where("status", DELETING)), _EXPIRY]

    async def reconcile(self, key: str) -> Result:
        """Makes one copy, deletes one, or looks at what has expired."""
        if key == _EXPIRY:
            return self._expire()
        snapshot = self._snapshots.get(key)
        if snapshot is not None and snapshot.status == DELETING:
            await self._delete(snapshot)
        elif snapshot is not None and snapshot.status == CREATING and snapshot.source:
            await self._copy(snapshot)
        return Result()

    async def _copy(self, snapshot: Snapshot) -> None:
        source = self._instances.snapshot(snapshot.source.partition(":snapshot:")[2])
        if source is None or not self._backups.whole(source.folder):
            self._instances.finish_snapshot(snapshot, FAILED, self._clock.now())
            return
        try:
            if not self._backups.whole(snapshot.folder):
                await self._backups.copy(source.folder, snapshot.folder)
            size = await self._backups.size(snapshot.folder)
        except OSError as error:
            raise Retryable(f"DB snapshot {snapshot.identifier}: it can't be copied: {error}") from error
        self._instances.finish_snapshot(snapshot, AVAILABLE, self._clock.now(), size)

    async def _delete(self, snapshot: Snapshot) -> None:
        try:
            await self._backups.remove(snapshot.folder)
        except OSError as error:
            raise Retryable(f"DB snapshot {snapshot.identifier}: its files can't be deleted: {error}") from error
        self._snapshots.delete(snapshot.folder)

    def _expire(self) -> Result:
        now, left = self._clock.now(), []
        for snapshot in self._snapshots.where("kind", AUTOMATED):
            instance = self._instances.get(snapshot.instance)
            same = instance if instance is not None and instance.resource_id == snapshot.resource_id else None
            seconds = (automated.expires(snapshot, same) - now).total_seconds()
            if seconds > 0:
                left.append(seconds)
            elif snapshot.status != DELETING and not self._instances.table.has("restoring", snapshot.folder):
                self._snapshots.put(replace(snapshot, status=DELETING))
        return Result(min(left, default=None))
