"""Every member that CloudWatch Logs carries comes back from the operations that tell."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

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

TRIPS = [
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
    apis.register(LogsApi(Store(tmp_path / "logs", plane.documents), Clock(), apis))
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
