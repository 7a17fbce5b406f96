"""A cloud as a user starts it: the `netflux` command in a process of its own, asked over its port."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx

ROOT = Path(__file__).resolve().parents[2]
NETFLUX = str(Path(sys.executable).with_name("netflux"))
T = TypeVar("T")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, condition: Callable[[], T], seconds: float = 60) -> T:
    """The condition's first true value; AssertionError with the last one when the deadline passes."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"after {seconds:.0f} s still not: {what} (last: {value!r})"
        time.sleep(0.1)


@dataclass
class Cloud:
    """A running cloud.

    Attributes:
        port: of its gateway.
        state: its state directory.
        prefix: of every command: what makes it another user's.
        clients: boto3's, by service; each takes as long to make as a few calls.
    """

    port: int
    state: Path
    arguments: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    prefix: tuple[str, ...] = ()
    clients: dict[str, Any] = field(default_factory=dict, repr=False)

    def command(self, *words: str, check: bool = True, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        """Runs `netflux …` against this cloud."""
        done = subprocess.run(
            [*self.prefix, NETFLUX, *words],
            check=False,
            capture_output=True,
            text=True,
            timeout=seconds,
            env=self.env(),
            cwd=self.state.parent,
        )
        if check:
            assert done.returncode == 0, f"netflux {' '.join(words)}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def env(self) -> dict[str, str]:
        return {
            **os.environ,
            "NETFLUX_STATE_DIR": str(self.state),
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_PAGER": "",
            **self.environment,
        }

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def up(self, seconds: float = 120) -> subprocess.CompletedProcess[str]:
        return self.command("up", *self.arguments, "--detach", "--port", str(self.port), seconds=seconds)

    def down(self) -> subprocess.CompletedProcess[str]:
        return self.command("down", seconds=60)

    def pid(self) -> int:
        return int((self.state / "lock").read_text().split()[0])

    def kill(self) -> None:
        """SIGKILL to the region and to every process below it, at once."""
        pids = [self.pid(), *descendants(self.pid())]
        for pid in pids:
            with_suppress(lambda pid=pid: os.kill(pid, signal.SIGKILL))
        wait_for("every process is gone", lambda: not any(alive(pid) for pid in pids), 20)

    def ask(self, method: str, url: str, patience: float = 30, **how: Any) -> httpx.Response:
        """An HTTP request to a name of this cloud, through its gateway; certificates are verified for https."""
        parts = urlsplit(url)
        host = parts.hostname or ""
        headers = {"Host": f"{host}:{self.port}", **how.pop("headers", {})}
        verify: Any = False
        if parts.scheme == "https":
            import ssl

            verify = ssl.create_default_context(cafile=str(self.state / "ca" / "ca.pem"))
        target = parts._replace(netloc=f"127.0.0.1:{self.port}").geturl()
        with httpx.Client(verify=verify, timeout=patience) as client:
            return client.request(method, target, headers=headers, extensions={"sni_hostname": host}, **how)

    def boto3(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        if service not in self.clients:
            self.clients[service] = boto3.client(
                service,
                endpoint_url=self.endpoint,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}, read_timeout=120, inject_host_prefix=False),
            )
        return self.clients[service]


@contextmanager
def inside(cloud: Cloud, address: str) -> Iterator[None]:
    """The calling thread is in the network namespace of the interface that has the address; under `loopback`, and for
    its addresses, nothing changes.
    """
    if address.startswith("127."):
        yield
        return
    region = next(pid for pid in reversed([cloud.pid(), *descendants(cloud.pid())]) if _holds_names(pid))
    names = Path(f"/proc/{region}/root/run/netns")
    libc = ctypes.CDLL(None, use_errno=True)
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        for name in names.glob("eni-*"):
            goal = os.open(name, os.O_RDONLY)
            assert libc.setns(goal, _NEWNET) == 0, os.strerror(ctypes.get_errno())
            os.close(goal)
            if address in Path("/proc/thread-self/net/fib_trie").read_text().split():
                break
        yield
    finally:
        assert libc.setns(own, _NEWNET) == 0
        os.close(own)


_NEWNET = 0x40000000


def _holds_names(pid: int) -> bool:
    return any(Path(f"/proc/{pid}/root/run/netns").glob("eni-*"))


def with_suppress(action: Callable[[], object]) -> None:
    try:
        action()
    except ProcessLookupError:
        return


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def descendants(pid: int) -> list[int]:
    """All processes below this one, deepest last."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            try:
                children = [int(word) for word in task.read_text().split()]
            except OSError:
                continue
            found += children
            waiting += children
    return found


@contextmanager
def running(state: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[Cloud]:
    """A cloud that is up inside the block, and of which nothing is left after it."""
    cloud = Cloud(free_port(), state, arguments, environment or {})
    cloud.up()
    try:
        yield cloud
    finally:
        cloud.command("down", check=False)
