"""SIGKILL of everything at a random moment: the next `up` has all that was acknowledged."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from tests.behaviours.cloud import Cloud, free_port

ROUNDS = 20
Fact = tuple[str, Callable[[Cloud], bool]]


def _steps(cloud: Cloud, start: int) -> Iterator[Fact]:
    """Small changes across the services; each yields, once acknowledged, how to see that it is still there."""
    client = {name: cloud.boto3(name) for name in ("ec2", "s3", "secretsmanager", "ecs", "elbv2", "logs", "cloudfront")}
    bucket = "facts"
    with contextlib.suppress(ClientError):
        client["s3"].create_bucket(Bucket=bucket)
    with contextlib.suppress(ClientError):
        client["logs"].create_log_group(logGroupName="facts")
    vpcs = client["ec2"].describe_vpcs(Filters=[{"Name": "cidr", "Values": ["10.9.0.0/16"]}])["Vpcs"]
    vpc = (vpcs or [client["ec2"].create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]])[0]["VpcId"]
    for n in range(start, start + 12):
        yield _secret(client, n)
        yield _object(client, bucket, n)
        yield _subnet(client, vpc, n)
        yield _task_definition(client, n)
        yield _target_group(client, vpc, n)
        yield _log_event(client, n)
        yield _access_control(client, n)


def _secret(client: dict[str, Any], n: int) -> Fact:
    client["secretsmanager"].create_secret(Name=f"fact-{n}", SecretString=str(n))
    return (
        f"secret {n}",
        lambda c: c.boto3("secretsmanager").get_secret_value(SecretId=f"fact-{n}")["SecretString"] == str(n),
    )


def _object(client: dict[str, Any], bucket: str, n: int) -> Fact:
    body = bytes([n % 251]) * (1000 + n)
    client["s3"].put_object(Bucket=bucket, Key=f"o/{n}", Body=body)
    return f"object {n}", lambda c: c.boto3("s3").get_object(Bucket=bucket, Key=f"o/{n}")["Body"].read() == body


def _subnet(client: dict[str, Any], vpc: str, n: int) -> Fact:
    made = client["ec2"].create_subnet(VpcId=vpc, CidrBlock=f"10.9.{n % 256}.0/24")["Subnet"]["SubnetId"]
    return f"subnet {n}", lambda c: len(c.boto3("ec2").describe_subnets(SubnetIds=[made])["Subnets"]) == 1


def _task_definition(client: dict[str, Any], n: int) -> Fact:
    container = {"name": "c", "image": f"i:{n}"}
    made = client["ecs"].register_task_definition(family="fact", containerDefinitions=[container])
    arn = made["taskDefinition"]["taskDefinitionArn"]
    return (
        f"task definition {n}",
        lambda c: (
            c.boto3("ecs").describe_task_definition(taskDefinition=arn)["taskDefinition"]["containerDefinitions"][0][
                "image"
            ]
            == f"i:{n}"
        ),
    )


def _target_group(client: dict[str, Any], vpc: str, n: int) -> Fact:
    client["elbv2"].create_target_group(Name=f"fact-{n}", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType="ip")
    return (
        f"target group {n}",
        lambda c: len(c.boto3("elbv2").describe_target_groups(Names=[f"fact-{n}"])["TargetGroups"]) == 1,
    )


def _log_event(client: dict[str, Any], n: int) -> Fact:
    client["logs"].create_log_stream(logGroupName="facts", logStreamName=str(n))
    event = {"timestamp": int(time.time() * 1000), "message": f"line {n}"}
    client["logs"].put_log_events(logGroupName="facts", logStreamName=str(n), logEvents=[event])
    return (
        f"log event {n}",
        lambda c: (
            [
                e["message"]
                for e in c.boto3("logs").get_log_events(logGroupName="facts", logStreamName=str(n), startFromHead=True)[
                    "events"
                ]
            ]
            == [f"line {n}"]
        ),
    )


def _access_control(client: dict[str, Any], n: int) -> Fact:
    config = {
        "Name": f"fact-{n}", "SigningProtocol": "sigv4", "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }  # fmt: skip
    made = client["cloudfront"].create_origin_access_control(OriginAccessControlConfig=config)
    identifier = made["OriginAccessControl"]["Id"]
    return (
        f"access control {n}",
        lambda c: (
            c.boto3("cloudfront").get_origin_access_control(Id=identifier)["OriginAccessControl"]["Id"] == identifier
        ),
    )


def _change_until_killed(cloud: Cloud, facts: list[Fact], start: int) -> None:
    with contextlib.suppress(ClientError, BotoCoreError):
        for fact in _steps(cloud, start):
            facts.append(fact)  # noqa: PERF402  (one by one: what was acknowledged before the kill counts)


@pytest.mark.e2e
@pytest.mark.timeout(600)
def test_sigkill_of_all_at_a_random_moment_loses_nothing_acknowledged(tmp_path: Path) -> None:
    seed = random.randrange(1 << 30)
    dice = random.Random(seed)
    cloud = Cloud(free_port(), tmp_path / "state", ("--empty",))
    facts: list[Fact] = []
    cloud.up()
    for turn in range(ROUNDS):
        worker = threading.Thread(target=_change_until_killed, args=(cloud, facts, turn * 12))
        worker.start()
        worker.join(timeout=dice.uniform(0.05, 1.5))
        cloud.kill()
        worker.join()
        cloud.up()
        lost = [name for name, still_there in facts[-60:] if not _holds(cloud, still_there)]
        assert not lost, f"seed {seed}, round {turn}: lost {lost}"
    try:
        lost = [name for name, still_there in facts if not _holds(cloud, still_there)]
        assert not lost, f"seed {seed}: lost {lost}"
        assert len(facts) >= ROUNDS
    finally:
        cloud.down()


def _holds(cloud: Cloud, still_there: Callable[[Cloud], bool]) -> bool:
    try:
        return still_there(cloud)
    except ClientError:
        return False
