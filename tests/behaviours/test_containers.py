"""The Netflux stack as containers that podman runs, out of the cloud's own registry."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.behaviours import errand, intruder, stack
from tests.behaviours.cloud import Cloud, running, wait_for
from tests.behaviours.images import container_project, into_podman, push, why_no_containers
from tests.oci import OciImage, busybox

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(240),
    pytest.mark.skipif(why_no_containers() is not None, reason=str(why_no_containers())),
]


@pytest.fixture(scope="module")
def container_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder: Path = tmp_path_factory.mktemp("pods")
    with (
        container_project(folder) as project,
        running(folder / "state", str(project), "--runtime", "podman", "--speed", "10") as cloud,
    ):
        yield cloud
        cloud.down()
        assert containers(cloud) == [], "containers outlived their cloud"


def containers(cloud: Cloud) -> list[str]:
    listed = ["podman", "ps", "--all", "--filter", f"label=cloud.netflux.state={cloud.state}", "--format", "{{.Names}}"]
    return subprocess.run(listed, capture_output=True, text=True, check=True).stdout.split()


def test_the_same_two_services_answer_as_containers(container_cloud: Cloud) -> None:
    assert stack.all_healthy(container_cloud)
    assert len(containers(container_cloud)) == 4
    domain = stack.domain(container_cloud)
    assert len(container_cloud.ask("GET", f"https://{domain}/api/movies").json()) == 20

    def recommended() -> object:  # goes on from a customer's container to a movie container by Service Connect
        answer = container_cloud.ask("GET", f"https://{domain}/api/customers/1")
        return answer.status_code == 200 and answer.json()["recommendedMovies"]

    wait_for("a customer gets recommendations", recommended, 30)
    logs = container_cloud.boto3("logs")
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    events = [logs.filter_log_events(logGroupName=group)["events"] for group in groups]
    assert all(events)


def test_a_killed_container_is_replaced(container_cloud: Cloud) -> None:
    before = {task["taskArn"] for task in stack.running_tasks(container_cloud, "movie-service")}
    os.kill(stack.program_pids(container_cloud, "movie_service")[0], signal.SIGKILL)

    def replaced() -> bool:
        now = {task["taskArn"] for task in stack.running_tasks(container_cloud, "movie-service")}
        return len(now) == 2 and now != before

    wait_for("the task is replaced", replaced)
    gone = container_cloud.boto3("ecs").describe_tasks(cluster="prod", tasks=[*before])["tasks"]
    (stopped,) = [task for task in gone if task["desiredStatus"] == "STOPPED"]
    assert (stopped["stopCode"], stopped["stoppedReason"]) == (
        "EssentialContainerExited",
        "Essential container in task exited",
    )
    assert [c["exitCode"] for c in stopped["containers"] if c["name"] == "movie-service"] == [137]


@pytest.fixture(scope="module")
def tool(container_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An image without Python, pushed by podman."""
    program = busybox()
    if program is None:
        pytest.skip("needs busybox-static")
    image = OciImage({"/bin/busybox": program, "/bin/sh": program})
    return _pushed(container_cloud, image, tmp_path_factory.mktemp("tool"))


