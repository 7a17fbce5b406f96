"""How long a person waits: `netflux up` with the project's template, and an empty cloud's first API answer.

.venv/bin/python -m bench.startup
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.behaviours import stack
from tests.behaviours.cloud import NETFLUX, ROOT, Cloud, free_port
from tests.signing import signed

RUNS = 3


def main() -> None:
    """Prints both, with the limits that they are held to."""
    first, any_service, full = [], [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as directory:
            seconds = _empty(Cloud(free_port(), Path(directory) / "state", ("--empty",)))
        first.append(seconds[0])
        any_service.append(seconds[1])
        with tempfile.TemporaryDirectory() as directory:
            full.append(_full(Cloud(free_port(), Path(directory) / "state", (str(ROOT),))))
    _line("empty cloud, command to first API answer (sts)", first, 1.5)
    _line("the same, to the first answer of a service that moto has (ec2)", any_service)
    _line("template, command to all targets healthy and the page served", full, 10.0)


def _line(what: str, seconds: list[float], limit: float | None = None) -> None:
    middle = statistics.median(seconds)
    spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
    held = f"; {middle / limit:.2f} of {limit} s" if limit else ""
    print(f"{what}: median {middle:.2f} s of {len(seconds)} ({spread}){held}")


def _empty(cloud: Cloud) -> tuple[float, float]:
    """Seconds until STS answers, and until EC2 does."""
    began = time.monotonic()
    process = subprocess.Popen(
        [NETFLUX, "up", "--empty", "--port", str(cloud.port)], env=cloud.env(), cwd=cloud.state.parent,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        first = _answered(cloud, "sts", "Action=GetCallerIdentity&Version=2011-06-15") - began
        return first, _answered(cloud, "ec2", "Action=DescribeVpcs&Version=2016-11-15") - began
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


def _full(cloud: Cloud) -> float:
    began = time.monotonic()
    cloud.up()
    try:
        assert stack.all_healthy(cloud)
        assert cloud.ask("GET", f"https://{stack.domain(cloud)}/").status_code == 200
        return time.monotonic() - began
    finally:
        cloud.down()


if __name__ == "__main__":
    main()
