"""A second client while a storm goes on: how long simple calls take, in a process of its own.

Time that the cloud's processes were ready to run and the machine ran others instead is not the cloud's: Linux counts it
for each thread (`run_delay` of /proc/…/schedstat), and it is taken off. What is left is what the cloud itself kept the
client waiting.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.behaviours.cloud import descendants
from tests.frontdoor.client import Connection
from tests.frontdoor.wire import Request, Signer

LIMIT = 0.25
"""Seconds in which a simple call is answered, whatever others send."""
_PAUSE = 0.05


@dataclass(frozen=True)
class Seen:
    """What a watch saw.

    Attributes:
        asked: calls.
        refused: answers that were not 200.
        late: seconds of each call that the cloud kept waiting beyond the limit, the longest first.
        longest: seconds of the longest, as the cloud is concerned.
    """

    asked: int
    refused: int
    late: list[float]
    longest: float


@dataclass
class Memory:
    """Proportional set sizes of a cloud's processes, in bytes."""

    pid: int

    def now(self) -> int:
        """All of them together."""
        return sum(_pss(pid) for pid in (self.pid, *descendants(self.pid)))


class Watch:
    """Watches from the moment it is entered until it is left.

    Args:
        port: of the cloud's gateway.
        pid: of its first process.
        keys: access key and secret.
    """

    def __init__(self, port: int, pid: int, keys: tuple[str, str]) -> None:
        self._arguments = (str(port), str(pid), *keys)
        self._process: asyncio.subprocess.Process | None = None
        self.seen = Seen(0, 0, [], 0.0)

    async def __aenter__(self) -> Watch:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.frontdoor.watch", *self._arguments,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._process is not None
        told, _none = await self._process.communicate(b"\n")
        self.seen = Seen(**json.loads(told))


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def waited(pids: list[int]) -> float:
    """Seconds that the processes' threads have waited for a processor so far."""
    total = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                total += int(thread.read_text().split()[1])
            except OSError:
                continue
    return total / 1e9


async def _observe(port: int, pid: int, keys: tuple[str, str]) -> Seen:
    signer, connection = Signer(*keys, f"localhost:{port}"), Connection(port)
    form = (("Content-Type", "application/x-www-form-urlencoded"),)
    json_call = (("Content-Type", "application/x-amz-json-1.1"), ("X-Amz-Target", f"{_ECS}.ListClusters"))
    simple = (
        (Request("POST", "/", form, b"Action=GetCallerIdentity&Version=2011-06-15"), "sts"),
        (Request("POST", "/", json_call, b"{}"), "ecs"),
        (Request("GET", "/", ()), "s3"),
    )
    asked, refused, times = 0, 0, list[float]()
    ended = asyncio.ensure_future(asyncio.to_thread(sys.stdin.readline))
    while not ended.done():
        request, service = simple[asked % len(simple)]
        data = signer.signed(request, service).encoded(f"localhost:{port}")
        pids = [pid, *descendants(pid)]
        before, own, began = waited(pids), _own(), time.monotonic()
        answer = await connection.ask(data, request.method)
        took = time.monotonic() - began - (waited(pids) - before) - (_own() - own)
        asked, refused = asked + 1, refused + (answer.status != 200)
        times.append(max(took, 0.0))
        await asyncio.wait([ended], timeout=_PAUSE)
    connection.close()
    late = sorted((one for one in times if one > LIMIT), reverse=True)
    return Seen(asked, refused, late, max(times, default=0.0))


_ECS = "AmazonEC2ContainerServiceV20141113"


def _own() -> float:
    return int(Path("/proc/thread-self/schedstat").read_text().split()[1]) / 1e9


def main() -> None:
    """Until a line comes; prints what was seen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("pid", type=int)
    parser.add_argument("keys", nargs=2)
    wanted = parser.parse_args()
    print(json.dumps(asdict(asyncio.run(_observe(wanted.port, wanted.pid, tuple(wanted.keys))))))


if __name__ == "__main__":
    main()
