"""The process's memory: the C library's heap, which keeps what large requests have left free, and Python's objects."""

from __future__ import annotations

import asyncio
import ctypes
import gc
from weakref import WeakSet

_LATER = 1.0
"""Seconds after a large request, so that a row of them asks once. Asking takes some milliseconds, on a thread."""
_ARENA_MAX = -8
"""malloc.h, M_ARENA_MAX."""
_planned: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


def share() -> None:
    """All threads of this process use one heap, from before the first of them begins.

    Python's threads hold a lock of their own while they allocate, so none waits for another here. After 10,000
    malformed requests that leaves 60 MB less behind (docs/design/requests.md).
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is not None:
        set_option(_ARENA_MAX, 1)


def settle() -> None:
    """What is in memory now has come to stay: the garbage collector, which holds up everybody, passes over it.

    After a service's model, its routes or moto's code were read. With a million such objects a pass takes 0.6 s.
    """
    gc.freeze()


def give_back_soon() -> None:
    """Returns free memory to the system a moment later; where the C library has no way to, nothing happens."""
    loop = asyncio.get_running_loop()
    if loop not in _planned:
        _planned.add(loop)
        loop.call_later(_LATER, _give_back, loop)


def _give_back(loop: asyncio.AbstractEventLoop) -> None:
    _planned.discard(loop)
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        loop.run_in_executor(None, trim, 0)
