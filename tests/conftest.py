"""Clouds shared by the tests that only look at them or put back what they change; and which tests go to one worker."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from tests.behaviours.cloud import ROOT, Cloud, running
from tests.behaviours.hands import AwsCommands

TOGETHER = {"test_deployments": "stack", "test_stack": "stack", "test_containers": "podman", "test_rootless": "podman"}
"""Files whose tests go to one worker: they share a cloud, or podman's store."""
LONGEST = (
    "test_terraform", "test_cdk", "test_deployments", "test_stack", "test_security_groups", "test_containers",
    "test_rootless", "test_durability", "test_walkthrough", "test_lifecycle", "test_ordinary_user", "test_site",
    "test_deploy",
)  # fmt: skip
"""Files that take longest, in the order in which they begin, so that no worker is left alone with one at the end."""


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> object | None:
    """For `--dist loadfile`; pytest-xdist's own groups need marks, which pytest 9 no longer lets it put into names."""
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return TOGETHER.get(Path(file).stem, file)

    return Together(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first."""
    ranks = {stem: rank for rank, stem in enumerate(LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(ranks)))


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
