"""A region's own block of 127.0.0.0/8, held by a listening socket so that regions beside each other never clash."""

from __future__ import annotations

import errno
import socket

from netflux.errors import UserError

FIRST_BLOCK, LAST_BLOCK = 64, 126
LOCK_PORT = 4565


class Block:
    """The block 127.{number}.0.0/16, this process's until it is released or the process ends.

    Args:
        number: the second byte of the addresses.
        lock: the socket that holds it; nothing is ever accepted on it.
    """

    def __init__(self, number: int, lock: socket.socket) -> None:
        self.number = number
        self._lock = lock

    def release(self) -> None:
        """Lets others have it."""
        self._lock.close()


def claim(preferred: int | None = None) -> Block:
    """The preferred block if nobody has it, else the first that is free.

    Raises:
        UserError: all are taken, or the system has no addresses in 127.0.0.0/8 besides 127.0.0.1.
    """
    numbers = [*range(FIRST_BLOCK, LAST_BLOCK + 1)]
    if preferred in numbers:
        numbers.insert(0, preferred)
    for number in numbers:
        lock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            lock.bind((f"127.{number}.0.1", LOCK_PORT))
            lock.listen(1)
        except OSError as error:
            lock.close()
            if error.errno == errno.EADDRNOTAVAIL:
                raise UserError(
                    f"This system does not answer at 127.{number}.0.1, so tasks cannot have addresses of their own.",
                    "Run Netflux on Linux, where all of 127.0.0.0/8 is local.",
                ) from error
            if error.errno != errno.EADDRINUSE:
                raise
            continue
        return Block(number, lock)
    raise UserError(
        f"All blocks 127.{FIRST_BLOCK}.0.0/16 to 127.{LAST_BLOCK}.0.0/16 are taken.",
        f"End other regions, or whatever listens on port {LOCK_PORT} of them.",
    )
