"""How long a person waits, and what memory it takes: `netflux up` with the project's template, and an empty cloud.

.venv/bin/python -m bench.startup
"""

from __future__ import annotations

import contextlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.behaviours import stack
from tests.behaviours.cloud import NETFLUX, ROOT, Cloud, descendants, free_port
from tests.signing import signed

RUNS = 3
OURS = (b"netflux", b"haproxy", b"docker-registry", b"waiter.py", b"sleep")
"""In the command of each process that is no task and no PostgreSQL."""


def main() -> None:
    """Prints both, with the limits that they are held to; exits with 1 when one was passed."""
    first, any_service, full = [], [], []
    empty_memory, full_memory = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as directory:
            one, other, memory = _empty(Cloud(free_port(), Path(directory) / "state", ("--empty",)))
        first.append(one)
        any_service.append(other)
        empty_memory.append(memory)
        with tempfile.TemporaryDirectory() as directory:
            one, memory = _full(Cloud(free_port(), Path(directory) / "state", (str(ROOT),)))
        full.append(one)
        full_memory.append(memory)
    passed = [
        _line("empty cloud, command to first API answer (sts)", first, "s", 0.5),
        _line("the same, to the first answer of a service that is read later (ec2)", any_service, "s"),
        _line("its memory (PSS) in all processes", empty_memory, "MB", 120.0),
        _line("template, command to all targets healthy and the page served", full, "s", 6.0),
        _line("its memory (PSS) in all processes but tasks and PostgreSQL", full_memory, "MB", 200.0),
    ]
    sys.exit(0 if all(passed) else 1)


def _line(what: str, measured: list[float], unit: str, limit: float | None = None) -> bool:
    """Whether the median is within the limit."""
    middle = statistics.median(measured)
    spread = f"{min(measured):.2f}-{max(measured):.2f}"
    held = f"; {middle / limit:.2f} of {limit} {unit}" if limit else ""
    print(f"{what}: median {middle:.2f} {unit} of {len(measured)} ({spread}){held}")
    return limit is None or middle <= limit


def _memory(cloud: Cloud) -> float:
    """Megabytes of the processes that netflux itself consists of."""
    total = 0
    for pid in (cloud.pid(), *descendants(cloud.pid())):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            if any(name in command for name in OURS):
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total / 1024


def _empty(cloud: Cloud) -> tuple[float, float, float]:
    """Seconds until STS answers, and until EC2 does; megabytes."""
    began = time.monotonic()
    process = subprocess.Popen(
        [NETFLUX, "up", "--empty", "--port", str(cloud.port)], env=cloud.env(), cwd=cloud.state.parent,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        first = _answered(cloud, "sts", "Action=GetCallerIdentity&Version=2011-06-15") - began
        other = _answered(cloud, "ec2", "Action=DescribeVpcs&Version=2016-11-15") - began
        return first, other, _memory(cloud)
    finally:
        process.terminate()
        process.wait(30)


def _answered(cloud: Cloud, service: str, body: str) -> float:
    headers = signed(service, cloud.endpoint, body, {"Content-Type": "application/x-www-form-urlencoded"})
    request = urllib.request.Request(cloud.endpoint, body.encode(), headers)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                if answer.status == 200:
                    return time.monotonic()
        except OSError:
            time.sleep(0.01)
    raise SystemExit(f"bench: {service} of the empty cloud did not answer within 30 s")


def _full(cloud: Cloud) -> tuple[float, float]:
    """Seconds until all is up, and megabytes."""
    began = time.monotonic()
    cloud.up()
    try:
        assert stack.all_healthy(cloud)
        assert cloud.ask("GET", f"https://{stack.domain(cloud)}/").status_code == 200
        return time.monotonic() - began, _memory(cloud)
    finally:
        cloud.down()


if __name__ == "__main__":
    main()
