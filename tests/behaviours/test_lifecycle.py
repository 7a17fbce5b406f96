"""Starting, stopping and coming back: no process is left, and the same cloud returns."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.behaviours import stack
from tests.behaviours.cloud import NETFLUX, ROOT, Cloud, alive, descendants, free_port, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(free_port(), tmp_path / "state", (str(ROOT),))


def test_ctrl_c_stops_everything_cleanly(cloud: Cloud) -> None:
    foreground = subprocess.Popen(
        [NETFLUX, "up", *cloud.arguments, "--port", str(cloud.port), "--speed", "10"],
        env=cloud.env(), cwd=cloud.state.parent, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )  # fmt: skip
    assert foreground.stdout is not None
    said = ""
    while "is up" not in said:
        line = foreground.stdout.readline()
        assert line, said
        said += line
    pids = [foreground.pid, *descendants(foreground.pid)]
    assert len(pids) > 8  # HAProxy, PostgreSQL, four tasks and the region
    foreground.send_signal(signal.SIGINT)
    rest, _ = foreground.communicate(timeout=30)
    assert foreground.returncode == 0, rest
    wait_for("no process is left", lambda: not any(alive(pid) for pid in pids), 5)


def test_down_and_sigkill_leave_nothing_and_up_brings_the_same_cloud_back(cloud: Cloud) -> None:
    cloud.up()
    before = stack.outputs(cloud)
    domain = stack.domain(cloud)
    changed = cloud.ask("PATCH", f"https://{domain}/api/customers/2/genre", json={"favoriteGenre": "CRIME"})
    assert changed.status_code == 204
    secret = _secret(cloud)
    pids = [cloud.pid(), *descendants(cloud.pid())]
    cloud.down()
    wait_for("no process is left after down", lambda: not any(alive(pid) for pid in pids), 5)
    cloud.up()
    pids = [cloud.pid(), *descendants(cloud.pid())]
    os.kill(cloud.pid(), signal.SIGKILL)  # the region alone: its children must follow it
    wait_for("no process outlives a killed region", lambda: not any(alive(pid) for pid in pids), 10)
    cloud.arguments += ("--speed", "10")  # the lost targets' 30 s of draining
    cloud.up()
    try:
        assert stack.outputs(cloud) == before
        assert _secret(cloud) == secret
        sara = cloud.ask("GET", f"https://{domain}/api/customers/2").json()
        assert sara["favoriteGenre"] == "CRIME"
        assert cloud.ask("GET", f"https://{domain}/").status_code == 200
        wait_for("the killed region's targets have drained", lambda: stack.all_healthy(cloud), 60)
    finally:
        cloud.down()


def _secret(cloud: Cloud) -> str:
    found = cloud.boto3("secretsmanager").get_secret_value(SecretId="/prod/netflux/db/movie")
    return str(found["SecretString"])
