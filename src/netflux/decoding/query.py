"""Query strings and forms: names and values, and the dotted names of AWS's query protocols as a tree.

Python's own `parse_qs` replaces what is not UTF-8 and lets `%zz` stand; here both are refused, since moto and we would
not read them alike. A name that stands twice is refused too: which of its values is meant is anybody's guess.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from netflux.decoding.limits import Exceeded, Limits, Malformed, check_size

_BROKEN = re.compile(rb"%(?![0-9A-Fa-f]{2})")

VALUE = ""
"""Where a tree's node has a value of its own beside its branches: `Filter.1=a&Filter.1.Name=b` has both."""


def pairs(text: bytes, limits: Limits) -> list[tuple[str, str]]:
    """Names and values in their order, decoded. A name without `=` has the value "".

    Raises:
        Malformed: broken percent-encoding, or not UTF-8.
        Exceeded: more bytes, or more pairs than the limits have nodes.
    """
    check_size(text, limits)
    if text.count(b"&") >= limits.nodes:
        raise Exceeded("parameters", limits.nodes)
    found = _BROKEN.search(text)
    if found:
        raise Malformed(f"the percent-encoding is broken at byte {found.start()}")
    try:
        return [
            (_plain(name), _plain(value))
            for name, _, value in (part.partition(b"=") for part in text.split(b"&") if part)
        ]
    except UnicodeDecodeError as error:
        raise Malformed("a parameter is not UTF-8") from error


def single(found: list[tuple[str, str]]) -> dict[str, str]:
    """The pairs by name; Malformed when a name stands twice with two values."""
    values = dict(found)
    if len(values) != len(found):
        for name, value in found:
            if values[name] != value:
                raise Malformed(f"the parameter {name[:100]} is given twice")
    return values


def tree(values: Mapping[str, str], limits: Limits) -> dict[str, Any]:
    """Names taken apart at their dots: `A.1.B=x` is `{"A": {"1": {"B": {"": "x"}}}}`.

    Raises:
        Exceeded: more dots in a name than the limits have levels.
    """
    root: dict[str, Any] = {}
    for name, value in values.items():
        if name.count(".") >= limits.depth:
            raise Exceeded("levels", limits.depth)
        node = root
        for part in name.split("."):
            node = node.setdefault(part or ".", {})
        node[VALUE] = value
    return root


def _plain(part: bytes) -> str:
    if b"+" in part:
        part = part.replace(b"+", b" ")
    return (unquote_to_bytes(part) if b"%" in part else part).decode()
