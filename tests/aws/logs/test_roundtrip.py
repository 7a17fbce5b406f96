"""Every member that CloudWatch Logs carries comes back from the operations that tell."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from netflux.aws.destinations import Destinations
from netflux.aws.logs.api import LogsApi
from netflux.aws.logs.store import Store
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.controlplane.roundtrip import Names, Trip, left_out, lost

_NOW = int(time.time() * 1000)
_GROUP = {"logGroupName": "kept"}
_DESCRIBED = "DescribeLogGroups", {"logGroupNamePrefix": "kept"}
_STREAM = {**_GROUP, "logStreamName": "stream"}

_POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "es.amazonaws.com"}, "Action": "logs:*", "Resource": "*"}
        ],
    }
)
_TRANSFORMATION = {"metricName": "m", "metricNamespace": "Shop", "metricValue": "$.a", "unit": "Count"}
_COUNTS = {**_GROUP, "filterName": "f", "filterPattern": "{ $.a = 1 }"}
_ROLE = "arn:aws:iam::123456789012:role/r"
_FUNCTION = "arn:aws:lambda:us-east-1:123456789012:function:f"
TRIPS = [
    Trip(
        "PutMetricFilter",
        {**_COUNTS, "metricTransformations": [{**_TRANSFORMATION, "dimensions": {"a": "$.a"}}]},
        [("DescribeMetricFilters", _GROUP)],
    ),
    Trip(
        "PutMetricFilter",
        {**_COUNTS, "metricTransformations": [{**_TRANSFORMATION, "defaultValue": 2.0}]},
        [("DescribeMetricFilters", _GROUP)],
    ),
    Trip(
        "PutSubscriptionFilter",
        {**_COUNTS, "destinationArn": _FUNCTION, "roleArn": _ROLE, "distribution": "Random"},
        [("DescribeSubscriptionFilters", _GROUP)],
    ),
    Trip("PutResourcePolicy", {"policyName": "p", "policyDocument": _POLICY}, [("DescribeResourcePolicies", {})]),
    Trip(
        "CreateLogGroup",
        {
            "logGroupName": "new", "kmsKeyId": "{key}", "tags": {"a": "b"}, "logGroupClass": "STANDARD",
            "deletionProtectionEnabled": True,
        },
        [("DescribeLogGroups", {"logGroupIdentifiers": ["{arn}new"]}), ("ListTagsLogGroup", {"logGroupName": "new"})],
    ),
    Trip("CreateLogStream", {**_GROUP, "logStreamName": "new"}, [("DescribeLogStreams", _GROUP)]),
    Trip("PutRetentionPolicy", {**_GROUP, "retentionInDays": 30}, [_DESCRIBED]),
    Trip(
        "PutLogGroupDeletionProtection",
        {"logGroupIdentifier": "{arn}kept", "deletionProtectionEnabled": True},
        [_DESCRIBED],
        told={"logGroupIdentifier": "logGroupArn"},
    ),
    Trip(
        "PutLogEvents",
        {**_STREAM, "logEvents": [{"timestamp": _NOW - 5, "message": "a"}, {"timestamp": _NOW, "message": "b"}]},
        [("GetLogEvents", _STREAM)],
    ),
    Trip(
        "TagResource",
        {"resourceArn": "{arn}kept", "tags": {"c": "d"}},
        [("ListTagsForResource", {"resourceArn": "{arn}kept"})],
    ),
]  # fmt: skip


@pytest.fixture
async def prepared(tmp_path: Path) -> AsyncIterator[tuple[Apis, Names]]:
    plane = Plane(tmp_path)
    apis = await plane.start()
    destinations = Destinations()
    destinations.register("lambda", lambda _event: None)
    apis.register(LogsApi(Store(tmp_path / "logs", plane.documents), Clock(), apis, destinations))
    await apis.call("logs", "CreateLogGroup", _GROUP)
    await apis.call("logs", "CreateLogStream", _STREAM)
    key = (await apis.call("kms", "CreateKey", {}))["KeyMetadata"]["Arn"]
    yield apis, {"arn": f"arn:aws:logs:{apis.region}:{apis.account}:log-group:", "key": key}
    plane.stop()


@pytest.mark.parametrize("trip", TRIPS, ids=str)
async def test_what_was_sent_is_told_again(prepared: tuple[Apis, Names], trip: Trip) -> None:
    assert await lost(prepared[0], "logs", trip, prepared[1]) == []


def test_no_member_of_a_changing_operation_is_left_out() -> None:
    assert left_out("logs", LogsApi, TRIPS) == []
