"""The commands as a person runs them, on an empty cloud."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.behaviours.cloud import NETFLUX, Cloud, alive, descendants, free_port, running, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("cli") / "state", "--empty") as started:
        yield started


def test_a_second_up_in_the_same_state_says_that_one_is_running(cloud: Cloud) -> None:
    for words in (("up", "--empty", "--port", str(free_port())), ("up", "--empty", "--detach")):
        done = cloud.command(*words, check=False)
        assert done.returncode == 1
        assert f"pid {cloud.pid()} on port {cloud.port}" in " ".join(done.stderr.split()).replace("│ ", "")


def test_status_tells_the_region_to_people_and_to_programs(cloud: Cloud) -> None:
    told = json.loads(cloud.command("status", "--json").stdout)
    assert told["region"]["port"] == cloud.port
    assert told["region"]["pid"] == cloud.pid()
    assert told["unavailable"] == {}
    assert f"http://localhost:{cloud.port}/_netflux/" in cloud.command("status").stdout


def test_env_points_an_sdk_here(cloud: Cloud) -> None:
    *exports, last = cloud.command("env").stdout.splitlines()
    assert last == "unset AWS_SESSION_TOKEN AWS_PROFILE"
    lines = dict(line.removeprefix("export ").split("=", 1) for line in exports)
    assert lines["AWS_ENDPOINT_URL"] == f"http://localhost:{cloud.port}"
    assert lines["AWS_DEFAULT_REGION"] == "us-east-1"
    assert lines["AWS_DISABLE_HOST_PREFIX_INJECTION"] == "true"
    import boto3

    pair = lines["AWS_ACCESS_KEY_ID"], lines["AWS_SECRET_ACCESS_KEY"]
    sts = boto3.client("sts", "us-east-1", None, True, None, cloud.endpoint, *pair)
    assert sts.get_caller_identity()["Arn"].endswith(":root")
    guessed = boto3.client("sts", "us-east-1", None, True, None, cloud.endpoint, pair[0], "guess")
    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        guessed.get_caller_identity()


def test_push_puts_a_process_image_into_a_repository(cloud: Cloud, tmp_path: Path) -> None:
    ecr = cloud.boto3("ecr")
    ecr.create_repository(repositoryName="tools/echo")
    done = cloud.command("push", str(tmp_path), "tools/echo:v1", "--", "python", "-m", "echo", "--loud")
    (image,) = ecr.batch_get_image(repositoryName="tools/echo", imageIds=[{"imageTag": "v1"}])["images"]
    assert json.loads(image["imageManifest"])["command"] == ["python", "-m", "echo", "--loud"]
    assert image["imageId"]["imageDigest"] in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("push", ".", "no-such-repository:v1", "--", "true"), 1, "no-such-repository"),
        (("push", ".", "untagged", "--", "true"), 2, "names no tag"),
        (("push", "/nowhere", "r:v1", "--", "true"), 2, "/nowhere is not a folder"),
        (("logs", "moovie"), 1, "There is no ECS service 'moovie'"),
        (("up", "--empty", "--speed", "0"), 2, "--speed 0"),
        (("up", "--network", "bridge"), 2, "bridge"),
        (("up", "--colour"), 2, "--colour"),
    ],
)
def test_what_cannot_be_done_is_said_on_one_screen(cloud: Cloud, words: tuple[str, ...], code: int, says: str) -> None:
    done = cloud.command(*words, check=False)
    assert done.returncode == code, done.stderr
    assert says in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) < 20


@pytest.mark.parametrize("words", [("status",), ("logs",), ("env",), ("push", ".", "r:v1", "--", "true")])
def test_without_a_region_a_command_says_how_to_start_one(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = Cloud(1, tmp_path / "state").command(*words, check=False)
    assert done.returncode == 1
    assert "No region is running in" in done.stderr
    assert "netflux up" in done.stderr


def test_down_without_a_region_has_nothing_to_do(tmp_path: Path) -> None:
    assert "No region is running" in Cloud(1, tmp_path / "state").command("down").stdout


def test_down_leaves_no_process_and_delete_no_directory(tmp_path: Path) -> None:
    cloud = Cloud(free_port(), tmp_path / "state", ("--empty",))
    cloud.up()
    pids = [cloud.pid(), *descendants(cloud.pid())]
    assert len(pids) > 1
    cloud.command("down")
    assert not [pid for pid in pids if alive(pid)]
    cloud.command("down", "--delete")
    assert not cloud.state.exists()


def _foreground(cloud: Cloud) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [NETFLUX, "up", "--empty", "--port", str(cloud.port)], env=cloud.env(), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Netflux is up" in line:
            return process
    raise AssertionError(f"it ended with {process.wait()}")


def test_ctrl_c_stops_the_foreground_in_order(tmp_path: Path) -> None:
    cloud = Cloud(free_port(), tmp_path / "state")
    process = _foreground(cloud)
    below = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "Stopped." in out
    assert not [pid for pid in below if alive(pid)]


def test_a_detached_start_that_fails_says_why_and_leaves_nothing(tmp_path: Path) -> None:
    cloud = Cloud(free_port(), tmp_path / "state", ("--empty",))
    nothing = {"RAY_SERVE_HAPROXY_BINARY_PATH": str(tmp_path / "absent"), "PATH": str(tmp_path)}
    cloud.environment = nothing
    done = cloud.command("up", "--empty", "--detach", "--port", str(cloud.port), check=False)
    assert done.returncode == 1
    assert "HAProxy is not installed" in done.stderr
    assert not cloud.state.exists()


def test_a_killed_region_is_followed_by_one_that_finds_nothing_running(tmp_path: Path) -> None:
    cloud = Cloud(free_port(), tmp_path / "state", ("--empty",))
    cloud.up()
    pid, below = cloud.pid(), descendants(cloud.pid())
    os.kill(pid, signal.SIGKILL)
    wait_for("the children died with the region", lambda: not [one for one in below if alive(one)], 10)
    assert "No region is running" in cloud.command("status", check=False).stderr
    cloud.up()
    cloud.command("down")


def test_doctor_has_a_verdict(tmp_path: Path) -> None:
    done = Cloud(1, tmp_path / "state").command("doctor", check=False)
    assert done.returncode in (0, 1)
    assert "HAProxy" in done.stdout
    assert done.stdout.strip().splitlines()[-1].startswith(("This machine has everything", "The cloud "))
