"""SQS ReceiveMessage; every other operation is moto's."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from netflux.controlplane.call import Call, Caller
from netflux.errors import AwsError

LONGEST = 20
"""Seconds that a receiver may wait [ReceiveMessage]."""
_LOOK = 0.2
"""Real seconds between two looks at a queue that somebody waits for."""
_WAIT, _VISIBLE = "ReceiveMessageWaitTimeSeconds", "ApproximateNumberOfMessages"


class SqsApi:
    """The overlay: moto waits for a message on the one thread that all its services share.

    Args:
        moto: holds the queues.
    """

    service = "sqs"
    whole = False

    def __init__(self, moto: Caller) -> None:
        self._moto = moto

    async def receive_message(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """Messages as soon as there are any, or none after the wait that the request or its queue asks for.

        A wait is the client's own, so it takes real seconds at any speed.
        """
        wait = request.get("WaitTimeSeconds")
        if wait is None:
            wait = await self._attribute(request, _WAIT)
        if not 0 <= wait <= LONGEST:
            raise AwsError("InvalidParameterValue", f"WaitTimeSeconds is {wait}; it may be 0 to {LONGEST}.")
        deadline = time.monotonic() + wait
        while True:
            answer = await self._moto.call("sqs", "ReceiveMessage", {**request, "WaitTimeSeconds": 0})
            if answer.get("Messages") or time.monotonic() >= deadline:
                return answer
            await self._until_visible(request, deadline)

    async def _until_visible(self, request: dict[str, Any], deadline: float) -> None:
        """Looks without taking, which changes nothing, so nothing has to be put on disk."""
        while True:
            await asyncio.sleep(min(_LOOK, max(deadline - time.monotonic(), 0)))
            if time.monotonic() >= deadline or await self._attribute(request, _VISIBLE):
                return

    async def _attribute(self, request: dict[str, Any], name: str) -> int:
        wanted = {"QueueUrl": request["QueueUrl"], "AttributeNames": [name]}
        answer = await self._moto.call("sqs", "GetQueueAttributes", wanted)
        return int(answer.get("Attributes", {}).get(name, 0))
