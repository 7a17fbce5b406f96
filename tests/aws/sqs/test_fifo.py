"""FIFO queues: the order within a group, and each message once."""

import asyncio

import pytest

from netflux import names
from netflux.errors import AwsError
from tests.aws.sqs.world import World

ARN = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:line.fifo"


async def line(world: World, **attributes: str) -> str:
    return await world.queue("line.fifo", FifoQueue="true", **{"ContentBasedDeduplication": "true", **attributes})


async def send(world: World, url: str, body: str, group: str = "g", **more: str) -> str:
    sent = await world.sqs("SendMessage", QueueUrl=url, MessageBody=body, MessageGroupId=group, **more)
    return str(sent["MessageId"])


async def test_a_group_waits_while_one_of_its_messages_is_in_flight(world: World) -> None:
    url = await line(world)
    for body, group in (("1", "a"), ("2", "a"), ("3", "b"), ("4", "a")):
        await send(world, url, body, group)
    assert await world.bodies(url, 2) == ["1", "2"]
    assert await world.bodies(url) == ["3"]
    assert await world.bodies(url) == []
    world.clock.move(30)
    (first, second, third) = await world.received(url, MaxNumberOfMessages=3)
    assert [one["Body"] for one in (first, second, third)] == ["1", "2", "4"]
    for one in (first, second):
        await world.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    assert await world.bodies(url) == ["3"]
    handle = third["ReceiptHandle"]
    await world.sqs("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    assert await world.bodies(url) == ["4"]


async def test_the_order_and_what_is_in_flight_outlive_a_restart(world: World) -> None:
    url = await line(world)
    for body in "123":
        await send(world, url, body)
    assert await world.bodies(url, 1) == ["1"]
    await world.restart()
    assert await world.bodies(url) == []
    world.clock.move(30)
    assert await world.bodies(url) == ["1", "2", "3"]


@pytest.mark.parametrize("restarts", [False, True])
async def test_the_same_message_within_five_minutes_is_the_same_one(world: World, restarts: bool) -> None:
    url = await line(world)
    first = await send(world, url, "m")
    (message,) = await world.received(url)
    await world.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    if restarts:
        await world.restart()
    world.clock.move(299)
    assert await send(world, url, "m", "other") == first
    assert await world.bodies(url) == []
    world.clock.move(1)
    assert await send(world, url, "m") != first
    assert await world.bodies(url) == ["m"]
    assert len(world.queues.deduplications) == 1


async def test_deduplication_by_group_tells_groups_apart(world: World) -> None:
    url = await line(world, DeduplicationScope="messageGroup")
    await send(world, url, "m", "a")
    await send(world, url, "m", "b")
    await send(world, url, "n", "b", MessageDeduplicationId="own")
    await send(world, url, "o", "b", MessageDeduplicationId="own")
    assert await world.bodies(url) == ["m", "m", "n"]


async def test_sequence_numbers_increase_and_have_twenty_digits(world: World) -> None:
    url = await line(world)
    numbers = []
    for body in "123":
        sent = await world.sqs("SendMessage", QueueUrl=url, MessageBody=body, MessageGroupId="g")
        numbers.append(sent["SequenceNumber"])
    await world.restart()
    sent = await world.sqs("SendMessage", QueueUrl=url, MessageBody="4", MessageGroupId="g")
    numbers.append(sent["SequenceNumber"])
    assert numbers == sorted({*numbers})
    assert {len(number) for number in numbers} == {20}


async def test_a_receive_that_is_tried_again_gets_the_same_messages(world: World) -> None:
    url = await line(world)
    for body in "12":
        await send(world, url, body)
    first = await world.received(url, MaxNumberOfMessages=2, ReceiveRequestAttemptId="a")
    await world.restart()
    again = await world.received(url, MaxNumberOfMessages=2, ReceiveRequestAttemptId="a")
    assert [one["ReceiptHandle"] for one in again] == [one["ReceiptHandle"] for one in first]
    assert not await world.received(url, ReceiveRequestAttemptId="b")


async def test_a_queues_delay_holds_the_whole_order(world: World) -> None:
    url = await line(world, DelaySeconds="10")
    await send(world, url, "1")
    world.clock.move(5)
    await send(world, url, "2")
    world.clock.move(5)
    assert await world.bodies(url) == ["1"]


async def test_a_receiver_that_waits_gets_the_next_of_a_group_when_the_one_before_is_deleted(world: World) -> None:
    url = await line(world)
    for body in "12":
        await send(world, url, body)
    (first,) = await world.received(url)
    receiver = asyncio.ensure_future(world.received(url, WaitTimeSeconds=20))
    await asyncio.sleep(0)
    await world.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    assert (await receiver)[0]["Body"] == "2"


async def test_an_expired_handle_deletes_nothing(world: World) -> None:
    url = await line(world)
    await send(world, url, "1")
    (message,) = await world.received(url)
    world.clock.move(30)
    with pytest.raises(AwsError, match="has expired"):
        await world.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert await world.bodies(url) == ["1"]
