"""Calls a behavior's functions for the edge, and keeps what they write."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from netflux.aws.cloudfront import answer as answers
from netflux.aws.cloudfront.answer import Answer
from netflux.aws.cloudfront.decide import Viewer
from netflux.aws.cloudfront.desired import Behavior, Distribution, Program
from netflux.aws.cloudfront.functions import event as events
from netflux.aws.cloudfront.functions import javascript
from netflux.clock import Clock
from netflux.errors import AwsError

_log = logging.getLogger(__name__)
_BROKEN = (
    "The CloudFront function associated with the CloudFront distribution is invalid or could not run. "
    "We can't connect to the server for this app or website at this time."
)
_MOST_WAITING = 10_000
_BATCH = 500
_SOON = 0.2
"""Real seconds after which lines are in the log group."""

Api = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]


class Runs:
    """Of all distributions' functions.

    Args:
        call: the region's APIs, for the log groups.
        clock: when a line was written.
    """

    def __init__(self, call: Api, clock: Clock) -> None:
        self._call = call
        self._clock = clock
        self._lines: deque[tuple[str, int, str]] = deque(maxlen=_MOST_WAITING)
        self._writing: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        """Returns when what was written is in the log groups."""
        if self._writing is not None:
            await self._writing

    def requested(self, distribution: Distribution, rule: Behavior, viewer: Viewer, cf_id: str) -> Viewer | Answer:
        """The request as the behavior's function lets it go on, or the answer that the function gives."""
        program = rule.on_request
        if program is None:
            return viewer
        given = events.of_request(viewer, _context(distribution, "viewer-request", cf_id))
        ran = self._run(program, given, cf_id)
        if ran.error:
            return answers.page(503, _BROKEN, cf_id)
        try:
            return events.request(viewer, given["request"], ran.value)
        except events.Invalid as invalid:
            return answers.page(502, str(invalid), cf_id)

    def answered(self, distribution: Distribution, rule: Behavior, viewer: Viewer, found: Answer, cf_id: str) -> Answer:
        """The response as the behavior's function returns it; those of 400 and more no function sees."""
        program = rule.on_response
        if program is None or found.status >= 400:
            return found
        given = events.of_response(viewer, found, _context(distribution, "viewer-response", cf_id))
        ran = self._run(program, given, cf_id)
        if not ran.error:
            try:
                return events.response(found, given["response"], ran.value)
            except events.Invalid as invalid:
                failure = answers.page(502, str(invalid), cf_id)
        else:
            failure = answers.page(503, _BROKEN, cf_id)
        if found.rest is not None:
            found.rest.close()
        return failure

    def _run(self, program: Program, given: dict[str, Any], cf_id: str) -> javascript.Ran:
        ran = javascript.run(program.code, given)
        lines = [*ran.logs, *([ran.error] if ran.error else [])]
        if lines:
            started = f"{cf_id} START DistributionID: {given['context']['distributionId']}"
            now = int(self._clock.now().timestamp() * 1000)
            for line in (started, *(f"{cf_id} {line}" for line in lines), f"{cf_id} END"):
                self._lines.append((program.name, now, line))
            if self._writing is None or self._writing.done():
                self._writing = asyncio.ensure_future(self._write())
        return ran

    async def _write(self) -> None:
        await asyncio.sleep(_SOON)
        while self._lines:
            taken = [self._lines.popleft() for _ in range(min(_BATCH, len(self._lines)))]
            for name in dict.fromkeys(name for name, _, _ in taken):
                rows = [{"timestamp": at, "message": line} for own, at, line in taken if own == name]
                try:
                    await self._put(f"/aws/cloudfront/function/{name}", rows)
                except AwsError as error:
                    _log.warning("the lines of function %s are not in its log group: %s", name, error)

    async def _put(self, group: str, rows: list[dict[str, Any]]) -> None:
        stream = f"{self._clock.now():%Y/%m/%d}/edge"
        for operation, names in (
            ("CreateLogGroup", {"logGroupName": group}),
            ("CreateLogStream", {"logGroupName": group, "logStreamName": stream}),
        ):
            try:
                await self._call("logs", operation, names)
            except AwsError as error:
                if error.code != "ResourceAlreadyExistsException":
                    raise
        await self._call("logs", "PutLogEvents", {"logGroupName": group, "logStreamName": stream, "logEvents": rows})


def _context(distribution: Distribution, kind: str, cf_id: str) -> dict[str, str]:
    return {
        "distributionDomainName": distribution.domain,
        "distributionId": distribution.id,
        "eventType": kind,
        "requestId": cf_id,
    }
