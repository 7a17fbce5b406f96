"""Sessions that STS handed out: they are on disk until they end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema
from netflux.policy.evaluate import Principal

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Session:
    """One session.

    Attributes:
        id: access key id, `ASIA` and more.
        secret: secret access key.
        token: that requests must carry as well.
        principal: who it is.
        identity: what GetCallerIdentity tells as UserId, e.g. `AROA…:name`.
        expires: in UTC.
        context: condition keys (lower-case) that its requests carry.
        policies: documents of session policies; where there are some, they limit it.
        issuer: ARN of who asked for it.
    """

    id: str
    secret: str
    token: str
    principal: Principal
    identity: str
    expires: datetime
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    policies: tuple[str, ...] = ()
    issuer: str = ""


def _minute(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M")


SESSION = Schema(
    "sts/session",
    Session,
    lambda session: session.id,
    indices={"minute": lambda session: (_minute(session.expires),)},
)


class Sessions:
    """All that have not ended.

    Args:
        documents: where they are.
        now: the wall clock, in UTC.
    """

    def __init__(self, documents: Documents, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._documents = documents
        self._table = documents.table(SESSION)
        self._swept: datetime | None = None

    def get(self, access_key: str) -> Session | None:
        """The session; None where nobody handed it out, or it ended a while ago."""
        return self._table.get(access_key)

    def put(self, session: Session) -> None:
        """Keeps one more, and lets go of those that have ended. What it costs does not depend on how many there are."""
        now = self._now()
        with self._documents.transaction():
            for ended in self._ended(now):
                self._table.delete(ended.id)
            self._table.put(session)

    def _ended(self, now: datetime) -> list[Session]:
        if self._swept is None:
            self._swept = now
            return [session for session in self._table if session.expires < now]
        found: list[Session] = []
        minute = self._swept - _MINUTE  # a session may be put that ended a moment ago
        while minute <= now + _MINUTE:
            found += [session for session in self._table.where("minute", _minute(minute)) if session.expires < now]
            minute += _MINUTE
        self._swept = now
        return found
