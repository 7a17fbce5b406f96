"""The whole cloud with real networks, run by a user who is nobody special, and what is left of it."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from netflux.runtime import enclosure
from tests.behaviours import intruder, ordinary_user, stack
from tests.behaviours.cloud import ROOT, Cloud, alive, free_port, wait_for

UID = 54321
REFUSED = enclosure.refusal()
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(300),
    pytest.mark.skipif(REFUSED is not None, reason=f"network namespaces: {REFUSED}"),
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; who is not root is one already"),
]


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    home = Path(tempfile.mkdtemp(prefix="nf.", dir="/tmp"))
    os.chown(home, UID, UID)
    folders = ",".join([sys.base_prefix, str(ROOT)])
    prefix = (sys.executable, ordinary_user.__file__, str(UID), folders)
    arguments = (str(ROOT), "--network", "namespaces", "--speed", "5")
    cloud = Cloud(free_port(), home / "state", arguments, {"HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}, prefix)
    yield cloud
    cloud.command("down", check=False)
    shutil.rmtree(home, ignore_errors=True)


def processes() -> list[int]:
    """Of the user, whoever their parent is."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            mine = entry.stat().st_uid == UID
        except OSError:
            continue
        if mine and alive(int(entry.name)):
            found.append(int(entry.name))
    return found


def machine() -> tuple[set[str], set[str]]:
    """Links and names of network namespaces of the machine itself."""
    names = Path("/run/netns")
    return (
        {path.name for path in Path("/sys/class/net").iterdir()},
        {path.name for path in names.iterdir()} if names.is_dir() else set(),
    )


def answers(cloud: Cloud) -> bool:
    return cloud.ask("GET", f"https://{stack.domain(cloud)}/api/customers/1").status_code == 200


def test_an_ordinary_user_runs_it_all_and_nothing_is_left_after_a_kill_and_after_down(cloud: Cloud) -> None:
    before = machine()
    cloud.up()
    assert answers(cloud)
    assert stack.all_healthy(cloud)
    image = intruder.pushed(cloud, cloud.state.parent / "image")
    intruder.gets_nothing(cloud, image)
    done = cloud.command("reach", "alb", "db", "--probe", check=False)
    assert done.returncode == 1, done.stdout
    assert machine() == before

    os.kill(cloud.pid(), 9)
    wait_for("no process is left after SIGKILL of the one that a person sees", lambda: not processes(), 20)
    assert machine() == before

    cloud.up()
    assert answers(cloud)
    cloud.down()
    wait_for("no process is left after down", lambda: not processes(), 20)
    assert machine() == before
