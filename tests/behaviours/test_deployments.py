"""Deployments, scaling, rule edits and drained tasks under constant load: no request fails."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.behaviours import stack
from tests.behaviours.cloud import Cloud, wait_for
from tests.behaviours.load import Load, Report

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

API = ("/api/movies/1", "/api/customers/1", "/api/movies/7", "/api/movies/12")
"""A customer's task goes on to a movie task by Service Connect."""
VISIT = ("/", "/css/page.css", "/js/main.js", "/posters/{}.svg")
"""What a page asks the distribution for beside each API request."""
ONLY_API = bool(os.environ.get("NETFLUX_TEST_ONLY_API"))
PATHS = (
    API if ONLY_API else tuple(path.format(number) for number, call in enumerate(API * 5, 1) for path in (call, *VISIT))
)
RATE = float(os.environ.get("NETFLUX_TEST_RATE", "200"))
"""Requests a second, one in five for the tasks; those that only the tasks answer take two cores for themselves.
Two cores that do nothing else hold 500; in `make test` another cloud runs beside this one."""


def services(cloud: Cloud) -> dict[str, dict[str, Any]]:
    found = cloud.boto3("ecs").describe_services(cluster="prod", services=[*stack.SERVICES])["services"]
    return {service["serviceName"]: service for service in found}


def stable(cloud: Cloud, count: int = 2) -> bool:
    """One completed deployment a service, with that many tasks, and all targets healthy."""
    return all(
        [deployment["rolloutState"] for deployment in service["deployments"]] == ["COMPLETED"]
        and service["runningCount"] == service["desiredCount"] == count
        for service in services(cloud).values()
    ) and all(stack.target_states(cloud, name) == ["healthy"] * count for name in stack.SERVICES)


def settle(cloud: Cloud, count: int = 2, seconds: float = 90) -> None:
    wait_for(f"both services are stable with {count} tasks", lambda: stable(cloud, count), seconds)


def update(cloud: Cloud, **changes: Any) -> None:
    for name in stack.SERVICES:
        cloud.boto3("ecs").update_service(cluster="prod", service=name, **changes)


def tell(title: str, report: Report) -> None:
    print(
        f"{title}: {sum(report.statuses.values())} requests in {report.seconds:.0f} s = {report.rate:.0f}/s, "
        f"{report.failed} failed, slowest {report.slowest:.2f} s {report.failures[:10]}"
    )


def check(title: str, report: Report) -> None:
    tell(title, report)
    assert report.failed == 0, report.failures
    assert report.rate > 0.8 * RATE


def test_ten_forced_deployments_fail_no_request(netflux_cloud: Cloud) -> None:
    settle(netflux_cloud)
    domain = stack.domain(netflux_cloud)
    seen = {task["taskArn"] for name in stack.SERVICES for task in stack.running_tasks(netflux_cloud, name)}
    with Load(netflux_cloud, domain, PATHS, RATE) as load:
        for _ in range(5):  # of two services
            update(netflux_cloud, forceNewDeployment=True)
            settle(netflux_cloud)
            now = {task["taskArn"] for name in stack.SERVICES for task in stack.running_tasks(netflux_cloud, name)}
            assert seen.isdisjoint(now)
            seen |= now
    check("ten forced deployments", load.report)


def test_scaling_out_and_in_fails_no_request(netflux_cloud: Cloud) -> None:
    settle(netflux_cloud)
    with Load(netflux_cloud, stack.domain(netflux_cloud), PATHS, RATE) as load:
        for count in (6, 2):
            update(netflux_cloud, desiredCount=count)
            settle(netflux_cloud, count)
    check("scaling 2, 6, 2", load.report)


def test_an_edited_rule_fails_no_request(netflux_cloud: Cloud) -> None:
    settle(netflux_cloud)
    elb = netflux_cloud.boto3("elbv2")
    balancer = elb.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    listener = elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"][0]["ListenerArn"]
    rules = elb.describe_rules(ListenerArn=listener)["Rules"]
    rule = next(rule for rule in rules if rule["Priority"] == "500")["RuleArn"]
    before = ["/api/movies*"]
    with Load(netflux_cloud, stack.domain(netflux_cloud), PATHS, RATE) as load:
        for values in (["/api/movies*", "/api/films*"], ["/api/movies", "/api/movies/*"], before) * 3:
            conditions = [{"Field": "path-pattern", "PathPatternConfig": {"Values": values}}]
            elb.modify_rule(RuleArn=rule, Conditions=conditions)
            sent = sum(load.report.statuses.values())
            wait_for("requests went on", lambda sent=sent: sum(load.report.statuses.values()) > sent + RATE / 2)
    check("a rule edited nine times", load.report)


