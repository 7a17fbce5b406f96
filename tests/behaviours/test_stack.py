"""`netflux up` in the project: the template's stack, used as its users do."""

import os
import signal
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.behaviours import intruder, stack
from tests.behaviours.cloud import Cloud, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]


def test_every_target_is_healthy_when_up_returns(netflux_cloud: Cloud) -> None:
    assert stack.all_healthy(netflux_cloud)


def test_a_tasks_address_lies_in_its_subnet(netflux_cloud: Cloud) -> None:
    import ipaddress

    ec2 = netflux_cloud.boto3("ec2")
    for name in stack.SERVICES:
        tasks = stack.running_tasks(netflux_cloud, name)
        assert len(tasks) == 2
        for task in tasks:
            details = {detail["name"]: detail["value"] for detail in task["attachments"][0]["details"]}
            subnet = ec2.describe_subnets(SubnetIds=[details["subnetId"]])["Subnets"][0]
            assert ipaddress.ip_address(details["privateIPv4Address"]) in ipaddress.ip_network(subnet["CidrBlock"])
            interface = ec2.describe_network_interfaces(NetworkInterfaceIds=[details["networkInterfaceId"]])
            assert interface["NetworkInterfaces"][0]["PrivateIpAddress"] == details["privateIPv4Address"]


def test_requests_are_spread_over_both_movie_tasks(netflux_cloud: Cloud) -> None:
    """Service Connect and the ALB alike: both tasks log requests."""
    domain = stack.domain(netflux_cloud)
    for _ in range(10):
        assert netflux_cloud.ask("GET", f"https://{domain}/api/customers/1").status_code == 200
    logs = netflux_cloud.boto3("logs")

    def talkers() -> set[str]:
        found = logs.filter_log_events(
            logGroupName=_group(netflux_cloud, "movie-service"), filterPattern='{ $.path = "/api/movies" }'
        )
        return {event["logStreamName"] for event in found["events"]}

    wait_for("both movie tasks logged a recommendation's request", lambda: len(talkers()) >= 2, 30)


def test_a_killed_task_is_replaced_and_only_requests_in_flight_in_it_fail(netflux_cloud: Cloud) -> None:
    domain = stack.domain(netflux_cloud)
    statuses: Counter[int] = Counter()
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            statuses[netflux_cloud.ask("GET", f"https://{domain}/api/movies/1").status_code] += 1

    threads = [threading.Thread(target=ask) for _ in range(4)]
    before = {task["taskArn"] for task in stack.running_tasks(netflux_cloud, "movie-service")}
    for thread in threads:
        thread.start()
    try:
        wait_for("traffic flows", lambda: statuses[200] > 50)
        os.kill(stack.program_pids(netflux_cloud, "movie_service")[0], signal.SIGKILL)

        def replaced() -> bool:
            now = {task["taskArn"] for task in stack.running_tasks(netflux_cloud, "movie-service")}
            return len(now) == 2 and now != before

        wait_for("the task is replaced", replaced, 60)
        wait_for("all targets are healthy again", lambda: stack.all_healthy(netflux_cloud), 90)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    failed = sum(count for status, count in statuses.items() if status != 200)
    assert failed <= len(threads), statuses
    gone = netflux_cloud.boto3("ecs").describe_tasks(cluster="prod", tasks=[*before])["tasks"]
    stopped = [task for task in gone if task["lastStatus"] == "STOPPED"]
    assert [task["stopCode"] for task in stopped] == ["EssentialContainerExited"]
    assert 137 in [container.get("exitCode") for container in stopped[0]["containers"]]


def test_without_its_database_everything_says_so_and_comes_back_with_it(netflux_cloud: Cloud) -> None:
    rds = netflux_cloud.boto3("rds")
    instance = rds.describe_db_instances()["DBInstances"][0]["DBInstanceIdentifier"]
    domain = stack.domain(netflux_cloud)
    rds.stop_db_instance(DBInstanceIdentifier=instance)
    try:
        wait_for("the database is stopped", lambda: _database(netflux_cloud) == "stopped", 30)
        assert netflux_cloud.ask("GET", f"https://{domain}/api/movies").status_code in (500, 502, 503, 504)
        down = wait_for(
            "a target is unhealthy",
            lambda: [
                s for name in stack.SERVICES for s in stack.target_states(netflux_cloud, name) if s == "unhealthy"
            ],
            90,
        )
        assert down
    finally:
        rds.start_db_instance(DBInstanceIdentifier=instance)
    wait_for("the database is available", lambda: _database(netflux_cloud) == "available", 60)
    wait_for("all targets are healthy again", lambda: stack.all_healthy(netflux_cloud), 150)
    # A target that failed one check is still healthy while its pool waits out its last attempt to connect.
    wait_for("the API answers", lambda: netflux_cloud.ask("GET", f"https://{domain}/api/customers/1").is_success, 30)


def test_only_this_distribution_reads_the_bucket(netflux_cloud: Cloud) -> None:
    bucket = stack.outputs(netflux_cloud)["BucketName"]
    assert netflux_cloud.ask("GET", f"http://{bucket}.s3.us-east-1.localhost/index.html").status_code == 403
    assert netflux_cloud.ask("GET", f"https://{stack.domain(netflux_cloud)}/").status_code == 200


def test_a_second_up_in_the_same_state_directory_says_that_one_is_running(netflux_cloud: Cloud) -> None:
    second = netflux_cloud.command("up", *netflux_cloud.arguments, check=False)
    assert second.returncode == 1
    assert "running" in second.stdout + second.stderr


def test_the_site_in_a_real_browser(netflux_cloud: Cloud, tmp_path: Path) -> None:
    from tests.behaviours.browser import look_at_the_site

    look_at_the_site(netflux_cloud, stack.domain(netflux_cloud), tmp_path)


def _database(cloud: Cloud) -> str:
    return str(cloud.boto3("rds").describe_db_instances()["DBInstances"][0]["DBInstanceStatus"])


def _group(cloud: Cloud, service: str) -> str:
    ecs = cloud.boto3("ecs")
    definition = stack.running_tasks(cloud, service)[0]["taskDefinitionArn"]
    containers = ecs.describe_task_definition(taskDefinition=definition)["taskDefinition"]["containerDefinitions"]
    options = next(c for c in containers if c["name"] == service)["logConfiguration"]["options"]
    return str(options["awslogs-group"])


def test_a_hostile_task_gets_at_nothing_of_the_cloud_and_of_other_tasks(netflux_cloud: Cloud, tmp_path: Path) -> None:
    intruder.gets_nothing(netflux_cloud, intruder.pushed(netflux_cloud, tmp_path / "image"))
