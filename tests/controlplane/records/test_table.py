"""Records: what is put is on disk, what refers stays whole, what an older release wrote is read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Change, Schema
from netflux.errors import AwsError
from netflux.faults import Faults


@dataclass(frozen=True)
class Vpc:
    id: str
    made: datetime
    tags: dict[str, str]


@dataclass(frozen=True)
class Subnet:
    id: str
    vpc: str
    blocks: tuple[str, ...] = ()


VPC = Schema("x/vpc", Vpc, lambda vpc: vpc.id)
SUBNET = Schema(
    "x/subnet", Subnet, lambda subnet: subnet.id,
    indices={"vpc": lambda subnet: (subnet.vpc,), "block": lambda subnet: subnet.blocks},
    references={"vpc": "x/vpc"},
)  # fmt: skip
HERE = Vpc("vpc-1", datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC), {"Name": "café"})


@pytest.fixture
def documents(tmp_path: Path) -> Iterator[Documents]:
    opened = Documents(tmp_path / "n.db")
    opened.table(VPC).put(HERE)
    yield opened
    opened.close()


def _again(documents: Documents, path: Path, faults: Faults | None = None) -> Documents:
    documents.close()
    return Documents(path / "n.db", faults=faults)


def test_a_record_is_there_after_a_restart(documents: Documents, tmp_path: Path) -> None:
    documents.table(SUBNET).put(Subnet("s-1", "vpc-1", ("10.0.0.0/24",)))
    reopened = _again(documents, tmp_path)
    assert [*reopened.table(VPC)] == [HERE]
    assert reopened.table(SUBNET).where("block", "10.0.0.0/24") == [Subnet("s-1", "vpc-1", ("10.0.0.0/24",))]
    reopened.close()


def test_an_index_follows_every_change(documents: Documents) -> None:
    subnets = documents.table(SUBNET)
    subnets.put(Subnet("s-1", "vpc-1", ("a", "b")))
    subnets.put(Subnet("s-1", "vpc-1", ("b", "c")))
    assert [subnets.keys("block", text) for text in "abc"] == [[], ["s-1"], ["s-1"]]
    subnets.delete("s-1")
    assert not subnets.has("block", "b")
    assert not subnets.has("vpc", "vpc-1")


def test_what_is_referred_to_is_not_deleted(documents: Documents) -> None:
    documents.table(SUBNET).put(Subnet("s-1", "vpc-1"))
    with pytest.raises(AwsError, match="vpc-1 is used by s-1") as refused:
        documents.table(VPC).delete("vpc-1")
    assert refused.value.code == "DependencyViolation"
    documents.table(SUBNET).delete("s-1")
    documents.table(VPC).delete("vpc-1")
    assert documents.table(VPC).get("vpc-1") is None


def test_a_record_refers_to_what_is_there(documents: Documents) -> None:
    with pytest.raises(AwsError, match="there is no x/vpc vpc-2"):
        documents.table(SUBNET).put(Subnet("s-1", "vpc-2"))
    assert len(documents.table(SUBNET)) == 0


def test_a_record_that_could_not_be_read_again_is_not_kept(documents: Documents) -> None:
    wrong: Any = None
    with pytest.raises(AwsError, match="could not be read again"):
        documents.table(VPC).put(replace(HERE, id="vpc-2", tags=wrong))
    assert "vpc-2" not in documents.table(VPC)


def test_a_transaction_that_fails_leaves_nothing_and_tells_nobody(documents: Documents, tmp_path: Path) -> None:
    told: list[Any] = []
    subnets = documents.table(SUBNET)
    for number in range(3):
        subnets.put(Subnet(f"s-{number}", "vpc-1", ("a",)))
    documents.watch(told.append)

    def change() -> None:
        with documents.transaction():
            subnets.delete("s-1")
            subnets.put(Subnet("s-0", "vpc-1", ("z",)))
            subnets.put(Subnet("s-9", "vpc-1"))
            raise KeyError

    with pytest.raises(KeyError):
        change()
    kept = [Subnet(f"s-{number}", "vpc-1", ("a",)) for number in range(3)]
    assert [*subnets] == kept
    assert sorted(subnets.keys("block", "a")) == ["s-0", "s-1", "s-2"]
    assert not subnets.has("block", "z")
    assert not told
    reopened = _again(documents, tmp_path)
    assert [*reopened.table(SUBNET)] == kept
    reopened.close()


def test_a_rehearsal_changes_nothing(documents: Documents) -> None:
    with documents.rehearsal():
        documents.table(VPC).delete("vpc-1")
        assert not [*documents.table(VPC)]
    assert [*documents.table(VPC)] == [HERE]
    with pytest.raises(ValueError, match="no"), documents.rehearsal():
        raise ValueError("no")


def test_changes_are_told_when_the_disk_has_them(documents: Documents) -> None:
    told: list[Change] = []
    documents.watch(told.extend)
    with documents.transaction():
        documents.table(SUBNET).put(Subnet("s-1", "vpc-1"))
        documents.table(SUBNET).put(Subnet("s-1", "vpc-1", ("a",)))
        assert not told
    made, changed = Subnet("s-1", "vpc-1"), Subnet("s-1", "vpc-1", ("a",))
    assert told == [Change("x/subnet", "s-1", None, made), Change("x/subnet", "s-1", made, changed)]


def test_an_older_record_is_read_by_its_migrations(documents: Documents, tmp_path: Path) -> None:
    documents.table(SUBNET).put(Subnet("s-1", "vpc-1"))

    @dataclass(frozen=True)
    class Newer:
        id: str
        network: str
        zone: str

    schema = Schema(
        "x/subnet", Newer, lambda subnet: subnet.id,
        migrations=(
            lambda body: {"id": body["id"], "network": body["vpc"]},
            lambda body: {**body, "zone": "us-east-1a"},
        ),
    )  # fmt: skip
    reopened = _again(documents, tmp_path)
    assert [*reopened.table(schema)] == [Newer("s-1", "vpc-1", "us-east-1a")]
    reopened.table(schema).put(Newer("s-1", "vpc-1", "us-east-1b"))
    last = _again(reopened, tmp_path)
    assert [*last.table(schema)] == [Newer("s-1", "vpc-1", "us-east-1b")]
    last.close()


def test_a_record_that_cannot_be_read_costs_itself_and_is_kept(documents: Documents, tmp_path: Path) -> None:
    documents.table(SUBNET).put(Subnet("s-1", "vpc-1"))
    documents.table(SUBNET).put(Subnet("s-2", "vpc-1"))
    documents._db.execute("UPDATE document SET body = '{\"id\": \"s-1\"}' WHERE key = 's-1'")
    documents._db.execute("UPDATE document SET version = 7 WHERE key = 's-2'")
    faults = Faults()
    reopened = _again(documents, tmp_path, faults)
    assert not [*reopened.table(SUBNET)]
    messages = " ".join(fault.message for fault in faults.list())
    assert "x/subnet s-1" in messages
    assert "a newer netflux has written it" in messages
    last = _again(reopened, tmp_path)
    assert last._db.execute("SELECT count(*) FROM document WHERE kind = 'x/subnet'").fetchone() == (2,)
    last.close()


def test_a_database_without_versions_is_read(tmp_path: Path) -> None:
    import sqlite3

    with sqlite3.connect(tmp_path / "n.db") as old:
        old.execute("CREATE TABLE document (kind TEXT, key TEXT, body TEXT, PRIMARY KEY (kind, key))")
        old.execute("CREATE TABLE blob (key TEXT PRIMARY KEY, body BLOB NOT NULL)")
        old.execute("INSERT INTO document VALUES ('old', 'k', '{\"a\": 1}')")
    old.close()
    opened = Documents(tmp_path / "n.db")
    assert opened.get("old", "k") == {"a": 1}
    opened.table(VPC).put(HERE)
    opened.close()
