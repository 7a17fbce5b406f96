"""How other services put events into a stream: it is made, and its group, when they are not there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from netflux.errors import AwsError

Api = Callable[[str, str, Mapping[str, Any]], Awaitable[dict[str, Any]]]


async def put(call: Api, group: str, stream: str, events: Sequence[tuple[int, str]]) -> None:
    """Events of one day, in the order of their times.

    Args:
        call: `Apis.call`, or a role's.
        events: milliseconds since 1970, and text.

    Raises:
        AwsError: CloudWatch Logs refuses.
    """
    name = {"logGroupName": group, "logStreamName": stream}
    told = [{"timestamp": moment, "message": text} for moment, text in events]
    try:
        await call("logs", "PutLogEvents", {**name, "logEvents": told})
    except AwsError as error:
        if error.code != "ResourceNotFoundException":
            raise
        await _made(call, "CreateLogGroup", {"logGroupName": group})
        await _made(call, "CreateLogStream", name)
        await call("logs", "PutLogEvents", {**name, "logEvents": told})


async def _made(call: Api, operation: str, what: Mapping[str, str]) -> None:
    try:
        await call("logs", operation, what)
    except AwsError as error:
        if error.code != "ResourceAlreadyExistsException":
            raise
