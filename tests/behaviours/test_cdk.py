"""Five applications by CDK, unmodified: bootstrapped, deployed, compared, used, destroyed with nothing left."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from netflux.runtime import enclosure
from tests.behaviours.cloud import ROOT, Cloud, inside, running, wait_for

PACKAGES = Path(os.environ.get("NETFLUX_CDK", "/opt/netflux-cdk"))
"""Where scripts/install-test-parts puts CDK."""
REFUSED = enclosure.refusal()
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif(shutil.which("node") is None, reason="no node on PATH"),
    pytest.mark.skipif(
        not all((PACKAGES / "node_modules" / part).exists() for part in (".bin/cdk", "aws-cdk-lib")),
        reason=f"no aws-cdk and aws-cdk-lib in {PACKAGES} (scripts/install-test-parts)",
    ),
    pytest.mark.skipif(REFUSED is not None, reason=f"network namespaces: {REFUSED}"),
]
STACKS = {"service", "site", "database", "pair", "rule"}
TOOLKIT = "CDKToolkit"


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Cloud]:
    with running(tmp_path / "s", "--empty", "--speed", "60", "--network", "namespaces") as made:
        yield made


class Cdk:
    """The applications in a folder of their own, with the feature flags that `cdk init` writes."""

    def __init__(self, cloud: Cloud, folder: Path) -> None:
        self._cloud = cloud
        self._folder = folder / "cdk"
        shutil.copytree(ROOT / "tests" / "cdk", self._folder)
        modules = self._folder / "node_modules"
        modules.symlink_to(PACKAGES / "node_modules")
        self._command = str(modules / ".bin" / "cdk")
        settings = json.loads((self._folder / "cdk.json").read_text())
        flags = json.loads((modules / "aws-cdk-lib" / "recommended-feature-flags.json").read_text())
        (self._folder / "cdk.json").write_text(json.dumps({**settings, "context": flags}))
        told = cloud.command("env").stdout.splitlines()
        pairs = (line.removeprefix("export ").split("=", 1) for line in told if "=" in line)
        named = {name: value.strip("'\"") for name, value in pairs}
        engines = cloud.boto3("rds").describe_db_engine_versions(Engine="postgres")["DBEngineVersions"]
        more = {"AWS_REGION": "us-east-1", "CI": "1", "POSTGRES_VERSION": engines[-1]["EngineVersion"]}
        self._env = {**os.environ, **named, **more, "CDK_DISABLE_CLI_TELEMETRY": "true"}

    def run(self, *words: str) -> str:
        done = subprocess.run(
            [self._command, *words, "--no-notices"],
            cwd=self._folder, env=self._env, capture_output=True, text=True, timeout=400, check=False,
        )  # fmt: skip
        told = done.stdout + done.stderr
        assert done.returncode == 0, f"cdk {' '.join(words)}\n{told[-4000:]}"
        return told

    def outputs(self, stack: str) -> dict[str, str]:
        found = self._cloud.boto3("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}


def test_five_applications_from_bootstrap_to_destroy(cloud: Cloud, tmp_path: Path) -> None:
    cdk = Cdk(cloud, tmp_path)
    account = cloud.boto3("sts").get_caller_identity()["Account"]
    ecr = cloud.boto3("ecr")
    ecr.create_repository(repositoryName="echo")
    cloud.command("push", str(ROOT / "tests" / "cdk" / "echo"), "echo:latest", "--", "python", "serve.py")
    cdk.run("bootstrap", f"aws://{account}/us-east-1")
    cdk.run("deploy", "--all", "--require-approval", "never", "--concurrency", "5")
    same = cdk.run("diff", "--all", "--fail", "--app", "cdk.out")
    assert "Number of stacks with differences: 0" in same

    _service_answers(cloud, next(name for key, name in cdk.outputs("service").items() if "DNS" in key))
    _site_answers(cloud, cdk.outputs("site")["Url"])
    _secret_rotates(cloud, cdk.outputs("database")["SecretArn"])
    _pair_answers(cloud, cdk.outputs("pair")["Name"])
    _function_answers(cloud, cdk.outputs("rule")["Name"])

    cdk.run("destroy", "--all", "--force", "--app", "cdk.out", "--concurrency", "5")
    _nothing_but_the_toolkit(cloud)
    _remove_the_toolkit(cloud, account)


def _service_answers(cloud: Cloud, name: str) -> None:
    assert cloud.ask("GET", f"http://{name}/hello").text == "path /hello"


def _site_answers(cloud: Cloud, url: str) -> None:
    assert "The deployed page" in cloud.ask("GET", f"{url}/").text
    bucket = cloud.ask("GET", f"{url}/told.json").json()["bucket"]
    missing = cloud.ask("GET", f"{url}/nowhere")
    assert missing.status_code == 404
    assert "No such page" in missing.text
    assert cloud.ask("GET", f"http://{bucket}.s3.us-east-1.localhost/index.html").status_code == 403
    assert cloud.ask("GET", url.replace("https", "http")).status_code == 301


def _secret_rotates(cloud: Cloud, arn: str) -> None:
    """The generated secret logs in; after the function's four steps the new one does, and the old one does not."""
    secrets = cloud.boto3("secretsmanager")

    def value() -> dict[str, Any]:
        return dict(json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"]))

    first = value()
    assert _logs_in(cloud, first)
    assert secrets.describe_secret(SecretId=arn)["RotationRules"]["ScheduleExpression"] == "rate(30 days)"
    secrets.rotate_secret(SecretId=arn)
    second = wait_for("the secret is another", lambda: new if (new := value()) != first else None)
    wait_for("the new password logs in", lambda: _logs_in(cloud, second))
    assert not _logs_in(cloud, first)


def _logs_in(cloud: Cloud, secret: dict[str, Any]) -> bool:
    status = json.loads(cloud.command("status", "--json").stdout)
    found = next(one for one in status["region"]["endpoints"] if one["name"] == secret["host"])
    local = found["address"].partition(":")[0]
    try:
        with inside(cloud, local), psycopg.connect(
            host=local, port=secret["port"], dbname=secret["dbname"], user=secret["username"],
            password=secret["password"], sslmode="require", connect_timeout=5,
        ) as connection:  # fmt: skip
            return connection.execute("SELECT current_user").fetchone() == ("clerk",)
    except psycopg.OperationalError as error:
        if "password authentication failed" not in str(error):
            raise
        return False


def _pair_answers(cloud: Cloud, name: str) -> None:
    assert cloud.ask("GET", f"http://{name}/").text == "told: path /asked"
    scaling = cloud.boto3("application-autoscaling").describe_scaling_policies(ServiceNamespace="ecs")
    kinds = [
        one["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]["PredefinedMetricType"]
        for one in scaling["ScalingPolicies"]
    ]
    assert sorted(kinds) == ["ALBRequestCountPerTarget", "ECSServiceAverageCPUUtilization"]
    alarms = cloud.boto3("cloudwatch").describe_alarms(AlarmNamePrefix="pair-Errors")["MetricAlarms"]
    assert [":pair-Alarms" in alarm["AlarmActions"][0] for alarm in alarms] == [True]


def _function_answers(cloud: Cloud, name: str) -> None:
    assert cloud.ask("GET", f"http://{name}/greet/you").text == "hello /greet/you"
    other = cloud.ask("GET", f"http://{name}/other")
    assert (other.status_code, other.text) == (404, "no rule")


def _nothing_but_the_toolkit(cloud: Cloud) -> None:
    stacks = cloud.boto3("cloudformation").describe_stacks()["Stacks"]
    assert [stack["StackName"] for stack in stacks] == [TOOLKIT]
    assert [vpc["IsDefault"] for vpc in cloud.boto3("ec2").describe_vpcs()["Vpcs"]] == [True]
    assert cloud.boto3("elbv2").describe_load_balancers()["LoadBalancers"] == []
    assert cloud.boto3("rds").describe_db_instances()["DBInstances"] == []
    assert cloud.boto3("lambda").list_functions()["Functions"] == []
    assert cloud.boto3("secretsmanager").list_secrets()["SecretList"] == []
    assert cloud.boto3("cloudfront").list_distributions()["DistributionList"]["Quantity"] == 0
    assert len(cloud.boto3("s3").list_buckets()["Buckets"]) == 1


def _remove_the_toolkit(cloud: Cloud, account: str) -> None:
    """As AWS's guide has it: the bucket is emptied, the stack deleted; the bucket, which is retained, removed."""
    bucket, s3 = f"cdk-hnb659fds-assets-{account}-us-east-1", cloud.boto3("s3")
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
        for one in found:
            s3.delete_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
    formation = cloud.boto3("cloudformation")
    formation.delete_stack(StackName=TOOLKIT)
    formation.get_waiter("stack_delete_complete").wait(StackName=TOOLKIT, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    if s3.list_buckets()["Buckets"]:
        s3.delete_bucket(Bucket=bucket)
    assert s3.list_buckets()["Buckets"] == []
    assert [role for role in cloud.boto3("iam").list_roles()["Roles"] if role["RoleName"].startswith("cdk-")] == []
