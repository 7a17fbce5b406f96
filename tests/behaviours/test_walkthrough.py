"""Rows 1 to 19 by hand: with boto3 over the network that `auto` takes, with the AWS CLI over `loopback`."""

from pathlib import Path

import pytest

from tests.behaviours.cloud import running
from tests.behaviours.hands import AwsCommands, Boto3, Cli
from tests.behaviours.walkthrough import Walkthrough

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]


def test_the_walkthrough_by_boto3_shows_every_row(tmp_path: Path) -> None:
    with running(tmp_path / "state", "--empty", "--speed", "10", "--network", "auto") as cloud:
        Walkthrough(cloud, Boto3(cloud), tmp_path).all_rows()


def test_the_walkthrough_by_the_aws_cli_shows_every_row(tmp_path: Path, aws_commands: AwsCommands) -> None:
    with running(tmp_path / "state", "--empty", "--speed", "10", "--network", "loopback") as cloud:
        Walkthrough(cloud, Cli(cloud, aws_commands), tmp_path).all_rows()