def test_an_image_without_python_is_pushed_by_podman_and_runs(container_cloud: Cloud, tool: str) -> None:
    script = "echo $GREETING; busybox hostname; busybox wget -q -O - $ECS_CONTAINER_METADATA_URI_V4/task; echo; "
    script += "busybox cat /etc/resolv.conf; exit 3"
    stopped = errand.run(container_cloud, tool, {"command": ["/bin/sh", "-c", script]})
    assert stopped["containers"][0]["exitCode"] == 3
    assert stopped["containers"][0]["imageDigest"] in tool
    lines = errand.said(container_cloud, stopped)
    address = errand.address_of(stopped)
    assert lines[:2] == ["hello", f"ip-{address.replace('.', '-')}.ec2.internal"]
    told = json.loads(lines[2])
    assert told["TaskARN"] == stopped["taskArn"]
    if json.loads(container_cloud.command("status", "--json").stdout)["region"]["enforces_security_groups"]:
        (network,) = told["Containers"][0]["Networks"]
        resolver = [f"search {' '.join(network['DomainNameSearchList'])}", *network["DomainNameServers"]]
        assert [line.removeprefix("nameserver ") for line in lines[3:]] == resolver
    greedy = "a=xxxxxxxxxxxxxxxx; while true; do a=$a$a; done"
    stopped = errand.run(container_cloud, tool, {"command": ["/bin/sh", "-c", greedy], "memory": 32})
    assert stopped["stoppedReason"] == "Essential container in task exited"
    assert stopped["containers"][0]["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    assert stopped["containers"][0]["exitCode"] == 137


def test_its_health_is_checked_inside_and_it_ends_by_its_own_code_when_it_is_stopped(
    container_cloud: Cloud, tool: str
) -> None:
    ecs = container_cloud.boto3("ecs")
    script = "trap 'exit 9' TERM; echo well > /tmp/state; while true; do busybox sleep 0.1; done"
    check = {"command": ["CMD-SHELL", "busybox grep -q well /tmp/state"], "interval": 5, "retries": 2}
    task = errand.started(container_cloud, tool, {"command": ["/bin/sh", "-c", script], "healthCheck": check})

    def described() -> dict[str, Any]:
        found: dict[str, Any] = ecs.describe_tasks(cluster="prod", tasks=[task])["tasks"][0]
        return found

    wait_for("it is healthy", lambda: described()["healthStatus"] == "HEALTHY", 30)
    ecs.stop_task(cluster="prod", task=task, reason="enough")
    wait_for("it has stopped", lambda: described()["lastStatus"] == "STOPPED", 30)
    assert described()["containers"][0]["exitCode"] == 9
    assert described()["stopCode"] == "UserInitiated"


def test_a_container_is_in_its_tasks_network_and_its_security_groups_hold(container_cloud: Cloud, tool: str) -> None:
    status = json.loads(container_cloud.command("status", "--json").stdout)
    if not status["region"]["enforces_security_groups"]:
        pytest.skip("--network loopback: containers share the machine's network")
    ec2 = container_cloud.boto3("ec2")
    movie = stack.running_tasks(container_cloud, "movie-service")[0]
    network = errand.network(container_cloud)["awsvpcConfiguration"]
    vpc = ec2.describe_subnets(SubnetIds=network["subnets"])["Subnets"][0]["VpcId"]
    stranger = ec2.create_security_group(GroupName="stranger", Description="of nobody", VpcId=vpc)["GroupId"]
    visitor = errand.visitor(errand.address_of(movie))
    said = [
        errand.said(container_cloud, errand.run(container_cloud, tool, visitor, groups))
        for groups in (network["securityGroups"], [stranger])
    ]
    assert [lines[-1] for lines in said] == ["let in", "kept out"]
    for lines in said:
        assert set(json.loads(lines[0])) >= {"AccessKeyId", "SecretAccessKey", "Token", "RoleArn"}


def test_a_hostile_container_gets_at_nothing_of_the_cloud_and_of_other_tasks(
    container_cloud: Cloud, tmp_path: Path
) -> None:
    container_cloud.boto3("ecr").create_repository(repositoryName="hostile")
    push(container_cloud, intruder.image(), tmp_path, "hostile:v1")
    intruder.gets_nothing(container_cloud, "123456789012.dkr.ecr.us-east-1.amazonaws.com/hostile:v1")


def _pushed(cloud: Cloud, image: OciImage, folder: Path) -> str:
    """The image by digest, pushed with the password that the AWS CLI gets, to a repository with immutable tags."""
    ecr = cloud.boto3("ecr")
    ecr.create_repository(repositoryName="tools", imageTagMutability="IMMUTABLE")
    certificates = folder / "certificates"
    certificates.mkdir()
    shutil.copy(cloud.state / "ca" / "ca.pem", certificates / "ca.crt")
    host = f"127.0.0.1:{cloud.port}"
    options = ["--cert-dir", str(certificates), "--authfile", str(folder / "auth.json")]
    aws = [str(Path(shutil.which("aws") or "aws")), "ecr", "get-login-password"]
    password = subprocess.run(aws, env=cloud.env(), capture_output=True, text=True, check=True).stdout
    login = ["podman", "login", *options, "--username", "AWS", "--password-stdin", host]
    subprocess.run(login, input=password, text=True, check=True, capture_output=True)
    other = OciImage({**image.files, "/another": b"file"})
    ids = [into_podman(one, folder, f"netflux-test-{name}") for name, one in (("one", image), ("two", other))]
    try:
        assert _podman("push", *options, ids[0], f"{host}/tools:v1").returncode == 0
        refused = _podman("push", *options, ids[1], f"{host}/tools:v1")
    finally:
        _podman("rmi", "--force", *ids)
    assert refused.returncode != 0
    assert "cannot be overwritten because the tag is immutable" in refused.stderr
    (detail,) = ecr.describe_images(repositoryName="tools")["imageDetails"]
    pulled = _podman("pull", "--quiet", *options, f"{host}/tools@{detail['imageDigest']}")
    assert pulled.returncode == 0, pulled.stderr
    _podman("rmi", "--force", pulled.stdout.strip())
    return f"123456789012.dkr.ecr.us-east-1.amazonaws.com/tools@{detail['imageDigest']}"


def _podman(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["podman", *words], capture_output=True, text=True, check=False)
