"""What is wrong with the machine or the files under the region: told here by whoever sees it, read by `status`.

A fault is a state, not an event: it is told while it lasts and cleared when it has passed, so what `netflux status` and
the map show is always what is the case now.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong.

    Attributes:
        kind: one of docs/faults.md's: `disk`, `descriptors`, `clock`, `file`, `part`, `set-aside`.
        subject: what it is about, unique in its kind.
        message: what happened, to what, and what that means.
        hint: the next step of the person who reads it.
        since: when it was first told.
    """

    kind: str
    subject: str
    message: str
    hint: str
    since: datetime


class Faults:
    """All faults of now. Methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._told: dict[tuple[str, str], Fault] = {}

    def tell(self, kind: str, subject: str, message: str, hint: str = "") -> None:
        """It is the case; telling the same again changes nothing but its words."""
        with self._lock:
            before = self._told.get((kind, subject))
            since = before.since if before else datetime.now(UTC)
            self._told[kind, subject] = Fault(kind, subject, message, hint, since)
        if before is None:
            _log.warning("%s: %s", kind, message)

    def clear(self, kind: str, subject: str) -> None:
        """It is the case no longer."""
        with self._lock:
            passed = self._told.pop((kind, subject), None)
        if passed is not None:
            _log.warning("%s: %s: this has passed", kind, subject)

    def list(self) -> Sequence[Fault]:
        """All that are the case, the oldest first."""
        with self._lock:
            return sorted(self._told.values(), key=lambda fault: fault.since)
