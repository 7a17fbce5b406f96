"""Which amounts, kinds and rates of storage RDS has for PostgreSQL. Pure.

"Amazon RDS DB instance storage", RDS User Guide; "CreateDBInstance", Amazon RDS API Reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.rds.part import combination, invalid

_SIZES = {"gp2": (20, 65536), "gp3": (20, 65536), "io1": (100, 65536), "io2": (100, 65536), "standard": (5, 3072)}
"""GiB, by StorageType."""

_PROVISIONED = ("io1", "io2")
_LARGE = 400
"""GiB from which gp3 has rates of one's own."""


def default_type(request: Mapping[str, Any]) -> str:
    """The StorageType where none is given."""
    return "io1" if request.get("Iops") else "gp3"


def check(storage: Mapping[str, Any]) -> None:
    """Refuses storage that RDS has not.

    Args:
        storage: StorageType, AllocatedStorage, and Iops, StorageThroughput, MaxAllocatedStorage where given.
    """
    kind, size = storage["StorageType"], storage["AllocatedStorage"]
    if kind not in _SIZES:
        raise invalid(f"Invalid storage type: {kind}. Valid values are {', '.join(_SIZES)}.")
    least, most = _SIZES[kind]
    if not least <= size <= most:
        raise invalid(
            f"Invalid storage size for engine name postgres and storage type {kind}: {size}. It is {least} to {most} "
            "GiB."
        )
    _check_rates(kind, size, storage.get("Iops"), storage.get("StorageThroughput"))
    largest = storage.get("MaxAllocatedStorage")
    if largest is not None and not size < largest <= most:
        raise combination(
            f"Invalid max storage size for engine name postgres and storage type {kind}: {largest}. It is above the "
            f"storage size, {size}, and {most} GiB at most."
        )


def _check_rates(kind: str, size: int, rate: int | None, throughput: int | None) -> None:
    if kind in _PROVISIONED:
        if rate is None:
            raise combination(f"You must specify Iops for storage type {kind}.")
        if rate < 1000 or not size / 2 <= rate <= size * 50:
            raise combination(
                f"The Iops to storage ratio must be between 0.5 and 50 and Iops at least 1000: {rate} for {size} GiB."
            )
    elif rate is not None and kind != "gp3":
        raise combination(f"You can't specify Iops for storage type {kind}.")
    elif kind == "gp3" and size < _LARGE and (rate not in (None, 3000) or throughput not in (None, 125)):
        raise combination(
            f"You can't specify IOPS or storage throughput for engine postgres and a storage size less than {_LARGE}."
        )
    if throughput is not None and kind != "gp3":
        raise combination(f"You can't specify StorageThroughput for storage type {kind}.")


def check_growth(before: int, after: int) -> None:
    """Storage only grows, by a tenth at least ("Working with storage for Amazon RDS DB instances", RDS User Guide)."""
    if after < before:
        raise combination(f"Requested storage size ({after}) cannot be less than current storage size ({before})")
    if before < after < before * 1.1:
        raise combination(
            f"The allocated storage size must be at least 10 percent greater than the current storage size: {after} "
            f"instead of {before}."
        )
