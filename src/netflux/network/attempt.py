"""An attempt to connect, and who listens: what a driver observes in a namespace of this machine."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from netflux.network.verdict import Outcome

_LISTEN = "0A"
"""TCP_LISTEN in /proc/net/tcp, proc_pid_net(5)."""

_TABLES = ("tcp", "tcp6")

_UNREACHABLE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.EACCES, errno.EPERM)


@dataclass(frozen=True)
class Probe:
    """What came of an attempt.

    Attributes:
        outcome: what the client saw.
        source_port: that the client's kernel chose; 0 when nothing was sent.
    """

    outcome: Outcome
    source_port: int


async def connect(source: str, address: str, port: int, patience: float) -> Probe:
    """Opens a TCP connection from the source address, and closes it.

    Args:
        source: an address of this namespace.
        address: where to.
        port: where to.
        patience: real seconds until it counts as timed out.
    """
    client = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    client.settimeout(0)
    client.bind((source, 0))
    return await through(client, address, port, patience)


async def through(socket_: socket.socket, address: str, port: int, patience: float) -> Probe:
    """Opens a TCP connection by a socket, wherever that is, and closes it.

    Args:
        socket_: does not block; closed in the end.
        address: where to.
        port: where to.
        patience: real seconds until it counts as timed out.
    """
    with socket_ as client:
        outcome = await _outcome(client, address, port, patience)
        return Probe(outcome, int(client.getsockname()[1]))


async def _outcome(client: socket.socket, address: str, port: int, patience: float) -> Outcome:
    try:
        async with asyncio.timeout(patience):
            await asyncio.get_running_loop().sock_connect(client, (address, port))
    except TimeoutError:
        return Outcome.TIMED_OUT
    except ConnectionRefusedError:
        return Outcome.REFUSED
    except OSError as error:
        if error.errno not in _UNREACHABLE:
            raise
        return Outcome.UNREACHABLE
    return Outcome.ACCEPTED


def listens(address: str, port: int, tables: Path = Path("/proc/self/net")) -> bool:
    """Whether a socket listens on the port at the address or at all addresses, by the kernel's own tables.

    Args:
        address: IPv4.
        port: TCP.
        tables: the `net` folder of a process in the namespace that is asked about.
    """
    wanted = ipaddress.ip_address(address)
    found = (one for table in _TABLES for one in listeners((tables / table).read_text().splitlines()[1:]))
    return any(number == port and (ip == wanted or ip.is_unspecified) for ip, number in found)


def listeners(lines: Iterable[str]) -> Iterator[tuple[ipaddress.IPv4Address | ipaddress.IPv6Address, int]]:
    """Where sockets listen, by the lines of /proc/net/tcp or tcp6 without their heading."""
    for line in lines:
        fields = line.split()
        if len(fields) > 3 and fields[3] == _LISTEN:
            address, _, port = fields[1].partition(":")
            yield _parsed(address), int(port, 16)


def _parsed(told: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The kernel prints an address as hexadecimal words of four bytes in the machine's own order."""
    words = [int(told[start : start + 8], 16).to_bytes(4, sys.byteorder) for start in range(0, len(told), 8)]
    packed = b"".join(words)
    if len(packed) == 4:
        return ipaddress.IPv4Address(packed)
    six = ipaddress.IPv6Address(packed)
    return six.ipv4_mapped or six
