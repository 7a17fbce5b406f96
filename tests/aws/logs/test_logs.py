"""CloudWatch Logs by its operations, with the files it keeps."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.logs.api import LogsApi
from netflux.aws.logs.store import GROUP, STREAM, Store
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError, Unsupported
from netflux.faults import Faults

Operation = Callable[..., Any]
NOW = int(time.time() * 1000)


def cloud(directory: Path, documents: Documents) -> Operation:
    """Calls operations as clients do: validated against the service model."""
    apis = Apis("000000000000", "us-east-1", Moto(documents, "000000000000", "us-east-1"), lambda _: None)
    apis.register(LogsApi(Store(directory / "logs", documents), Clock(), apis))

    async def call(operation: str, **params: Any) -> Any:
        return await apis.call("logs", operation, params)

    return call


@pytest.fixture
async def documents(tmp_path: Path) -> AsyncIterator[Documents]:
    documents = Documents(tmp_path / "netflux.db")
    yield documents
    documents.close()


@pytest.fixture
async def logs(tmp_path: Path, documents: Documents) -> Operation:
    call = cloud(tmp_path, documents)
    await call("CreateLogGroup", logGroupName="/ecs/movies", tags={"app": "netflux"})
    await call("CreateLogStream", logGroupName="/ecs/movies", logStreamName="ecs/app/1")
    return call


async def put(call: Operation, *events: tuple[int, str], stream: str = "ecs/app/1") -> Any:
    wanted = [{"timestamp": NOW + at, "message": message} for at, message in events]
    return await call("PutLogEvents", logGroupName="/ecs/movies", logStreamName=stream, logEvents=wanted)


async def get(call: Operation, **params: Any) -> Any:
    return await call("GetLogEvents", logGroupName="/ecs/movies", logStreamName="ecs/app/1", **params)


def messages(answer: Any) -> list[str]:
    return [event["message"] for event in answer["events"]]


async def test_events_come_back_in_order_of_time(logs: Operation) -> None:
    await put(logs, (5, "second"), (9, "third"))
    await put(logs, (1, "first"))
    assert messages(await get(logs)) == ["first", "second", "third"]
    assert messages(await get(logs, limit=1)) == ["third"]
    assert messages(await get(logs, limit=1, startFromHead=True)) == ["first"]
    assert messages(await get(logs, startTime=NOW + 5, endTime=NOW + 9)) == ["second"]


async def test_tokens_go_on_from_where_they_were_given(logs: Operation) -> None:
    empty = await get(logs, startFromHead=True)
    await put(logs, (1, "a"), (2, "b"), (3, "c"))
    first = await get(logs, startFromHead=True, limit=2, nextToken=empty["nextForwardToken"])
    assert messages(first) == ["a", "b"]
    second = await get(logs, nextToken=first["nextForwardToken"])
    assert messages(second) == ["c"]
    end = await get(logs, nextToken=second["nextForwardToken"])
    assert messages(end) == []
    assert end["nextForwardToken"] == second["nextForwardToken"]
    await put(logs, (4, "d"))
    assert messages(await get(logs, nextToken=end["nextForwardToken"])) == ["d"]
    assert messages(await get(logs, nextToken=second["nextBackwardToken"])) == ["a", "b"]


async def test_filtering_searches_all_streams_and_pages(logs: Operation) -> None:
    await logs("CreateLogStream", logGroupName="/ecs/movies", logStreamName="ecs/app/2")
    await put(logs, (1, "ERROR one"), (4, "INFO"))
    await put(logs, (2, "ERROR two"), stream="ecs/app/2")
    found = await logs("FilterLogEvents", logGroupName="/ecs/movies", filterPattern="ERROR", interleaved=True)
    assert messages(found) == ["ERROR one", "ERROR two"]
    assert {event["logStreamName"] for event in found["events"]} == {"ecs/app/1", "ecs/app/2"}
    assert len({event["eventId"] for event in found["events"]}) == 2
    page = await logs("FilterLogEvents", logGroupName="/ecs/movies", limit=2)
    rest = await logs("FilterLogEvents", logGroupName="/ecs/movies", nextToken=page["nextToken"])
    assert messages(page) + messages(rest) == ["ERROR one", "ERROR two", "INFO"]
    assert "nextToken" not in rest


async def test_events_outlive_the_region_and_a_line_cut_off_by_a_crash_is_dropped(
    logs: Operation, tmp_path: Path, documents: Documents
) -> None:
    await put(logs, (1, "kept, naïve ☃\nwith a second line"))
    (file,) = (tmp_path / "logs").rglob("*.jsonl")
    with file.open("a") as raw:
        raw.write('[1, 2, 3, "half a li')
    again = cloud(tmp_path, documents)
    await put(again, (2, "after"))
    assert messages(await get(again)) == ["kept, naïve ☃\nwith a second line", "after"]
    assert messages(await get(cloud(tmp_path, documents))) == ["kept, naïve ☃\nwith a second line", "after"]


async def test_groups_and_streams_are_described_as_they_were_made(logs: Operation) -> None:
    await logs("PutRetentionPolicy", logGroupName="/ecs/movies", retentionInDays=7)
    (group,) = (await logs("DescribeLogGroups", logGroupNamePrefix="/ecs"))["logGroups"]
    assert group["logGroupArn"] == "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/movies"
    assert group["arn"] == group["logGroupArn"] + ":*"
    assert group["retentionInDays"] == 7
    tags = await logs("ListTagsForResource", resourceArn=group["logGroupArn"])
    assert tags["tags"] == {"app": "netflux"}
    await logs("CreateLogStream", logGroupName="/ecs/movies", logStreamName="ecs/app/0")
    await put(logs, (1, "x"))
    newest = await logs("DescribeLogStreams", logGroupName="/ecs/movies", orderBy="LastEventTime", descending=True)
    assert [stream["logStreamName"] for stream in newest["logStreams"]] == ["ecs/app/1", "ecs/app/0"]
    assert newest["logStreams"][0]["lastEventTimestamp"] == NOW + 1
    assert "lastEventTimestamp" not in newest["logStreams"][1]


async def test_streams_are_listed_page_by_page(logs: Operation) -> None:
    for number in range(2, 6):
        await logs("CreateLogStream", logGroupName="/ecs/movies", logStreamName=f"ecs/app/{number}")
    first = await logs("DescribeLogStreams", logGroupName="/ecs/movies", limit=3)
    second = await logs("DescribeLogStreams", logGroupName="/ecs/movies", limit=3, nextToken=first["nextToken"])
    found = [stream["logStreamName"] for stream in first["logStreams"] + second["logStreams"]]
    assert found == [f"ecs/app/{number}" for number in range(1, 6)]


async def test_retention_drops_what_is_older(logs: Operation) -> None:
    await put(logs, (-3 * 86_400_000, "old"))
    await put(logs, (0, "new"))
    await logs("PutRetentionPolicy", logGroupName="/ecs/movies", retentionInDays=1)
    assert messages(await get(logs)) == ["new"]
    answer = await put(logs, (-2 * 86_400_000, "old"))
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    await logs("DeleteRetentionPolicy", logGroupName="/ecs/movies")
    assert messages(await get(logs)) == ["new"]


async def test_what_is_not_there_or_not_allowed_is_refused_as_aws_does(logs: Operation) -> None:
    for code, operation, params in (
        ("ResourceAlreadyExistsException", "CreateLogGroup", {"logGroupName": "/ecs/movies"}),
        ("ResourceNotFoundException", "CreateLogStream", {"logGroupName": "/no", "logStreamName": "a"}),
        ("ResourceNotFoundException", "GetLogEvents", {"logGroupName": "/ecs/movies", "logStreamName": "a"}),
        ("ResourceNotFoundException", "DeleteLogGroup", {"logGroupName": "/no"}),
        ("InvalidParameterException", "PutRetentionPolicy", {"logGroupName": "/ecs/movies", "retentionInDays": 2}),
    ):
        with pytest.raises(AwsError) as caught:
            await logs(operation, **params)
        assert caught.value.code == code
    with pytest.raises(AwsError, match="chronological"):
        await put(logs, (2, "a"), (1, "b"))
    with pytest.raises(Unsupported, match="StartLiveTail"):
        await logs("StartLiveTail", logGroupIdentifiers=["/ecs/movies"])


async def test_a_deleted_group_leaves_no_events_for_the_next_of_its_name(logs: Operation) -> None:
    await put(logs, (1, "gone"))
    await logs("DeleteLogGroup", logGroupName="/ecs/movies")
    await logs("CreateLogGroup", logGroupName="/ecs/movies")
    await logs("CreateLogStream", logGroupName="/ecs/movies", logStreamName="ecs/app/1")
    assert messages(await get(logs)) == []


async def test_bytes_that_are_no_events_are_told_and_kept_and_the_others_are_shown(
    tmp_path: Path, documents: Documents, logs: Operation
) -> None:
    for number in range(5):
        await put(logs, (number, f"line {number}"))
    (file,) = (tmp_path / "logs").rglob("*.jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    strange = b"\xff\xfe garbage\n", b'{"a": 1}\n', b"[1, 2]\n", b'["x", 1, 2, "y"]\n', b"\n"
    file.write_bytes(lines[0] + b"".join(strange) + b"".join(lines[1:]))
    faults = Faults()
    store = Store(tmp_path / "logs", documents, faults)
    events = await store.events(store.stream("/ecs/movies", "ecs/app/1")).all(0)
    assert [event.message for event in events] == [f"line {number}" for number in range(5)]
    size = sum(map(len, strange))
    assert [f"{size} bytes of the log stream ecs/app/1" in fault.message for fault in faults.list()] == [True]
    await store.events(store.stream("/ecs/movies", "ecs/app/1")).expire(NOW + 3)
    assert file.read_bytes() == b"".join(strange) + b"".join(lines[3:])
    store.delete_stream("/ecs/movies", "ecs/app/1")
    assert [*faults.list()] == []


async def test_events_whose_stream_is_not_recorded_are_set_aside_when_its_name_is_given_again(
    tmp_path: Path, documents: Documents, logs: Operation
) -> None:
    await put(logs, (0, "kept"))
    (file,) = (tmp_path / "logs").rglob("*.jsonl")
    documents.table(STREAM).delete("/ecs/movies:ecs/app/1")
    await logs("CreateLogStream", logGroupName="/ecs/movies", logStreamName="ecs/app/1")
    kept = tmp_path / "set-aside" / file.relative_to(tmp_path)
    assert b"kept" in kept.read_bytes()
    documents.table(GROUP).delete("/ecs/movies")
    documents.table(STREAM).delete("/ecs/movies:ecs/app/1")
    file.write_bytes(b"again")
    await logs("CreateLogGroup", logGroupName="/ecs/movies")
    assert not file.exists()
    assert sum(one.is_file() for one in (tmp_path / "set-aside").rglob("*")) == 2
