"""SIGKILL of the whole region, PostgreSQL and all."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from netflux.runtime.children import end_leftovers

# The region as another process runs it, until it is killed; `sys.argv` holds this folder and the state directory.
_REGION = """
import asyncio, importlib.util, pathlib, sys
spec = importlib.util.spec_from_file_location("conftest", pathlib.Path(sys.argv[1]) / "conftest.py")
conftest = importlib.util.module_from_spec(spec)
sys.modules["conftest"] = conftest
spec.loader.exec_module(conftest)

async def main():
    region = conftest.Region(pathlib.Path(sys.argv[2]))
    await region.start()
    await region.prepare()
    await region.create()
    await region.until("available")
    print(region.address(), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_acknowledged_rows_survive_sigkill_of_the_region(regions: Callable[[], Any], tmp_path: Path) -> None:
    argv = [sys.executable, "-c", _REGION, str(Path(__file__).parent), str(tmp_path)]
    process = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE)
    assert process.stdout is not None
    address = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().strip()
    login = f"host={address} user=postgres password=correct-horse dbname=postgres sslmode=require"
    with psycopg.connect(login, autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        connection.execute("INSERT INTO kept VALUES (7)")
        os.kill(process.pid, 9)
        await process.wait()
    _all_gone(tmp_path)
    end_leftovers(tmp_path / "run" / "children")
    region = regions()
    await region.start()
    try:
        await region.until("available")
        with psycopg.connect(login.replace(address, region.address())) as connection:
            assert connection.execute("SELECT id FROM kept").fetchone() == (7,)
    finally:
        await region.stop()


def _all_gone(directory: Path) -> None:
    """PostgreSQL ends with the region by itself."""
    end = time.monotonic() + 10
    while True:
        left = []
        for entry in Path("/proc").glob("[0-9]*/cwd"):
            try:
                if entry.readlink().is_relative_to(directory):
                    left.append(entry.parent.name)
            except OSError:
                continue
        if not left:
            return
        assert time.monotonic() < end, left
