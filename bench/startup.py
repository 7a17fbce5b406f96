"""How long a person waits: `netflux up` with the project's template, and an empty cloud's first API answer.

.venv/bin/python -m bench.startup
"""

from __future__ import annotations

import statistics
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.behaviours import stack
from tests.behaviours.cloud import ROOT, Cloud, free_port

RUNS = 3


def main() -> None:
    """Prints both, with the limits that they are held to."""
    empty, full = [], []
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as directory:
            empty.append(_empty(Cloud(free_port(), Path(directory) / "state", ("--empty",))))
        with tempfile.TemporaryDirectory() as directory:
            full.append(_full(Cloud(free_port(), Path(directory) / "state", (str(ROOT),))))
    _line("empty cloud, command to first API answer", empty, 1.5)
    _line("template, command to all targets healthy and the page served", full, 10.0)


def _line(what: str, seconds: list[float], limit: float) -> None:
    middle = statistics.median(seconds)
    spread = f"{min(seconds):.2f}-{max(seconds):.2f}"
    print(f"{what}: median {middle:.2f} s of {len(seconds)} ({spread}); {middle / limit:.2f} of {limit} s")


def _empty(cloud: Cloud) -> float:
    import subprocess

    from tests.behaviours.cloud import NETFLUX

    began = time.monotonic()
    process = subprocess.Popen(
        [NETFLUX, "up", "--empty", "--port", str(cloud.port)], env=cloud.env(), cwd=cloud.state.parent,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    request = urllib.request.Request(
        cloud.endpoint,
        data=b"Action=GetCallerIdentity&Version=2011-06-15",
        headers={"Content-Type": "application/x-www-form-urlencoded", "Authorization": _signature("sts")},
    )
    try:
        while time.monotonic() - began < 30:
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    if answer.status == 200:
                        return time.monotonic() - began
            except OSError:
                time.sleep(0.01)
        raise SystemExit("bench: the empty cloud did not answer within 30 s")
    finally:
        process.terminate()
        process.wait(30)


def _signature(service: str) -> str:
    scope = f"test/20260101/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"


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
