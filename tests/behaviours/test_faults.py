"""The table of docs/faults.md: a fault is told, nothing is lost by it, and the cloud comes back by itself."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.behaviours.cloud import Cloud, descendants, running, wait_for

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]

root_only = pytest.mark.skipif(os.getuid() != 0, reason="only root can mount a disk, or become another user")
_UNMOUNT_NOW = 2
_libc = ctypes.CDLL(None, use_errno=True)


def faults(cloud: Cloud) -> list[str]:
    """What the region tells, without any service's help."""
    told = json.loads(cloud.command("status", "--json").stdout)["region"]["faults"]
    return [f"{one['kind']}: {one['message']}" for one in told]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """For faults that pass without a restart."""
    with running(tmp_path_factory.mktemp("faults") / "state", "--empty") as found:
        yield found


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 120 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    assert _libc.mount(b"faults", str(place).encode(), b"tmpfs", 0, b"size=120m,mode=755") == 0
    yield place
    _libc.umount2(str(place).encode(), _UNMOUNT_NOW)


def fill(disk: Path) -> Path:
    file = disk / "filler"
    with file.open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(b"\0" * 65536)
        except OSError:
            return file


def refused(call: Any, **params: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**params)
    error = caught.value.response
    assert error["ResponseMetadata"]["HTTPStatusCode"] == 503
    return f"{error['Error']['Code']}: {error['Error']['Message']}"


def taken(names: Iterator[str], write: Any) -> tuple[list[str], str]:
    """What still fits into the log, which has its length from the start, and then the refusal."""
    found = []
    for name in names:
        try:
            write(name)
        except ClientError:
            return found, refused(write, name=name)
        found.append(name)
    raise AssertionError(f"all {len(found)} were taken")


@root_only
def test_on_a_full_disk_each_write_says_so_deleting_works_and_all_goes_on_when_there_is_room(small_disk: Path) -> None:
    with running(small_disk / "state", "--empty") as cloud:
        s3, secrets, logs = cloud.boto3("s3"), cloud.boto3("secretsmanager"), cloud.boto3("logs")
        s3.create_bucket(Bucket="things")
        for name in ("kept", "gone"):
            s3.put_object(Bucket="things", Key=name, Body=b"x" * 2_000_000)
            secrets.create_secret(Name=name, SecretString=name)
            logs.create_log_group(logGroupName=name)
        filler = fill(small_disk)
        fitted, large = taken(
            (f"more{n}" for n in range(99)), lambda name: secrets.create_secret(Name=name, SecretString="x" * 60_000)
        )
        groups, small = taken(
            (f"more{n}" for n in range(99)),
            lambda name: logs.create_log_group(logGroupName=name, tags={"a": "x" * 256}),
        )
        for told in (large, small, refused(s3.put_object, Bucket="things", Key="more", Body=b"x" * 200_000)):
            assert told.startswith("ServiceUnavailable: The disk of the state directory is full")
        wait_for("it is told", lambda: [one for one in faults(cloud) if one.startswith("disk:") and "is full" in one])
        assert "is full" in " ".join(cloud.command("status").stdout.split())
        assert s3.get_object(Bucket="things", Key="kept")["Body"].read() == b"x" * 2_000_000
        secrets.delete_secret(SecretId="gone", ForceDeleteWithoutRecovery=True)
        logs.delete_log_group(logGroupName="gone")
        s3.delete_object(Bucket="things", Key="gone")
        s3.put_object(Bucket="things", Key="instead", Body=b"y" * 1_000_000)
        filler.unlink()
        secrets.create_secret(Name="later", SecretString="x")
        wait_for("it has passed", lambda: not faults(cloud))
        cloud.kill()
        cloud.up()
        listed = secrets.list_secrets(MaxResults=100)["SecretList"]
        assert {one["Name"] for one in listed} == {"kept", "later", *fitted}
        pages = [*logs.get_paginator("describe_log_groups").paginate()]
        assert {one["logGroupName"] for page in pages for one in page["logGroups"]} == {"kept", *groups}
        assert [one["Key"] for one in s3.list_objects_v2(Bucket="things")["Contents"]] == ["instead", "kept"]


def test_a_start_without_its_database_is_refused_and_touches_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "state", "--empty") as cloud:
        cloud.boto3("s3").create_bucket(Bucket="things")
        cloud.boto3("s3").put_object(Bucket="things", Key="kept", Body=b"precious")
    database = cloud.state / "netflux.db"
    copy = database.read_bytes()
    objects = {file.name: file.read_bytes() for file in (cloud.state / "objects").iterdir()}
    assert len(objects) == 1
    for damage, words, how in (
        (b"", "is empty", ()),
        (copy[:4096] + os.urandom(len(copy) - 4096), "is damaged", ("--detach",)),
    ):
        database.write_bytes(damage)
        done = cloud.command("up", "--empty", "--port", str(cloud.port), *how, check=False)
        told = " ".join(done.stderr.replace("│", " ").split())
        assert done.returncode == 1
        assert words in told
        assert "objects/ has 1 files" in told
        assert "unexpectedly" not in told
        assert {file.name: file.read_bytes() for file in (cloud.state / "objects").iterdir()} == objects
    database.write_bytes(copy)
    cloud.up()
    try:
        got = cloud.boto3("s3").get_object(Bucket="things", Key="kept")
        assert got["Body"].read() == b"precious"
    finally:
        cloud.down()


