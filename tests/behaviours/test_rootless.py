"""Containers in the whole cloud with real networks, run by a user who is nobody special."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from netflux.runtime import enclosure
from tests.behaviours import errand, intruder, ordinary_user, stack
from tests.behaviours.cloud import ROOT, Cloud, alive, free_port, wait_for
from tests.behaviours.images import push, why_no_containers
from tests.oci import OciImage, busybox

UID, FIRST = 54322, 700000
TOOL = "123456789012.dkr.ecr.us-east-1.amazonaws.com/tools:v1"
REFUSED = enclosure.refusal()


def _missing() -> str | None:
    if REFUSED is not None:
        return f"network namespaces: {REFUSED}"
    if os.geteuid() != 0:
        return "only root can become another user; who is not root is one already"
    return None if shutil.which("newuidmap") else "needs uidmap"


pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.skipif(_missing() is not None, reason=str(_missing())),
    pytest.mark.skipif(why_no_containers() is not None, reason=str(why_no_containers())),
]


class Person:
    """A user with a home and subordinate ids, who has podman keep images as overlays."""

    def __init__(self, home: Path) -> None:
        settings = home / ".config/containers"
        settings.mkdir(parents=True)
        (home / "run").mkdir(mode=0o700)
        (settings / "storage.conf").write_text('[storage]\ndriver = "overlay"\n')
        for place in (home, home / ".config", settings, home / "run"):
            os.chown(place, UID, UID)
        self.home = home
        self.environment = {"HOME": str(home), "XDG_RUNTIME_DIR": f"{home}/run", "PYTHONDONTWRITEBYTECODE": "1"}
        folders = ",".join([sys.base_prefix, str(ROOT)])
        self.prefix = (sys.executable, ordinary_user.__file__, f"{UID}:{FIRST}", folders)
        variables = [f"{name}={value}" for name, value in self.environment.items()]
        self.podman = ("env", *variables, *self.prefix, "/usr/bin/env", "podman", "--cgroup-manager=cgroupfs")

    def containers(self, cloud: Cloud) -> list[dict[str, object]]:
        listed = [*self.podman, "ps", "--all", "--filter", f"label=cloud.netflux.state={cloud.state}"]
        done = subprocess.run([*listed, "--format=json"], capture_output=True, text=True, check=True, cwd=self.home)
        found: list[dict[str, object]] = json.loads(done.stdout)
        return found


@pytest.fixture
def person() -> Iterator[Person]:
    home = Path(tempfile.mkdtemp(prefix="nf.", dir="/tmp"))
    made = Person(home)
    yield made
    subprocess.run([*made.podman, "system", "reset", "--force"], capture_output=True, check=False, cwd=home)
    shutil.rmtree(home, ignore_errors=True)


def uids() -> dict[int, int]:
    """User by process id, of the processes that the person or one of the containers has."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            owner = entry.stat().st_uid
        except OSError:
            continue
        if (owner == UID or FIRST <= owner < FIRST + 65536) and alive(int(entry.name)):
            found[int(entry.name)] = owner
    return found


def test_an_ordinary_users_containers_are_in_their_tasks_networks_and_end_with_the_cloud(person: Person) -> None:
    program = busybox()
    if program is None:
        pytest.skip("needs busybox-static")
    options = ("--network", "namespaces", "--speed", "5")
    cloud = Cloud(free_port(), person.home / "state", (str(ROOT), *options), person.environment, person.prefix)
    assert person.containers(cloud) == []
    before = set(uids())  # podman leaves a process that holds the person's user namespace
    try:
        cloud.up()
        cloud.boto3("ecr").create_repository(repositoryName="tools")
        image = OciImage({"/bin/busybox": program, "/bin/sh": program}, config={"User": "10001"})
        push(cloud, image, person.home, "tools:v1", person.podman)
        _they_are_in_their_tasks_networks(cloud)
        _memory_is_watched(cloud)
        cloud.boto3("ecr").create_repository(repositoryName="hostile")
        push(cloud, intruder.image(), person.home, "hostile:v1", person.podman)
        intruder.gets_nothing(cloud, TOOL.replace("tools", "hostile"))
        task = errand.started(cloud, TOOL, {"command": ["/bin/sh", "-c", "busybox sleep 1000"]})
        wait_for("it runs", lambda: FIRST + 10000 in uids().values(), 20)

        os.kill(cloud.pid(), 9)
        wait_for("no process is left after SIGKILL", lambda: set(uids()) <= before, 20)
        (left,) = person.containers(cloud)
        assert task.rpartition("/")[2] in str(left["Names"])
        cloud.up()
        assert person.containers(cloud) == []
    finally:
        cloud.command("down", check=False)
    wait_for("no process is left after down", lambda: set(uids()) <= before, 20)


def _they_are_in_their_tasks_networks(cloud: Cloud) -> None:
    movie = stack.running_tasks(cloud, "movie-service")[0]
    network = errand.network(cloud)["awsvpcConfiguration"]
    ec2 = cloud.boto3("ec2")
    vpc = ec2.describe_subnets(SubnetIds=network["subnets"])["Subnets"][0]["VpcId"]
    stranger = ec2.create_security_group(GroupName="stranger", Description="of nobody", VpcId=vpc)["GroupId"]
    visitor = errand.visitor(errand.address_of(movie))
    for groups, told in ((network["securityGroups"], "let in"), ([stranger], "kept out")):
        stopped = errand.run(cloud, TOOL, visitor, groups)
        assert stopped["containers"][0]["exitCode"] == 0
        lines = errand.said(cloud, stopped)
        assert "AccessKeyId" in lines[0]
        assert lines[-1] == told


def _memory_is_watched(cloud: Cloud) -> None:
    """The shell has a command after the sleep: it would become its last one, and give its memory up before the look."""
    greedy = "a=xxxxxxxxxxxxxxxx; while [ ${#a} -lt 60000000 ]; do a=$a$a; done; busybox sleep 1000; exit 1"
    stopped = errand.run(cloud, TOOL, {"command": ["/bin/sh", "-c", greedy], "memory": 32})
    assert stopped["containers"][0]["reason"] == "OutOfMemoryError: Container killed due to memory usage"
    assert stopped["containers"][0]["exitCode"] == 137
