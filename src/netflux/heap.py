"""The process's memory: the C library's heap, which keeps what large requests have left free, and Python's objects."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import threading
from weakref import WeakSet

_LATER = 1.0
"""Seconds until memory is tidied, so that a row of requests asks for it once. It takes some milliseconds."""
_ARENA_MAX = -8
"""malloc.h, M_ARENA_MAX."""
_planned: WeakSet[asyncio.AbstractEventLoop] = WeakSet()
_come_to_stay = threading.Event()


def share() -> None:
    """All threads of this process use one heap, from before the first of them begins.

    Python's threads hold a lock of their own while they allocate, so none waits for another here. After 10,000
    malformed requests that leaves 60 MB less behind (docs/design/requests.md).
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_ARENA_MAX, 1)


def came_to_stay() -> None:
    """Much was read that stays: a service's model, moto's code. From any thread."""
    _come_to_stay.set()


def tidy_soon(*, large: bool = False) -> None:
    """Plans what is to be done after much was read, or after a large request; on the event loop.

    Free memory goes back to the system; and the garbage collector, which holds up everybody, no longer looks through
    what has come to stay: with a million such objects a pass takes 0.6 s.
    """
    loop = asyncio.get_running_loop()
    if loop not in _planned and (large or _come_to_stay.is_set()):
        _planned.add(loop)
        loop.call_later(_LATER, _tidy, loop)


def _tidy(loop: asyncio.AbstractEventLoop) -> None:
    _planned.discard(loop)
    if _come_to_stay.is_set():
        _come_to_stay.clear()
        gc.collect()
        gc.freeze()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        loop.run_in_executor(None, trim, 0)
