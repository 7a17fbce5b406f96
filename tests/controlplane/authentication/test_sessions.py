"""Sessions are there until they end, and no longer on disk than that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from netflux.controlplane.authentication.sessions import SESSION, Session, Sessions
from netflux.controlplane.records.documents import Documents
from netflux.policy.evaluate import Principal

BEGIN = datetime(2026, 11, 28, 20, 0, 30, tzinfo=UTC)


def session(name: str, expires: datetime) -> Session:
    return Session(name, "s", "t", Principal("AWS", "arn", "1"), "AROA:s", expires)


def test_sessions_that_have_ended_go_when_the_next_one_begins(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    shown = [BEGIN]
    kept = Sessions(documents, lambda: shown[-1])
    for minutes in range(1, 6):
        kept.put(session(f"s{minutes}", BEGIN + timedelta(minutes=minutes)))
    shown.append(BEGIN + timedelta(minutes=3, seconds=10))
    kept.put(session("later", BEGIN + timedelta(hours=1)))
    assert [each.id for each in documents.table(SESSION)] == ["s4", "s5", "later"]
    documents.close()
    shown.append(BEGIN + timedelta(minutes=30))
    documents = Documents(tmp_path / "n.db")
    kept = Sessions(documents, lambda: shown[-1])
    assert kept.get("later") == session("later", BEGIN + timedelta(hours=1))
    kept.put(session("last", BEGIN + timedelta(hours=2)))
    assert [each.id for each in documents.table(SESSION)] == ["later", "last"]
    documents.close()


def test_a_session_that_ended_in_the_minute_before_goes_as_well(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    whole_minute = BEGIN.replace(second=0)
    kept = Sessions(documents, lambda: whole_minute)
    kept.put(session("ended", whole_minute - timedelta(seconds=1)))
    kept.put(session("next", whole_minute + timedelta(hours=1)))
    assert [each.id for each in documents.table(SESSION)] == ["next"]
    documents.close()
