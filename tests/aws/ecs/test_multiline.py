"""Lines of a container's output that are one log event."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.aws.ecs.decide.multiline import FORMAT, LARGEST, PATTERN, WAIT, Lines, first_line


def gathered(options: dict[str, str], *written: str) -> list[str]:
    pattern = first_line(options)
    assert pattern is not None
    lines = Lines(pattern)
    found = [lines.add(line, 0.0) for line in written]
    return [event for event in [*found, lines.rest()] if event is not None]


def test_a_line_that_matches_begins_an_event() -> None:
    trace = ("ERROR it broke", "  at one", "  at two", "INFO goes on")
    assert gathered({PATTERN: "^(ERROR|INFO)"}, *trace) == ["ERROR it broke\n  at one\n  at two\n", "INFO goes on\n"]


def test_a_date_begins_an_event() -> None:
    written = ("[Nov 24, 2026 07:01:59] up", "more", "[Nov 24, 2026 07:02:00] down", "[Now 99]")
    assert gathered({FORMAT: "[%b %d, %Y %H:%M:%S]"}, *written) == [
        "[Nov 24, 2026 07:01:59] up\nmore\n",
        "[Nov 24, 2026 07:02:00] down\n[Now 99]\n",
    ]


def test_an_event_waits_some_seconds_for_more_lines() -> None:
    pattern = first_line({PATTERN: "^x"})
    assert pattern is not None
    lines = Lines(pattern)
    lines.add("x", 10.0)
    assert lines.rest(10.0 + WAIT / 2) is None
    assert lines.rest(10.0 + WAIT) == "x\n"
    assert lines.rest() is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({PATTERN: "x", FORMAT: "%Y"}, "can't be used together"),
        ({PATTERN: "("}, "no regular expression"),
        ({FORMAT: "%Q"}, "unknown directive %Q"),
    ],
)
def test_what_is_wrong_is_said(options: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        first_line(options)
    assert first_line({}) is None


@given(st.lists(st.text(alphabet="xy ", max_size=8), max_size=30))
def test_nothing_is_lost_or_reordered_and_no_event_is_too_large(written: list[str]) -> None:
    events = gathered({PATTERN: "^x"}, *written, "y" * LARGEST)
    assert "".join(events) == "".join(f"{line}\n" for line in [*written, "y" * LARGEST])
    assert all(len(event) <= LARGEST + 1 for event in events)
    assert all(event.startswith("x") for event in events[1:-1])
