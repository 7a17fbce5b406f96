"""What was acknowledged is there after SIGKILL, whenever it comes. `bench.crash` does six times as many rounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behaviours.cloud import running
from tests.crash.rounds import play

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_nothing_that_was_acknowledged_is_lost(tmp_path: Path) -> None:
    with running(tmp_path / "s", "--empty") as cloud:
        found = play(cloud, 7, 10)
    assert not found.lost
    assert not found.unreadable
    assert found.rounds == 10
    assert found.rows > 100
