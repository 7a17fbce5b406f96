"""The whole architecture by Terraform: applied, planned empty, changed, destroyed."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from netflux.runtime import enclosure
from tests.behaviours.cloud import ROOT, Cloud, running

TERRAFORM = shutil.which("terraform")
MIRRORS = [path for path in (Path("/opt/tf-plugins"), Path.home() / ".terraform.d/plugins") if path.is_dir()]
PROVIDER = next((path for mirror in MIRRORS for path in mirror.rglob("terraform-provider-aws*")), None)
REFUSED = enclosure.refusal()
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif(TERRAFORM is None, reason="no terraform on PATH"),
    pytest.mark.skipif(PROVIDER is None, reason="no terraform-provider-aws in a plugin folder of this machine"),
    pytest.mark.skipif(REFUSED is not None, reason=f"network namespaces: {REFUSED}"),
]
CHANGES = 2
"""What `terraform plan -detailed-exitcode` ends with where something is to be done."""

FOUND = """
provider "aws" {
  region            = "us-east-1"
  s3_use_path_style = true
}

resource "aws_vpc" "found" {
  cidr_block = "10.7.0.0/16"
}

resource "aws_sns_topic" "alarms" {
  name = "alarms"
}

resource "aws_cloudwatch_log_group" "service" {
  name = "/service"
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  pattern        = "ERROR"
  log_group_name = aws_cloudwatch_log_group.service.name

  metric_transformation {
    name      = "Errors"
    namespace = "Service"
    value     = "1"
  }
}

resource "aws_s3_bucket" "films" {
  bucket        = "films-found"
  force_destroy = true
}

resource "aws_s3_bucket_versioning" "films" {
  bucket = aws_s3_bucket.films.id

  versioning_configuration {
    status = "Enabled"
  }
}
"""
"""What another hand made in part (the VPC, the topic, the bucket), and what is to be there beside it."""


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with running(tmp_path, "--empty", "--speed", "30") as made:
        yield made


class Terraform:
    """A configuration in a folder of its own, with this machine's provider."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self._folder = folder / "terraform"
        self._folder.mkdir()
        mirror = next(path for path in MIRRORS if PROVIDER is not None and PROVIDER.is_relative_to(path))
        settings = folder / "terraformrc"
        settings.write_text(f'provider_installation {{ filesystem_mirror {{ path = "{mirror}" }} }}\n')
        told = cloud.command("env").stdout.splitlines()
        pairs = (line.removeprefix("export ").split("=", 1) for line in told if "=" in line)
        named = {name: value.strip("'\"") for name, value in pairs}
        quiet = {"TF_CLI_CONFIG_FILE": str(settings), "TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1"}
        self._env = {**os.environ, **named, **quiet}

    def configured(self, text: str) -> None:
        (self._folder / "main.tf").write_text(text)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["terraform", *words, "-no-color"],
            cwd=self._folder, env=self._env, capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip
        assert done.returncode in (0, CHANGES), (
            f"terraform {' '.join(words)}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
        )
        return done

    def output(self, name: str) -> str:
        return self.run("output", "-raw", name).stdout.strip()


def test_the_architecture_in_hcl(cloud: Cloud, tmp_path: Path) -> None:
    terraform = Terraform(cloud, tmp_path)
    shutil.copytree(ROOT / "examples" / "terraform", tmp_path / "terraform", dirs_exist_ok=True)
    terraform.run("init", "-input=false")
    terraform.run("apply", "-auto-approve")
    again = terraform.run("plan", "-detailed-exitcode")
    assert again.returncode == 0, again.stdout

    for service in ("movie", "customer"):
        command = ("python", "-m", f"{service}_service")
        cloud.command("push", str(ROOT / "app" / f"{service}-service"), f"{service}-service:latest", "--", *command)
    two = ("-var", "desired_count=2")
    planned = terraform.run("plan", "-detailed-exitcode", *two)
    assert planned.returncode == CHANGES
    assert "0 to add, 2 to change, 0 to destroy" in planned.stdout
    terraform.run("apply", "-auto-approve", *two)
    site = terraform.output("site_url")
    assert "Hello World" in cloud.ask("GET", site).text
    assert cloud.ask("GET", f"{site}api/customers/1").json()["name"] == "Sam"
    settled = terraform.run("plan", "-detailed-exitcode", *two)
    assert settled.returncode == 0, settled.stdout

    terraform.run("destroy", "-auto-approve", *two)
    ec2 = cloud.boto3("ec2")
    assert [vpc["IsDefault"] for vpc in ec2.describe_vpcs()["Vpcs"]] == [True]
    assert cloud.boto3("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert cloud.boto3("rds").describe_db_instances()["DBInstances"] == []
    assert cloud.boto3("s3").list_buckets()["Buckets"] == []
    assert cloud.boto3("cloudfront").list_distributions()["DistributionList"]["Quantity"] == 0
    assert [role["RoleName"] for role in cloud.boto3("iam").list_roles()["Roles"] if "/aws-" not in role["Path"]] == []


def test_what_exists_is_imported_and_a_versioned_bucket_goes_with_its_versions(cloud: Cloud, tmp_path: Path) -> None:
    vpc = cloud.boto3("ec2").create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    topic = cloud.boto3("sns").create_topic(Name="alarms")["TopicArn"]
    s3 = cloud.boto3("s3")
    s3.create_bucket(Bucket="films-found")
    terraform = Terraform(cloud, tmp_path)
    terraform.configured(FOUND)
    terraform.run("init", "-input=false")
    found = {"aws_vpc.found": vpc, "aws_sns_topic.alarms": topic, "aws_s3_bucket.films": "films-found"}
    for address, identity in found.items():
        assert "Import successful!" in terraform.run("import", address, identity).stdout
    applied = terraform.run("apply", "-auto-approve")
    assert "3 added, 1 changed, 0 destroyed" in applied.stdout, applied.stdout
    again = terraform.run("plan", "-detailed-exitcode")
    assert again.returncode == 0, again.stdout
    assert len(cloud.boto3("ec2").describe_vpcs()["Vpcs"]) == 2

    for body in (b"one", b"two"):
        s3.put_object(Bucket="films-found", Key="heat", Body=body)
    s3.delete_object(Bucket="films-found", Key="heat")
    terraform.run("destroy", "-auto-approve")
    assert s3.list_buckets()["Buckets"] == []
    assert cloud.boto3("sns").list_topics()["Topics"] == []
    assert len(cloud.boto3("ec2").describe_vpcs()["Vpcs"]) == 1
