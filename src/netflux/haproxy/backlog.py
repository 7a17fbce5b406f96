"""Unix sockets on which HAProxy reaches what is ours."""

from __future__ import annotations

import socket
from pathlib import Path

BACKLOG = 4096
"""Connections that may wait on a unix socket of ours behind HAProxy. Where the queue is full, Linux refuses a
connection at once, and HAProxy, which tries once a second, would answer 503: the event loop may be busy while hundreds
of requests come."""


def listening(path: Path) -> socket.socket:
    """A socket that `listen` was done with."""
    made = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listen(made, path)
    return made


def listen(made: socket.socket, path: Path) -> None:
    """The socket takes connections from now on; they wait until somebody accepts them."""
    path.unlink(missing_ok=True)
    made.bind(str(path))
    made.listen(BACKLOG)
