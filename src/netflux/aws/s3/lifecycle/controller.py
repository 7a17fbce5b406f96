"""Carries out the lifecycle of buckets: on each day of the region's calendar, as S3 does, and when rules change."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from netflux.aws.s3 import retention
from netflux.aws.s3.lifecycle import expiry
from netflux.aws.s3.lifecycle.expiry import Aged
from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.errors import AwsError
from netflux.reconcile.controller import Result
from netflux.resources.s3 import Bucket
from netflux.resources.s3objects import Description, Version

_AT_ONCE = 20
"""Keys that are looked at in one turn of the event loop."""


class LifecycleController:
    """Controller `s3-lifecycle`; keys are buckets that have a lifecycle.

    Args:
        store: of the region.
        clock: of the region.
    """

    name = "s3-lifecycle"

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._done: dict[str, tuple[date, dict[str, Any]]] = {}

    async def keys(self) -> Sequence[str]:
        """Buckets with a lifecycle."""
        return [bucket.name for bucket in self._store.buckets() if bucket.lifecycle]

    async def reconcile(self, key: str) -> Result:
        """Ends what is due, and waits for the next midnight. A pass that this day had is not repeated."""
        bucket, now = self._store.find_bucket(key), self._clock.calendar()
        if bucket is None or not bucket.lifecycle:
            self._done.pop(key, None)
            return Result()
        if self._done.get(key) != (now.date(), bucket.lifecycle):
            await self._pass(bucket, now)
            self._done[key] = now.date(), bucket.lifecycle
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return Result((midnight - now).total_seconds() + 1)

    async def _pass(self, bucket: Bucket, now: datetime) -> None:
        key = bucket.name
        for number, name in enumerate([*self._store.index.keys(key)], 1):
            for aged in [*self._versions(key, name)]:
                self._carry_out(bucket, aged, now)
            if number % _AT_ONCE == 0:
                await asyncio.sleep(0)  # others are answered meanwhile
        for upload in self._store.uploads.where("bucket", key):
            found = expiry.aborted(bucket, upload, expiry.begun(upload.initiated, self._clock))
            if found is not None and found[0] <= now:
                self._store.delete_upload(upload.id)

    def _versions(self, bucket: str, key: str) -> Iterator[Aged]:
        """Of the oldest first, so that a delete marker is alone once those before it are gone."""
        found = self._store.stack(bucket, key)
        for newer in reversed(range(len(found))):
            version = found[newer]
            since = expiry.begun(found[newer - 1].modified, self._clock) if newer else None
            yield Aged(version, expiry.begun(version.modified, self._clock), since, newer - 1, len(found) == 1)

    def _carry_out(self, bucket: Bucket, aged: Aged, now: datetime) -> None:
        found = expiry.expires(bucket, aged)
        if found is not None and found[0] <= now:
            self._expire(bucket, aged, now)
            return
        name = expiry.moves(bucket, aged, now)
        if name is not None:
            version = aged.version
            changed = replace(version, description=replace(version.description, storage_class=name))
            self._store.put(changed, event="LifecycleTransition")

    def _expire(self, bucket: Bucket, aged: Aged, now: datetime) -> None:
        version = aged.version
        if aged.superseded is None and version.content is not None and bucket.versioning:
            identifier, sequence = self._store.next(bucket)
            marker = Version(bucket.name, version.key, identifier, sequence, self._clock.now(), Description(), None)
            self._store.put(marker, event="LifecycleExpiration:DeleteMarkerCreated")
            return
        if not _locked(version, now):
            self._store.remove([version], "LifecycleExpiration:Delete")


def _locked(version: Version, now: datetime) -> bool:
    try:
        retention.check_delete(version.description, now, bypass=False)
    except AwsError:
        return True
    return False
