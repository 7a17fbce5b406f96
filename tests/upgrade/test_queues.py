"""Queues, messages, topics and subscriptions of the release before, which were moto's, are records afterwards."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netflux import names
from netflux.upgrade import sns, sqs
from tests.aws.sqs.world import Hand, World, started
from tests.controlplane.plane import Plane

QUEUES = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:"
VALUES = {"t": {"DataType": "String", "StringValue": "v"}, "b": {"DataType": "Binary", "BinaryValue": b"\x01"}}


async def made(path: Path) -> World:
    world = await started(Plane(path), Hand())
    moto = world.plane.moto

    async def queue(name: str, **attributes: str) -> str:
        given = {"QueueName": name, "Attributes": attributes, "tags": {"a": "b"}}
        return str((await moto.call("sqs", "CreateQueue", given))["QueueUrl"])

    async def send(url: str, body: str, **more: Any) -> None:
        await moto.call("sqs", "SendMessage", {"QueueUrl": url, "MessageBody": body, **more})

    await queue("dead")
    redrive = json.dumps({"deadLetterTargetArn": f"{QUEUES}dead", "maxReceiveCount": 3})
    url = await queue("films", VisibilityTimeout="7", RedrivePolicy=redrive)
    await send(url, "seen")
    await moto.call("sqs", "ReceiveMessage", {"QueueUrl": url, "VisibilityTimeout": 1})
    await send(url, "Heat", MessageAttributes=VALUES)
    await send(url, "later", DelaySeconds=600)
    line = await queue("line.fifo", FifoQueue="true", ContentBasedDeduplication="true")
    for body in ("1", "2"):
        await send(line, body, MessageGroupId="g")
    attributes = {"DisplayName": "News"}
    topic = (await moto.call("sns", "CreateTopic", {"Name": "news", "Attributes": attributes}))["TopicArn"]
    wanted = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": f"{QUEUES}films"}
    subscription = (await moto.call("sns", "Subscribe", wanted))["SubscriptionArn"]
    for name, value in {"RawMessageDelivery": "true", "FilterPolicy": '{"t":["v"]}'}.items():
        given = {"SubscriptionArn": subscription, "AttributeName": name, "AttributeValue": value}
        await moto.call("sns", "SetSubscriptionAttributes", given)
    return world


async def test_queues_and_their_messages_are_taken_over(tmp_path: Path) -> None:
    world = await made(tmp_path)
    await sqs.adopt(world.plane.moto, world.plane.documents)
    await sqs.adopt(world.plane.moto, world.plane.documents)
    told = await world.attributes("films")
    assert (told["VisibilityTimeout"], json.loads(told["RedrivePolicy"])["maxReceiveCount"]) == ("7", 3)
    assert (await world.sqs("ListQueueTags", QueueUrl="films"))["Tags"] == {"a": "b"}
    assert sorted(message.body for message in world.queues.messages) == ["1", "2", "Heat", "later", "seen"]
    (heat,) = [message for message in world.queues.messages if message.body == "Heat"]
    assert heat.attributes["t"].text == "v"
    assert heat.attributes["b"].binary == b"\x01"
    (later,) = [message for message in world.queues.messages if message.body == "later"]
    assert later.available - later.sent >= 599
    assert [delivery.count for delivery in world.queues.deliveries] == [1]
    world.plane.stop()


async def test_the_order_of_a_fifo_queue_is_kept(tmp_path: Path) -> None:
    world = await made(tmp_path)
    await sqs.adopt(world.plane.moto, world.plane.documents)
    (one, two) = sorted(world.queues.messages.where("queue", "line.fifo"), key=lambda message: message.sequence)
    assert (one.body, two.body, one.group) == ("1", "2", "g")
    assert (await world.attributes("line.fifo"))["ContentBasedDeduplication"] == "true"
    world.plane.stop()


async def test_topics_deliver_as_they_did(tmp_path: Path) -> None:
    world = await made(tmp_path)
    for module in (sqs, sns, sns):
        await module.adopt(world.plane.moto, world.plane.documents)
    (topic,) = world.topics.topics
    assert (topic.display_name, topic.policy) == ("News", "")
    await world.sns("Publish", TopicArn=topic.arn, Message="in", MessageAttributes={"t": VALUES["t"]})
    await world.sns("Publish", TopicArn=topic.arn, Message="out")
    bodies = {message.body for message in world.queues.messages}
    assert "in" in bodies
    assert "out" not in bodies
    world.plane.stop()
