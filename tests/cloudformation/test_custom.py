"""Custom resources: what providers are sent, and what becomes of their answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from yarl import URL

from netflux.cloudformation.custom.answers import Answers
from netflux.cloudformation.custom.decide import LONGEST, outcome
from netflux.cloudformation.custom.event import texts, timeout
from netflux.cloudformation.custom.record import Provision, Request
from netflux.errors import AwsError
from tests.cloudformation.functions import ARN, Functions

ONE = f"""
Parameters:
  Size: {{Type: String, Default: small}}
Resources:
  Thing:
    Type: Custom::Thing
    Properties: {{ServiceToken: {ARN}, Size: !Ref Size, Count: 3, On: true, Deep: [{{Ratio: 1.5}}]}}
  Told:
    Type: AWS::SSM::Parameter
    Properties: {{Name: told, Type: String, Value: !GetAtt Thing.Color}}
Outputs:
  Id: {{Value: !Ref Thing}}
  Color: {{Value: !GetAtt Thing.Color}}
"""


@pytest.fixture
def functions(cloud: Any) -> Functions:
    made = Functions(cloud)
    made.answer = lambda event: {"Data": {"Color": "red"}}
    return made


async def _told(cloud: Any) -> str:
    return str((await cloud.apis.call("ssm", "GetParameter", {"Name": "told"}))["Parameter"]["Value"])


async def _reasons(cloud: Any, stack: str = "s") -> list[str]:
    events = (await cloud.cf("DescribeStackEvents", StackName=stack))["StackEvents"]
    return [each["ResourceStatusReason"] for each in events if "ResourceStatusReason" in each]


async def test_a_function_makes_a_resource_and_its_data_is_what_getatt_gives(cloud: Any, functions: Functions) -> None:
    stack = await cloud.create(ONE)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    (event,) = functions.events
    assert event["RequestType"] == "Create"
    assert (event["ResourceType"], event["LogicalResourceId"]) == ("Custom::Thing", "Thing")
    assert event["StackId"] == stack["StackId"]
    assert "PhysicalResourceId" not in event
    wanted = {"ServiceToken": ARN, "Size": "small", "Count": "3", "On": "true", "Deep": [{"Ratio": "1.5"}]}
    assert event["ResourceProperties"] == wanted
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert outputs == {"Id": "made", "Color": "red"}
    assert await _told(cloud) == "red"


async def test_an_update_tells_old_and_new_and_an_equal_template_is_no_request(
    cloud: Any, functions: Functions
) -> None:
    await cloud.create(ONE)
    with pytest.raises(AwsError, match="No updates are to be performed"):
        await cloud.update(ONE)
    functions.answer = lambda event: {"Data": {"Color": "blue"}}
    larger = [{"ParameterKey": "Size", "ParameterValue": "large"}]
    assert (await cloud.update(ONE, Parameters=larger))["StackStatus"] == "UPDATE_COMPLETE"
    assert functions.kinds() == ["Create", "Update"]
    event = functions.events[-1]
    assert event["PhysicalResourceId"] == "made"
    assert event["ResourceProperties"]["Size"] == "large"
    assert event["OldResourceProperties"]["Size"] == "small"
    assert await _told(cloud) == "blue"


async def test_another_physical_id_is_a_replacement_and_the_old_one_is_deleted_in_the_cleanup(
    cloud: Any, functions: Functions
) -> None:
    functions.answer = lambda event: {
        "PhysicalResourceId": event["ResourceProperties"]["Size"], "Data": {"Color": "red"},
    }  # fmt: skip
    await cloud.create(ONE)
    larger = [{"ParameterKey": "Size", "ParameterValue": "large"}]
    assert (await cloud.update(ONE, Parameters=larger))["StackStatus"] == "UPDATE_COMPLETE"
    assert functions.kinds() == ["Create", "Update", "Delete"]
    last = functions.events[-1]
    assert (last["PhysicalResourceId"], last["ResourceProperties"]["Size"]) == ("small", "small")
    assert (await cloud.resources())["Thing"]["PhysicalResourceId"] == "large"
    await cloud.cf("DeleteStack", StackName="s")
    await cloud.settled((await cloud.cf("ListStacks"))["StackSummaries"][0]["StackId"])
    assert [(each["RequestType"], each["PhysicalResourceId"]) for each in functions.events[3:]] == [("Delete", "large")]


async def test_a_rollback_updates_back_and_deletes_what_the_update_made(cloud: Any, functions: Functions) -> None:
    functions.answer = lambda event: {
        "PhysicalResourceId": event["ResourceProperties"]["Size"], "Data": {"Color": "red"},
    }  # fmt: skip
    await cloud.create(ONE)
    late = "  Late: {Type: AWS::Logs::LogGroup, DependsOn: Thing, Properties: {LogGroupName: '!'}}\nOutputs:"
    cloud.broken = lambda operation, _params: (
        AwsError("InvalidParameterException", "no such name") if operation == "CreateLogGroup" else None
    )
    wrong = ONE.replace("Default: small", "Default: large").replace("Outputs:", late)
    assert (await cloud.update(wrong))["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    told = [(each["RequestType"], each.get("PhysicalResourceId")) for each in functions.events]
    assert told == [("Create", None), ("Update", "small"), ("Update", "large"), ("Delete", "large")]
    assert (await cloud.resources())["Thing"]["PhysicalResourceId"] == "small"


async def test_a_failed_creation_tells_its_reason_and_is_deleted(cloud: Any, functions: Functions) -> None:
    functions.answer = lambda event: (
        {"Status": "FAILED", "Reason": "no red left", "PhysicalResourceId": "half"}
        if event["RequestType"] == "Create"
        else {}
    )
    stack = await cloud.create(ONE)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert functions.kinds() == ["Create", "Delete"]
    assert functions.events[1]["PhysicalResourceId"] == "half"
    request = functions.events[0]["RequestId"]
    said = "Received response status [FAILED] from custom resource. Message returned: no red left"
    assert f"{said} (RequestId: {request})" in await _reasons(cloud, stack["StackId"])


async def test_a_failed_deletion_is_the_stacks(cloud: Any, functions: Functions) -> None:
    stack = await cloud.create(ONE)
    functions.answer = lambda event: {"Status": "FAILED", "Reason": "in use"}
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_FAILED"
    functions.answer = lambda event: {}
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"


async def test_a_provider_that_never_answers_runs_out_of_time(cloud: Any, functions: Functions) -> None:
    functions.answer = lambda event: None if event["RequestType"] == "Create" else {}
    stack = await cloud.create(ONE.replace("Size: !Ref Size", "ServiceTimeout: 1"))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    assert any("did not receive a response from your Custom Resource" in each for each in await _reasons(cloud))
    assert functions.kinds() == ["Create", "Delete"]
    assert functions.events[1]["PhysicalResourceId"].startswith("s-Thing-")


async def test_an_answer_counts_once_and_only_with_the_address(cloud: Any, functions: Functions) -> None:
    await cloud.create(ONE)
    assert not functions.put(functions.events[0], {"Data": {"Color": "green"}})


async def test_a_killed_region_waits_on_and_asks_once(cloud: Any, functions: Functions) -> None:
    functions.answer = lambda event: None
    await cloud.cf("CreateStack", StackName="s", TemplateBody=ONE)
    await asyncio.wait_for(functions.asked.wait(), 20)
    await cloud.restart()
    assert functions.put(functions.events[0], {"Data": {"Color": "red"}})
    assert (await cloud.settled("s"))["StackStatus"] == "CREATE_COMPLETE"
    assert functions.kinds() == ["Create"]


async def test_what_is_not_to_be_echoed_is_masked_in_outputs_and_given_to_resources(
    cloud: Any, functions: Functions
) -> None:
    functions.answer = lambda event: {"NoEcho": True, "Data": {"Color": "secret"}}
    stack = await cloud.create(ONE)
    assert {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}["Color"] == "****"
    assert await _told(cloud) == "secret"


async def test_another_service_token_is_refused(cloud: Any, functions: Functions) -> None:
    await cloud.create(ONE)
    with pytest.raises(AwsError, match="Modifying service token is not allowed"):
        await cloud.cf("UpdateStack", StackName="s", TemplateBody=ONE.replace(ARN, f"{ARN}2"))


async def test_an_attribute_that_was_not_answered_names_the_resource(cloud: Any, functions: Functions) -> None:
    functions.answer = lambda event: {}
    assert (await cloud.create(ONE))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert any("Vendor response doesn't contain Color attribute" in each for each in await _reasons(cloud))


async def test_a_function_that_is_not_there_and_a_token_that_is_none_fail(cloud: Any, functions: Functions) -> None:
    assert (await cloud.create(ONE.replace(ARN, f"{ARN}-missing")))["StackStatus"] == "ROLLBACK_COMPLETE"
    assert any("Function not found" in each for each in await _reasons(cloud))
    with pytest.raises(AwsError, match="Invalid service token"):
        await cloud.create(ONE.replace(ARN, "arn:aws:s3:::bucket"), StackName="t")
    with pytest.raises(AwsError, match="from 1 to 3600"):
        await cloud.create(ONE.replace("Size: !Ref Size", "ServiceTimeout: 4000"), StackName="t")
    assert functions.events == []


async def test_the_stacks_tags_are_no_properties_of_a_custom_resource(cloud: Any, functions: Functions) -> None:
    await cloud.create(ONE, Tags=[{"Key": "team", "Value": "a"}])
    assert "Tags" not in functions.events[0]["ResourceProperties"]


def _one(answer: str | None, kind: str = "Create", until: float = 10.0) -> Provision:
    return Provision("t", "stack", "L", "Custom::X", "name", Request("r", "a", kind, "s", until, True, answer))


def _answer(**said: Any) -> str:
    whole = {"StackId": "stack", "RequestId": "r", "LogicalResourceId": "L", "PhysicalResourceId": "p"}
    return json.dumps(whole | {"Status": "SUCCESS"} | said)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("nothing", "no JSON"),
        ("[1]", "no JSON object"),
        ("[" * 5000, "too long"),
        (_answer(Data={"x": "y" * LONGEST}), "too long"),
        (_answer(RequestId="other"), "RequestId must be the request's, r"),
        (_answer(Status="OK"), "Status must be SUCCESS or FAILED"),
        (_answer(Status="FAILED"), "Value of Reason property must be a String"),
        (_answer(PhysicalResourceId=""), "Invalid PhysicalResourceId"),
        (_answer(PhysicalResourceId="p" * 1025), "Invalid PhysicalResourceId"),
        (_answer(Data=["x"]), "Data property must be an object"),
    ],
)
def test_an_answer_that_is_none_is_a_failure_that_says_so(answer: str, words: str) -> None:
    assert words in outcome(_one(answer), 5.0).failure


def test_an_outcome_is_open_until_its_time_is_over() -> None:
    assert outcome(_one(None), 9.9).pending
    assert "did not receive a response" in outcome(_one(None), 10.0).failure
    assert outcome(_one(_answer(PhysicalResourceId=None), "Delete"), 5.0).failure == ""


def test_providers_get_scalars_as_text() -> None:
    assert texts({"a": 1, "b": [True, {"c": 1.5}], "d": "x"}) == {"a": "1", "b": ["true", {"c": "1.5"}], "d": "x"}


@pytest.mark.parametrize("given", [0, 3601, "x", True, "-1"])
def test_a_timeout_that_can_not_be_is_refused(given: Any) -> None:
    with pytest.raises(ValueError, match="from 1 to 3600"):
        timeout({"ServiceTimeout": given})


class Topics:
    """An SNS service that keeps what is published."""

    service = "sns"
    whole = True

    def __init__(self, cloud: Any) -> None:
        self.told: list[dict[str, Any]] = []
        self.asked = asyncio.Event()
        cloud.apis.register(self)

    async def publish(self, call: Any, request: dict[str, Any]) -> dict[str, Any]:
        self.told.append(request)
        self.asked.set()
        return {"MessageId": "m"}


async def test_who_reads_a_topic_makes_a_resource_as_well(cloud: Any, functions: Functions) -> None:
    topics = Topics(cloud)
    arn = "arn:aws:sns:us-east-1:000000000000:made"
    await cloud.cf("CreateStack", StackName="s", TemplateBody=ONE.replace(ARN, arn))
    await asyncio.wait_for(topics.asked.wait(), 20)
    (told,) = topics.told
    event = json.loads(told["Message"])
    assert (told["TopicArn"], event["TopicArn"]) == (arn, arn)
    assert told["Subject"] == "AWS CloudFormation custom resource request"
    assert event["RequestType"] == "Create"
    functions.put(event, {"Data": {"Color": "green"}})
    assert (await cloud.settled("s"))["StackStatus"] == "CREATE_COMPLETE"
    assert await _told(cloud) == "green"


async def _s3(request: web.Request) -> web.StreamResponse:
    return web.Response(text="s3")


@asynccontextmanager
async def _http(cloud: Any) -> AsyncIterator[Callable[..., Awaitable[tuple[int, str, dict[str, str]]]]]:
    answers = Answers(cloud.engine.providers, cloud.engine.waits, "us-east-1", _s3)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answers.handle)
    async with TestServer(app) as server, ClientSession() as session:

        async def ask(method: str, url: str, body: bytes, host: str = "") -> tuple[int, str, dict[str, str]]:
            parts = urlsplit(url)
            place = URL(f"http://127.0.0.1:{server.port}{parts.path}?{parts.query}", encoded=True)
            headers = {"Content-Type": "", **({"Host": host} if host else {})}
            async with session.request(method, place, data=body, headers=headers) as answer:
                return answer.status, await answer.text(), {name.lower(): each for name, each in answer.headers.items()}

        yield ask


async def test_an_answer_is_put_over_http_once_as_to_s3(cloud: Any, functions: Functions) -> None:
    functions.answer = lambda event: None
    await cloud.cf("CreateStack", StackName="s", TemplateBody=ONE)
    await asyncio.wait_for(functions.asked.wait(), 20)
    event = functions.events[0]
    url = event["ResponseURL"]
    whole = {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")}
    body = json.dumps(whole | {"Status": "SUCCESS", "PhysicalResourceId": "p", "Data": {"Color": "red"}}).encode()
    bucket = "cloudformation-custom-resource-response-useast1"
    assert url.startswith(f"http://localhost/{bucket}/arn%3Aaws%3Acloudformation%3Aus-east-1%3A")
    async with _http(cloud) as ask:
        assert (await ask("GET", url, b""))[0] == 403
        assert (await ask("PUT", url.replace("Signature=", "Signature=x"), body))[0] == 403
        assert (await ask("PUT", url, b"x" * 70_000))[:1] == (400,)
        hosted = url.replace(f"/{bucket}/", "/")
        status, text, headers = await ask("PUT", hosted, body, f"{bucket}.s3.us-east-1.amazonaws.com")
        assert (status, text) == (200, "")
        assert headers["etag"].startswith('"')
        status, text, _ = await ask("PUT", url, body)
        assert status == 403
        assert "<Code>AccessDenied</Code>" in text
        assert (await ask("GET", "http://localhost/bucket/key", b""))[1] == "s3"
    assert (await cloud.settled("s"))["StackStatus"] == "CREATE_COMPLETE"
