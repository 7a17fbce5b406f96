"""A small region for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.aws.ecs.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    await made.start()
    await made.vpc()
    yield made
    await made.stop()
