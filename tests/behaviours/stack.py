"""What the tests ask of the deployed Netflux stack."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

from tests.behaviours.cloud import Cloud, descendants

SERVICES = ("movie-service", "customer-service")


def outputs(cloud: Cloud, stack: str = "netflux") -> dict[str, str]:
    found = cloud.boto3("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}


def domain(cloud: Cloud) -> str:
    return outputs(cloud)["SiteUrl"].removeprefix("https://").rstrip("/")


def target_states(cloud: Cloud, name: str) -> list[str]:
    elb = cloud.boto3("elbv2")
    arn = elb.describe_target_groups(Names=[f"{name}-containers"])["TargetGroups"][0]["TargetGroupArn"]
    found = elb.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return sorted(target["TargetHealth"]["State"] for target in found)


def all_healthy(cloud: Cloud) -> bool:
    return all(target_states(cloud, name) == ["healthy", "healthy"] for name in SERVICES)


def program_pids(cloud: Cloud, word: str) -> list[int]:
    """Processes of this cloud, also in its containers, that were started with this word as an argument."""
    found = []
    for pid in [*descendants(cloud.pid()), *container_pids(cloud)]:
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if word.encode() in arguments:
            found.append(pid)
    return found


def container_pids(cloud: Cloud) -> list[int]:
    """First processes of the containers that podman runs for this cloud and that are no descendants of it.

    Under `namespaces` they are, and podman tells ids of another pid namespace.
    """
    if not (cloud.state / "podman").is_dir() or any(_is_monitor(pid) for pid in descendants(cloud.pid())):
        return []
    listed = ["podman", "ps", "--filter", f"label=cloud.netflux.state={cloud.state}", "--format", "{{.Pid}}"]
    said = subprocess.run(listed, capture_output=True, text=True, check=True).stdout
    return [int(word) for word in said.split()]


def _is_monitor(pid: int) -> bool:
    """Whether it is podman's watcher over one container."""
    try:
        return Path(f"/proc/{pid}/comm").read_text() == "conmon\n"
    except OSError:
        return False


def running_tasks(cloud: Cloud, service: str, cluster: str = "prod") -> list[dict[str, Any]]:
    ecs = cloud.boto3("ecs")
    arns = ecs.list_tasks(cluster=cluster, serviceName=service)["taskArns"]
    tasks: list[dict[str, Any]] = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
    return [task for task in tasks if task["lastStatus"] == "RUNNING"]
