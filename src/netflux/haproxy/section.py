"""What an owner wants HAProxy to do."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Route:
    """What the gateway's shared frontend does with requests for one host name.

    Attributes:
        host: exact name, lower-case, without port; AWS's own form of it is matched as well.
        scheme: `http`, `https`, or empty for both.
        lines: `http-request …` and `use_backend …` lines, in order; each may end in `if <conditions>`. The gateway
            adds the host and scheme condition in front of them, so conditions are joined by AND (a line per OR branch).
    """

    host: str
    scheme: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """One owner's part of the configuration.

    Attributes:
        owner: unique, e.g. `elbv2/{arn}`.
        body: complete `frontend`, `backend`, `cache` … sections; every name in it starts with a prefix of the owner's.
        gateway: routes of the shared frontend.
    """

    owner: str
    body: str = ""
    gateway: tuple[Route, ...] = ()


@dataclass(frozen=True)
class Server:
    """A server in a backend's slot.

    Attributes:
        name: unique in the backend, stable, e.g. `10.0.3.17:8080`: the same name keeps its slot.
        address: local IP address.
        port: TCP port.
        weight: 0-256.
        state: `ready`, `drain` (no new requests, those in flight end) or `maint` (no request at all).
    """

    name: str
    address: str
    port: int
    weight: int = 1
    state: str = "ready"
