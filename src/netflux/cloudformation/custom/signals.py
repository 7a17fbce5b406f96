"""Signals that wait conditions wait for ("Create wait conditions in a CloudFormation template", User Guide). Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netflux.cloudformation.types.table import Failed, Verdict, Waiting

LONGEST = 4096
"""Bytes of one signal's text."""
MOST = 1000
"""Signals that a handle keeps; wait conditions that count more are refused."""
_TIMEOUT = 43_200
_DURATION = re.compile(r"PT(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?")
_UNREADABLE = "Uploaded file did not conform to valid AWS CloudFormation JSON format."


@dataclass(frozen=True)
class Signal:
    """What somebody said of what is waited for.

    Attributes:
        id: UniqueId; one that comes again replaces the one before.
        good: whether it is a success.
        text: the reason of a failure, else the data.
    """

    id: str
    good: bool
    text: str = ""


@dataclass(frozen=True)
class Terms:
    """What ends a wait: so many good signals, within simulated seconds."""

    count: int
    seconds: float


def signal(body: str) -> Signal:
    """The signal that was put to a handle's address; one that can't be read is a failure, as on AWS."""
    try:
        given = json.loads(body) if len(body.encode()) <= LONGEST else None
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict) or given.get("Status") not in ("SUCCESS", "FAILURE") or not given.get("UniqueId"):
        unique = given.get("UniqueId", "") if isinstance(given, dict) else ""
        return Signal(str(unique), good=False, text=_UNREADABLE)
    good = given["Status"] == "SUCCESS"
    return Signal(str(given["UniqueId"]), good, str(given.get("Data" if good else "Reason") or ""))


def joined(signals: Sequence[Signal], new: Signal) -> tuple[Signal, ...]:
    """The signals with a new one; those beyond what a handle keeps are dropped."""
    others = tuple(each for each in signals if each.id != new.id)
    return (*others, new) if len(others) < MOST else tuple(signals)


def terms(properties: Mapping[str, Any]) -> Terms:
    """How long is waited, and for how many.

    Raises:
        ValueError: Count or Timeout can't be.
    """
    policy = properties.get("CreationPolicy")
    if policy is not None:
        asked = (policy.get("ResourceSignal") or {}) if isinstance(policy, Mapping) else {}
        return Terms(_count(asked.get("Count", 1)), _duration(str(asked.get("Timeout", "PT5M"))))
    if "Timeout" not in properties or "Handle" not in properties:
        raise ValueError("A WaitCondition needs Handle and Timeout, or a CreationPolicy.")
    given = str(properties["Timeout"])
    if not given.isdecimal() or int(given) > _TIMEOUT:
        raise ValueError(f"Timeout must be a number of seconds up to {_TIMEOUT}, not {given}.")
    return Terms(_count(properties.get("Count", 1)), float(given))


def _count(given: Any) -> int:
    if not str(given).isdecimal() or not 0 <= int(given) <= MOST:
        raise ValueError(f"Count must be a number up to {MOST}, not {given}.")
    return int(given)


def _duration(text: str) -> float:
    found = _DURATION.fullmatch(text)
    if found is None or text == "PT":
        raise ValueError(f"Timeout must be a duration in ISO 8601's form as PT1H30M, not {text}.")
    hours, minutes, seconds = (int(each or 0) for each in found.groups())
    whole = 3600 * hours + 60 * minutes + seconds
    if whole > _TIMEOUT:
        raise ValueError(f"Timeout must not be longer than PT12H: {text}.")
    return float(whole)


def verdict(signals: Sequence[Signal], count: int, *, over: bool) -> Verdict:
    """Whether a wait has ended, and how.

    Args:
        over: whether its time is.
    """
    bad = next((each for each in signals if not each.good), None)
    if bad is not None:
        return Failed(f"WaitCondition received failed message: '{bad.text}' for uniqueId: {bad.id}")
    if len(signals) >= count:
        return None
    if over:
        return Failed(f"WaitCondition timed out. Received {len(signals)} conditions when expecting {count}")
    return Waiting(f"it has {len(signals)} of {count} signals")


def data(signals: Sequence[Signal]) -> str:
    """The attribute Data: what was sent, by UniqueId, as JSON."""
    return json.dumps({each.id: each.text for each in signals}, separators=(",", ":"))


def text(value: Any) -> Any:
    """A value of a provider's Data as GetAtt gives it: scalars are text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value
