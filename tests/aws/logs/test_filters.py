"""What is logged is counted into metrics and told to functions, by filters that are there."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground
from netflux.aws.cloudwatch.series import Series
from netflux.aws.destinations import Destinations, Event
from netflux.aws.logs.api import LogsApi
from netflux.aws.logs.store import Store
from netflux.clock import Clock
from netflux.errors import AwsError, Unsupported
from tests.controlplane.plane import Plane

FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"


class World:
    def __init__(self, path: Path) -> None:
        self.plane, self.path, self.told = Plane(path), path, list[Event]()

    async def start(self) -> World:
        self.apis = await self.plane.start()
        destinations = Destinations()
        destinations.register("lambda", self.told.append)
        store = Store(self.path / "logs", self.plane.documents)
        self.apis.register(LogsApi(store, Clock(), self.apis, destinations))
        self.apis.register(CloudWatchApi(Ground(Series(), frozenset(), self.plane.documents, Clock())))
        await self.logs("CreateLogGroup", logGroupName="g")
        await self.logs("CreateLogStream", logGroupName="g", logStreamName="s")
        return self

    async def logs(self, operation: str, **params: Any) -> dict[str, Any]:
        return await self.apis.call("logs", operation, params)

    async def filter(self, pattern: str, value: str = "1", **more: Any) -> None:
        transformation = {"metricName": "m", "metricNamespace": "Shop", "metricValue": value, **more}
        asked = {"logGroupName": "g", "filterName": "f", "filterPattern": pattern}
        await self.logs("PutMetricFilter", **asked, metricTransformations=[transformation])

    async def write(self, *messages: str) -> None:
        now = int(datetime.now(UTC).timestamp() * 1000)
        events = [{"timestamp": now, "message": message} for message in messages]
        await self.logs("PutLogEvents", logGroupName="g", logStreamName="s", logEvents=events)

    async def sums(self, *dimensions: dict[str, str]) -> tuple[float, float]:
        """Sum and count of the metric."""
        now = datetime.now(UTC)
        asked = {
            "Namespace": "Shop", "MetricName": "m", "Dimensions": dimensions, "Period": 3600,
            "StartTime": now - timedelta(hours=2), "EndTime": now + timedelta(hours=1),
            "Statistics": ["Sum", "SampleCount"],
        }  # fmt: skip
        points = (await self.apis.call("cloudwatch", "GetMetricStatistics", asked))["Datapoints"]
        return sum(one["Sum"] for one in points), sum(one["SampleCount"] for one in points)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await World(tmp_path).start()
    yield made
    made.plane.stop()


async def test_events_that_match_are_counted(world: World) -> None:
    await world.filter("ERROR", defaultValue=0.0)
    await world.write("ERROR a", "INFO b", "ERROR c")
    assert await world.sums() == (2.0, 2.0)
    (group,) = (await world.logs("DescribeLogGroups"))["logGroups"]
    assert group["metricFilterCount"] == 1
    await world.logs("DeleteMetricFilter", logGroupName="g", filterName="f")
    await world.write("ERROR d")
    assert await world.sums() == (2.0, 2.0)


async def test_values_and_dimensions_come_out_of_the_message(world: World) -> None:
    await world.filter("{ $.took = * }", "$.took", dimensions={"path": "$.path"}, unit="Milliseconds")
    await world.write('{"took": 12.5, "path": "/a"}', '{"took": 7, "path": "/b"}', '{"took": "x", "path": "/a"}')
    assert await world.sums({"Name": "path", "Value": "/a"}) == (12.5, 1.0)
    await world.filter("[ip, bytes > 10]", "$bytes")
    await world.write("10.0.0.1 11", "10.0.0.1 9")
    assert await world.sums() == (11.0, 1.0)


async def test_a_group_without_a_match_has_the_default_once_in_a_minute(world: World) -> None:
    await world.filter("ERROR", defaultValue=5.0)
    await world.write("INFO")
    await world.write("INFO")
    total, count = await world.sums()
    assert total == 5.0 * count
    assert 1 <= count <= 2


async def test_filters_are_told_found_and_go_with_their_group(world: World) -> None:
    await world.filter("ERROR", unit="Count")
    (told,) = (await world.logs("DescribeMetricFilters", logGroupName="g"))["metricFilters"]
    assert told["metricTransformations"] == [
        {"metricName": "m", "metricNamespace": "Shop", "metricValue": "1", "unit": "Count"}
    ]
    found = await world.logs("DescribeMetricFilters", metricName="m", metricNamespace="Shop")
    assert [one["filterName"] for one in found["metricFilters"]] == ["f"]
    await world.logs("DeleteLogGroup", logGroupName="g")
    assert (await world.logs("DescribeMetricFilters"))["metricFilters"] == []


async def test_a_function_is_told_of_what_matches(world: World) -> None:
    asked = {"logGroupName": "g", "filterName": "f", "filterPattern": "ERROR", "destinationArn": FUNCTION}
    await world.logs("PutSubscriptionFilter", **asked)
    (listed,) = (await world.logs("DescribeSubscriptionFilters", logGroupName="g"))["subscriptionFilters"]
    assert {name: listed[name] for name in asked} == asked
    await world.write("INFO a", "ERROR b")
    (event,) = world.told
    data = json.loads(gzip.decompress(base64.b64decode(json.loads(event.body)["awslogs"]["data"])))
    assert (data["logGroup"], data["logStream"], data["messageType"]) == ("g", "s", "DATA_MESSAGE")
    assert [one["message"] for one in data["logEvents"]] == ["ERROR b"]
    for name in ("b", "c"):
        again = world.logs("PutSubscriptionFilter", **asked | {"filterName": name})
        if name == "b":
            await again
        else:
            with pytest.raises(AwsError, match="limit exceeded"):
                await again
    await world.logs("DeleteSubscriptionFilter", logGroupName="g", filterName="f")
    with pytest.raises(Unsupported, match="PutSubscriptionFilter to arn:aws:kinesis"):
        await world.logs("PutSubscriptionFilter", **asked | {"destinationArn": FUNCTION.replace("lambda", "kinesis")})


async def test_a_pattern_is_tried_with_messages(world: World) -> None:
    asked = {"filterPattern": "[ip, status = 4*]", "logEventMessages": ["1.1.1.1 200", "2.2.2.2 404"]}
    assert (await world.logs("TestMetricFilter", **asked))["matches"] == [
        {"eventNumber": 2, "eventMessage": "2.2.2.2 404", "extractedValues": {"$ip": "2.2.2.2", "$status": "404"}}
    ]


async def test_resource_policies_are_put_told_and_deleted(world: World) -> None:
    statement = {"Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"}, "Action": "logs:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    await world.logs("PutResourcePolicy", policyName="p", policyDocument=document)
    (told,) = (await world.logs("DescribeResourcePolicies"))["resourcePolicies"]
    assert (told["policyName"], told["policyDocument"]) == ("p", document)
    await world.logs("DeleteResourcePolicy", policyName="p")
    assert (await world.logs("DescribeResourcePolicies"))["resourcePolicies"] == []
    with pytest.raises(AwsError, match="does not exist"):
        await world.logs("DeleteResourcePolicy", policyName="p")
    with pytest.raises(AwsError, match="not valid"):
        await world.logs("PutResourcePolicy", policyName="p", policyDocument="{}")
