"""A task's hosts file: Service Connect names as they were at its deployment, and DNS names as they answer now where its
network has no resolver.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path


class HostsFile:
    """One file for all containers of a task, bound over their /etc/hosts.

    It is rewritten in place and never replaced, since a bound file is an inode. A DNS name that begins to answer later
    is there without a restart, as with a resolver.

    Args:
        path: where it is.
        own: local address and host name of the task.
        fixed: names and addresses that never change for this task, over those of DNS.
    """

    def __init__(self, path: Path, own: tuple[str, str], fixed: Sequence[tuple[str, str]]) -> None:
        self.path = path
        self._own = own
        self._fixed = {name.lower(): address for name, address in fixed}
        self._written = b""

    def write(self, names: Mapping[str, str]) -> None:
        """Writes the file when it would differ.

        Args:
            names: DNS names and the local addresses that they resolve to.
        """
        address, host = self._own
        lines = ["127.0.0.1 localhost", "::1 localhost", f"{address} {host}"]
        lines += [f"{ip} {name}" for name, ip in sorted({**names, **self._fixed}.items())]
        text = ("\n".join(lines) + "\n").encode()
        if text == self._written:
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o644)
        try:
            os.fchmod(descriptor, 0o644)  # the task may run as another user
            os.pwrite(descriptor, text, 0)
            os.ftruncate(descriptor, len(text))
        finally:
            os.close(descriptor)
        self._written = text

    def remove(self) -> None:
        """Deletes the file."""
        self.path.unlink(missing_ok=True)
