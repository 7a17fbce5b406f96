"""A fresh control plane for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.controlplane.plane import Plane


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    made = Plane(tmp_path)
    yield made
    made.stop()
