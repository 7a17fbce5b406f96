"""Work done in namespaces of its own, where it is root and harms nobody: a child process of the test."""

from __future__ import annotations

import os
import pickle
import select
import signal
import traceback
from collections.abc import Callable
from typing import TypeVar

import pytest

from netflux.runtime import enclosure

T = TypeVar("T")

REFUSED = enclosure.refusal()
needs_namespaces = pytest.mark.skipif(REFUSED is not None, reason=f"network namespaces: {REFUSED}")

_PATIENCE = 150.0


def enclosed(work: Callable[[], T]) -> T:
    """What the work returns, which must be picklable; AssertionError with its traceback when it raises."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _child(work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        ready, _, _ = select.select([pipe], [], [], _PATIENCE)
        if not ready:
            os.kill(child, signal.SIGKILL)
        told = pipe.read()
    os.waitpid(child, 0)
    assert told, "the enclosed work said nothing"
    result, error = pickle.loads(told)
    assert error is None, error
    return result


def _child(work: Callable[[], T], writing: int) -> None:
    """Never returns. The first process of the pid namespace works; its parent waits for it."""
    error = result = None
    try:
        enclosure._die_with_parent(signal.SIGKILL)
        enclosure.make()
        first = os.fork()
        if first:
            os.close(writing)
            os.waitpid(first, 0)
            os._exit(0)
        enclosure._die_with_parent(signal.SIGKILL)
        enclosure.settle()
        result = work()
    except BaseException:
        error = traceback.format_exc()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(pickle.dumps((result, error)))
    os._exit(0)
