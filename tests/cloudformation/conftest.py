from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

_spec = importlib.util.spec_from_file_location("cloudformation_cloud", Path(__file__).with_name("cloud.py"))
assert _spec is not None
assert _spec.loader is not None
_module = importlib.util.module_from_spec(_spec)
sys.modules[_spec.name] = _module
_spec.loader.exec_module(_module)


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Any]:
    """A region with an empty moto and the engine under test."""
    async with _module.cloud(tmp_path) as made:
        yield made
