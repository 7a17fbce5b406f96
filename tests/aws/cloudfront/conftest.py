from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.aws.cloudfront.world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    found = World(tmp_path)
    await found.start()
    yield found
    await found.stop()
