"""What becomes of a container's output while CloudWatch Logs is slow: `mode` and `max-buffer-size`."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.aws.ecs import logstream
from netflux.aws.ecs.decide.logbuffer import HELD, Buffer, Event, size
from netflux.aws.ecs.desired import Log
from netflux.aws.ecs.logstream import LogWriter
from netflux.clock import Clock
from netflux.errors import AwsError
from netflux.faults import Faults
from tests.aws.ecs.world import until


class SlowLogs:
    """CloudWatch Logs that answers when it is let."""

    def __init__(self) -> None:
        self.open = asyncio.Event()
        self.lines: list[str] = []

    async def call(self, _service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        assert operation == "PutLogEvents"
        await self.open.wait()
        self.lines += [event["message"] for event in params["logEvents"]]
        return {}


class Chatty:
    """A container that writes numbered lines as fast as they are read."""

    def __init__(self, count: int) -> None:
        self.count, self.written = count, 0

    async def lines(self) -> AsyncIterator[str]:
        for number in range(self.count):
            self.written = number + 1
            yield f"{number:09d}"
            await asyncio.sleep(0)


async def test_a_blocking_log_lets_the_container_wait_and_loses_nothing() -> None:
    logs, container = SlowLogs(), Chatty(3 * HELD)
    writer = LogWriter(logs, Clock(), Log("g", "p", mode="blocking"), "s")  # type: ignore[arg-type]
    following = asyncio.ensure_future(writer.follow(container))  # type: ignore[arg-type]
    await until(lambda: writer._buffer.full)
    assert container.written <= 2 * HELD
    logs.open.set()
    await following
    assert logs.lines == [f"{number:09d}" for number in range(3 * HELD)]


async def test_a_non_blocking_log_loses_what_its_buffer_can_t_hold() -> None:
    logs, container = SlowLogs(), Chatty(3 * HELD)
    writer = LogWriter(logs, Clock(), Log("g", "p", mode="non-blocking", buffer=9 * 100), "s")  # type: ignore[arg-type]
    following = asyncio.ensure_future(writer.follow(container))  # type: ignore[arg-type]
    await until(lambda: container.written == 3 * HELD)
    logs.open.set()
    await following
    assert 100 <= len(logs.lines) <= 200
    assert logs.lines == sorted(logs.lines)
    assert logs.lines[0] == "000000000"


async def test_a_line_is_sent_soon_though_no_other_comes() -> None:
    class Quiet:
        async def lines(self) -> AsyncIterator[str]:
            yield "ready"
            await asyncio.Event().wait()

    logs = SlowLogs()
    logs.open.set()
    following = asyncio.ensure_future(LogWriter(logs, Clock(), Log("g", "p"), "s").follow(Quiet()))  # type: ignore[arg-type]
    await until(lambda: logs.lines == ["ready"])
    following.cancel()
    await asyncio.wait([following])


@pytest.mark.parametrize(
    ("text", "expected"), [("10m", 10485760), ("1k", 1024), ("2g", 2**31), ("512", 512), ("1MB", 2**20)]
)
def test_sizes_are_docker_s(text: str, expected: int) -> None:
    assert size(text) == expected


@pytest.mark.parametrize("text", ["", "0", "m", "1.5m", "-1k", "1t"])
def test_what_is_no_size_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="max-buffer-size"):
        size(text)


@given(st.lists(st.text(max_size=20), max_size=60), st.integers(1, 200), st.integers(1, 9), st.integers(1, 90))
def test_a_buffer_keeps_order_and_size_and_counts_what_it_loses(texts, most, count, weight) -> None:
    buffer = Buffer(most)
    for text in texts:
        buffer.add(Event(0, text))
    assert len(buffer) + buffer.lost == len(texts)
    assert buffer.size <= most or len(buffer) == 1
    kept: list[str] = []
    while batch := buffer.take(count, weight):
        assert len(batch) <= count
        assert len(batch) == 1 or sum(event.size for event in batch) <= weight
        kept += [event.message for event in batch]
    assert (len(buffer), buffer.size) == (0, 0)
    remaining = iter(texts)
    assert all(text in remaining for text in kept)


async def test_lines_that_a_full_disk_refuses_are_told_and_written_when_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logstream, "_AGAIN", 0.01)
    lines: list[str] = []
    full = True

    class FullLogs:
        async def call(self, _service: str, _operation: str, params: dict[str, Any]) -> dict[str, Any]:
            if full:
                raise AwsError("ServiceUnavailable", "The disk is full.", 503)
            lines.extend(event["message"] for event in params["logEvents"])
            return {}

    class Going:
        async def lines(self) -> AsyncIterator[str]:
            yield "first"
            await asyncio.Event().wait()

    faults = Faults()
    writer = LogWriter(FullLogs(), Clock(), Log("g", "p"), "s", faults)  # type: ignore[arg-type]
    following = asyncio.ensure_future(writer.follow(Going()))  # type: ignore[arg-type]
    await until(lambda: [fault.message for fault in faults.list()] != [])
    assert [one.message == "What s prints can't be written yet: The disk is full." for one in faults.list()] == [True]
    full = False
    await until(lambda: lines == ["first"])
    assert [*faults.list()] == []
    following.cancel()
    await asyncio.wait([following])


async def test_lines_that_are_lost_are_counted_and_told() -> None:
    class FullLogs:
        async def call(self, _service: str, _operation: str, _params: dict[str, Any]) -> dict[str, Any]:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.", 400)

    faults = Faults()
    writer = LogWriter(FullLogs(), Clock(), Log("g", "p"), "s", faults)  # type: ignore[arg-type]
    await writer.follow(Chatty(7))  # type: ignore[arg-type]
    assert ["7 lines of s are lost" in one.message for one in faults.list()] == [True]
