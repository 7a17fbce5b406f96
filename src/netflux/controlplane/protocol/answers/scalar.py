"""Single values as the protocols write them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

UNIX, ISO, RFC822 = "unixtimestamp", "iso8601", "rfc822"
ISO_WITH_MILLISECONDS = "iso8601 with milliseconds"
"""EC2's, which always has three digits."""


def text(value: Any) -> str:
    """A string; enums by their value."""
    return value if type(value) is str else str(getattr(value, "value", value))


def truth(value: Any) -> bool:
    """A boolean; moto has some as texts."""
    return value is True or str(value).lower() == "true"


def encoded(value: Any) -> str:
    """A blob in base64."""
    return base64.b64encode(value.encode() if isinstance(value, str) else value).decode()


def moment(value: Any) -> datetime:
    """A timestamp with its zone, from whatever the models' users take for one; without a zone it is UTC."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    found = value if isinstance(value, datetime) else _parsed(str(value))
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _parsed(value: str) -> datetime:
    try:
        return datetime.fromtimestamp(float(value), UTC)
    except ValueError:
        return datetime.fromisoformat(value)


def timestamp(value: Any, form: str) -> str | int | float:
    """A timestamp in one of the forms; parts of a second are told in milliseconds."""
    found = moment(value).astimezone(UTC)
    milliseconds = found.microsecond // 1000
    match form.lower():
        case "unixtimestamp":
            whole = int(found.replace(microsecond=0).timestamp())
            return whole + milliseconds / 1000 if milliseconds else whole
        case "rfc822":
            return format_datetime(found.replace(microsecond=0), usegmt=True)
        case _:
            exact = milliseconds or form == ISO_WITH_MILLISECONDS
            return f"{found:%Y-%m-%dT%H:%M:%S}" + (f".{milliseconds:03d}Z" if exact else "Z")
