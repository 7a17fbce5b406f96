"""What HAProxy writes of requests, a line each, through a pipe that all of its workers share.

Not a socket: the kernel lets ten datagrams wait (`net.unix.max_dgram_qlen`), so a burst would be lost, and a worker
that leaves after a reload closes the connections of its rings before its last requests have ended.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import logging
import os
from collections.abc import Callable

_log = logging.getLogger(__name__)
FAILED = "failed"
"""Lines of requests that failed: backend, termination state, status. Nothing is written of others."""

_CAPACITY = 1 << 20
"""Bytes that wait in the pipe; without privileges Linux gives as much by default (`fs.pipe-max-size`)."""
_READ = 1 << 16
_MOST_READS = 16
"""At once, so that other work has its turn."""

Take = Callable[[str], None]


def failures(address: str) -> str:
    """Lines of HAProxy's `defaults`.

    `%ST` is allowed in the gateway's TCP frontend, too, because it switches to HTTP; there HAProxy leaves out a
    server's own 5xx. A sample expression (`%[…]`) would have the request line copied for every request.
    """
    return (
        f"    log {address} len 4096 format raw local0\n    option dontlog-normal\n"
        f'    log-format "{FAILED} %b %ts %ST"\n'
    )


class Journal:
    """The pipe, and who reads which lines: a line begins with its kind and a space."""

    def __init__(self) -> None:
        self._takers: dict[str, list[Take]] = {}
        self._ends: tuple[int, int] | None = None
        self._rest = b""

    @property
    def descriptor(self) -> int:
        """Where HAProxy writes."""
        if self._ends is None:
            raise RuntimeError("the journal is not open")
        return self._ends[1]

    @property
    def address(self) -> str:
        """The same in HAProxy's words."""
        return f"fd@{self.descriptor}"

    def listen(self, kind: str, take: Take) -> None:
        """Each line of this kind is given to `take`, without the kind and the line end."""
        self._takers.setdefault(kind, []).append(take)

    def open(self) -> None:
        """Begins to read."""
        self._ends = os.pipe()
        for end in self._ends:
            os.set_blocking(end, False)
        with contextlib.suppress(OSError, AttributeError):  # not allowed, or not Linux: it is as large as it is
            fcntl.fcntl(self.descriptor, fcntl.F_SETPIPE_SZ, _CAPACITY)
        asyncio.get_running_loop().add_reader(self._ends[0], self.read)

    def close(self) -> None:
        """Reads what there is, and no more."""
        if self._ends is None:
            return
        asyncio.get_running_loop().remove_reader(self._ends[0])
        self.read()
        for end in self._ends:
            os.close(end)
        self._ends = None

    def read(self) -> None:
        """Gives the lines that have come to those who want them."""
        for _ in range(_MOST_READS):
            try:
                found = os.read(self._ends[0], _READ) if self._ends else b""
            except BlockingIOError:
                return
            if not found:
                return
            *lines, self._rest = (self._rest + found).split(b"\n")
            for line in lines:
                self._give(line.decode(errors="replace"))

    def _give(self, line: str) -> None:
        kind, _, text = line.partition(" ")
        for take in self._takers.get(kind, ()):
            try:
                take(text)
            except Exception:  # noqa: BLE001 - the lines behind it are not its fault
                _log.warning("a line of HAProxy's journal can't be taken: %r", line, exc_info=True)
