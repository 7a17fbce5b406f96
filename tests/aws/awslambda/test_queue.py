"""Calls that nobody waits for."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from netflux import names
from netflux.aws.destinations import Event
from netflux.errors import AwsError
from tests.aws.awslambda.world import World, until

_ARN = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:"
FAILS = "def handler(event, context):\n    print('attempt')\n    raise ValueError('no')\n"


async def _told(world: World, queue: str) -> str:
    async def there() -> str:
        found = await world.apis.call("sqs", "ReceiveMessage", {"QueueUrl": queue})
        return str(found["Messages"][0]["Body"]) if found.get("Messages") else ""

    return str(await until(there))


async def test_a_call_that_fails_is_tried_twice_more_and_its_destination_told(fast: World) -> None:
    await fast.apis.call("sqs", "CreateQueue", {"QueueName": "told"})
    await fast.make("fails", FAILS)
    target = {"OnFailure": {"Destination": f"{_ARN}told"}}
    await fast.call("PutFunctionEventInvokeConfig", FunctionName="fails", DestinationConfig=target)
    answer = await fast.call("Invoke", FunctionName="fails", InvocationType="Event", Payload=b'{"k": 1}')
    assert answer["StatusCode"] == 202
    told = json.loads(await _told(fast, "told"))
    assert told["requestContext"]["condition"] == "RetriesExhausted"
    assert told["requestContext"]["approximateInvokeCount"] == 3
    assert told["requestPayload"] == {"k": 1}
    assert told["responsePayload"]["errorMessage"] == "no"
    assert len([line for line in await fast.lines("fails", 16) if line == "attempt"]) == 3
    assert len(fast.service.calls.queue) == 0


async def test_a_call_that_succeeds_is_told_to_its_destination(world: World) -> None:
    await world.apis.call("sqs", "CreateQueue", {"QueueName": "told"})
    await world.make("works", "def handler(e, c): return e\n")
    target = {"OnSuccess": {"Destination": f"{_ARN}told"}}
    await world.call("PutFunctionEventInvokeConfig", FunctionName="works", DestinationConfig=target)
    await world.call("Invoke", FunctionName="works", InvocationType="Event", Payload=b'"x"')
    told = json.loads(await _told(world, "told"))
    assert (told["requestContext"]["condition"], told["responsePayload"]) == ("Success", "x")


async def test_a_call_that_is_given_up_goes_to_the_dead_letter_queue(world: World) -> None:
    await world.apis.call("sqs", "CreateQueue", {"QueueName": "dead"})
    await world.make("fails", FAILS, DeadLetterConfig={"TargetArn": f"{_ARN}dead"})
    await world.call("PutFunctionEventInvokeConfig", FunctionName="fails", MaximumRetryAttempts=0)
    await world.call("Invoke", FunctionName="fails", InvocationType="Event", Payload=b'{"k": 1}')
    assert await _told(world, "dead") == '{"k": 1}'


async def test_a_throttled_call_waits_and_is_no_attempt(fast: World) -> None:
    await fast.make("held", "def handler(e, c): print('ran')\n")
    await fast.call("PutFunctionConcurrency", FunctionName="held", ReservedConcurrentExecutions=0)
    await fast.call("Invoke", FunctionName="held", InvocationType="Event", Payload=b"{}")

    async def delayed() -> bool:
        return any(one.due > one.accepted for one in fast.service.calls.queue)

    assert await until(delayed)
    (waiting,) = fast.service.calls.queue
    assert waiting.attempts == 0
    await fast.call("DeleteFunctionConcurrency", FunctionName="held")
    assert "ran" in await fast.lines("held", 5)


async def test_what_is_in_the_queue_survives_the_region(tmp_path: Path) -> None:
    world = World(tmp_path)
    await world.start()
    await world.make("later", "def handler(e, c): print('ran', e)\n")
    await world.call("PutFunctionConcurrency", FunctionName="later", ReservedConcurrentExecutions=0)
    await world.call("Invoke", FunctionName="later", InvocationType="Event", Payload=b"7")
    await world.stop()
    await world.start()
    try:
        assert len(world.service.calls.queue) == 1
        await world.call("DeleteFunctionConcurrency", FunctionName="later")
        assert "ran 7" in await world.lines("later", 5)
    finally:
        await world.end()


async def test_a_service_calls_a_function_only_where_its_policy_lets_it(world: World) -> None:
    await world.make("open", "def handler(e, c): return e\n")
    arn, rule = (
        f"arn:aws:lambda:{names.REGION}:{names.ACCOUNT}:function:open",
        "arn:aws:events:us-east-1:123456789012:rule/r",
    )
    with pytest.raises(AwsError) as refused:
        world.destinations.deliver(Event(arn, "{}", rule))
    assert refused.value.code == "AccessDeniedException"
    permission: dict[str, Any] = {"Action": "lambda:InvokeFunction", "Principal": "events.amazonaws.com"}
    await world.call("AddPermission", FunctionName="open", StatementId="s", SourceArn=f"{rule}*", **permission)
    world.destinations.deliver(Event(arn, "{}", rule))
    with pytest.raises(AwsError):
        world.destinations.deliver(Event(arn, "{}", "arn:aws:events:us-east-1:123456789012:rule/other"))


async def test_a_mapping_gives_a_queues_messages_to_a_function(fast: World) -> None:
    attributes = {"VisibilityTimeout": "3600"}
    await fast.apis.call("sqs", "CreateQueue", {"QueueName": "work", "Attributes": attributes})
    code = (
        "def handler(event, context):\n"
        "    print(sorted(r['body'] for r in event['Records']))\n"
        "    return {'batchItemFailures': [{'itemIdentifier': r['messageId']} for r in event['Records']"
        " if r['body'] == 'bad']}\n"
    )
    await fast.make("worker", code)
    for body in ("good", "bad"):
        await fast.apis.call("sqs", "SendMessage", {"QueueUrl": "work", "MessageBody": body})
    made = await fast.call(
        "CreateEventSourceMapping", FunctionName="worker", EventSourceArn=f"{_ARN}work",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )  # fmt: skip

    async def state() -> str:
        return str((await fast.call("GetEventSourceMapping", UUID=made["UUID"]))["State"])

    async def enabled() -> bool:
        return await state() == "Enabled"

    assert await until(enabled)
    assert any("good" in line for line in await fast.lines("worker", 4))

    async def one_left() -> bool:
        return [message.body for message in fast.plane.queues.messages] == ["bad"]

    assert await until(one_left)
    await fast.call("DeleteEventSourceMapping", UUID=made["UUID"])

    async def gone() -> bool:
        return not (await fast.call("ListEventSourceMappings"))["EventSourceMappings"]

    assert await until(gone)
    await asyncio.sleep(0)
