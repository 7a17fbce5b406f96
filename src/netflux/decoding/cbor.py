"""CBOR as Smithy's RPC v2 protocol sends it ("Smithy RPC v2 CBOR", section "Shape serialization").

Of RFC 8949's tags the protocol knows one, the timestamp. The others are refused: they make references that grow,
regular expressions and numbers of any length out of a few bytes.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, NoReturn

import cbor2

from netflux.decoding.limits import Exceeded, Limits, Malformed, check_size

TIMESTAMP = 1
_KNOWN_TO_CBOR2 = (0, 2, 3, 4, 5, 25, 28, 29, 30, 35, 36, 37, 100, 256, 258, 260, 261, 1004, 43000, 55799)


def decode(body: bytes, limits: Limits) -> Any:
    """The document's value: None, bool, int, float, str, bytes, aware datetime, list, dict with names for keys.

    Raises:
        Malformed: not CBOR, or with tags that the protocol does not have.
        Exceeded: more than the limits.
    """
    check_size(body, limits)
    if len(body) > limits.nodes:  # an item has a byte at least
        _measure(body, limits)
    source = BytesIO(body)
    decoder = cbor2.CBORDecoder(
        source,
        tag_hook=lambda tag, _: _refuse(tag.tag),
        semantic_decoders=_SEMANTICS,
        max_depth=limits.depth,
        allow_duplicate_keys=False,
        strict_hashable_types=True,
    )
    try:
        value = decoder.decode()
        rest = source.read(1)
    except Malformed:
        raise
    except (cbor2.CBORError, ValueError, OverflowError, RecursionError, MemoryError, TypeError, OSError) as error:
        cause = error.__cause__
        if isinstance(cause, Malformed):
            raise cause from error
        raise Malformed(str(error)[:200]) from error
    if rest:
        raise Malformed("something follows the document")
    _check_types(value)
    return value


def encode(value: Any) -> bytes:
    """The value's bytes; an aware datetime becomes a timestamp."""
    return cbor2.dumps(_tagged(value))


def _tagged(value: Any) -> Any:
    if isinstance(value, datetime):
        seconds = value.timestamp()
        return cbor2.CBORTag(TIMESTAMP, int(seconds) if seconds.is_integer() else round(seconds, 3))
    if isinstance(value, dict):
        return {key: _tagged(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_tagged(item) for item in value]
    return value


def _refuse(tag: int) -> NoReturn:
    raise Malformed(f"tag {tag} is not one of the protocol's")


def _refusing(tag: int) -> Callable[[Any, bool], NoReturn]:
    def refuse(_value: Any, _immutable: bool) -> NoReturn:
        _refuse(tag)

    return refuse


def _timestamp(value: Any, _immutable: bool) -> datetime:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Malformed("a timestamp is no number")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Malformed("a timestamp is out of range") from error


_SEMANTICS: Any = {TIMESTAMP: _timestamp, **{tag: _refusing(tag) for tag in _KNOWN_TO_CBOR2}}


def _measure(body: bytes, limits: Limits) -> None:
    """Exceeded when there are more items than may be: made into values, a megabyte of them takes seconds."""
    at, end = 0, len(body)
    for _ in range(limits.nodes):
        if at >= end:
            return
        major, info = body[at] >> 5, body[at] & 31
        at += 1
        width = 1 << (info - 24) if 24 <= info < 28 else 0
        if major in (2, 3) and info < 28:  # bytes and texts: the only ones that hold something besides items
            at += int.from_bytes(body[at : at + width], "big") if width else info
        at += width
    if at < end:
        raise Exceeded("nodes", limits.nodes)


def _check_types(value: Any) -> None:
    left = [value]
    while left:
        one = left.pop()
        if isinstance(one, dict):
            left.extend(one.values())
        elif isinstance(one, list):
            left.extend(one)
        elif not isinstance(one, str | bytes | int | float | datetime | None):
            raise Malformed("it has a value that the protocol does not have")
