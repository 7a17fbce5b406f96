"""The whole cloud with real networks and its tasks as containers, run by a user who is nobody special."""

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
from tests.behaviours import ordinary_user, stack
from tests.behaviours.cloud import ROOT, Cloud, alive, free_port, wait_for
from tests.behaviours.images import USER, container_project, why_no_containers

UID, FIRST = 54322, 700000
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
    pytest.mark.xdist_group("containers"),
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


def network_of(pid: int) -> str:
    return str(Path(f"/proc/{pid}/ns/net").readlink())


def test_an_ordinary_users_containers_are_in_their_tasks_networks_and_end_with_the_cloud(person: Person) -> None:
    with container_project(person.home, person.podman) as project:
        options = ("--network", "namespaces", "--runtime", "podman", "--speed", "5")
        cloud = Cloud(free_port(), person.home / "state", (str(project), *options), person.environment, person.prefix)
        before = set(uids())
        try:
            cloud.up()
            assert cloud.ask("GET", f"https://{stack.domain(cloud)}/api/customers/1").status_code == 200
            assert stack.all_healthy(cloud)
            programs = [
                pid for word in ("movie_service", "customer_service") for pid in stack.program_pids(cloud, word)
            ]
            assert {uids()[pid] for pid in programs} == {FIRST + int(USER) - 1}
            assert len({network_of(pid) for pid in programs}) == len(person.containers(cloud)) == 4
            done = cloud.command("reach", "customer-service", "movie-service", "--probe", check=False)
            assert done.returncode == 0, done.stdout
            done = cloud.command("reach", "alb", "db", "--probe", check=False)
            assert done.returncode == 1, done.stdout

            os.kill(cloud.pid(), 9)
            wait_for("no process is left after SIGKILL", lambda: set(uids()) <= before, 20)
            cloud.up()
            assert cloud.ask("GET", f"https://{stack.domain(cloud)}/api/customers/1").status_code == 200
            assert len(person.containers(cloud)) == 4
        finally:
            cloud.command("down", check=False)
        wait_for("no process is left after down", lambda: set(uids()) <= before, 20)
        assert person.containers(cloud) == []
