"""Whose fault it is when HAProxy refuses a configuration."""

from __future__ import annotations

import re

from netflux.errors import Retryable, Terminal
from netflux.haproxy.configuration import Rendered

_LINE = re.compile(r"\[[^\]\s]*:(\d+)\]")
_QUOTED = re.compile(r"'([^'\s]+)'")
_ALERT = re.compile(r"^\[ALERT\]\s*\(\d+\)\s*:\s*(.*)$", re.MULTILINE)
_OFTEN_PASSING = re.compile(r"cannot bind|Address already in use|Cannot assign requested address", re.IGNORECASE)


class SectionRefused(Terminal):
    """HAProxy can't run with this owner's section; it keeps running with what it had.

    Attributes:
        owner: of the section.
    """

    def __init__(self, owner: str, reason: str) -> None:
        super().__init__(f"HAProxy refuses the section of {owner}: {reason}")
        self.owner = owner


class ListenerRefused(Retryable):
    """An address of this owner's section can't be bound now; HAProxy keeps running with what it had.

    Attributes:
        owner: of the section.
    """

    def __init__(self, owner: str, reason: str) -> None:
        super().__init__(f"HAProxy can't listen for {owner}: {reason}")
        self.owner = owner


def reason(answer: str) -> str:
    """The part of HAProxy's answer that says what is wrong, on one line."""
    alerts = _ALERT.findall(answer)
    return "; ".join(dict.fromkeys(alerts[:3])) if alerts else " ".join(answer.split())[:500]


def culprit(answer: str, rendered: Rendered) -> str:
    """The owner whose lines or names HAProxy complains about; empty when it can't be told."""
    for alert in _ALERT.findall(answer):
        for line in _LINE.findall(alert):
            owner = rendered.owner_of(int(line))
            if owner:
                return owner
        for name in _QUOTED.findall(alert):
            owner = _mentions(name, rendered)
            if owner:
                return owner
    return ""


def refusal(owner: str, answer: str) -> SectionRefused | ListenerRefused:
    """The error that the owner of a refused section gets."""
    why = reason(answer)
    return ListenerRefused(owner, why) if _OFTEN_PASSING.search(why) else SectionRefused(owner, why)


def _mentions(name: str, rendered: Rendered) -> str:
    word = re.compile(rf"(?<!\S){re.escape(name)}(?!\S)")
    for line, owner in zip(rendered.text.split("\n"), rendered.owners, strict=False):
        if owner and word.search(line):
            return owner
    return ""
