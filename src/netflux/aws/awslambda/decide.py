"""What comes of a call, and when it is tried again: pure.

"Understanding retry behavior in Lambda", "Handling errors for an asynchronous invocation", Lambda Developer Guide.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

MEBIBYTE = 1024 * 1024
LARGEST_ANSWER = 6_291_556
"""Bytes of a handler's answer ("Lambda quotas": 6 MB, and what is around it)."""
LARGEST_EVENT = 1024 * 1024
"""Bytes of the payload of a call that nobody waits for ("Lambda quotas")."""
LARGEST_REQUEST = 6 * MEBIBYTE
"""Bytes of the payload of a call that somebody waits for ("Lambda quotas")."""
SUCCESS = "Success"
"""Condition of a call that was answered."""
_DELAYS = (60.0, 120.0)
"""Simulated seconds before the second and the third attempt."""
_FIRST_BACKOFF, _MOST_BACKOFF = 1.0, 300.0
"""Simulated seconds between attempts that a throttled function never saw."""


@dataclass(frozen=True)
class Outcome:
    """What came of a call.

    Attributes:
        request: its id.
        payload: the handler's answer, or the error in JSON.
        error: empty, or `Unhandled`.
        status: of the log's REPORT: empty, `error` or `timeout`.
        kind: the error's type for the REPORT; empty for none.
        version: that has run.
        log: its last 4 KB.
    """

    request: str
    payload: bytes
    error: str = ""
    status: str = ""
    kind: str = ""
    version: str = ""
    log: bytes = b""


@dataclass(frozen=True)
class Exit:
    """How a runtime's process ended.

    Attributes:
        code: 128 + N when signal N ended it.
        memory: it used more than it may.
    """

    code: int
    memory: bool = False

    @property
    def words(self) -> str:
        """As Lambda tells it."""
        if self.memory or self.code == 137:
            return "Runtime exited with error: signal: killed"
        if self.code == 0:
            return "Runtime exited without providing a reason"
        if self.code > 128:
            return f"Runtime exited with error: signal: {_SIGNALS.get(self.code - 128, self.code - 128)}"
        return f"Runtime exited with error: exit status {self.code}"

    @property
    def kind(self) -> str:
        """The error's type: a runtime that ran out of memory has one of its own."""
        return "Runtime.OutOfMemory" if self.memory else "Runtime.ExitError"


_SIGNALS = {1: "hangup", 2: "interrupt", 6: "aborted", 9: "killed", 11: "segmentation fault", 15: "terminated"}


def failure(request: str, kind: str, message: str, status: str = "error") -> Outcome:
    """A call that failed outside of its handler."""
    told = {"errorType": kind, "errorMessage": f"RequestId: {request} Error: {message}"}
    return Outcome(request, json.dumps(told, separators=(",", ":")).encode(), "Unhandled", status, kind)


def exited(request: str, how: Exit) -> Outcome:
    """The runtime's process ended in the middle of a call. Lambda tells the caller ExitError in either case."""
    found = failure(request, "Runtime.ExitError", how.words)
    return Outcome(found.request, found.payload, found.error, found.status, how.kind)


def timed_out(request: str, seconds: int) -> Outcome:
    """The call took longer than its function may."""
    return failure(request, "Sandbox.Timedout", f"Task timed out after {seconds:d}.00 seconds", "timeout")


def reported(request: str, body: bytes, kind: str) -> Outcome:
    """The handler's, or the runtime's, own report of an error."""
    return Outcome(request, body, "Unhandled", "error" if kind.startswith("Runtime.") else "", kind)


def charged(milliseconds: float) -> int:
    """Milliseconds that are billed: begun ones count."""
    return max(1, -int(-milliseconds // 1))


@dataclass(frozen=True)
class Retry:
    """What an asynchronous call gets.

    Attributes:
        attempts: times that it is tried again.
        age: seconds after which it is given up.
    """

    attempts: int = 2
    age: float = 21600.0


@dataclass(frozen=True)
class Later:
    """Try it again."""

    due: datetime


@dataclass(frozen=True)
class GivenUp:
    """It will not be tried again.

    Attributes:
        condition: why, as a destination is told.
    """

    condition: str


def after_failure(attempts: int, accepted: datetime, now: datetime, retry: Retry) -> Later | GivenUp:
    """What follows an attempt that failed.

    Args:
        attempts: that there have been.
        accepted: when it was put into the queue.
        now: of the region's calendar.
        retry: its function's rule.
    """
    if attempts > retry.attempts:
        return GivenUp("RetriesExhausted")
    due = now + timedelta(seconds=_DELAYS[min(attempts, len(_DELAYS)) - 1])
    if (due - accepted).total_seconds() > retry.age:
        return GivenUp("EventAgeExceeded")
    return Later(due)


def after_throttle(accepted: datetime, now: datetime, retry: Retry) -> Later | GivenUp:
    """What follows when the function had no room: it waits, longer each time, as long as its age allows."""
    age = (now - accepted).total_seconds()
    if age > retry.age:
        return GivenUp("EventAgeExceeded")
    return Later(now + timedelta(seconds=min(_MOST_BACKOFF, max(_FIRST_BACKOFF, age))))


def record(invocation: Mapping[str, Any], outcome: Outcome, condition: str, now: datetime) -> dict[str, Any]:
    """What a destination is told ("Capturing records of Lambda asynchronous invocations").

    Args:
        invocation: `request`, `arn`, `attempts` and `payload` of the call.
        outcome: of the last attempt.
        condition: `Success`, `RetriesExhausted` or `EventAgeExceeded`.
        now: of the region's calendar.
    """
    version = outcome.version or "$LATEST"
    context = {"statusCode": 200, "executedVersion": version}
    return {
        "version": "1.0",
        "timestamp": now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z",
        "requestContext": {
            "requestId": invocation["request"],
            "functionArn": invocation["arn"],
            "condition": condition,
            "approximateInvokeCount": invocation["attempts"],
        },
        "requestPayload": plain(invocation["payload"]),
        "responseContext": context | ({"functionError": outcome.error} if outcome.error else {}),
        "responsePayload": plain(outcome.payload),
    }


def plain(payload: bytes) -> Any:
    """JSON's value; the text where it is none."""
    try:
        return json.loads(payload)
    except ValueError:
        return payload.decode(errors="replace")


def chosen(version: str, weights: Mapping[str, float], number: float) -> str:
    """The version that an alias leads a call to.

    Args:
        version: the alias's own.
        weights: the share of others.
        number: from 0 up to 1, by chance.
    """
    for other, weight in weights.items():
        if number < weight:
            return other
        number -= weight
    return version
