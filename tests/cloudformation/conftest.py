from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.cloudformation.cloud import Cloud, running


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Cloud]:
    """A region with an empty moto and the engine under test."""
    async with running(tmp_path) as made:
        yield made
