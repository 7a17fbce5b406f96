"""One running cloud with the Netflux stack, shared by the tests that only look at it or put back what they change."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.behaviours.cloud import ROOT, Cloud, running
from tests.behaviours.hands import AwsCommands


@pytest.fixture(scope="session")
def netflux_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """`netflux up` in the project, ten times as fast as AWS's clock. NETFLUX_TEST_RUNTIME=podman: as containers."""
    folder: Path = tmp_path_factory.mktemp("netflux")
    with ExitStack() as exits:
        arguments = [str(ROOT)]
        if os.environ.get("NETFLUX_TEST_RUNTIME") == "podman":
            from tests.behaviours.images import container_project

            arguments = [str(exits.enter_context(container_project(folder))), "--runtime", "podman"]
        yield exits.enter_context(running(folder / "state", *arguments, "--speed", "10"))


@pytest.fixture(scope="session")
def empty_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """`netflux up --empty`: the APIs and nothing in them."""
    state: Path = tmp_path_factory.mktemp("empty") / "state"
    with running(state, "--empty", "--speed", "10") as cloud:
        yield cloud


@pytest.fixture(scope="session")
def aws_commands() -> Iterator[AwsCommands]:
    """The AWS CLI."""
    with closing(AwsCommands()) as commands:
        yield commands
