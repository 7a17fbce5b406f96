"""Names that answer, and where: filled by whoever observed the listener, read by whoever dials or resolves.

Held in memory only: after a restart a name is absent until its owner has seen it answer again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from netflux import names


@dataclass(frozen=True)
class Address:
    """Where to connect.

    Attributes:
        host: an IP address, or the path of a unix socket when port is 0.
        port: TCP port; 0 for a unix socket.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.host}:{self.port}" if self.port else self.host

    @property
    def haproxy(self) -> str:
        """The form HAProxy's `server` and `bind` lines take."""
        return f"{self.host}:{self.port}" if self.port else f"unix@{self.host}"


@dataclass(frozen=True)
class HostName:
    """What a name resolves to inside tasks.

    Attributes:
        addresses: local IPs.
        ttl: seconds for which a client may remember them.
    """

    addresses: tuple[str, ...]
    ttl: int


class Endpoints:
    """Endpoint names with the port that AWS shows, mapped to local addresses; AWS's forms find the local ones."""

    def __init__(self) -> None:
        self._addresses: dict[tuple[str, int], Address] = {}
        self._hosts: dict[str, HostName] = {}
        self._watchers: list[Callable[[], None]] = []

    def watch(self, told: Callable[[], None]) -> None:
        """From now on tells of every change of what tasks can resolve, after it."""
        self._watchers.append(told)

    def publish(self, name: str, port: int, address: Address) -> None:
        """The name answers on this port, at this address."""
        self._addresses[(name.lower(), port)] = address

    def publish_host(self, name: str, ips: Sequence[str], ttl: int) -> None:
        """The name resolves to these local IPs inside tasks, for as many seconds."""
        self._hosts[name.lower()] = HostName(tuple(ips), ttl)
        self._tell()

    def withdraw(self, name: str) -> None:
        """The name answers nowhere any more."""
        self._hosts.pop(name.lower(), None)
        for key in [key for key in self._addresses if key[0] == name.lower()]:
            del self._addresses[key]
        self._tell()

    def find(self, name: str, port: int) -> Address | None:
        """Where the name answers on that port."""
        return self._addresses.get((names.local(name), port))

    def list(self) -> Sequence[tuple[str, int, Address]]:
        """Every name with its port, and where it answers."""
        return [(name, port, address) for (name, port), address in self._addresses.items()]

    def hosts(self) -> dict[str, str]:
        """All names that tasks can resolve, with one IP: what a hosts file can hold."""
        return {name: host.addresses[0] for name, host in self._hosts.items()}

    def resolved(self) -> Mapping[str, HostName]:
        """All names that tasks can resolve."""
        return self._hosts

    def _tell(self) -> None:
        for told in self._watchers:
            told()
