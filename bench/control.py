"""What an API call takes, beside MiniStack in the same run: on disk before the answer here, in memory there.

    .venv/bin/python -m bench.control [--calls 25] [--many 2000]

Three parts: the median of each call, and its ratio; the 10th and the 2,000th of six nouns; 50 clients at once.
"""

# ruff: noqa: ARG005 (each call's parameters are made by number and by what there is)

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from tests.behaviours.cloud import Cloud, running
from tests.signing import signed

from bench import ministack

MOST, MEAN = 1.5, 1.0
"""Limits of one call's ratio and of all calls' mean."""
GROWTH = 1.2
"""Limit of the 2,000th call's time by the 10th's."""
CLIENTS, REQUESTS = 50, 2000
ROLE = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
)
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
Params = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A call that is timed.

    Attributes:
        service: boto3's name.
        method: of the client.
        params: of the n-th call, given what was made before.
    """

    service: str
    method: str
    params: Callable[[int, Mapping[str, str]], Params]

    @property
    def name(self) -> str:
        return f"{self.service} {self.method}"


def _task(n: int, _made: Mapping[str, str]) -> Params:
    container = {"name": "a", "image": "a", "essential": True, "memory": 128}
    return {"family": f"f{n}", "networkMode": "awsvpc", "containerDefinitions": [container]}


def _record(n: int, made: Mapping[str, str]) -> Params:
    values = {"Name": f"r{n}.{made['domain']}.", "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "10.0.0.1"}]}
    change = {"Action": "CREATE", "ResourceRecordSet": values}
    return {"HostedZoneId": made["zone"], "ChangeBatch": {"Changes": [change]}}


def _ingress(n: int, made: Mapping[str, str]) -> Params:
    one = {"IpProtocol": "tcp", "FromPort": n + 1, "ToPort": n + 1, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
    groups = made.get("groups", "").split()  # 50 rules in each, of the 60 that a group has on AWS
    return {"GroupId": groups[n % len(groups)] if groups else made["group"], "IpPermissions": [one]}


def _vpc(made: Mapping[str, str]) -> Params:
    return {"VpcId": made["vpc"]}


def _tag(n: int) -> Params:
    return {"Key": f"k{n % 40}", "Value": "v"}


def _target_group(n: int, made: Mapping[str, str]) -> Params:
    return {"Name": f"t{n}", "Protocol": "HTTP", "Port": 80, "VpcId": made["vpc"], "TargetType": "ip"}


def _rule(n: int, made: Mapping[str, str]) -> Params:
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    condition = {"Field": "path-pattern", "Values": [f"/{n}/*"]}
    return {"ListenerArn": made["listener"], "Priority": n + 1, "Conditions": [condition], "Actions": [fixed]}


CALLS = (
    Call("ec2", "create_security_group", lambda n, made: {"GroupName": f"g{n}", "Description": "d", **_vpc(made)}),
    Call("ec2", "describe_security_groups", lambda n, made: {"GroupIds": [made["group"]]}),
    Call("ec2", "authorize_security_group_ingress", _ingress),
    Call("ec2", "create_tags", lambda n, made: {"Resources": [made["vpc"]], "Tags": [_tag(n)]}),
    Call("ec2", "describe_vpcs", lambda n, made: {}),
    Call("ec2", "describe_subnets", lambda n, made: {"Filters": [{"Name": "vpc-id", "Values": [made["vpc"]]}]}),
    Call("elbv2", "create_target_group", _target_group),
    Call("elbv2", "describe_target_groups", lambda n, made: {"Names": ["t1"]}),
    Call("elbv2", "describe_load_balancers", lambda n, made: {}),
    Call("elbv2", "create_rule", _rule),
    Call("iam", "create_role", lambda n, made: {"RoleName": f"r{n}", "AssumeRolePolicyDocument": ROLE}),
    Call("iam", "get_role", lambda n, made: {"RoleName": "r1"}),
    Call("secretsmanager", "create_secret", lambda n, made: {"Name": f"s{n}", "SecretString": "x"}),
    Call("secretsmanager", "put_secret_value", lambda n, made: {"SecretId": "s1", "SecretString": f"v{n}"}),
    Call("secretsmanager", "get_secret_value", lambda n, made: {"SecretId": "s1"}),
    Call("route53", "change_resource_record_sets", _record),
    Call("route53", "list_hosted_zones", lambda n, made: {}),
    Call("ecr", "create_repository", lambda n, made: {"repositoryName": f"e{n}"}),
    Call("ecr", "describe_repositories", lambda n, made: {"repositoryNames": ["e1"]}),
    Call("ssm", "put_parameter", lambda n, made: {"Name": f"p{n}", "Value": "v", "Type": "String"}),
    Call("ssm", "get_parameter", lambda n, made: {"Name": "p1"}),
    Call("ecs", "register_task_definition", _task),
    Call("ecs", "describe_clusters", lambda n, made: {}),
    Call("logs", "create_log_group", lambda n, made: {"logGroupName": f"l{n}"}),
    Call("sqs", "send_message", lambda n, made: {"QueueUrl": made["queue"], "MessageBody": "x"}),
    Call("s3", "put_object", lambda n, made: {"Bucket": "bench", "Key": f"o{n}", "Body": b"x" * 1024}),
    Call("s3", "get_object", lambda n, made: {"Bucket": "bench", "Key": "o1"}),
    Call("sts", "get_caller_identity", lambda n, made: {}),
)  # fmt: skip

GROWING = (
    "ec2 create_security_group", "ec2 authorize_security_group_ingress", "elbv2 create_target_group",
    "elbv2 create_rule", "secretsmanager create_secret", "iam create_role", "route53 change_resource_record_sets",
)  # fmt: skip
MOST_RULES = 95
"""Of a load balancer, which has 100 at most."""


def main() -> None:
    """Prints the three parts; exits with 1 when a limit was passed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=25)
    parser.add_argument("--many", type=int, default=2000)
    parser.add_argument("--only", default="")
    wanted = parser.parse_args()
    calls = [call for call in CALLS if wanted.only in call.name]
    with tempfile.TemporaryDirectory() as directory, running(Path(directory) / "s", "--empty") as cloud:
        with ministack.running() as peer:
            passed = _side_by_side(cloud, peer, calls, wanted.calls)
            passed &= asyncio.run(_many_clients(cloud, peer))
        passed &= _growing(cloud, [call for call in calls if call.name in GROWING], wanted.many)
    sys.exit(0 if passed else 1)


