"""The whole region as its own APIs tell it: what the map draws and `netflux status` prints.

Nothing is computed here, so nothing can differ from what a client sees: each part is the answer of a Describe or List
call in AWS's own shape. A part whose call fails is absent, and `unavailable` says why.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.errors import AwsError

Call = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""`Apis.call`."""

_FLAT = (
    ("stacks", "cloudformation", "DescribeStacks", "Stacks"),
    ("vpcs", "ec2", "DescribeVpcs", "Vpcs"),
    ("subnets", "ec2", "DescribeSubnets", "Subnets"),
    ("route_tables", "ec2", "DescribeRouteTables", "RouteTables"),
    ("internet_gateways", "ec2", "DescribeInternetGateways", "InternetGateways"),
    ("nat_gateways", "ec2", "DescribeNatGateways", "NatGateways"),
    ("security_groups", "ec2", "DescribeSecurityGroups", "SecurityGroups"),
    ("interfaces", "ec2", "DescribeNetworkInterfaces", "NetworkInterfaces"),
    ("load_balancers", "elbv2", "DescribeLoadBalancers", "LoadBalancers"),
    ("target_groups", "elbv2", "DescribeTargetGroups", "TargetGroups"),
    ("databases", "rds", "DescribeDBInstances", "DBInstances"),
    ("buckets", "s3", "ListBuckets", "Buckets"),
    ("repositories", "ecr", "DescribeRepositories", "repositories"),
    ("namespaces", "servicediscovery", "ListNamespaces", "Namespaces"),
    ("secrets", "secretsmanager", "ListSecrets", "SecretList"),
)
"""Parts that calls without parameters but a page's token give: name, service, operation, the list's member."""

_MAX_DESCRIBED = 10
"""DescribeServices takes ten services, docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html."""

_MAX_TASKS = 100
"""DescribeTasks takes a hundred tasks, docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html."""


@dataclass
class _Reading:
    """A snapshot being made."""

    call: Call
    parts: dict[str, Any] = field(default_factory=dict)
    unavailable: dict[str, str] = field(default_factory=dict)

    async def attempt(self, part: str, work: Awaitable[Any]) -> None:
        """Fills a part, or notes why it can't be."""
        try:
            self.parts[part] = plain(await work)
        except AwsError as error:
            self.unavailable[part] = str(error)


async def standing(call: Call) -> dict[str, Any]:
    """Only the parts that `readiness` reads, for those who wait: a whole snapshot costs a hundred calls."""
    reading = _Reading(call)
    flat = [row for row in _FLAT if row[0] in ("target_groups", "databases")]
    await asyncio.gather(
        *(
            reading.attempt(part, _member(call, service, operation, member))
            for part, service, operation, member in flat
        ),
        reading.attempt("distributions", _distributions(call)),
        reading.attempt("clusters", _clusters(call)),
    )
    groups = [one["TargetGroupArn"] for one in reading.parts.get("target_groups", ())]
    clusters = [one["clusterArn"] for one in reading.parts.get("clusters", ())]
    await asyncio.gather(
        reading.attempt("target_health", _target_health(call, groups)),
        reading.attempt("services", _services(call, clusters)),
    )
    return {**reading.parts, "unavailable": reading.unavailable}


async def snapshot(call: Call) -> dict[str, Any]:
    """All parts at about one moment, JSON-ready, in AWS's shapes."""
    reading = _Reading(call)
    await asyncio.gather(
        *(
            reading.attempt(part, _member(call, service, operation, member))
            for part, service, operation, member in _FLAT
        ),
        reading.attempt("distributions", _distributions(call)),
        reading.attempt("clusters", _clusters(call)),
    )
    balancers = [one["LoadBalancerArn"] for one in reading.parts.get("load_balancers", ())]
    groups = [one["TargetGroupArn"] for one in reading.parts.get("target_groups", ())]
    clusters = [one["clusterArn"] for one in reading.parts.get("clusters", ())]
    repositories = [one["repositoryName"] for one in reading.parts.get("repositories", ())]
    await asyncio.gather(
        reading.attempt("listeners", _listeners(call, balancers)),
        reading.attempt("target_health", _target_health(call, groups)),
        reading.attempt("services", _services(call, clusters)),
        reading.attempt("tasks", _tasks(call, clusters)),
        reading.attempt("images", _images(call, repositories)),
    )
    return {**reading.parts, "unavailable": reading.unavailable}


async def _member(call: Call, service: str, operation: str, member: str) -> Any:
    answer = await call(service, operation, {})
    found = answer.get(member, [])
    while token := answer.get("NextToken"):
        answer = await call(service, operation, {"NextToken": token})
        found = [*found, *answer.get(member, [])]
    return found


async def _distributions(call: Call) -> list[dict[str, Any]]:
    listed = (await call("cloudfront", "ListDistributions", {}))["DistributionList"].get("Items", [])
    return [(await call("cloudfront", "GetDistribution", {"Id": one["Id"]}))["Distribution"] for one in listed]


async def _listeners(call: Call, balancers: Iterable[str]) -> list[dict[str, Any]]:
    """Each listener with its rules under `Rules`, the default rule last, as DescribeRules lists them."""
    found: list[dict[str, Any]] = []
    for balancer in balancers:
        found += (await call("elbv2", "DescribeListeners", {"LoadBalancerArn": balancer}))["Listeners"]
    for listener in found:
        listener["Rules"] = (await call("elbv2", "DescribeRules", {"ListenerArn": listener["ListenerArn"]}))["Rules"]
    return found


async def _target_health(call: Call, groups: Iterable[str]) -> dict[str, Any]:
    return {
        group: (await call("elbv2", "DescribeTargetHealth", {"TargetGroupArn": group}))["TargetHealthDescriptions"]
        for group in groups
    }


async def _clusters(call: Call) -> list[dict[str, Any]]:
    arns = (await call("ecs", "ListClusters", {}))["clusterArns"]
    if not arns:
        return []
    found: list[dict[str, Any]] = (await call("ecs", "DescribeClusters", {"clusters": arns}))["clusters"]
    return found


async def _services(call: Call, clusters: Iterable[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for cluster in clusters:
        arns = (await call("ecs", "ListServices", {"cluster": cluster, "maxResults": 100}))["serviceArns"]
        for some in _chunks(arns, _MAX_DESCRIBED):
            found += (await call("ecs", "DescribeServices", {"cluster": cluster, "services": some}))["services"]
    return found


async def _tasks(call: Call, clusters: Iterable[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for cluster in clusters:
        arns = (await call("ecs", "ListTasks", {"cluster": cluster}))["taskArns"]
        for some in _chunks(arns, _MAX_TASKS):
            found += (await call("ecs", "DescribeTasks", {"cluster": cluster, "tasks": some}))["tasks"]
    return found


async def _images(call: Call, repositories: Iterable[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in repositories:
        request: dict[str, Any] = {"repositoryName": name, "maxResults": 1000}
        answer = await call("ecr", "DescribeImages", request)
        found[name] = answer["imageDetails"]
        while answer.get("nextToken"):
            answer = await call("ecr", "DescribeImages", {**request, "nextToken": answer["nextToken"]})
            found[name] += answer["imageDetails"]
    return found


def _chunks(items: Sequence[str], size: int) -> list[list[str]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]


def plain(value: Any) -> Any:
    """The value in JSON's types; times become ISO 8601."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value
