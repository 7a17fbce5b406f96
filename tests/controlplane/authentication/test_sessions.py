"""Sessions are there until they end, and no longer on disk than that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from netflux.controlplane.authentication import sessions
from netflux.controlplane.authentication.sessions import SESSION, Session, Sessions
from netflux.controlplane.records.documents import Documents
from netflux.policy.evaluate import Principal

BEGIN = datetime(2026, 11, 28, 20, 0, 30, tzinfo=UTC)


class Wall(datetime):
    """A clock that the test sets."""

    shown = BEGIN

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return cls.shown


def session(name: str, expires: datetime) -> Session:
    return Session(name, "s", "t", Principal("AWS", "arn", "1"), "AROA:s", expires)


def test_sessions_that_have_ended_go_when_the_next_one_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "datetime", Wall)
    documents = Documents(tmp_path / "n.db")
    kept = Sessions(documents)
    for minutes in range(1, 6):
        kept.put(session(f"s{minutes}", BEGIN + timedelta(minutes=minutes)))
    Wall.shown = BEGIN + timedelta(minutes=3, seconds=10)
    kept.put(session("later", BEGIN + timedelta(hours=1)))
    assert [each.id for each in documents.table(SESSION)] == ["s4", "s5", "later"]
    documents.close()
    Wall.shown = BEGIN + timedelta(minutes=30)
    documents = Documents(tmp_path / "n.db")
    kept = Sessions(documents)
    assert kept.get("later") == session("later", BEGIN + timedelta(hours=1))
    kept.put(session("last", BEGIN + timedelta(hours=2)))
    assert [each.id for each in documents.table(SESSION)] == ["later", "last"]
    documents.close()
