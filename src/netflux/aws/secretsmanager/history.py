"""How many versions and labels a secret has, and which old versions go. Pure.

"Secrets Manager quotas", AWS Secrets Manager User Guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from netflux.errors import AwsError
from netflux.resources.secretsmanager import Version

MOST_VERSIONS = 100
MOST_LABELS = 20
"""Over all versions of a secret."""

_YOUNG = timedelta(hours=24)
"""Versions that are younger stay, labelled or not; simulated time."""


def to_remove(versions: Sequence[Version], now: datetime, speed: float) -> Sequence[Version]:
    """Those that go before one more is kept: the oldest without labels.

    Args:
        versions: the oldest first.
        now: real time, as the versions' own.
        speed: simulated seconds in a real one.
    """
    over = len(versions) + 1 - MOST_VERSIONS
    old = [one for one in versions if not one.stages and (now - one.created) * speed >= _YOUNG]
    return old[: max(0, over)]


def check(versions: Sequence[Version], gone: Sequence[Version], labels: Iterable[str]) -> None:
    """LimitExceededException where one more version, or more labels, would be too many."""
    if len(versions) - len(gone) >= MOST_VERSIONS:
        raise AwsError(
            "LimitExceededException",
            f"The secret has {MOST_VERSIONS} versions that have a staging label or are younger than 24 hours, and "
            "can't have more.",
        )
    check_labels(versions, labels)


def check_labels(versions: Iterable[Version], labels: Iterable[str]) -> None:
    """LimitExceededException where more labels would be too many."""
    every = {label for version in versions for label in version.stages} | {*labels}
    if len(every) > MOST_LABELS:
        raise AwsError(
            "LimitExceededException",
            f"The versions of a secret have at most {MOST_LABELS} staging labels; these would be {len(every)}.",
        )
