from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.aws.cloudfront.world import World


@pytest.fixture
async def world() -> AsyncIterator[World]:
    with TemporaryDirectory(prefix="nf-") as short:  # pytest's own directories are too long for unix sockets
        found = World(Path(short))
        await found.start()
        yield found
        await found.stop()
