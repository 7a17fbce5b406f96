"""Events of DB instances: numbered, as many as are kept, and those of the release before."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from netflux.aws.rds import instance as instances
from netflux.aws.rds.instance import Instances
from netflux.controlplane.records.documents import Documents
from netflux.resources.rds import Instance

NOW = datetime(2026, 11, 24, 8, tzinfo=UTC)


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[Documents]:
    made = Documents(tmp_path / "n.db")
    yield made
    made.close()


class Named(Instance):
    """An instance of which only its names are read."""

    def __init__(self) -> None:
        object.__setattr__(self, "identifier", "movies")
        object.__setattr__(self, "arn", "arn")


def test_events_of_the_release_before_are_taken_over_and_go_on(documents: Documents) -> None:
    for number in (7, 8):
        documents.put("rds/event", f"{number:012}", {
            "SourceIdentifier": "movies", "SourceType": "db-instance", "Message": str(number),
            "EventCategories": ["creation"], "Date": NOW.isoformat(), "SourceArn": "arn",
        })  # fmt: skip
    for _ in range(2):
        found = Instances(documents)
        assert [(one.number, one.message, one.category, one.at) for one in found.events] == [
            (7, "7", "creation", NOW), (8, "8", "creation", NOW),
        ]  # fmt: skip
    assert not documents.list("rds/event")
    found.record(Named(), "next", "deletion", NOW)
    assert [one.number for one in found.events] == [7, 8, 9]


def test_the_oldest_go_when_there_are_too_many(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(instances, "MOST_EVENTS", 2)
    found = Instances(documents)
    for text in "abc":
        found.record(Named(), text, "creation", NOW)
    assert [one.message for one in found.events] == ["b", "c"]
