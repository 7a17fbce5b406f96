"""A fresh Lambda for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from netflux.clock import Clock
from tests.aws.awslambda.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    await made.start()
    yield made
    await made.end()


@pytest.fixture
async def fast(tmp_path: Path) -> AsyncIterator[World]:
    """The same, where simulated seconds pass a hundred times faster."""
    made = World(tmp_path, Clock(100.0))
    await made.start()
    yield made
    await made.end()
