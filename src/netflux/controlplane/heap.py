"""Memory that large requests have left free: glibc keeps it for each thread that ever held it, until it is asked."""

from __future__ import annotations

import asyncio
import ctypes
from weakref import WeakSet

_LATER = 1.0
"""Seconds after a large request, so that a row of them asks once. Asking takes some milliseconds, on a thread."""
_planned: WeakSet[asyncio.AbstractEventLoop] = WeakSet()


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
