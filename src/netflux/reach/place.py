"""Ends of a question as a person names them: by name, id, ARN or address. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from netflux.errors import UserError

USAGE = 2
"""Exit code of a question that makes no sense."""

HTTPS = 443
"""What is asked of the internet when no port is named."""


class Kind(StrEnum):
    """What a place is."""

    INTERNET = "internet"
    LOAD_BALANCER = "load balancer"
    SERVICE = "service"
    TASK = "task"
    DATABASE = "database"
    INTERFACE = "interface"
    ADDRESS = "address"
    BUCKET = "bucket"
    DISTRIBUTION = "distribution"


@dataclass(frozen=True)
class Place:
    """One end.

    Attributes:
        kind: what it is.
        name: for people.
        keys: everything that means exactly this place: ids, ARNs, DNS names.
        interfaces: ids of its network interfaces.
        ports: where it is meant to be asked; the first when none is named.
        absent: why it has no interface, when it has none.
    """

    kind: Kind
    name: str
    keys: tuple[str, ...] = ()
    interfaces: tuple[str, ...] = ()
    ports: tuple[int, ...] = ()
    absent: str = ""

    @property
    def shown(self) -> str:
        """With its kind, where the name alone does not tell."""
        return self.name if self.kind in (Kind.INTERNET, Kind.ADDRESS, Kind.INTERFACE) else f"{self.kind} {self.name}"


INTERNET = Place(Kind.INTERNET, "internet", ("internet",), ports=(HTTPS,))

_REFUSED = {
    Kind.BUCKET: "A bucket has no network interface: a bucket policy decides who reads it, not the network.",
    Kind.DISTRIBUTION: "CloudFront's edges are outside of every VPC: they reach an origin as any client on the "
    "internet does. Ask `netflux reach internet NAME` for their way to it.",
}


def split(text: str) -> tuple[str, int | None]:
    """`NAME[:PORT]`; ARNs keep their colons.

    Raises:
        UserError: the port is none.
    """
    name, colon, port = text.rpartition(":")
    if not colon or (text.startswith("arn:") and not port.isdigit()):
        return text, None
    if not port.isdigit() or not 0 < int(port) < 2**16:
        raise UserError(f"{port!r} in {text!r} is no port.", "Write NAME:PORT with a port from 1 to 65535.", USAGE)
    return name, int(port)


def find(text: str, places: Sequence[Place]) -> Place:
    """The place that is meant: by what names it exactly, else by a part of a name that only one place has.

    Raises:
        UserError: there is none, there are several, or it is no end of a connection.
    """
    name = text.strip()
    if name.lower() == "internet":
        return INTERNET
    if _is_address(name):
        found = [place for place in places if _exactly(name, place)] or [Place(Kind.ADDRESS, name, (name,))]
    else:
        found = _candidates(name, places)
    if len(found) == 1:
        return _usable(found[0])
    if found:
        several = ", ".join(f"{place.shown} ({place.keys[0]})" for place in found)
        raise UserError(f"{text!r} may mean {several}.", "Name the one that is meant by its id.", USAGE)
    if "cloudfront" in name.lower():
        raise UserError(_REFUSED[Kind.DISTRIBUTION], exit_code=USAGE)
    known = ", ".join(place.name for place in [INTERNET, *places] if place.kind not in (Kind.TASK, Kind.INTERFACE))
    raise UserError(
        f"There is nothing called {text!r}.",
        f"Names here: {known}. Ids of tasks and of network interfaces, and IP addresses, are understood as well.",
        USAGE,
    )


def _candidates(name: str, places: Iterable[Place]) -> list[Place]:
    everything = list(places)
    for matches in (_exactly, _by_id, _by_ending, _by_part):
        found = [place for place in everything if matches(name.lower(), place)]
        if found:
            return found
    return []


def _exactly(name: str, place: Place) -> bool:
    return name == place.name.lower() or name in (key.lower() for key in place.keys)


_SHORTEST_ID = 6


def _by_id(name: str, place: Place) -> bool:
    return len(name) >= _SHORTEST_ID and any(key.lower().rpartition("/")[2].startswith(name) for key in place.keys)


def _by_ending(name: str, place: Place) -> bool:
    return place.kind not in (Kind.TASK, Kind.INTERFACE) and place.name.lower().endswith(f"-{name}")


def _by_part(name: str, place: Place) -> bool:
    return place.kind not in (Kind.TASK, Kind.INTERFACE) and name in place.name.lower().split("-")


def _usable(place: Place) -> Place:
    if place.kind in _REFUSED:
        raise UserError(_REFUSED[place.kind], exit_code=USAGE)
    return place


def _is_address(name: str) -> bool:
    try:
        return ipaddress.ip_address(name).version == 4
    except ValueError:
        return False
