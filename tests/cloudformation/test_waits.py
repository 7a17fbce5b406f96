"""Wait conditions: signals to a handle's address, and by SignalResource."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from netflux.cloudformation.custom.signals import MOST, Signal, joined, signal, terms, verdict
from netflux.cloudformation.types.table import Failed, Waiting
from netflux.errors import AwsError

ONE = """
Resources:
  Handle: {Type: AWS::CloudFormation::WaitConditionHandle}
  Wait:
    Type: AWS::CloudFormation::WaitCondition
    Properties: {Handle: !Ref Handle, Timeout: "60", Count: 2}
Outputs:
  Data: {Value: !GetAtt Wait.Data}
  Url: {Value: !Ref Handle}
"""
POLICY = """
Resources:
  Wait:
    Type: AWS::CloudFormation::WaitCondition
    CreationPolicy: {ResourceSignal: {Count: "1", Timeout: PT1M}}
"""


async def _handle(cloud: Any) -> str:
    async with asyncio.timeout(20):
        while True:
            found = (await cloud.resources()).get("Handle", {}).get("PhysicalResourceId")
            waiting = (await cloud.resources()).get("Wait", {}).get("PhysicalResourceId")
            if found and waiting:
                return str(found)
            await asyncio.sleep(0.001)


def _put(cloud: Any, url: str, body: str) -> bool:
    parts = urlsplit(url)
    key = unquote(parts.path).lstrip("/").partition("/")[2]
    taken: bool = cloud.engine.waits.take(key, parse_qs(parts.query)["Signature"][0], body)
    return taken


def _said(unique: str, status: str = "SUCCESS", **more: str) -> str:
    return json.dumps({"UniqueId": unique, "Status": status} | more)


async def test_a_wait_ends_with_its_signals_and_gives_their_data(cloud: Any) -> None:
    await cloud.cf("CreateStack", StackName="s", TemplateBody=ONE)
    url = await _handle(cloud)
    assert _put(cloud, url, _said("a", Data="first"))
    assert _put(cloud, url, _said("a", Data="again"))
    assert (await cloud.resources())["Wait"]["ResourceStatus"] == "CREATE_IN_PROGRESS"
    assert not _put(cloud, url.replace("Signature=", "Signature=x"), _said("b"))
    await cloud.restart()
    assert _put(cloud, url, _said("b", Data="second"))
    stack = await cloud.settled("s")
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert outputs == {"Data": '{"a":"again","b":"second"}', "Url": url}
    assert (await cloud.resources())["Wait"]["PhysicalResourceId"] == f"{stack['StackId']}/Handle"
    with pytest.raises(AwsError, match="is not supported"):
        await cloud.cf("UpdateStack", StackName="s", TemplateBody=ONE.replace("Count: 2", "Count: 3"))
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert not _put(cloud, url, _said("c"))


async def test_a_failure_signal_fails_the_wait_with_its_reason(cloud: Any) -> None:
    await cloud.cf("CreateStack", StackName="s", TemplateBody=ONE)
    assert _put(cloud, await _handle(cloud), _said("a", "FAILURE", Reason="broken"))
    assert (await cloud.settled("s"))["StackStatus"] == "ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    reasons = [each.get("ResourceStatusReason", "") for each in events]
    assert "WaitCondition received failed message: 'broken' for uniqueId: a" in reasons


async def test_a_wait_runs_out_of_time(cloud: Any) -> None:
    stack = await cloud.create(ONE.replace('Timeout: "60"', "Timeout: 0"))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    reasons = [each.get("ResourceStatusReason", "") for each in events]
    assert "WaitCondition timed out. Received 0 conditions when expecting 2" in reasons


async def test_a_creation_policy_waits_for_signal_resource(cloud: Any) -> None:
    await cloud.cf("CreateStack", StackName="s", TemplateBody=POLICY)
    given = {"StackName": "s", "LogicalResourceId": "Wait", "UniqueId": "a", "Status": "SUCCESS"}
    with pytest.raises(AwsError, match="does not exist"):
        await cloud.cf("SignalResource", **(given | {"LogicalResourceId": "Other"}))
    async with asyncio.timeout(20):
        while True:
            try:
                await cloud.cf("SignalResource", **given)
                break
            except AwsError:
                await asyncio.sleep(0.001)
    assert (await cloud.settled("s"))["StackStatus"] == "CREATE_COMPLETE"
    with pytest.raises(AwsError, match="is in CREATE_COMPLETE state and can not be signaled"):
        await cloud.cf("SignalResource", **given)


async def test_a_wait_needs_a_handle_of_this_region(cloud: Any) -> None:
    stack = await cloud.create(ONE.replace("Handle: !Ref Handle", "Handle: https://example.com/"))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"


def test_what_can_not_be_read_is_a_failure() -> None:
    for body in ("{", "[]", '{"Status": "SUCCESS"}', '{"Status": "GOOD", "UniqueId": "a"}', "x" * 5000):
        assert not signal(body).good


def test_a_handle_keeps_no_more_signals_than_can_be_counted() -> None:
    many = tuple(Signal(str(number), good=True) for number in range(MOST))
    assert joined(many, Signal("more", good=True)) == many


@pytest.mark.parametrize(
    "properties",
    [
        {"Handle": "h"}, {"Timeout": "1"}, {"Handle": "h", "Timeout": "43201"}, {"Handle": "h", "Timeout": "soon"},
        {"Handle": "h", "Timeout": "1", "Count": "x"}, {"CreationPolicy": {"ResourceSignal": {"Timeout": "PT13H"}}},
        {"CreationPolicy": {"ResourceSignal": {"Timeout": "1h"}}},
    ],
)  # fmt: skip
def test_a_wait_that_can_not_be_is_refused(properties: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"Timeout|Count|Handle"):
        terms(properties)


def test_a_wait_is_over_when_it_has_enough_or_one_has_failed() -> None:
    one = Signal("a", good=True)
    assert isinstance(verdict([one], 2, over=False), Waiting)
    assert verdict([one], 1, over=True) is None
    assert verdict([], 0, over=False) is None
    assert isinstance(verdict([one, Signal("b", good=False, text="no")], 2, over=False), Failed)
