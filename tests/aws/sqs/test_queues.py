"""Queues do what AWS's do: they hide, deliver again, bury, forget, and keep what they have acknowledged."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from netflux import names
from netflux.errors import AwsError
from netflux.resources.sqs.message import Value
from tests.aws.sqs.world import World, fresh

ARN = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:"


def redrive(count: int, name: str = "dead") -> str:
    return json.dumps({"deadLetterTargetArn": f"{ARN}{name}", "maxReceiveCount": count})


async def test_a_message_is_there_after_a_restart_and_so_is_what_is_in_flight(world: World) -> None:
    url = await world.queue()
    for body in ("Heat", "Ronin"):
        await world.sqs("SendMessage", QueueUrl=url, MessageBody=body)
    (held,) = await world.received(url)
    await world.restart()
    assert await world.bodies(url) == ["Ronin"]
    await world.sqs("DeleteMessage", QueueUrl=url, ReceiptHandle=held["ReceiptHandle"])
    await world.restart()
    assert (await world.attributes(url))["ApproximateNumberOfMessagesNotVisible"] == "1"


async def test_a_message_that_is_not_deleted_comes_again_with_another_handle(world: World) -> None:
    url = await world.queue(VisibilityTimeout="30")
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="Heat")
    (first,) = await world.received(url)
    world.clock.move(29)
    assert not await world.received(url)
    world.clock.move(1)
    (second,) = await world.received(url, AttributeNames=["ApproximateReceiveCount"])
    assert second["Attributes"] == {"ApproximateReceiveCount": "2"}
    assert second["ReceiptHandle"] != first["ReceiptHandle"]


async def test_a_message_can_be_held_longer_and_let_go(world: World) -> None:
    url = await world.queue()
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="Heat")
    (message,) = await world.received(url, VisibilityTimeout=10)
    handle = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    await world.sqs("ChangeMessageVisibility", **handle, VisibilityTimeout=60)
    world.clock.move(59)
    assert not await world.received(url)
    await world.sqs("ChangeMessageVisibility", **handle, VisibilityTimeout=0)
    assert await world.bodies(url) == ["Heat"]


async def test_delays_are_the_messages_or_the_queues(world: World) -> None:
    url = await world.queue(DelaySeconds="10")
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="queue")
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="now", DelaySeconds=0)
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="own", DelaySeconds=20)
    assert (await world.attributes(url))["ApproximateNumberOfMessagesDelayed"] == "2"
    assert await world.bodies(url) == ["now"]
    world.clock.move(10)
    assert await world.bodies(url) == ["queue"]
    await world.restart()
    world.clock.move(10)
    assert await world.bodies(url) == ["own"]


async def test_simulated_seconds_pass_at_the_clocks_speed(tmp_path: Path) -> None:
    world = await fresh(tmp_path, speed=10)
    url = await world.queue(MessageRetentionPeriod="600")
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="Heat", DelaySeconds=100)
    world.clock.move(9.9)
    assert not await world.received(url)
    world.clock.move(0.2)
    assert await world.bodies(url) == ["Heat"]
    world.clock.move(50)
    assert not await world.received(url)
    world.plane.stop()


async def test_messages_are_kept_as_long_as_the_queue_says_and_then_are_gone_from_the_disk(world: World) -> None:
    url = await world.queue(MessageRetentionPeriod="100")
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="old")
    world.clock.move(60)
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="new")
    world.clock.move(40)
    assert (await world.attributes(url))["ApproximateNumberOfMessages"] == "1"
    assert await world.bodies(url) == ["new"]
    assert [message.body for message in world.queues.messages] == ["new"]
    await world.sqs("SetQueueAttributes", QueueUrl=url, Attributes={"MessageRetentionPeriod": "60"})
    world.clock.move(30)
    assert not await world.received(url)


async def test_what_is_received_too_often_becomes_a_dead_letter_and_can_be_moved_back(world: World) -> None:
    dead = await world.queue("dead")
    url = await world.queue(VisibilityTimeout="0", RedrivePolicy=redrive(2))
    sent = await world.sqs("SendMessage", QueueUrl=url, MessageBody="poison")
    assert [await world.bodies(url) for _ in range(3)] == [["poison"], ["poison"], []]
    (message,) = await world.received(dead, AttributeNames=["DeadLetterQueueSourceArn"], VisibilityTimeout=0)
    assert (message["MessageId"], message["Body"]) == (sent["MessageId"], "poison")
    assert message["Attributes"] == {"DeadLetterQueueSourceArn": f"{ARN}films"}
    assert (await world.sqs("ListDeadLetterSourceQueues", QueueUrl=dead))["queueUrls"] == [url]
    handle = (await world.sqs("StartMessageMoveTask", SourceArn=f"{ARN}dead"))["TaskHandle"]
    (task,) = (await world.sqs("ListMessageMoveTasks", SourceArn=f"{ARN}dead"))["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    assert await world.bodies(url) == ["poison"]
    assert not await world.received(dead)
    with pytest.raises(AwsError, match="Only active tasks"):
        await world.sqs("CancelMessageMoveTask", TaskHandle=handle)


async def test_messages_can_be_moved_to_another_queue(world: World) -> None:
    dead, other = await world.queue("dead"), await world.queue("other")
    await world.queue(RedrivePolicy=redrive(1))
    await world.sqs("SendMessage", QueueUrl=dead, MessageBody="m")
    await world.sqs("StartMessageMoveTask", SourceArn=f"{ARN}dead", DestinationArn=f"{ARN}other")
    assert await world.bodies(other) == ["m"]
    world.whole("sqs", "StartMessageMoveTask")


async def test_a_dead_letter_queue_that_was_deleted_keeps_nothing_from_its_source(world: World) -> None:
    dead = await world.queue("dead")
    url = await world.queue(VisibilityTimeout="0", RedrivePolicy=redrive(1))
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="m")
    await world.sqs("DeleteQueue", QueueUrl=dead)
    assert [await world.bodies(url) for _ in range(3)] == [["m"], ["m"], ["m"]]


async def test_a_deleted_queues_messages_are_gone_and_its_name_is_free_after_a_minute(world: World) -> None:
    url = await world.queue()
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="m")
    await world.received(url)
    await world.sqs("DeleteQueue", QueueUrl=url)
    assert not len(world.queues.messages)
    assert not len(world.queues.deliveries)
    with pytest.raises(AwsError, match="60 seconds"):
        await world.queue()
    world.clock.move(60)
    assert not await world.received(await world.queue())


async def test_a_purged_queue_is_empty_and_can_be_purged_again_after_a_minute(world: World) -> None:
    url = await world.queue()
    for _ in range(2):
        await world.sqs("SendMessage", QueueUrl=url, MessageBody="m")
        await world.sqs("PurgeQueue", QueueUrl=url)
        assert not await world.received(url)
        world.clock.move(60)


async def test_a_batch_tells_of_each_message(world: World) -> None:
    url = await world.queue()
    entries = [{"Id": "good", "MessageBody": "m"}, {"Id": "bad", "MessageBody": "m", "DelaySeconds": 901}]
    told = await world.sqs("SendMessageBatch", QueueUrl=url, Entries=entries)
    assert [one["Id"] for one in told["Successful"]] == ["good"]
    (failed,) = told["Failed"]
    assert (failed["Id"], failed["Code"], failed["SenderFault"]) == ("bad", "InvalidParameterValue", True)
    (message,) = await world.received(url)
    handles = [{"Id": "a", "ReceiptHandle": message["ReceiptHandle"]}, {"Id": "b", "ReceiptHandle": "x"}]
    told = await world.sqs("DeleteMessageBatch", QueueUrl=url, Entries=handles)
    assert ([one["Id"] for one in told["Successful"]], told["Failed"][0]["Code"]) == (["a"], "ReceiptHandleIsInvalid")


async def test_queues_are_listed_by_prefix_and_page(world: World) -> None:
    urls = [await world.queue(f"a{number}") for number in range(3)]
    await world.queue("b")
    first = await world.sqs("ListQueues", QueueNamePrefix="a", MaxResults=2)
    second = await world.sqs("ListQueues", QueueNamePrefix="a", MaxResults=2, NextToken=first["NextToken"])
    assert first["QueueUrls"] + second["QueueUrls"] == urls
    assert "NextToken" not in second
    assert (await world.sqs("GetQueueUrl", QueueName="b"))["QueueUrl"].endswith("/b")


async def test_a_receiver_gets_a_message_when_it_comes_and_nobody_waits_for_it(world: World) -> None:
    url = await world.queue()
    receivers = [asyncio.ensure_future(world.received(url, WaitTimeSeconds=20)) for _ in range(2)]
    began = time.monotonic()
    await asyncio.sleep(0)
    for body in ("Heat", "Ronin"):
        await world.sqs("SendMessage", QueueUrl=url, MessageBody=body)
    found = await asyncio.gather(*receivers)
    assert {messages[0]["Body"] for messages in found} == {"Heat", "Ronin"}
    assert time.monotonic() - began < 10


async def test_a_receiver_that_waits_gets_what_becomes_visible(tmp_path: Path) -> None:
    world = await fresh(tmp_path)
    url = await world.queue()
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="Heat")
    (message,) = await world.received(url)
    receiver = asyncio.ensure_future(world.received(url, WaitTimeSeconds=20))
    await asyncio.sleep(0)
    handle = message["ReceiptHandle"]
    await world.sqs("ChangeMessageVisibility", QueueUrl=url, ReceiptHandle=handle, VisibilityTimeout=0)
    assert (await receiver)[0]["Body"] == "Heat"
    world.plane.stop()


async def test_a_wait_ends_with_nothing_as_the_queue_says(world: World) -> None:
    url = await world.queue(ReceiveMessageWaitTimeSeconds="1")
    began = time.monotonic()
    assert not await world.received(url)
    assert time.monotonic() - began >= 1
    assert not await world.received(url, WaitTimeSeconds=0)


async def test_services_put_messages_into_queues_and_are_told_of_new_ones(world: World) -> None:
    url = await world.queue()
    waiting = asyncio.ensure_future(world.queues.arrival("films", 20))
    await asyncio.sleep(0)
    with world.plane.documents.transaction():
        world.queues.send(f"{ARN}films", "Heat", {"k": Value("String", "v")})
    await asyncio.wait_for(waiting, 5)
    assert await world.bodies(url) == ["Heat"]
    with pytest.raises(AwsError, match="does not exist"), world.plane.documents.transaction():
        world.queues.send(f"{ARN}none", "Heat")


async def test_a_queue_takes_messages_only_while_its_key_can_be_used(world: World) -> None:
    key = (await world.apis.call("kms", "CreateKey", {}))["KeyMetadata"]["KeyId"]
    url = await world.queue(KmsMasterKeyId=key)
    await world.sqs("SendMessage", QueueUrl=url, MessageBody="m")
    await world.apis.call("kms", "DisableKey", {"KeyId": key})
    with pytest.raises(AwsError, match="is Disabled"):
        await world.sqs("ReceiveMessage", QueueUrl=url)
    other = await world.queue("other", KmsMasterKeyId="none")
    with pytest.raises(AwsError, match="is not there"):
        await world.sqs("SendMessage", QueueUrl=other, MessageBody="m")


async def test_a_receive_costs_the_same_with_ten_thousand_messages(world: World) -> None:
    url = await world.queue()
    looked = 0
    get = world.queues.messages.get

    def counted(key: str) -> object:
        nonlocal looked
        looked += 1
        return get(key)

    with world.plane.documents.transaction():
        for number in range(10_000):
            world.queues.send(f"{ARN}films", str(number))
    world.queues.messages.get = counted  # type: ignore[method-assign, assignment]
    assert await world.bodies(url, 10) == [str(number) for number in range(10)]
    assert await world.bodies(url, 1) == ["10"]
    assert looked == 11
