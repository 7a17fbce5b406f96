"""Requests a second: a target directly, through the ALB, through CloudFront and the ALB, and through MiniStack's ALB.

CloudFront is asked by HTTP, as the others are, and by HTTPS, which the walkthrough's distribution demands; the limit
is for the former. wrk speaks TLS in the same core time that everybody shares.

    .venv/bin/python -m bench.throughput [--seconds 5] [--rounds 3]

Two tasks of one service, each with the walkthrough's half a processor where control groups hold it; "direct" asks
one of them. The target is HAProxy with a fixed answer, so what is measured is the way to it. All are measured in turn,
round by round, in one run; medians and their ratios are printed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path

from tests.behaviours.bodies import EXECUTION_POLICY, TRUST, awslogs, image
from tests.behaviours.cloud import ROOT, Cloud, running, wait_for
from tests.behaviours.hands import Boto3
from tests.behaviours.walkthrough import Walkthrough

from bench import ministack, wrk

LOOPBACK = ("--empty", "--network", "loopback")
"""Where a target has an address of this machine, so that wrk and MiniStack reach it directly. What network namespaces
cost beside it is in `bench.interfaces`."""
LIMITS = {"alb / direct": 0.40, "cloudfront / alb": 0.45, "alb / ministack": 30.0}


def main() -> None:
    """Measures and prints; exits with 1 when a ratio is below its limit or an answer was no 2xx."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, running(Path(directory) / "state", *LOOPBACK) as cloud:
        ways = ways_to(cloud, Path(directory))
        target = ways["direct"]["url"].removeprefix("http://").partition(":")[0]
        with ministack.running() as peer:
            ways["ministack"] = {"url": _ministack_alb(peer, target)}
            measured: dict[str, list[wrk.Measured]] = {name: [] for name in ways}
            for _ in range(wanted.rounds):
                for name, way in ways.items():
                    measured[name].append(wrk.run(way["url"], host=way.get("host", ""), seconds=wanted.seconds))
    sys.exit(_report(measured))


def _report(measured: dict[str, list[wrk.Measured]]) -> int:
    rates = {}
    for name, runs in measured.items():
        rates[name] = statistics.median(run.rate for run in runs)
        spread = f"{min(run.rate for run in runs):,.0f}-{max(run.rate for run in runs):,.0f}"
        p99 = statistics.median(run.p99 for run in runs)
        failed = sum(run.failed for run in runs)
        print(f"{name:12} {rates[name]:>10,.0f} requests/s ({spread}), p99 {p99:.2f} ms, {failed} failed")
    short = 0
    for name, limit in LIMITS.items():
        one, other = name.split(" / ")
        ratio = rates[one] / rates[other]
        short += ratio < limit
        print(f"{name:20} {ratio:8.2f}   (limit {limit})")
    print(f"{'https / alb':20} {rates['https'] / rates['alb']:8.2f}")
    return int(short > 0 or any(run.failed for runs in measured.values() for run in runs))


def ways_to(cloud: Cloud, directory: Path) -> dict[str, dict[str, str]]:
    """Builds the walkthrough's network, load balancer and distribution by hand, with the fast target behind them."""
    walk = Walkthrough(cloud, Boto3(cloud), directory)
    for row in (
        walk.row_1_the_vpc, walk.rows_2_to_4_security_groups, walk.row_5_target_groups, walk.row_6_load_balancer,
        walk.row_7_listener_rules, walk.row_8_bucket, walk.row_9_cloudfront, walk.row_11_api_behavior,
    ):  # fmt: skip
        row()
    ecs = cloud.boto3("ecs")
    cloud.boto3("ecr").create_repository(repositoryName="target")
    cloud.command("push", str(ROOT / "bench" / "target"), "target:latest", "--", "python", "target.py")
    cloud.boto3("logs").create_log_group(logGroupName="/ecs/target")
    ecs.create_cluster(clusterName="prod")
    iam = cloud.boto3("iam")
    role = iam.create_role(RoleName="execution", AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    iam.attach_role_policy(RoleName="execution", PolicyArn=EXECUTION_POLICY)
    ecs.register_task_definition(
        family="target", networkMode="awsvpc", requiresCompatibilities=["FARGATE"], cpu="512", memory="1024",
        executionRoleArn=role,
        containerDefinitions=[
            {
                "name": "movie-service", "image": image("target"), "logConfiguration": awslogs("target"),
                "portMappings": [{"containerPort": 8080}],
            }
        ],
    )  # fmt: skip
    service = {**walk._service("movie-service", connect=False), "taskDefinition": "target", "desiredCount": 2}
    ecs.create_service(**service)
    elb = cloud.boto3("elbv2")

    def healthy() -> list[str]:
        found = elb.describe_target_health(TargetGroupArn=walk.targets["movie-service"])["TargetHealthDescriptions"]
        ids = [t["Target"]["Id"] for t in found if t["TargetHealth"]["State"] == "healthy"]
        return ids if len(ids) == service["desiredCount"] else []

    address = wait_for("the targets are healthy", healthy, 60)[0]
    status = json.loads(cloud.command("status", "--json").stdout)
    local = next(i["local_address"] for i in status["region"]["interfaces"] if i["vpc_address"] == address)
    path = "/api/movies/1"
    return {
        "direct": {"url": f"http://{local}:8080{path}"},
        "alb": {"url": f"{cloud.endpoint}{path}", "host": f"{walk.dns}:{cloud.port}"},
        "cloudfront": {"url": f"{cloud.endpoint}{path}", "host": f"{_plain(cloud, walk.domain)}:{cloud.port}"},
        "https": {"url": f"https://127.0.0.1:{cloud.port}{path}", "host": f"{walk.domain}:{cloud.port}"},
    }


def _plain(cloud: Cloud, domain: str) -> str:
    """A distribution like that one whose behaviors allow HTTP; its domain, once it answers there."""
    cloudfront = cloud.boto3("cloudfront")
    found = cloudfront.list_distributions()["DistributionList"]["Items"]
    like = next(item["Id"] for item in found if item["DomainName"] == domain)
    config = cloudfront.get_distribution_config(Id=like)["DistributionConfig"]
    for behavior in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]["Items"]):
        behavior["ViewerProtocolPolicy"] = "allow-all"
    made = cloudfront.create_distribution(DistributionConfig={**config, "CallerReference": "plain"})["Distribution"]

    def deployed() -> bool:
        return bool(cloudfront.get_distribution(Id=made["Id"])["Distribution"]["Status"] == "Deployed")

    wait_for("the distribution is deployed", deployed, 30)
    return str(made["DomainName"])


def _ministack_alb(peer: Cloud, target: str) -> str:
    """Where its ALB forwards to the target."""
    elb = peer.boto3("elbv2")
    group = elb.create_target_group(Name="t", Protocol="HTTP", Port=8080, TargetType="ip", VpcId="vpc-1")
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    elb.register_targets(TargetGroupArn=arn, Targets=[{"Id": target, "Port": 8080}])
    balancer = elb.create_load_balancer(Name="lb", Subnets=["subnet-1", "subnet-2"])["LoadBalancers"][0]
    forward = {"Type": "forward", "TargetGroupArn": arn}
    elb.create_listener(LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[forward])
    return f"{peer.endpoint}/_alb/lb/api/movies/1"


if __name__ == "__main__":
    main()
