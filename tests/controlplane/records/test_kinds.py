"""A document that its readers can't read costs itself, and stays on disk."""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import kind, kind_of, read_each
from netflux.errors import AwsError
from netflux.faults import Faults


@dataclass(frozen=True)
class Thing:
    """Of the tests."""

    name: str
    size: int
    note: str | None = None


THING = kind_of("thing", Thing, "Make {key} anew.")
PART = kind("part/of/", "", owner=str, sizes=list)


def _rows(path: Path, table: str) -> dict[str, object]:
    with sqlite3.connect(path) as database:
        return {key: json.loads(body) for key, body in database.execute(f"SELECT key, body FROM {table}")}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """With documents that an earlier netflux wrote."""
    path = tmp_path / "n.db"
    first = Documents(path)
    first.put("thing", "good", {"name": "good", "size": 1})
    first.put("thing", "short", {"name": "short"})
    first.put("thing", "strange", {"name": "strange", "size": "large"})
    first.put("part/of/a", "p", {"owner": "a", "sizes": {}})
    first.close()
    return path


def test_what_can_not_be_read_is_left_out_and_told(path: Path) -> None:
    faults = Faults()
    documents = Documents(path, faults=faults)
    documents.declare(THING, PART)
    assert documents.list("thing") == [("good", {"name": "good", "size": 1})]
    assert documents.get("thing", "short") is None
    assert documents.list("part/of/a") == []
    assert documents.left_out("part/")
    told = {fault.subject: (fault.message, fault.hint) for fault in faults.list()}
    assert set(told) == {f"record {one} in netflux.db" for one in ("thing short", "thing strange", "part/of/a p")}
    message, hint = told["record thing short in netflux.db"]
    assert "it has no `size`" in message
    assert hint == "Make short anew."
    assert len(_rows(path, "document")) == 4


def test_what_is_left_out_stays_when_its_key_is_given_to_another(path: Path) -> None:
    faults = Faults()
    documents = Documents(path, faults=faults)
    documents.declare(THING)
    documents.put("thing", "short", {"name": "short", "size": 2})
    documents.delete("thing", "strange")
    assert documents.get("thing", "short") == {"name": "short", "size": 2}
    assert _rows(path, "unreadable") == {"short": {"name": "short"}, "strange": {"name": "strange", "size": "large"}}
    assert not faults.list()


@pytest.mark.parametrize("document", [{"name": "x"}, {"name": "x", "size": "1"}, {"name": "x", "size": 1, "more": 1}])
def test_what_could_not_be_read_again_is_not_kept(path: Path, document: dict[str, object]) -> None:
    documents = Documents(path)
    documents.declare(THING)
    with pytest.raises(AwsError, match="nothing was kept"):
        documents.put("thing", "x", document)
    assert documents.get("thing", "x") is None
    assert "x" not in _rows(path, "document")


def test_each_item_is_read_on_its_own_and_a_fault_passes_with_its_cause() -> None:
    faults = Faults()
    assert read_each(faults, "number", [("a", "1"), ("b", "one")], int, "Count {key}.") == {"a": 1}
    (fault,) = faults.list()
    assert (fault.subject, fault.hint) == ("number b", "Count b.")
    assert read_each(faults, "number", [("a", "1")], int, "") == {"a": 1}
    assert not faults.list()
