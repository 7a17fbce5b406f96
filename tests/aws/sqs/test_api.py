"""Receivers that wait."""

import asyncio
import time

import pytest

from netflux.aws.sqs.api import SqsApi
from netflux.controlplane.apis import Apis
from netflux.errors import AwsError
from tests.controlplane.plane import Plane


async def made(plane: Plane, **attributes: str) -> tuple[Apis, str]:
    apis = await plane.start()
    apis.register(SqsApi(plane.moto))
    queue = await apis.call("sqs", "CreateQueue", {"QueueName": "films", "Attributes": attributes})
    return apis, queue["QueueUrl"]


async def test_a_receiver_gets_a_message_when_it_comes_and_nobody_waits_for_it(plane: Plane) -> None:
    apis, url = await made(plane)
    receiver = asyncio.ensure_future(apis.call("sqs", "ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 20}))
    began = time.monotonic()
    await apis.call("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": "Heat"})
    [message] = (await receiver)["Messages"]
    assert message["Body"] == "Heat"
    assert time.monotonic() - began < 15


async def test_a_wait_ends_with_nothing_as_the_queue_says(plane: Plane) -> None:
    apis, url = await made(plane, ReceiveMessageWaitTimeSeconds="1")
    began = time.monotonic()
    assert not (await apis.call("sqs", "ReceiveMessage", {"QueueUrl": url})).get("Messages")
    assert time.monotonic() - began >= 1
    assert not (await apis.call("sqs", "ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 0})).get("Messages")


async def test_a_wait_may_have_20_seconds(plane: Plane) -> None:
    apis, url = await made(plane)
    with pytest.raises(AwsError, match="it may be 0 to 20"):
        await apis.call("sqs", "ReceiveMessage", {"QueueUrl": url, "WaitTimeSeconds": 21})
