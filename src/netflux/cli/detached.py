"""`netflux up --detach`: the foreground command in a session of its own, watched through a pipe until it is ready."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from netflux import state
from netflux.cli.progress import Progress, relay
from netflux.errors import UserError

PIPE = "NETFLUX_PROGRESS_FD"
"""Names the descriptor to which a detached `netflux up` tells its progress."""


def start(arguments: Sequence[str], place: Path, progress: Progress) -> dict[str, Any]:
    """Starts it and returns its `ready` message.

    Args:
        arguments: of `netflux`, without `--detach`.
        place: the state directory; the log is in it.
        progress: is told what happens.

    Raises:
        UserError: it did not become ready; it has ended then.
    """
    state.check(place)
    log = place / "netflux.log"
    with state.explained(place):
        made = not place.exists()
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        output = os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab")
    reading, writing = os.pipe()
    try:
        with output:
            process = subprocess.Popen(
                [sys.executable, "-m", "netflux.cli.main", *arguments],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, PIPE: str(writing)},
                pass_fds=(writing,),
                start_new_session=True,
            )
    finally:
        os.close(writing)
    try:
        return _watch(process, reading, progress, log)
    except BaseException:
        process.terminate()
        process.wait()
        if made:
            _remove_if_unused(place)
        raise


def _watch(process: subprocess.Popen[bytes], reading: int, progress: Progress, log: Path) -> dict[str, Any]:
    for message in _messages(reading):
        if "ready" in message:
            ready: dict[str, Any] = message["ready"]
            return ready
        if "failed" in message:
            process.wait()
            raise UserError(**message["failed"])
        relay(message, progress)
    code = process.wait()
    raise UserError(f"netflux up ended with exit code {code} before it was ready.", f"See {log}.", code or 1)


def _messages(reading: int) -> Iterator[dict[str, Any]]:
    with os.fdopen(reading, "rb") as lines:
        for line in lines:
            yield json.loads(line)


def _remove_if_unused(place: Path) -> None:
    """A directory that was made only for the log of a region that never got to use it."""
    if place.exists() and not (place / "version").exists():
        state.discard(place)
