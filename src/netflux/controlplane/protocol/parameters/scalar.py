"""Single values: what a text, a JSON value or a CBOR value is by the type of its shape."""

from __future__ import annotations

import base64
import binascii
import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from netflux.decoding.limits import Malformed

_INTEGER = re.compile(r"[+-]?[0-9]{1,19}")
_DECIMAL = re.compile(r"[+-]?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})([eE][+-]?[0-9]{1,3})?")
_BITS = {"byte": 8, "short": 16, "integer": 32, "long": 64, "bigInteger": 128}
_INTEGERS = frozenset(_BITS)
_FLOATS = frozenset({"float", "double", "bigDecimal"})
_TEXTS = frozenset({"string", "character"})
_LONGEST_TIME = 64
_NAMES = {
    "string": "a String", "character": "a String", "byte": "a Byte", "short": "a Short", "integer": "an Integer",
    "long": "a Long", "float": "a Float", "double": "a Double", "boolean": "a Boolean", "blob": "a Blob",
    "timestamp": "a Timestamp", "list": "a List", "map": "a Map", "structure": "a Structure",
}  # fmt: skip


def from_text(shape: Any, text: str) -> Any:
    """The value that a parameter, a header or an element has as text."""
    kind = shape.type_name
    if kind in _TEXTS:
        return text
    if kind in _INTEGERS and _INTEGER.fullmatch(text):
        return _integer(kind, int(text))
    if kind in _FLOATS and _DECIMAL.fullmatch(text):
        return _float(float(text))
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if kind == "timestamp":
        return moment(text)
    if kind == "blob":
        return _blob(text)
    raise Malformed(f"'{text[:100]}' can not be converted to {_NAMES.get(kind, kind)}")


def from_json(shape: Any, value: Any) -> Any:
    """The value of a JSON token, in the words of AWS's JSON services where it is another type's."""
    kind = shape.type_name
    if isinstance(value, str):
        if kind in _TEXTS:
            return value
        if kind == "blob":
            return _blob(value)
        if kind == "timestamp":
            return moment(value)
    return from_typed(shape, value)


def from_typed(shape: Any, value: Any) -> Any:
    """The same for CBOR, which has bytes and timestamps of its own."""
    kind = shape.type_name
    found: Any = None
    match value:
        case bool():
            found = value if kind == "boolean" else None
        case str() if kind in _TEXTS:
            found = value
        case bytes() if kind == "blob":
            found = value
        case datetime() if kind == "timestamp":
            found = value.astimezone(UTC).replace(tzinfo=None)
        case int() | float():
            found = _number(kind, value)
    if found is None:
        raise Malformed(mistaken(kind, value))
    return found


def mistaken(kind: str, value: Any) -> str:
    """What AWS's JSON services say of a token that is of another type than `kind`."""
    match value:
        case dict():
            return "Start of structure or map found where not expected."
        case list():
            return "Start of list found where not expected"
        case _ if kind in ("structure", "list", "map"):
            return "Unexpected field type"
        case bool():
            token = f"{value}_VALUE".upper()
        case str():
            token = "STRING_VALUE"  # noqa: S105, a parser's token
        case None:
            token = "NULL_VALUE"  # noqa: S105, a parser's token
        case float() if not value.is_integer():
            token = "DECIMAL_VALUE"  # noqa: S105, a parser's token
        case _:
            token = "NUMBER_VALUE"  # noqa: S105, a parser's token
    return f"{token} can not be converted to {_NAMES.get(kind, kind)}"


def moment(text: str) -> datetime:
    """A point in time, naive and in UTC: ISO 8601, seconds since 1970, or HTTP's date."""
    if len(text) > _LONGEST_TIME:
        raise Malformed("a timestamp is too long")
    try:
        if _DECIMAL.fullmatch(text):
            found = datetime.fromtimestamp(float(text), UTC)
        elif (text[:1].isdigit() and text[4:5] in ("-", "")) or text[:8].isdigit():
            found = datetime.fromisoformat(text)
        else:
            found = parsedate_to_datetime(text)
        return (found.astimezone(UTC) if found.tzinfo else found).replace(tzinfo=None)
    except (ValueError, OverflowError, OSError, TypeError, IndexError) as error:
        raise Malformed(f"'{text}' is no timestamp") from error


def _number(kind: str, value: float) -> Any:
    if kind == "timestamp":
        return moment(f"{value:f}")
    if kind in _FLOATS:
        return _float(value)
    if kind in _INTEGERS and (isinstance(value, int) or value.is_integer()):
        return _integer(kind, int(value))
    return None


def _integer(kind: str, value: int) -> int:
    edge = 1 << (_BITS[kind] - 1)
    if not -edge <= value < edge:
        raise Malformed(
            f"{value if abs(value) < 1 << 128 else 'a number'} is out of range for {_NAMES.get(kind, kind)}"
        )
    return value


def _float(value: float) -> float:
    try:
        found = float(value)
    except OverflowError as error:
        raise Malformed("a number is out of range") from error
    if not math.isfinite(found):
        raise Malformed(f"{found} is no number")
    return found


def _blob(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed("a blob is not Base64") from error