def test_a_task_that_is_stopped_drains_and_fails_no_request(netflux_cloud: Cloud) -> None:
    settle(netflux_cloud)
    ecs = netflux_cloud.boto3("ecs")
    with Load(netflux_cloud, stack.domain(netflux_cloud), PATHS, RATE) as load:
        for name in stack.SERVICES:
            task = stack.running_tasks(netflux_cloud, name)[0]["taskArn"]
            ecs.stop_task(cluster="prod", task=task, reason="maintenance")

            def gone(task: str = task) -> bool:
                found = ecs.describe_tasks(cluster="prod", tasks=[task])["tasks"][0]
                return bool(found["lastStatus"] == "STOPPED" and found["stoppedReason"] == "maintenance")

            wait_for("the task has stopped", gone)
            settle(netflux_cloud)
    check("a task of each service drained", load.report)


def test_a_broken_version_is_rolled_back_and_users_notice_nothing(netflux_cloud: Cloud, tmp_path: Path) -> None:
    settle(netflux_cloud)
    ecs, name = netflux_cloud.boto3("ecs"), "movie-service"
    before = services(netflux_cloud)[name]
    definition = ecs.describe_task_definition(taskDefinition=before["taskDefinition"])["taskDefinition"]
    program = "import os, sys; sys.exit('cannot read ' + os.environ['SPRING_DATASOURCE_URL'])"
    if os.environ.get("NETFLUX_TEST_RUNTIME") == "podman":
        from tests.behaviours.images import push, service_image

        push(netflux_cloud, service_image(name, ["python", "-c", program]), tmp_path, f"{name}:broken")
    else:
        netflux_cloud.command("push", str(tmp_path), f"{name}:broken", "--", "python", "-c", program)
    accepted = ("family", "networkMode", "cpu", "memory", "requiresCompatibilities", "executionRoleArn", "taskRoleArn")
    containers = definition["containerDefinitions"]
    for container in containers:
        if container["name"] == name:
            container["image"] = container["image"].rpartition(":")[0] + ":broken"
    broken = ecs.register_task_definition(
        containerDefinitions=containers, **{key: definition[key] for key in accepted if key in definition}
    )["taskDefinition"]["taskDefinitionArn"]
    seen = {event["id"] for event in before["events"]}
    with Load(netflux_cloud, stack.domain(netflux_cloud), PATHS, RATE) as load:
        ecs.update_service(cluster="prod", service=name, taskDefinition=broken)
        failed = services(netflux_cloud)[name]["deployments"][0]["id"]
        wait_for(
            "the service is back",
            lambda: (
                services(netflux_cloud)[name]["taskDefinition"] == before["taskDefinition"] and stable(netflux_cloud)
            ),
            120,
        )
    check("a broken version, rolled back", load.report)
    told = [
        rf"\(service {name}\) has started 2 tasks: \(task \w+\) \(task \w+\)\.",
        rf"\(service {name}\) \(deployment {failed}\) deployment failed: tasks failed to start\.",
        rf"\(service {name}\) rolling back to deployment ecs-svc/\d+ from {failed}\.",
        rf"\(service {name}\) \(deployment ecs-svc/\d+\) deployment completed\.",
        rf"\(service {name}\) has reached a steady state\.",
    ]

    def in_order() -> bool:
        events = [e["message"] for e in reversed(services(netflux_cloud)[name]["events"]) if e["id"] not in seen]
        left = iter(events)
        return all(any(re.fullmatch(pattern, event) for event in left) for pattern in told)

    wait_for("the events tell all that, in this order", in_order, 20)  # the steady state's comes a pass later
    stopped = ecs.list_tasks(cluster="prod", desiredStatus="STOPPED", family=definition["family"])["taskArns"]
    tasks = ecs.describe_tasks(cluster="prod", tasks=stopped)["tasks"]
    ended = [task for task in tasks if task["taskDefinitionArn"] == broken]
    assert len(ended) >= 3
    assert {task["stopCode"] for task in ended} <= {"EssentialContainerExited", "ServiceSchedulerInitiated"}
