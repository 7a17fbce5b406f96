"""One running cloud with the Netflux stack, shared by the tests that only look at it or put back what they change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.behaviours.cloud import ROOT, Cloud, running


@pytest.fixture(scope="session")
def netflux_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """`netflux up` in the project, ten times as fast as AWS's clock."""
    state: Path = tmp_path_factory.mktemp("netflux") / "state"
    with running(state, str(ROOT), "--speed", "10") as cloud:
        yield cloud


@pytest.fixture(scope="session")
def empty_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """`netflux up --empty`: the APIs and nothing in them."""
    state: Path = tmp_path_factory.mktemp("empty") / "state"
    with running(state, "--empty", "--speed", "10") as cloud:
        yield cloud
