"""SQLite's log: what was committed to it, and how much of that is on disk.

SQLite writes each commit to the log without waiting for the disk (synchronous=NORMAL); here is who waits. A sync covers
all that was committed before it began, so fifty calls at once cost a few syncs: a thread makes them, while the event
loop goes on with the next calls. A commit that is alone is synced on the event loop: to a thread and back takes longer.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path

from netflux.faults import Faults

LENGTH = 4_300_000
"""Bytes that the log is made long, so that a sync has no file to lengthen (a third of its time): it grows to 1,000
pages of 4 KB with 24 bytes each before SQLite writes it back and begins at its start again."""

FAULT = "disk"


class NotDurable(OSError):
    """The disk did not confirm a sync, so nobody knows what it has. It is final: Linux drops what it could not write,
    and says of the next sync that all is well.
    """

    def __init__(self, error: OSError) -> None:
        super().__init__(
            error.errno or errno.EIO,
            f"The state directory's disk did not confirm what was written last ({error.strerror or error}): whether it "
            "was kept is not known, so nothing is answered any more. Look at the disk, then stop the region with "
            "`netflux down` and start it again: what it reads then is what was kept",
        )


class CommitLog:
    """The log of an open database.

    Args:
        database: its path; SQLite has made the log.
        faults: told when the disk does not confirm.
    """

    def __init__(self, database: Path, faults: Faults) -> None:
        self._path = database.with_name(f"{database.name}-wal")
        self._faults = faults
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        self._syncing = threading.Lock()
        self._written = self._synced = 0  # numbers of commits
        self._failure: OSError | None = None
        self._loops: queue.SimpleQueue[asyncio.AbstractEventLoop | None] = queue.SimpleQueue()
        self._asked = False
        self._scheduled: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._told: Callable[[], None] = lambda: None
        self._lengthen()

    @property
    def synced(self) -> int:
        """The number of the last commit that is on disk."""
        return self._synced

    @property
    def whole(self) -> bool:
        """Whether all commits are on disk, so that nobody has to wait."""
        return self._synced >= self._written and self._failure is None

    def committed(self, written: bool = True) -> int:
        """Counts a commit that SQLite has written, if it has; the number of the last one."""
        self._written += written
        return self._written

    def check(self) -> None:
        """NotDurable when a sync has failed."""
        if self._failure is not None:
            raise NotDurable(self._failure) from self._failure

    def sync(self) -> None:
        """Returns when all commits until now are on disk; for any thread.

        Raises:
            NotDurable: the disk does not confirm it.
        """
        written = self._written
        with self._syncing:
            self.check()
            if self._synced >= written:
                return
            written = self._written
            try:
                os.fdatasync(self._descriptor)
            except OSError as error:
                self._fail(error)
            self._synced = written

    def _fail(self, error: OSError) -> None:
        self._failure = error
        refused = NotDurable(error)
        self._faults.tell(FAULT, str(self._path), f"{refused.strerror}.")
        raise refused from error

    def share(self, told: Callable[[], None]) -> None:
        """On the event loop: a sync begins when whatever else is ready to run has run, and may have committed as well.

        Args:
            told: called on the event loop when more commits than before are on disk.
        """
        self._told = told
        self._soon()

    def _soon(self) -> None:
        loop = asyncio.get_running_loop()
        if self._scheduled is not loop:
            self._scheduled = loop
            loop.call_soon(self._begin)

    def _begin(self) -> None:
        self._scheduled = None
        if self._written - self._synced > 1 or self._syncing.locked():
            self._hand_over()
            return
        with contextlib.suppress(NotDurable):  # whoever awaits `durable` is told
            self.sync()
        self._done()

    def _hand_over(self) -> None:
        """Has the thread sync, unless it is about to."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="commits", daemon=True)
            self._thread.start()
        if not self._asked:
            self._asked = True
            self._loops.put(asyncio.get_running_loop())

    async def durable(self) -> None:
        """Returns when all commits until now are on disk.

        Raises:
            NotDurable: the disk has not confirmed that, or something before it.
        """
        self.check()
        if self._synced < self._written:
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append((self._written, waiter))
            self._soon()  # the commit may be another thread's, which syncs it and wakes nobody
            await waiter
            self.check()

    def close(self) -> None:
        """After the last commit, when nobody waits any more; again is no fault."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._loops.put(None)
            thread.join()
        descriptor, self._descriptor = self._descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _work(self) -> None:
        while (loop := self._loops.get()) is not None:
            self._asked = False  # what is committed from here on may be too late for this sync
            with contextlib.suppress(NotDurable):
                self.sync()
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                loop.call_soon_threadsafe(self._done)

    def _done(self) -> None:
        try:
            if self._failure is None:
                self._told()
        finally:
            still = []
            for number, waiter in self._waiting:
                if self._synced < number and self._failure is None:
                    still.append((number, waiter))
                elif not waiter.done():
                    waiter.set_result(None)
            self._waiting = still

    def _lengthen(self) -> None:
        """Writes zeros after the log's end, which SQLite reads as its end. A full disk has no room for them."""
        size = os.fstat(self._descriptor).st_size
        with contextlib.suppress(OSError):
            os.pwrite(self._descriptor, bytes(max(0, LENGTH - size)), size)
