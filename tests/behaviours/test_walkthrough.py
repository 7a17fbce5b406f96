"""Rows 1 to 19 of the walkthrough by hand: once with boto3, once with the AWS CLI."""

from pathlib import Path

import pytest

from tests.behaviours.cloud import running
from tests.behaviours.hands import Boto3, Cli
from tests.behaviours.walkthrough import Walkthrough


@pytest.mark.e2e
@pytest.mark.timeout(600)
@pytest.mark.parametrize("hands", [Boto3, Cli])
def test_the_walkthrough_by_hand_shows_every_row(tmp_path: Path, hands: type[Boto3] | type[Cli]) -> None:
    with running(tmp_path / "state", "--empty", "--speed", "10") as cloud:
        Walkthrough(cloud, hands(cloud), tmp_path).all_rows()
