"""What is under way: whose request a handler carries out, and what is seen of a request until its answer has left."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.aws.s3.asking import Asked

_current: ContextVar[Asked | None] = ContextVar("s3_request", default=None)


@contextlib.contextmanager
def of(asked: Asked) -> Iterator[None]:
    """Meanwhile `current` is the request."""
    token = _current.set(asked)
    try:
        yield
    finally:
        _current.reset(token)


def current() -> Asked | None:
    """The request that is carried out; None where a part of the region calls."""
    return _current.get()


def is_form() -> bool:
    """Whether it is a POST form."""
    asked = current()
    return asked is not None and asked.form


@dataclass
class Seen:
    """A request, as far as it is known.

    Attributes:
        arrived: by the region's clock.
        started: real seconds of the monotonic clock.
        error: the code that it is refused with; empty while it is not.
    """

    arrived: datetime
    started: float
    asked: Asked | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
