"""What the region notices by itself: a full disk, no descriptors, a clock that was set, files set aside."""

import asyncio
import errno
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from netflux import setaside
from netflux.controlplane.records import room
from netflux.controlplane.records.documents import Documents
from netflux.faults import Faults
from netflux.vitals import Moment, Vitals, raise_descriptors


class Place:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.faults = Faults()
        self.documents = Documents(path / "netflux.db")
        self.reserve = room.Reserve(path / "reserve")
        self.renewed = asyncio.Event()
        self.vitals = Vitals(path, self.reserve, self.documents, self.faults, self._renew)

    async def _renew(self) -> None:
        self.renewed.set()

    def told(self, kind: str) -> list[str]:
        return [fault.message for fault in self.faults.list() if fault.kind == kind]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    found = Place(tmp_path)
    yield found
    found.documents.close()


def test_a_full_disk_is_told_while_it_is_full(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 100 * 1024 * 1024
    monkeypatch.setattr(room.Reserve, "free", property(lambda _: free))
    place.vitals.look_at_disk()
    assert place.told("disk") == []
    free = 1000
    place.vitals.look_at_disk()
    assert [f"The disk of {place.path} is full (0.0 MB free)" in one for one in place.told("disk")] == [True]
    free = 20 * 1024 * 1024
    place.vitals.look_at_disk()
    assert ["nearly full: 20.0 MB free" in one for one in place.told("disk")] == [True]
    free = 100 * 1024 * 1024
    place.vitals.look_at_disk()
    assert place.told("disk") == []


def test_a_clock_that_is_set_back_is_told_until_it_is_right_again(place: Place) -> None:
    start = place.vitals._last
    moment = Moment(start.wall + 2, start.counted + 2)
    assert not place.vitals.look_at_clock(moment)
    assert place.told("clock") == []
    assert place.vitals.look_at_clock(Moment(moment.wall - 3 * 3600 + 2, moment.counted + 2))
    assert ["set back by 3:00:00" in one for one in place.told("clock")] == [True]
    assert not place.vitals.look_at_clock(Moment(moment.wall - 3 * 3600 + 4, moment.counted + 4))
    assert place.vitals.look_at_clock(Moment(moment.wall + 6, moment.counted + 6))
    assert place.told("clock") == []


def test_hours_of_sleep_and_a_slow_clock_are_no_fault(place: Place) -> None:
    start = place.vitals._last
    for hours in range(1, 5):
        slow = hours * 3600 * 1.0005
        assert not place.vitals.look_at_clock(Moment(start.wall + slow, start.counted + hours * 3600))
    assert place.told("clock") == []


def test_a_clock_behind_the_last_write_is_told_at_start(place: Place) -> None:
    written = (place.path / "netflux.db").stat().st_mtime
    place.vitals.begin(written - 7200)
    assert ["2:00:00 behind the last write" in one for one in place.told("clock")] == [True]


async def test_certificates_are_renewed_after_the_clock_was_set(place: Place) -> None:
    await place.vitals.start()
    try:
        place.vitals._last = Moment(place.vitals._last.wall + 86400 * 3, place.vitals._last.counted)
        async with asyncio.timeout(10):
            await place.renewed.wait()
    finally:
        await place.vitals.stop()
    assert ["set back by 3 days" in one for one in place.told("clock")] == [True]


async def test_a_connection_that_cannot_be_accepted_is_told_and_cleared(place: Place) -> None:
    loop = asyncio.get_running_loop()
    await place.vitals.start()
    try:
        error = OSError(errno.EMFILE, "Too many open files")
        loop.call_exception_handler({"message": "socket.accept() out of system resource", "exception": error})
        assert ["Too many open files" in one for one in place.told("descriptors")] == [True]
        place.vitals.look_at_descriptors()
        assert place.told("descriptors") == []
    finally:
        await place.vitals.stop()


def test_descriptors_that_run_out_are_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    open_now = sum(1 for _ in Path("/proc/self/fd").iterdir())
    monkeypatch.setattr(resource, "getrlimit", lambda _: (open_now + 10, open_now + 10))
    place.vitals.look_at_descriptors()
    assert [f"of {open_now + 10} are open" in one for one in place.told("descriptors")] == [True]


def test_the_soft_limit_of_descriptors_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: wanted.append(limits))
    for limits in ((1024, 4096), (1024, resource.RLIM_INFINITY), (1024, 1 << 20), (4096, 4096)):
        monkeypatch.setattr(resource, "getrlimit", lambda _, limits=limits: limits)
        raise_descriptors()
    assert wanted == [(4096, 4096), (65536, resource.RLIM_INFINITY), (65536, 1 << 20)]


def test_what_is_set_aside_is_told_until_a_person_has_removed_it(place: Place) -> None:
    (place.path / "objects").mkdir()
    for body in ("first", "second"):  # the same name twice
        (place.path / "objects" / "a").write_text(body)
        moved = setaside.move(place.path, place.path / "objects" / "a")
    assert moved.parent == place.path / "set-aside" / "objects"
    place.vitals.look_at_set_aside()
    assert ["2 files" in one for one in place.told("set-aside")] == [True]
    for file in moved.parent.iterdir():
        file.unlink()
    place.vitals.look_at_set_aside()
    assert place.told("set-aside") == []


def test_a_record_that_cannot_be_read_is_told(place: Place) -> None:
    place.documents.unreadable.append(("s3/bucket", "photos"))
    place.vitals.begin(0.0 + (place.path / "netflux.db").stat().st_mtime)
    assert ["The record s3/bucket photos" in one for one in place.told("file")] == [True]


def test_a_database_that_is_removed_under_the_region_is_told(place: Place) -> None:
    place.vitals.look_at_database()
    assert place.told("file") == []
    (place.path / "netflux.db").rename(place.path / "elsewhere")
    place.vitals.look_at_database()
    assert ["was removed or replaced while the region runs" in one for one in place.told("file")] == [True]
    (place.path / "elsewhere").rename(place.path / "netflux.db")
    place.vitals.look_at_database()
    assert place.told("file") == []
