"""HTTP messages between the server, our handlers and moto."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class HttpRequest:
    """A request as it came, body read. `url` is path and query string, undecoded."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class HttpResponse:
    """What goes back."""

    status: int
    headers: Mapping[str, str]
    body: bytes