def prepare(cloud: Cloud, name: str) -> dict[str, str]:
    """A VPC, a load balancer and a zone of this name, with nothing in them yet."""
    ec2, elb = cloud.boto3("ec2"), cloud.boto3("elbv2")
    block = "10.9" if name == "bench" else "10.8"
    vpc = ec2.create_vpc(CidrBlock=f"{block}.0.0/16")["Vpc"]["VpcId"]
    subnets = []
    for n, zone in enumerate(("us-east-1a", "us-east-1b")):
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=f"{block}.{n}.0/24", AvailabilityZone=zone)["Subnet"]
        subnets.append(subnet["SubnetId"])
    group = ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)["GroupId"]
    made = elb.create_load_balancer(Name=name, Subnets=subnets, SecurityGroups=[group], Scheme="internal")
    fixed = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200"}}
    arn = made["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[fixed])
    hosted = cloud.boto3("route53").create_hosted_zone(Name=f"{name}.test", CallerReference=name)["HostedZone"]
    return {
        "vpc": vpc, "group": group, "listener": listener["Listeners"][0]["ListenerArn"],
        "zone": hosted["Id"].rpartition("/")[2], "domain": f"{name}.test",
    }  # fmt: skip


def _with_stores(cloud: Cloud) -> dict[str, str]:
    """The same, and a bucket, a queue and a cluster."""
    made = prepare(cloud, "bench")
    cloud.boto3("s3").create_bucket(Bucket="bench")
    queue = cloud.boto3("sqs").create_queue(QueueName="bench")["QueueUrl"]
    if not cloud.boto3("ecs").list_clusters()["clusterArns"]:
        cloud.boto3("ecs").create_cluster(clusterName="default")
    return {**made, "queue": queue}


def _side_by_side(cloud: Cloud, peer: Cloud, calls: list[Call], count: int) -> bool:
    ours, theirs = _with_stores(cloud), _with_stores(peer)
    ratios = []
    print(f"{'call':45s} {'Netflux':>9s} {'MiniStack':>9s}  ratio")
    for call in calls:
        seconds: tuple[list[float], list[float]] = ([], [])
        for n in range(count):
            seconds[0].append(_timed(cloud, call, n, ours))
            seconds[1].append(_timed(peer, call, n, theirs))
        here, there = (statistics.median(each) * 1000 for each in seconds)
        ratios.append(here / there)
        print(f"{call.name:45s} {here:6.1f} ms {there:6.1f} ms  {ratios[-1]:.2f}{'  *' if ratios[-1] > MOST else ''}")
    mean = statistics.mean(ratios)
    print(f"highest ratio {max(ratios):.2f} (limit {MOST}), mean {mean:.2f} (limit {MEAN})")
    return max(ratios) <= MOST and mean <= MEAN


def _timed(cloud: Cloud, call: Call, n: int, made: Mapping[str, str]) -> float:
    ask, params = getattr(cloud.boto3(call.service), call.method), call.params(n, made)
    began = time.perf_counter()
    ask(**params)
    return time.perf_counter() - began


def _growing(cloud: Cloud, calls: list[Call], many: int) -> bool:
    """The time of the last 25 of many by that of the 10th and those around it, made in a region of its own."""
    made, passed = prepare(cloud, "many"), True
    for call in calls:
        count = min(many, MOST_RULES) if call.method == "create_rule" else many
        seconds = [_timed(cloud, call, n, made) for n in range(1000, 1000 + count)]
        if call.method == "create_security_group":
            pages = (
                cloud.boto3("ec2")
                .get_paginator("describe_security_groups")
                .paginate(
                    Filters=[{"Name": "group-name", "Values": ["g*"]}, {"Name": "vpc-id", "Values": [made["vpc"]]}]
                )
            )
            made["groups"] = " ".join(group["GroupId"] for page in pages for group in page["SecurityGroups"][:40])
        first, last = (statistics.median(part) * 1000 for part in (seconds[5:30], seconds[-25:]))
        passed &= last <= first * GROWTH
        print(
            f"{call.name}: the 10th {first:.1f} ms, the {count:,}th {last:.1f} ms: {last / first:.2f} (limit {GROWTH})"
        )
    return passed


async def _many_clients(cloud: Cloud, peer: Cloud) -> bool:
    """Calls a second of 50 clients that each ask one thing after the other: half of them write."""
    rates = [await _rate(each) for each in (cloud, peer, cloud, peer)]
    here, there = max(rates[0], rates[2]), max(rates[1], rates[3])
    print(f"{CLIENTS} clients at once: {here:.0f} calls/s here, {there:.0f} there: {here / there:.2f} (limit 1.0)")
    return here >= there


async def _rate(cloud: Cloud) -> float:
    bodies: Iterator[str] = iter(
        f"Action=CreateSecurityGroup&Version=2016-11-15&GroupName=c{time.monotonic_ns()}{n}&GroupDescription=d"
        if n % 2
        else "Action=DescribeVpcs&Version=2016-11-15"
        for n in range(REQUESTS)
    )
    requests = [(body, signed("ec2", cloud.endpoint, body, FORM)) for body in bodies]
    took = iter(requests)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CLIENTS)) as session:

        async def client() -> None:
            for body, headers in took:
                async with session.post(cloud.endpoint, data=body, headers=headers) as answer:
                    await answer.read()
                    assert answer.status == 200, await answer.text()

        began = time.perf_counter()
        await asyncio.gather(*(client() for _ in range(CLIENTS)))
        return REQUESTS / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
