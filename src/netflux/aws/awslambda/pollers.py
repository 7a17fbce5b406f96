"""Reads the queues of event source mappings and calls their functions with what is in them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from netflux.aws.awslambda.calls import Calls
from netflux.aws.awslambda.host import Host
from netflux.errors import AwsError
from netflux.reconcile.controller import Result
from netflux.resources.awslambda.mapping import DELETING, DISABLED, ENABLED, MAPPING, Mapping

_log = logging.getLogger(__name__)
_WAIT = 20
"""Simulated seconds of a long poll: SQS's longest."""
_AT_ONCE = 10
"""Messages of one ReceiveMessage, and calls of one mapping at the same time unless it says another number."""
_AGAIN = 5.0
"""Simulated seconds after a poll that was refused."""


class PollerController:
    """Keeps a poller for each mapping that is enabled.

    Args:
        host: what functions run on.
        calls: makes the calls.
    """

    name = "lambda-mapping"

    def __init__(self, host: Host, calls: Calls) -> None:
        self._host = host
        self._calls = calls
        self._mappings = host.kept.documents.table(MAPPING)
        self._pollers: dict[str, Poller] = {}

    async def keys(self) -> Sequence[str]:
        """All mappings, and those that are polled still."""
        return [*{one.id for one in self._mappings} | {*self._pollers}]

    async def reconcile(self, key: str) -> Result:
        """One mapping is polled as it says, or no more."""
        wanted, poller = self._mappings.get(key), self._pollers.get(key)
        if poller is not None and (wanted is None or not wanted.enabled or not poller.does(wanted)):
            await poller.stop()
            self._pollers.pop(key, None)
            poller = None
        if wanted is None:
            return Result()
        if wanted.enabled and poller is None:
            self._pollers[key] = Poller(wanted, self._host, self._calls)
        now = self._mappings.get(key)
        if now is not None and now.state == DELETING:
            self._mappings.delete(key)
        elif now is not None and now.enabled == wanted.enabled:
            state = ENABLED if now.enabled else DISABLED
            if now.state != state:
                self._mappings.put(replace(now, state=state))
        return Result()

    async def stop(self) -> None:
        """Ends all pollers; messages in flight become visible again in their time."""
        for poller in [*self._pollers.values()]:
            await poller.stop()
        self._pollers.clear()


class Poller:
    """Reads one queue.

    Args:
        mapping: what is read, and for whom.
        host: what functions run on.
        calls: makes the calls.
    """

    def __init__(self, mapping: Mapping, host: Host, calls: Calls) -> None:
        self._mapping = mapping
        self._host = host
        self._calls = calls
        self._url = mapping.source.rpartition(":")[2]
        self._room = asyncio.Semaphore(mapping.concurrency or _AT_ONCE)
        self._under_way: set[asyncio.Task[None]] = set()
        self._polling = asyncio.ensure_future(self._poll())

    def does(self, mapping: Mapping) -> bool:
        """Whether it polls as the mapping says now."""
        return replace(mapping, state="", modified=self._mapping.modified) == replace(self._mapping, state="")

    async def stop(self) -> None:
        """Reads no more; calls that are under way end first."""
        self._polling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._polling
        if self._under_way:
            await asyncio.wait(self._under_way)

    def _caller(self) -> Any:
        version = self._host.kept.version(self._mapping.function)
        if version is None:
            raise AwsError("ResourceNotFoundException", f"The function {self._mapping.function} is gone.", 404)
        return self._host.calling(version.settings.role, self._mapping.function)

    async def _poll(self) -> None:
        while True:
            await self._room.acquire()
            try:
                messages = await self._gathered()
            except AwsError as error:
                _log.info("mapping %s: %s", self._mapping.id, error)
                messages = []
                await asyncio.sleep(self._host.clock.real(_AGAIN))
            except BaseException:
                self._room.release()
                raise
            if not messages:
                self._room.release()
                continue
            work = asyncio.ensure_future(self._give(messages))
            self._under_way.add(work)
            work.add_done_callback(self._over)

    def _over(self, work: asyncio.Task[None]) -> None:
        self._under_way.discard(work)
        self._room.release()

    async def _gathered(self) -> list[dict[str, Any]]:
        """A batch: what is there, and what comes within the window."""
        found = await self._received(self._mapping.batch, _WAIT)
        end = time.monotonic() + self._host.clock.real(self._mapping.window)
        while found and len(found) < self._mapping.batch and time.monotonic() < end:
            left = min(_WAIT, int((end - time.monotonic()) * self._host.clock.speed) + 1)
            more = await self._received(self._mapping.batch - len(found), left)
            found += more
        return found

    async def _received(self, most: int, wait: int) -> list[dict[str, Any]]:
        asked = {
            "QueueUrl": self._url, "MaxNumberOfMessages": min(_AT_ONCE, most), "WaitTimeSeconds": wait,
            "MessageSystemAttributeNames": ["All"], "MessageAttributeNames": ["All"],
        }  # fmt: skip
        answer = await self._caller().call("sqs", "ReceiveMessage", asked)
        return [*answer.get("Messages", [])]

    async def _give(self, messages: list[dict[str, Any]]) -> None:
        """Calls the function; what it has managed is deleted, and the rest becomes visible again in its time."""
        event = {"Records": [record(one, self._mapping.source, self._host.region) for one in messages]}
        arn = self._host.kept.arn(self._mapping.function, self._mapping.qualifier)
        try:
            answer = await self._calls.invoke(arn, json.dumps(event).encode())
            done = [] if answer.error else managed(messages, answer.payload) if self._mapping.reports else messages
            caller = self._caller()
            for start in range(0, len(done), _AT_ONCE):
                entries = [
                    {"Id": str(number), "ReceiptHandle": one["ReceiptHandle"]}
                    for number, one in enumerate(done[start : start + _AT_ONCE])
                ]
                await caller.call("sqs", "DeleteMessageBatch", {"QueueUrl": self._url, "Entries": entries})
        except AwsError as error:
            _log.info("mapping %s: %s", self._mapping.id, error)


def managed(messages: Sequence[dict[str, Any]], payload: bytes) -> list[dict[str, Any]]:
    """The messages that the function does not report as failed; none where its report can't be read.

    "Implementing partial batch responses", Lambda Developer Guide. Pure.
    """
    try:
        answer = json.loads(payload)
    except ValueError:
        return []
    if answer is None:
        return [*messages]
    failures = answer.get("batchItemFailures") if isinstance(answer, dict) else None
    if failures is None:
        return [*messages] if isinstance(answer, dict) else []
    if not isinstance(failures, list):
        return []
    names = {one.get("itemIdentifier") if isinstance(one, dict) else None for one in failures}
    if not names <= {one["MessageId"] for one in messages}:
        return []
    return [one for one in messages if one["MessageId"] not in names]


def record(message: dict[str, Any], source: str, region: str) -> dict[str, Any]:
    """A message as functions get it ("Example standard queue message event"). Pure."""
    attributes = {
        name: {
            "dataType": one["DataType"],
            **({"stringValue": one["StringValue"]} if one.get("StringValue") is not None else {}),
            **({"binaryValue": _text(one["BinaryValue"])} if one.get("BinaryValue") is not None else {}),
            "stringListValues": [],
            "binaryListValues": [],
        }
        for name, one in message.get("MessageAttributes", {}).items()
    }
    found = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message.get("Attributes", {}),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": source,
        "awsRegion": region,
    }
    if "MD5OfMessageAttributes" in message:
        found["md5OfMessageAttributes"] = message["MD5OfMessageAttributes"]
    return found


def _text(value: Any) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
