"""Rows 1 to 19 by hand: with boto3 over the network that `auto` takes, with the AWS CLI over `loopback`."""

from pathlib import Path

import pytest

from tests.behaviours.cloud import running
from tests.behaviours.hands import Boto3, Cli
from tests.behaviours.walkthrough import Walkthrough


@pytest.mark.e2e
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("hands", "network"), [(Boto3, "auto"), (Cli, "loopback")])
def test_the_walkthrough_by_hand_shows_every_row(tmp_path: Path, hands: type[Boto3] | type[Cli], network: str) -> None:
    with running(tmp_path / "state", "--empty", "--speed", "10", "--network", network) as cloud:
        Walkthrough(cloud, hands(cloud), tmp_path).all_rows()
