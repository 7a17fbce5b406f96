"""A program for `forkserver` that does what the question says."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Mapping
from typing import Any


def load() -> Callable[[Mapping[str, Any]], list[Any]]:
    return lambda question: _DEEDS[question["body"].split("#")[0]]()


def _turns() -> list[Any]:
    while True:
        pass


def _breaks() -> list[Any]:
    raise SystemExit("broken")


def _sleeps() -> list[Any]:
    time.sleep(600)
    return []


def _crashes() -> list[Any]:
    os.kill(os.getpid(), signal.SIGSEGV)
    return []


def _ends_the_server() -> list[Any]:
    os.kill(os.getppid(), signal.SIGKILL)
    time.sleep(600)
    return []


_DEEDS: dict[str, Callable[[], list[Any]]] = {
    "nothing": list,
    "turn": _turns,
    "grow": lambda: [0] * 10**9,
    "break": _breaks,
    "sleep": _sleeps,
    "crash": _crashes,
    "leave": lambda: os._exit(3),
    "kill": _ends_the_server,
    "who": lambda: [os.getpid(), os.getppid()],
}
