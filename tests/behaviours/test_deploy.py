"""The template by the AWS CLI's `cloudformation deploy` on an empty cloud, as a pipeline does it on AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.behaviours import stack
from tests.behaviours.cloud import ROOT, running, wait_for
from tests.behaviours.hands import AwsCommands

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]


def test_deploy_push_scale_update_and_delete_with_the_aws_cli(tmp_path: Path, aws_commands: AwsCommands) -> None:
    def aws(*words: str) -> str:
        done = aws_commands.run(cloud, *words)
        assert done.returncode == 0, f"aws {' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout + done.stderr

    template = str(ROOT / "architecture" / "netflux.yaml")
    flags = ("--capabilities", "CAPABILITY_NAMED_IAM", "--no-fail-on-empty-changeset", "--parameter-overrides")
    deploy = ("cloudformation", "deploy", "--template-file", template, "--stack-name", "netflux", *flags)
    with running(tmp_path / "state", "--empty", "--speed", "10") as cloud:
        aws(*deploy, "DesiredCount=0")
        domain = stack.domain(cloud)
        assert cloud.ask("GET", f"https://{domain}/api/movies").status_code == 503
        for name in stack.SERVICES:
            module = name.replace("-", "_")
            cloud.command("push", str(ROOT / "app" / name), f"{name}:latest", "--", "python", "-m", module)
        bucket = stack.outputs(cloud)["BucketName"]
        aws("s3", "sync", str(ROOT / "app" / "site"), f"s3://{bucket}", "--exclude", "README.md")
        aws(*deploy, "DesiredCount=2")
        wait_for("all targets are healthy", lambda: stack.all_healthy(cloud), 30)
        assert len(cloud.ask("GET", f"https://{domain}/api/movies").json()) == 20
        assert "Netflux" in cloud.ask("GET", f"https://{domain}/").text
        assert "No changes" in aws(*deploy, "DesiredCount=2")
        aws("s3", "rm", f"s3://{bucket}", "--recursive")
        aws("cloudformation", "delete-stack", "--stack-name", "netflux")
        aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", "netflux")
        assert cloud.boto3("ecs").list_clusters()["clusterArns"] == []
        assert cloud.boto3("rds").describe_db_instances()["DBInstances"] == []
        assert cloud.boto3("elbv2").describe_load_balancers()["LoadBalancers"] == []
