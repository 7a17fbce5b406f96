"""JSON as AWS's services take it: UTF-8, one document, nothing after it, no NaN, no lone surrogates.

Python's own parser does the work, once a look at the brackets has said that the document is neither deeper nor larger
than its limits: the parser would answer a deep one with RecursionError, and a wide one after seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, NoReturn

from netflux.decoding.limits import Exceeded, Limits, Malformed, check_size

_STRING = re.compile(rb'"(?:[^"\\]++|\\.|\\\Z)*+"?', re.DOTALL)
"""To the end of the text where a quotation mark is missing, so that none is looked at twice."""
_BRACKET = re.compile(rb"[\[\]{}]")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ORDINARY = Limits(size=8 * 1024 * 1024)
_ENDLESS = float("inf")


Pairs = Callable[[list[tuple[str, Any]]], Any]


def decode(body: bytes, limits: Limits, pairs: Pairs | None = None) -> Any:
    """The document's value.

    Args:
        pairs: makes an object of its members, where a dict is not what is wanted.

    Raises:
        Malformed: not JSON, or not JSON that every reader reads alike.
        Exceeded: more than the limits.
    """
    check_size(body, limits)
    _measure(body, limits)
    try:
        text = body.decode()
        value = json.loads(text, parse_constant=_constant, parse_float=_number, object_pairs_hook=pairs)
    except UnicodeDecodeError as error:
        raise Malformed(f"it is not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise Exceeded("levels", limits.depth) from error
    except ValueError as error:
        raise Malformed(str(error)) from error
    if _SURROGATE.search(body):
        _whole(value)
    return value


def value(text: str, limits: Limits = _ORDINARY) -> Any:
    """The value of JSON inside a text: a policy, a secret, a manifest, a log line. Raises as `decode`."""
    try:
        return decode(text.encode(), limits)
    except UnicodeEncodeError as error:
        raise Malformed("it has half of a surrogate pair") from error


def _measure(body: bytes, limits: Limits) -> None:
    openings = body.count(b"[") + body.count(b"{")
    if openings <= limits.depth and openings + body.count(b",") + body.count(b":") < limits.nodes:
        return
    bare = _STRING.sub(b'""', body)
    nodes = sum(bare.count(mark) for mark in (b"[", b"{", b",", b":"))
    if nodes >= limits.nodes:
        raise Exceeded("nodes", limits.nodes)
    level = 0
    for found in _BRACKET.finditer(bare):
        level += 1 if found[0] in b"[{" else -1
        if level > limits.depth:
            raise Exceeded("levels", limits.depth)


def _constant(name: str) -> NoReturn:
    raise Malformed(f"{name} is no JSON")


def _number(text: str) -> float:
    value = float(text)
    if abs(value) == _ENDLESS:
        raise Malformed(f"the number {text[:40]} is out of range")
    return value


def _whole(value: Any) -> None:
    """Malformed where a text has half of a pair of surrogates: it can be written to no answer and no file."""
    if isinstance(value, str):
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise Malformed("a text has half of a surrogate pair") from error
    elif isinstance(value, dict):
        for key, item in value.items():
            _whole(key)
            _whole(item)
    elif isinstance(value, list):
        for item in value:
            _whole(item)
