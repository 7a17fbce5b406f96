"""RDS's own snapshots: one in each daily backup window, kept for BackupRetentionPeriod days. Pure.

"Introduction to backups", Amazon RDS User Guide.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from netflux.aws.rds import window
from netflux.resources.rds import AUTOMATED, Instance, Snapshot


def due(instance: Instance, snapshots: Iterable[Snapshot], now: datetime) -> bool:
    """Whether the instance is to be backed up now.

    Args:
        snapshots: of the instance.
    """
    if not instance.settings["BackupRetentionPeriod"]:
        return False
    began = window.began(str(instance.settings["PreferredBackupWindow"]), now)
    return began is not None and not any(one.kind == AUTOMATED and one.asked >= began for one in snapshots)


def identifier(instance: Instance, now: datetime) -> str:
    """Of a snapshot that begins now, e.g. `rds:films-2026-11-29-06-05`."""
    return f"rds:{instance.identifier}-{now:%Y-%m-%d-%H-%M}"


def expires(snapshot: Snapshot, instance: Instance | None) -> datetime:
    """When an automated snapshot is deleted.

    Args:
        instance: that it was taken of; None when it is gone, and the snapshot keeps the days that it had.
    """
    settings = snapshot.settings if instance is None else instance.settings
    return snapshot.created + timedelta(days=settings["BackupRetentionPeriod"])
