"""Interrupts a piece of work that holds a thread for too long.

moto has one thread for 190 services, so a call that never ends would end them all. Limits on what comes in are the
first defence; this is the second, for the loop that nobody foresaw. It works between two steps of Python code: a single
call into C that does not return is not interrupted.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")
_LOOKS = 4
"""Looks in the time that a piece may take: it is broken off at most a quarter of that late."""
_PATIENCE = 1000
"""Milliseconds for an exception that was sent to arrive; it takes one step of the interpreter."""


class Interrupted(BaseException):
    """Raised inside the work. No `Exception`, since moto catches those and would go on."""


@dataclass(frozen=True)
class _Piece:
    thread: int
    used: float
    until: float


class Watchdog:
    """Watches one thread's work, one piece at a time.

    Whoever takes the piece off the list has it: the thread when it is done, or the watcher, which then interrupts. No
    lock is held where an exception may arrive.

    Args:
        seconds: seconds of processor time that a piece may take: a busy machine interrupts nobody.
        longest: real seconds that it may take, also when it sleeps.
    """

    def __init__(self, seconds: float, longest: float) -> None:
        self.seconds = seconds
        self.longest = longest
        self._pieces: list[_Piece] = []
        self._stopped = threading.Event()
        self._watcher: threading.Thread | None = None

    def run(self, work: Callable[[], _T]) -> _T:
        """The work's result, on the calling thread.

        Raises:
            TimeoutError: it took too long and was broken off, wherever it was.
        """
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="watchdog", daemon=True)
            self._watcher.start()
        arrived = False
        try:
            self._pieces.append(_Piece(threading.get_ident(), time.thread_time(), time.monotonic() + self.longest))
            try:
                return work()
            except Interrupted:
                arrived = True
                raise
            finally:
                if not arrived and not self._took():
                    _wait()
        except Interrupted as interrupted:
            raise TimeoutError(f"broken off after {self.seconds:g} s of work or {self.longest:g} s") from interrupted

    def stop(self) -> None:
        """Ends the watching thread."""
        self._stopped.set()

    def _took(self) -> _Piece | None:
        try:
            return self._pieces.pop()
        except IndexError:
            return None

    def _watch(self) -> None:
        while not self._stopped.wait(min(self.seconds, self.longest) / _LOOKS):
            for piece in self._pieces[:1]:
                used = _processor_time(piece.thread) - piece.used
                late = used > self.seconds or piece.until <= time.monotonic()
                if late and self._took() is piece:
                    _raise_in(piece.thread)


def _processor_time(thread: int) -> float:
    """Seconds that the thread has worked; 0 where the system does not tell (macOS)."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return 0.0
    return time.clock_gettime(time.pthread_getcpuclockid(thread))


def _wait() -> None:
    """Until the exception that is on its way has arrived: it must not arrive in the thread's next piece."""
    for _ in range(_PATIENCE):
        time.sleep(0.001)
    raise Interrupted  # it did arrive, and the work has swallowed it


def _raise_in(thread: int) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(Interrupted))
