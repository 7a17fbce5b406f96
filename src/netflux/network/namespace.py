"""Network namespaces by name, as `ip netns` and HAProxy know them: files under /run/netns.

Everything here acts on the calling thread. The region has a mount namespace of its own, so its names are nobody else's.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import socket
from collections.abc import Iterator
from pathlib import Path

DIRECTORY = Path("/run/netns")

_CLONE_NEWNET = 0x40000000
_MS_BIND = 0x1000
_MNT_DETACH = 2
_OWN = "/proc/thread-self/ns/net"

_libc = ctypes.CDLL(None, use_errno=True)

SETTINGS = {
    "ipv6/conf/all/disable_ipv6": "1",
    "ipv6/conf/default/disable_ipv6": "1",
    "ipv4/conf/all/rp_filter": "0",
    "ipv4/conf/default/rp_filter": "0",
    "ipv4/ip_unprivileged_port_start": "0",
}
"""Of an interface's namespace. VPCs have no IPv6 here; any user may listen on any port, as in Fargate's tasks."""


def create(name: str, settings: dict[str, str]) -> None:
    """Makes a namespace with its loopback interface down.

    Args:
        settings: files under /proc/sys/net and what is written to them; one that this kernel lacks is left out.
    """
    DIRECTORY.mkdir(exist_ok=True)
    path = DIRECTORY / name
    path.touch()
    own = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _check(_libc.unshare(_CLONE_NEWNET), f"make the network namespace {name}")
        try:
            bound = _libc.mount(_OWN.encode(), str(path).encode(), None, _MS_BIND, None)
            _check(bound, f"name the network namespace {name}")
            for file, value in settings.items():
                with contextlib.suppress(FileNotFoundError):
                    Path("/proc/sys/net", file).write_text(value)
        finally:
            _check(_libc.setns(own, _CLONE_NEWNET), "return to the region's network namespace")
    finally:
        os.close(own)


def remove(name: str) -> None:
    """Takes the name away; the namespace ends with the last process in it. Nothing happens when there is none."""
    path = str(DIRECTORY / name).encode()
    _libc.umount2(path, _MNT_DETACH)
    (DIRECTORY / name).unlink(missing_ok=True)


def names() -> list[str]:
    """All that are there."""
    return sorted(path.name for path in DIRECTORY.iterdir()) if DIRECTORY.is_dir() else []


@contextlib.contextmanager
def inside(name: str) -> Iterator[None]:
    """The calling thread is in the namespace; sockets made meanwhile stay in it. Must not be left by an await."""
    own = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
    try:
        goal = os.open(DIRECTORY / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _check(_libc.setns(goal, _CLONE_NEWNET), f"enter the network namespace {name}")
        finally:
            os.close(goal)
        try:
            yield
        finally:
            _check(_libc.setns(own, _CLONE_NEWNET), "return to the region's network namespace")
    finally:
        os.close(own)


def client(name: str = "", address: str = "") -> socket.socket:
    """A TCP socket that connects from the namespace, or from the calling thread's when it has no name; does not block.

    Args:
        address: that it connects from; the kernel chooses where none is given.
    """
    with inside(name) if name else contextlib.nullcontext():
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.settimeout(0)
    try:
        if address:
            made.bind((address, 0))
    except OSError:
        made.close()
        raise
    return made


def receiver(name: str, address: str, port: int) -> socket.socket:
    """A UDP socket that receives in the namespace; does not block."""
    with inside(name):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        made.settimeout(0)
        made.bind((address, port))
    except OSError:
        made.close()
        raise
    return made


def listener(name: str, address: str, port: int) -> socket.socket:
    """A TCP socket that listens in the namespace; does not block."""
    with inside(name):
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        made.settimeout(0)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((address, port))
        made.listen(128)
    except OSError:
        made.close()
        raise
    return made


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"cannot {what}: {os.strerror(number)}")
