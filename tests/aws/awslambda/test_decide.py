"""Decisions about calls: pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from netflux.aws.awslambda import decide, pollers, runtimes
from netflux.aws.awslambda.decide import Exit, GivenUp, Later, Retry
from netflux.aws.awslambda.runtimes import Interpreter

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def test_a_failed_call_is_tried_after_one_and_two_minutes_more() -> None:
    assert decide.after_failure(1, NOW, NOW, Retry()) == Later(NOW + timedelta(minutes=1))
    assert decide.after_failure(2, NOW, NOW, Retry()) == Later(NOW + timedelta(minutes=2))
    assert decide.after_failure(3, NOW, NOW, Retry()) == GivenUp("RetriesExhausted")
    assert decide.after_failure(1, NOW, NOW, Retry(attempts=0)) == GivenUp("RetriesExhausted")


def test_a_call_is_given_up_at_its_age() -> None:
    old = NOW - timedelta(hours=6)
    assert decide.after_failure(1, old, NOW, Retry()) == GivenUp("EventAgeExceeded")
    assert decide.after_throttle(old - timedelta(seconds=1), NOW, Retry()) == GivenUp("EventAgeExceeded")


def test_a_throttled_call_waits_longer_each_time_up_to_five_minutes() -> None:
    waits = [decide.after_throttle(NOW - timedelta(seconds=age), NOW, Retry()) for age in (0, 20, 9999)]
    assert waits == [Later(NOW + timedelta(seconds=wait)) for wait in (1, 20, 300)]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (Exit(0), "Runtime exited without providing a reason"),
        (Exit(2), "Runtime exited with error: exit status 2"),
        (Exit(139), "Runtime exited with error: signal: segmentation fault"),
        (Exit(137, memory=True), "Runtime exited with error: signal: killed"),
    ],
)
def test_how_a_runtime_ended(how: Exit, words: str) -> None:
    assert how.words == words


def test_an_alias_gives_a_second_version_its_share() -> None:
    assert [decide.chosen("1", {"2": 0.25}, number) for number in (0.0, 0.24, 0.25, 0.9)] == ["2", "2", "1", "1"]


def test_a_runtime_is_run_by_its_own_version_else_by_the_nearest_newer_else_by_the_newest() -> None:
    found = tuple(Interpreter(str(minor), (3, minor, 1)) for minor in (9, 11, 13))
    chosen = [runtimes.nearest((3, minor), found) for minor in (8, 9, 10, 13, 14)]
    assert [one.path for one in chosen if one is not None] == ["9", "9", "11", "13", "13"]
    assert runtimes.nearest((20,), ()) is None


MESSAGES = [{"MessageId": "a"}, {"MessageId": "b"}]


@pytest.mark.parametrize(
    ("payload", "kept"),
    [
        (b"null", "ab"),
        (b"{}", "ab"),
        (b'{"batchItemFailures": []}', "ab"),
        (b'{"batchItemFailures": [{"itemIdentifier": "a"}]}', "b"),
        (b'{"batchItemFailures": [{"itemIdentifier": "z"}]}', ""),
        (b'{"batchItemFailures": [{"itemIdentifier": ""}]}', ""),
        (b'{"batchItemFailures": "a"}', ""),
        (b'"text"', ""),
        (b"nope", ""),
    ],
)
def test_a_batch_is_deleted_but_for_what_the_function_reports(payload: bytes, kept: str) -> None:
    assert "".join(one["MessageId"] for one in pollers.managed(MESSAGES, payload)) == kept
