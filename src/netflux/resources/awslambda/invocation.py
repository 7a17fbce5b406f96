"""Asynchronous calls that wait: each is on disk until it has been answered, or given up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class Invocation:
    """One call that nobody waits for.

    Attributes:
        id: its request id, the same in each attempt.
        function: name.
        qualifier: version or alias; empty for `$LATEST`.
        payload: JSON.
        accepted: when it was put into the queue.
        due: when it is to be tried, in the region's calendar.
        attempts: that a function has had with it.
        source: ARN of what called; empty for a client.
        context: the client's, in Base64; empty for none.
    """

    id: str
    function: str
    qualifier: str
    payload: bytes
    accepted: datetime
    due: datetime
    attempts: int = 0
    source: str = ""
    context: str = ""


INVOCATION = Schema(
    "lambda/invocation",
    Invocation,
    lambda invocation: invocation.id,
    indices={"function": lambda invocation: (invocation.function,)},
    remedy="Invoke the function again: aws lambda invoke --invocation-type Event.",
)
