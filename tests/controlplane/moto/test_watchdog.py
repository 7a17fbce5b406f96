"""A thread is given back, whatever it does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import pytest

from netflux.controlplane.moto.watchdog import Watchdog


@pytest.fixture
def watchdog() -> Iterator[Watchdog]:
    made = Watchdog(0.05, 0.5)
    yield made
    made.stop()


def _endless() -> None:
    for _ in range(1_000_000_000):
        pass


def _stubborn() -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            _endless()
        except Exception:
            continue


def test_work_has_its_result(watchdog: Watchdog) -> None:
    assert [watchdog.run(partial(abs, number)) for number in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError):
        watchdog.run(lambda: {}["a"])


@pytest.mark.parametrize("work", [_endless, _stubborn])
def test_work_that_does_not_end_is_broken_off_and_the_next_is_done(watchdog: Watchdog, work: object) -> None:
    for _ in range(3):
        with pytest.raises(TimeoutError):
            watchdog.run(work)  # type: ignore[arg-type]
        assert watchdog.run(lambda: 5) == 5


def test_work_that_sleeps_is_broken_off_too(watchdog: Watchdog) -> None:
    def sleep() -> None:
        for _ in range(6000):
            time.sleep(0.01)

    with pytest.raises(TimeoutError):
        watchdog.run(sleep)


def test_an_interruption_never_reaches_the_next_piece(watchdog: Watchdog) -> None:
    """Pieces that end about when they are broken off: each ends in one of two ways, and nothing comes after."""
    watchdog.seconds = watchdog.longest = 0.004
    ends = []
    for number in range(100):
        until = time.monotonic() + 0.003 + (number % 10) * 0.0005

        def piece(until: float = until) -> str:
            while time.monotonic() < until:
                pass
            return "done"

        try:
            ends.append(watchdog.run(piece))
        except TimeoutError:
            ends.append("broken off")
    assert set(ends) <= {"done", "broken off"}
