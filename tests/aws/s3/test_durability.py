"""SIGKILL loses nothing that was acknowledged."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.call import Call
from tests.aws.s3.conftest import ACCOUNT, REGION, open_service

WRITER = """
import asyncio, os, sys
from pathlib import Path
from netflux.controlplane.call import Call
from netflux.controlplane.authentication.keys import Keys
from tests.aws.s3.conftest import open_service

async def main():
    api, _, _ = open_service(Path(sys.argv[1]), Keys())
    call = Call("s3", "PutObject", "us-east-1", "000000000000")
    await api.create_bucket(call, {"Bucket": "things"})
    for number in range(10_000):
        await api.put_object(call, {"Bucket": "things", "Key": f"k{number % 50}", "Body": f"{number}:".encode() * 5000})
        os.write(1, f"{number}\\n".encode())

asyncio.run(main())
"""


def killed(state: Path) -> int:
    """Runs the writer, kills it in the middle of its work; the last number that it acknowledged."""
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(state)], stdout=subprocess.PIPE, cwd=Path(__file__).parents[3], bufsize=0
    )
    assert writer.stdout is not None
    acknowledged = -1
    with writer.stdout as lines:
        while acknowledged < 120:
            acknowledged = int(lines.readline())
        os.kill(writer.pid, signal.SIGKILL)
        acknowledged = int([str(acknowledged), *lines.read().decode().split()][-1])
    writer.wait()
    return acknowledged


async def test_acknowledged_objects_survive_sigkill(tmp_path: Path) -> None:
    state = tmp_path / "state"
    acknowledged = await asyncio.to_thread(killed, state)
    api, _, documents = open_service(state, Keys())
    call = Call("s3", "GetObject", REGION, ACCOUNT)
    for number in range(max(0, acknowledged - 48), acknowledged + 1):
        got = await api.get_object(call, {"Bucket": "things", "Key": f"k{number % 50}"})
        stored = int(got["Body"].read().split(b":")[0])
        assert stored in {number, acknowledged + 1}
        assert got["Body"].read() == f"{stored}:".encode() * 5000
    documents.close()
