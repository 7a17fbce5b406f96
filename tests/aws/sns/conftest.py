"""A fresh control plane for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.aws.sqs.world import World, fresh


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = await fresh(tmp_path)
    yield made
    made.plane.stop()
