"""No answer tells what the disk may not have, and calls that come together share its syncs."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict

from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication.admission import MAIN
from netflux.controlplane.exchange import Exchange, Exchanges
from netflux.controlplane.operation import operation
from netflux.controlplane.protocol import wire
from netflux.controlplane.protocol.message import HttpRequest, HttpResponse
from netflux.controlplane.records import commitlog
from netflux.controlplane.records.databasefile import create
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Change, Schema
from netflux.controlplane.server import joined
from netflux.errors import AwsError
from tests.controlplane.plane import Plane, admission
from tests.signing import signed


@dataclass(frozen=True)
class Subnet:
    id: str


SUBNET = Schema("x/subnet", Subnet, lambda subnet: subnet.id)


class Subnets:
    service = "ec2"
    whole = True

    def __init__(self, documents: Documents) -> None:
        self.documents = documents
        self.table = documents.table(SUBNET)

    @operation("VpcId CidrBlock")
    def create_subnet(self, _call: Any, request: dict[str, Any]) -> dict[str, Any]:
        if request["CidrBlock"] in self.table:
            raise AwsError("InvalidSubnet.Conflict", "taken")
        self.table.put(Subnet(request["CidrBlock"]))
        return {}

    @operation()
    def describe_subnets(self, _call: Any, _request: Any) -> dict[str, Any]:
        return {"Subnets": [{"SubnetId": one.id} for one in self.table]}


@dataclass
class Disk:
    """Has what was synced; the page cache, which a power failure loses, has the rest.

    Attributes:
        syncs: how many there were.
        permits: a sync waits while this is not set.
        error: what the next one fails with.
    """

    database: Path
    copy: Path
    syncs: int = 0
    permits: threading.Event = field(default_factory=threading.Event)
    error: OSError | None = None

    def sync(self, _descriptor: int) -> None:
        for end in ("", "-wal"):
            shutil.copy(f"{self.database}{end}", f"{self.copy}{end}")
        assert self.permits.wait(20)
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        self.syncs += 1

    def has(self) -> set[str]:
        """Keys of the records that a region finds after a power failure."""
        with closing(sqlite3.connect(self.copy)) as database:
            return {key for (key,) in database.execute("SELECT key FROM document WHERE kind = 'x/subnet'")}


@pytest.fixture
async def apis(plane: Plane) -> Apis:
    made = await plane.start()
    made.register(Subnets(plane.documents))
    return made


@pytest.fixture
def disk(apis: Apis, plane: Plane, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk(plane.path / "n.db", tmp_path / "copy.db")
    made.permits.set()
    monkeypatch.setattr(commitlog.os, "fdatasync", made.sync)
    yield made
    made.permits.set()


async def _create(apis: Apis, block: str) -> None:
    await apis.call("ec2", "CreateSubnet", {"VpcId": "v", "CidrBlock": block})


async def _until(condition: Any) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  (what it waits for has no event)
            await asyncio.sleep(0)


async def test_what_is_answered_is_there_after_a_power_failure(apis: Apis, disk: Disk) -> None:
    for number in range(5):
        await _create(apis, f"10.0.{number}.0/24")
        assert len(disk.has()) == number + 1
    assert disk.syncs == 5


async def test_calls_that_come_together_share_a_sync(apis: Apis, disk: Disk) -> None:
    await asyncio.gather(*(_create(apis, f"10.0.{number}.0/24") for number in range(50)))
    assert len(disk.has()) == 50
    assert disk.syncs == 1


async def test_no_answer_tells_of_what_the_disk_may_not_have(apis: Apis, disk: Disk, plane: Plane) -> None:
    told: list[Change] = []
    followed: list[Change] = []
    plane.documents.watch(told.extend)
    plane.documents.follow(followed.extend)
    disk.permits.clear()
    writers = [asyncio.ensure_future(_create(apis, f"10.0.{number}.0/24")) for number in range(2)]
    await _until(lambda: len(followed) == 2)
    reader = asyncio.ensure_future(apis.call("ec2", "DescribeSubnets", {}))
    refused = asyncio.ensure_future(_create(apis, "10.0.0.0/24"))
    late = asyncio.ensure_future(_create(apis, "10.0.9.0/24"))
    for _ in range(100):
        await asyncio.sleep(0)
    assert not any(one.done() for one in (*writers, reader, refused, late))
    assert not told
    disk.permits.set()
    await asyncio.gather(*writers)
    assert len((await reader)["Subnets"]) == 2
    with pytest.raises(AwsError, match=r"InvalidSubnet\.Conflict"):
        await refused
    await late
    assert [one.key for one in told] == ["10.0.0.0/24", "10.0.1.0/24", "10.0.9.0/24"]
    assert disk.has() == {one.key for one in told}


async def test_a_call_that_changes_nothing_waits_for_no_sync(apis: Apis, disk: Disk) -> None:
    await apis.call("ec2", "DescribeSubnets", {})
    with pytest.raises(AwsError, match="DryRun"):
        await apis.call("ec2", "CreateSubnet", {"VpcId": "v", "CidrBlock": "10.0.0.0/24", "DryRun": True})
    assert disk.syncs == 0


@pytest.mark.parametrize("together", [1, 3])
async def test_where_the_disk_does_not_confirm_nothing_is_answered_any_more(
    apis: Apis, disk: Disk, plane: Plane, together: int
) -> None:
    told: list[Change] = []
    plane.documents.watch(told.extend)
    disk.error = OSError(errno.EIO, os.strerror(errno.EIO))
    blocks = [f"10.0.{number}.0/24" for number in range(together)]
    found = await asyncio.gather(*(_create(apis, block) for block in blocks), return_exceptions=True)
    for answer in found:
        assert isinstance(answer, AwsError)
        assert (answer.code, answer.status) == ("ServiceUnavailable", 503)
        assert "did not confirm" in answer.message
        assert "netflux down" in answer.message
    assert not told
    assert [one.kind for one in plane.documents.faults.list()] == ["disk"]
    for again in (_create(apis, "10.0.7.0/24"), apis.call("ec2", "DescribeSubnets", {})):  # Linux says that all is well
        with pytest.raises(AwsError, match="did not confirm"):
            await again
    with pytest.raises(commitlog.NotDurable):
        plane.documents.put("other", "a", {})
    assert disk.syncs == 0


async def test_a_sync_on_a_full_disk_is_told_as_what_it_is(apis: Apis, disk: Disk) -> None:
    disk.error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with pytest.raises(AwsError, match=r"No space left on device.*whether it was kept is not known"):
        await _create(apis, "10.0.0.0/24")


async def test_a_write_outside_of_calls_is_on_disk_when_it_returns(apis: Apis, disk: Disk, plane: Plane) -> None:
    await asyncio.to_thread(plane.documents.table(SUBNET).put, Subnet("a"))
    assert disk.has() == {"a"}
    with plane.documents.transaction():
        plane.documents.table(SUBNET).put(Subnet("b"))
        plane.documents.table(SUBNET).put(Subnet("c"))
    assert disk.has() == {"a", "b", "c"}
    assert disk.syncs == 2
    await apis.call("ec2", "DescribeSubnets", {})


async def test_who_waits_for_another_threads_commit_is_woken_by_it(apis: Apis, disk: Disk, plane: Plane) -> None:
    table = plane.documents.table(SUBNET)
    disk.permits.clear()
    writing = asyncio.ensure_future(asyncio.to_thread(table.put, Subnet("a")))
    await _until(lambda: not plane.documents.synced)  # it is committed, and its sync has begun or does soon
    reading = asyncio.ensure_future(apis.call("ec2", "DescribeSubnets", {}))
    await asyncio.sleep(0)
    assert not reading.done()
    disk.permits.set()
    async with asyncio.timeout(20):
        assert await reading == {"Subnets": [{"SubnetId": "a"}]}
    await writing
    assert disk.has() == {"a"}


async def test_watchers_hear_of_what_the_loop_changed_on_the_loop_alone(disk: Disk, plane: Plane) -> None:
    told: list[tuple[str, int]] = []

    def hear(changes: Any) -> None:
        told.extend((change.key, threading.get_ident()) for change in changes)

    plane.documents.watch(hear)
    table, here = plane.documents.table(SUBNET), threading.get_ident()
    with plane.documents.transaction(shared=True):
        table.put(Subnet("loop"))
    other = threading.Thread(target=table.put, args=[Subnet("thread")])
    other.start()
    other.join()  # its sync covers the loop's commit, whose watchers are to be told here
    await _until(lambda: len(told) == 2)
    assert told == [("loop", here), ("thread", here)]
    assert disk.syncs == 1


async def test_a_call_that_is_given_up_while_it_waits_leaves_the_change_and_its_watchers(
    apis: Apis, disk: Disk, plane: Plane
) -> None:
    told: list[Change] = []
    followed: list[Change] = []
    plane.documents.watch(told.extend)
    plane.documents.follow(followed.extend)
    disk.permits.clear()
    writers = [asyncio.ensure_future(_create(apis, f"10.0.{number}.0/24")) for number in range(2)]
    await _until(lambda: len(followed) == 2)
    for one in writers:
        one.cancel()
    await asyncio.wait(writers)
    disk.permits.set()
    await _until(lambda: len(told) == 2)


def test_the_log_has_its_length_from_the_start_and_keeps_it(tmp_path: Path) -> None:
    documents = Documents(tmp_path / "n.db")
    log = tmp_path / "n.db-wal"
    assert log.stat().st_size == commitlog.LENGTH
    for number in range(40):
        with documents.transaction():
            for part in range(20):
                documents.put("n", f"{number}.{part}", {"text": "x" * 3000})
    assert log.stat().st_size <= commitlog.LENGTH + 100 * 4120
    documents.close()
    assert not log.exists()


def test_a_log_that_a_killed_region_left_is_read(tmp_path: Path) -> None:
    left, log = tmp_path / "left.db", tmp_path / "left.db-wal"
    create(left)
    documents = Documents(left)
    for number in range(9):
        documents.put("n", str(number), {})
    whole = log.read_bytes()
    for cut, count in ((whole, 9), (whole.rstrip(b"\0"), 9), (bytes(commitlog.LENGTH), 0), (b"", 0)):
        found = tmp_path / f"{len(cut)}{count}.db"
        shutil.copy(left, found)
        found.with_name(f"{found.name}-wal").write_bytes(cut)
        again = Documents(found)
        assert len(again.list("n")) == count
        again.put("n", "after", {})
        with closing(sqlite3.connect(found)) as reader:
            assert reader.execute("SELECT count(*) FROM document").fetchone()[0] == count + 1
        again.close()
    documents.close()


def _asked(host: str) -> Exchange:
    """A signed DescribeSubnets, as the server has it."""
    body = "Action=DescribeSubnets&Version=2016-11-15"
    form = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
    headers = CIMultiDict({**signed("ec2", f"http://{host}", body, form), "Host": host})
    message = HttpRequest("POST", "/", headers, body.encode())
    scope = wire.scope_of(message)
    assert scope is not None
    return Exchange(scope, message, joined(headers), MAIN, None, "id")


async def test_a_client_is_answered_in_the_turn_only_where_the_disk_has_all_that_it_is_told(
    apis: Apis, disk: Disk, plane: Plane
) -> None:
    exchanges = Exchanges(apis, admission(apis))
    exchanges.documents = plane.documents
    assert isinstance(exchanges.begin(_asked("localhost:4566")), HttpResponse)
    disk.permits.clear()
    writers = [asyncio.ensure_future(_create(apis, f"10.0.{number}.0/24")) for number in range(2)]
    await _until(lambda: not plane.documents.synced)
    waits = exchanges.begin(_asked("localhost:4566"))
    assert not isinstance(waits, HttpResponse)
    answer = asyncio.ensure_future(waits)
    refusal = _asked("localhost:4566")
    refusal.headers = {**refusal.headers, "x-amz-date": "20200101T000000Z"}
    refused = exchanges.begin(refusal)
    assert not isinstance(refused, HttpResponse)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not answer.done()
    disk.permits.set()
    assert (await answer).body.count(b"10.0.") == 2
    assert (await refused).status == 400
    await asyncio.gather(*writers)
    disk.error = OSError(errno.EIO, os.strerror(errno.EIO))
    with pytest.raises(AwsError, match="did not confirm"):
        await _create(apis, "10.0.7.0/24")
    told = exchanges.begin(_asked("localhost:4566"))
    assert not isinstance(told, HttpResponse)
    assert b"ServiceUnavailable" in (await told).body