def test_a_truncated_object_is_named_and_the_others_are_served(cloud: Cloud) -> None:
    s3 = cloud.boto3("s3")
    s3.create_bucket(Bucket="damaged")
    s3.put_object(Bucket="damaged", Key="bad", Body=b"x" * 100_000)
    (file,) = (cloud.state / "objects").iterdir()
    s3.put_object(Bucket="damaged", Key="good", Body=b"fine")
    os.truncate(file, 50_000)
    with pytest.raises(ClientError, match="The body of bad is damaged"):
        s3.get_object(Bucket="damaged", Key="bad")
    assert s3.get_object(Bucket="damaged", Key="good")["Body"].read() == b"fine"
    assert [f"file: The body of s3://damaged/bad can't be read: {file}" in one for one in faults(cloud)] == [True]
    s3.put_object(Bucket="damaged", Key="bad", Body=b"anew")
    assert faults(cloud) == []


def test_the_proxy_is_there_again_soon_after_sigkill_and_its_death_is_told(cloud: Cloud) -> None:
    def proxies() -> list[int]:
        return [pid for pid in descendants(cloud.pid()) if Path(f"/proc/{pid}/comm").read_text().strip() == "haproxy"]

    for which in (0, -1):  # the master, and the worker
        before = proxies()
        os.kill(before[which], signal.SIGKILL)
        wait_for("there are others", lambda before=before: len(set(proxies()) - set(before)) == len(before), 10)
        wait_for("the gateway answers", lambda: _answers(cloud), 10)
    assert "HAProxy ended with code" in (cloud.state / "netflux.log").read_text()
    wait_for("it has passed", lambda: not faults(cloud), 20)


def _answers(cloud: Cloud) -> bool:
    try:
        return cloud.boto3("sts").get_caller_identity()["Account"] != ""
    except Exception:
        return False


def test_a_region_that_hangs_is_ended_by_down_and_loses_nothing(tmp_path: Path) -> None:
    with running(tmp_path / "state", "--empty") as cloud:
        cloud.boto3("logs").create_log_group(logGroupName="kept")
        pids = [cloud.pid(), *descendants(cloud.pid())]
        region = max(pids, key=lambda pid: _threads(pid) if b"netflux" in _command(pid) else 0)
        os.kill(region, signal.SIGSTOP)
        done = cloud.command("down", seconds=60)
        told = " ".join(done.stdout.split())
        assert "did not stop within 10 s, so it is killed. Nothing that it has acknowledged is lost" in told
        cloud.up()
        assert [one["logGroupName"] for one in cloud.boto3("logs").describe_log_groups()["logGroups"]] == ["kept"]


def _threads(pid: int) -> int:
    return sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


def test_a_region_out_of_descriptors_says_so_serves_who_is_there_and_comes_back(cloud: Cloud) -> None:
    """The limit is taken away under it: at a start, the region raises its own as far as it may."""
    with ExitStack() as exits:
        cloud.boto3("sts").get_caller_identity()
        pids = [cloud.pid(), *descendants(cloud.pid())]
        region = max(pids, key=lambda pid: _threads(pid) if b"netflux" in _command(pid) else 0)
        soft, hard = resource.prlimit(region, resource.RLIMIT_NOFILE)
        assert soft == min(hard, 65536)
        used = sum(1 for _ in Path(f"/proc/{region}/fd").iterdir())
        resource.prlimit(region, resource.RLIMIT_NOFILE, (used + 4, hard))
        held = [exits.enter_context(socket.create_connection(("127.0.0.1", cloud.port))) for _ in range(30)]
        for one in held:
            one.sendall(b"GET /_netflux/region.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answered = wait_for("some are answered", lambda: [one for one in held if _has_answer(one)])
        told: list[str] = []

        def seen() -> bool:
            told[:] = [one["message"] for one in _facts(answered[0])["faults"] if one["kind"] == "descriptors"]
            return bool(told)

        wait_for("it is told to who is connected", seen)
        assert "hardly any file descriptors left" in told[0]
        resource.prlimit(region, resource.RLIMIT_NOFILE, (soft, hard))
        wait_for("it has passed", lambda: not faults(cloud))


def _has_answer(one: socket.socket) -> bool:
    one.settimeout(0.2)
    try:
        return one.recv(1, socket.MSG_PEEK) != b""
    except TimeoutError:
        return False


def _facts(one: socket.socket) -> dict[str, Any]:
    """Asks again on a connection that is open; first takes what is left of the answer before."""
    one.settimeout(10)
    one.sendall(b"GET /_netflux/region.json HTTP/1.1\r\nHost: localhost\r\n\r\n")
    data = b""
    while not (found := _last_document(data)):
        data += one.recv(65536)
    return found


def _last_document(data: bytes) -> dict[str, Any]:
    body = data.rpartition(b"\r\n\r\n")[2]
    try:
        found: dict[str, Any] = json.loads(body)
    except ValueError:
        return {}
    return found


@root_only
def test_another_user_reads_nothing_of_a_cloud_in_a_directory_that_was_open(tmp_path: Path) -> None:
    import tempfile

    with tempfile.TemporaryDirectory(dir="/tmp", prefix="nf.") as folder:
        Path(folder).chmod(0o755)
        state = Path(folder, "state")
        state.mkdir(mode=0o755)
        with running(state, "--empty") as cloud:
            cloud.boto3("s3").create_bucket(Bucket="things")
            cloud.boto3("s3").put_object(Bucket="things", Key="k", Body=b"secret")
            loose = [file for file in state.rglob("*") if file.lstat().st_mode & 0o077 and not file.is_symlink()]
            assert [file for file in loose if file.parent.name != "tasks"] == []
            look = "import os; os.setgid(54321); os.setuid(54321); os.listdir(os.sys.argv[1])"
            tried = subprocess.run(
                [sys.executable, "-c", f"import sys; {look}", str(state)], capture_output=True, text=True, check=False
            )
            assert "PermissionError" in tried.stderr
