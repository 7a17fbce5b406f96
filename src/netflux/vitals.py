"""What the region looks at every few seconds, because nobody tells it: the disk, its descriptors, the clock, its files.

Looking costs some microseconds; what is found is told to `faults`, and cleared when it has passed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from netflux import setaside
from netflux.controlplane.records import room
from netflux.controlplane.records.documents import Documents
from netflux.faults import Faults

_log = logging.getLogger(__name__)

INTERVAL = 2.0
"""Real seconds between two looks."""
_NEARLY = 64 * 1024 * 1024
"""Free bytes below which the next `netflux up` would refuse to start."""
_DESCRIPTORS = 64
"""Descriptors below the limit from which on it is told: one connection of a browser's page takes about ten."""
_STEP = 30.0
"""Seconds by which the wall clock may differ from the kernel's count between two looks; NTP slews far less."""
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Moment:
    """Two clocks at once.

    Attributes:
        wall: seconds since the epoch, as the machine's clock shows them.
        counted: seconds that the kernel has counted since its start, those asleep too.
    """

    wall: float
    counted: float

    @staticmethod
    def now() -> Moment:
        """Of this machine."""
        return Moment(time.time(), time.clock_gettime(time.CLOCK_BOOTTIME))


class Vitals:
    """Looks, and tells.

    Args:
        path: the state directory.
        reserve: on its disk.
        documents: whose file may have had rows that could not be read.
        faults: told what is found.
        certificates: called after the clock was set, since they may be outside their validity now.
    """

    def __init__(
        self,
        path: Path,
        reserve: room.Reserve,
        documents: Documents,
        faults: Faults,
        certificates: Callable[[], Awaitable[None]],
    ) -> None:
        self._path = path
        self._reserve = reserve
        self._documents = documents
        self._faults = faults
        self._certificates = certificates
        self._database = (path / "netflux.db").stat().st_ino
        self._last = Moment.now()
        self._stepped = 0.0
        self._looking: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Looks at once, and again until `stop`."""
        asyncio.get_running_loop().set_exception_handler(self._unhandled)
        self.begin(time.time())
        self._looking = asyncio.ensure_future(self._look())

    async def stop(self) -> None:
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    def begin(self, now: float) -> None:
        """What is looked at once: rows that can't be read, and a clock that is behind the state directory's files."""
        for kind, key in self._documents.unreadable:
            self._faults.tell(
                "file",
                f"netflux.db {kind} {key}",
                f"The record {kind} {key} in netflux.db can't be read. It is kept there in the table `unreadable`, and "
                "its resource is not there.",
                "Make the resource anew, or put a copy of the state directory back.",
            )
        written = (self._path / "netflux.db").stat().st_mtime
        if written > now + _STEP:
            self._behind(written - now)

    def _behind(self, seconds: float) -> None:
        self._faults.tell(
            "clock",
            "start",
            f"The clock of this machine is {_duration(seconds)} behind the last write to the state directory: it was "
            "set back. New records and log lines look older than those before them.",
            "Set the clock (timedatectl set-ntp true), then `netflux down` and `netflux up`.",
        )

    async def _look(self) -> None:
        while True:
            try:
                self.look_at_disk()
                self.look_at_descriptors()
                self.look_at_database()
                if self.look_at_clock(Moment.now()):
                    await self._certificates()
                await asyncio.to_thread(self.look_at_set_aside)
            except Exception:  # noqa: BLE001 - whatever a look fails of, the next one may not
                _log.exception("a look at the machine failed")
            await asyncio.sleep(INTERVAL)

    def look_at_disk(self) -> None:
        """Tells when there is no room, and takes the reserve back when there is."""
        self._reserve.take()
        free = self._reserve.free
        if free >= _NEARLY:
            self._faults.clear("disk", str(self._path))
            return
        megabytes = f"{free / _MEGABYTE:.1f} MB free"
        if free >= room.FULL:
            message = f"The disk of {self._path} is nearly full: {megabytes}."
        else:
            message = (
                f"The disk of {self._path} is full ({megabytes}): calls that write are refused, and what is there "
                "stays readable. Nothing that was acknowledged is lost."
            )
        hint = "Make room, or delete objects, log groups or stacks here: that works on a full disk. All goes on then."
        self._faults.tell("disk", str(self._path), message, hint)

    def look_at_descriptors(self) -> None:
        """Tells when hardly any are left."""
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        try:
            used = sum(1 for _ in Path("/proc/self/fd").iterdir())
        except OSError:  # not even one is left for the folder
            used = limit
        if used > limit - _DESCRIPTORS:
            self._no_descriptors(f"{used} of {limit} are open")
        else:
            self._faults.clear("descriptors", "region")

    def _no_descriptors(self, what: str) -> None:
        self._faults.tell(
            "descriptors",
            "region",
            f"The region has hardly any file descriptors left ({what}): new connections wait, those there are go on.",
            "End clients that hold connections, or raise `ulimit -n` before `netflux up`.",
        )

    def look_at_database(self) -> None:
        """Tells when somebody has removed or replaced the file that the region writes to."""
        file = self._path / "netflux.db"
        try:
            there = file.stat().st_ino == self._database
        except OSError:
            there = False
        if there:
            self._faults.clear("file", str(file))
            return
        self._faults.tell(
            "file",
            str(file),
            f"{file} was removed or replaced while the region runs: it goes on, and what it has accepted is lost when "
            "it stops.",
            "Save what you need by its APIs before you stop it. Files of a running region are not to be touched.",
        )

    def look_at_clock(self, now: Moment) -> bool:
        """Whether the clock was set since the last look; told until it is right again."""
        step = (now.wall - self._last.wall) - (now.counted - self._last.counted)
        self._last = now
        if abs(step) < _STEP:
            return False
        self._stepped += step
        if abs(self._stepped) < _STEP:
            self._faults.clear("clock", "step")
            return True
        way = "forward" if self._stepped > 0 else "back"
        moment = datetime.fromtimestamp(now.wall, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self._faults.tell(
            "clock",
            "step",
            f"The clock of this machine was set {way} by {_duration(abs(self._stepped))}; it showed {moment} then. "
            "Requests and URLs that were signed before may be refused (RequestTimeTooSkewed, Request has expired), "
            "and log lines are out of order. Intervals are not concerned: they are counted by the kernel.",
            "Sign anew. If the clock is wrong, set it (timedatectl set-ntp true).",
        )
        return True

    def look_at_set_aside(self) -> None:
        """Tells of files that were set aside until a person has looked at them and removed them."""
        count, size = setaside.held(self._path)
        place = self._path / setaside.FOLDER
        if not count:
            self._faults.clear("set-aside", str(place))
            return
        self._faults.tell(
            "set-aside",
            str(place),
            f"{count} files that nothing refers to or nobody could read are in {place} ({size / _MEGABYTE:.1f} MB).",
            "Look at them; what you do not miss may be removed.",
        )

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """asyncio waits a second after it could not accept a connection, and says so here alone."""
        error = context.get("exception")
        if isinstance(error, OSError) and error.errno in room.NO_DESCRIPTORS:
            self._no_descriptors(os.strerror(error.errno))
            return
        loop.default_exception_handler(context)


def raise_descriptors(most: int = 65536) -> None:
    """As many descriptors as the machine lets this process have: 1,024 are the default of many shells."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = most if hard == resource.RLIM_INFINITY else min(most, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _duration(seconds: float) -> str:
    return str(timedelta(seconds=round(seconds)))
