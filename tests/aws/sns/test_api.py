"""Topics lead to queues; nothing leaves the machine."""

import json

import pytest

from netflux import names
from netflux.aws.sns.api import SnsApi
from netflux.controlplane.apis import Apis
from netflux.errors import Unsupported
from tests.controlplane.plane import Plane


async def made(plane: Plane) -> tuple[Apis, str]:
    apis = await plane.start()
    apis.register(SnsApi(plane.moto))
    return apis, (await apis.call("sns", "CreateTopic", {"Name": "films"}))["TopicArn"]


async def test_a_message_is_in_the_queue_after_a_restart(plane: Plane) -> None:
    apis, topic = await made(plane)
    url = (await apis.call("sqs", "CreateQueue", {"QueueName": "films"}))["QueueUrl"]
    endpoint = f"arn:aws:sqs:{names.REGION}:{names.ACCOUNT}:films"
    await apis.call("sns", "Subscribe", {"TopicArn": topic, "Protocol": "sqs", "Endpoint": endpoint})
    await apis.call("sns", "Publish", {"TopicArn": topic, "Message": "Heat"})
    apis = await plane.restart()
    [message] = (await apis.call("sqs", "ReceiveMessage", {"QueueUrl": url}))["Messages"]
    assert json.loads(message["Body"])["Message"] == "Heat"


@pytest.mark.parametrize("protocol", ["email", "sms", "https", "lambda"])
async def test_other_protocols_are_refused(plane: Plane, protocol: str) -> None:
    apis, topic = await made(plane)
    with pytest.raises(Unsupported, match=f"Protocol {protocol}"):
        await apis.call("sns", "Subscribe", {"TopicArn": topic, "Protocol": protocol, "Endpoint": "a@b.test"})


async def test_text_messages_are_refused(plane: Plane) -> None:
    apis, _ = await made(plane)
    with pytest.raises(Unsupported, match="PhoneNumber"):
        await apis.call("sns", "Publish", {"PhoneNumber": "+15550100", "Message": "Heat"})
