"""Which keys a bucket lists, and which versions each key has: the table's records in order, in memory beside it."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from netflux.controlplane.records.table import Change
from netflux.resources.s3objects import VERSION, Version


@dataclass
class _Bucket:
    """Ordered keys, and by key the versions' sequences and ids, the newest last."""

    keys: list[str] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)
    versions: dict[str, list[tuple[int, str, bool]]] = field(default_factory=dict)


class Index:
    """Follows the table of versions. Inside a transaction it has the state before.

    Args:
        versions: all that are there.
    """

    def __init__(self, versions: Iterable[Version]) -> None:
        self._buckets: dict[str, _Bucket] = {}
        for version in versions:
            under = self._buckets.setdefault(version.bucket, _Bucket()).versions
            under.setdefault(version.key, []).append(_entry(version))
        for bucket in self._buckets.values():
            for entries in bucket.versions.values():
                entries.sort()
            bucket.keys = sorted(bucket.versions)
            bucket.listed = [key for key in bucket.keys if bucket.versions[key][-1][2]]

    def follow(self, changes: Sequence[Change]) -> None:
        """After a transaction."""
        for change in changes:
            if change.table == VERSION.name:
                self._change(change.before, change.after)

    def keys(self, bucket: str) -> Sequence[str]:
        """Keys that have a version or a delete marker, ordered."""
        return self._buckets[bucket].keys if bucket in self._buckets else ()

    def listed(self, bucket: str) -> Sequence[str]:
        """Keys whose current version is an object, ordered."""
        return self._buckets[bucket].listed if bucket in self._buckets else ()

    def current(self, bucket: str, key: str) -> str | None:
        """The current version's id; None where the key has none."""
        found = self._buckets[bucket].versions.get(key) if bucket in self._buckets else None
        return found[-1][1] if found else None

    def versions(self, bucket: str, key: str) -> Sequence[str]:
        """The key's version ids, the newest last."""
        found = self._buckets[bucket].versions.get(key, ()) if bucket in self._buckets else ()
        return [version for _, version, _ in found]

    def _change(self, before: Version | None, after: Version | None) -> None:
        named = before or after
        if named is None:
            return
        bucket, key = self._buckets.setdefault(named.bucket, _Bucket()), named.key
        entries = bucket.versions.get(key, [])
        known, was_listed = bool(entries), bool(entries) and entries[-1][2]
        if before is not None:
            del entries[bisect_left(entries, _entry(before))]
        if after is not None:
            insort(entries, _entry(after))
            bucket.versions[key] = entries
        elif not entries:
            bucket.versions.pop(key, None)
        _hold(bucket.keys, key, known, bool(entries))
        _hold(bucket.listed, key, was_listed, bool(entries) and entries[-1][2])
        if not bucket.versions:
            del self._buckets[named.bucket]


def _entry(version: Version) -> tuple[int, str, bool]:
    return version.sequence, version.id, version.content is not None


def _hold(keys: list[str], key: str, was: bool, holds: bool) -> None:
    if holds and not was:
        insort(keys, key)
    elif was and not holds:
        del keys[bisect_left(keys, key)]
