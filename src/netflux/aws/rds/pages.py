"""RDS's pagination: MaxRecords and an opaque Marker."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from netflux.errors import AwsError

_T = TypeVar("_T")

MOST_RECORDS = 100
LEAST_RECORDS = 20
"""Bounds of MaxRecords, the upper one also its default [DescribeDBInstances]."""


def page(found: Sequence[_T], request: Mapping[str, Any], key: Callable[[_T], str]) -> tuple[list[_T], str]:
    """The page that was asked for, and the marker of the next, which is empty at the end.

    Args:
        key: unique and in the order of `found`, so that a page goes on where the last ended though things come and go.
    """
    size = request.get("MaxRecords", MOST_RECORDS)
    if not LEAST_RECORDS <= size <= MOST_RECORDS:
        raise AwsError("InvalidParameterValue", f"Invalid value {size} for MaxRecords. Must be between 20 and 100.")
    after = _read(request.get("Marker", ""))
    rest = [one for one in found if key(one) > after] if after else [*found]
    if len(rest) <= size:
        return rest, ""
    return rest[:size], base64.b64encode(key(rest[size - 1]).encode()).decode()


def _read(marker: str) -> str:
    try:
        return base64.b64decode(marker, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise AwsError("InvalidParameterValue", f"The marker {marker} is not one of this operation.") from error
