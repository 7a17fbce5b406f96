"""Children of the region: how they end, and that none outlives it."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from netflux.runtime.children import Child, Children, Launch, _Told, end_leftovers, started_at
from netflux.runtime.usage import of_group

PATH = {"PATH": os.environ["PATH"]}
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


@pytest.fixture
async def children(tmp_path: Path) -> AsyncIterator[Children]:
    made = Children(tmp_path / "children")
    yield made
    await made.stop_all(0)


def python(tmp_path: Path, program: str, **more: object) -> Launch:
    return Launch("child", [sys.executable, "-c", program], PATH, tmp_path, **more)


async def first_line(child: Child) -> str:
    assert child.output is not None
    return (await asyncio.wait_for(child.output.readline(), 10)).decode().strip()


async def test_an_unknown_program_ends_with_127_and_says_so(children: Children, tmp_path: Path) -> None:
    child = await children.start(Launch("child", ["no-such-program"], PATH, tmp_path))
    assert await child.wait() == 127
    assert "no-such-program" in await first_line(child)


async def test_what_ignores_sigterm_is_killed_after_its_patience(children: Children, tmp_path: Path) -> None:
    child = await children.start(python(tmp_path, STUBBORN))
    assert await first_line(child) == "up"
    began = time.monotonic()
    assert await child.stop(0.2) == -signal.SIGKILL
    assert 0.2 <= time.monotonic() - began < 5
    assert children.running() == []
    assert [*(tmp_path / "children").iterdir()] == []


async def test_a_child_can_see_another_uid_and_limits(children: Children, tmp_path: Path) -> None:
    program = "import os, resource; print(os.getuid(), resource.getrlimit(resource.RLIMIT_NOFILE))"
    launch = python(tmp_path, program, uid=os.getuid() + 1000, limits={"RLIMIT_NOFILE": (77, 99)})
    line = await first_line(await children.start(launch))
    if "cannot create a user namespace" in line:
        pytest.skip(line)
    assert line == f"{os.getuid() + 1000} (77, 99)"


async def test_the_usage_of_a_process_group_is_measured(children: Children, tmp_path: Path) -> None:
    child = await children.start(python(tmp_path, "print('up', flush=True); import time; time.sleep(600)"))
    await first_line(child)
    usage = of_group(child.pid)
    assert usage is not None
    assert usage.processes == 1
    assert usage.memory_bytes > 1024 * 1024
    await child.stop(5)
    assert of_group(child.pid) is None


PARENT = textwrap.dedent("""
    import asyncio, sys
    from pathlib import Path
    from netflux.runtime.children import Children, Launch

    async def main():
        records = Path(sys.argv[1])
        children = Children(records)
        death = int(sys.argv[2])
        launch = Launch("child", ["sleep", "600"], {"PATH": sys.argv[3]}, records, death_signal=death)
        child = await children.start(launch)
        print(child.pid, flush=True)
        await child.wait()

    asyncio.run(main())
""")


def killed_region(tmp_path: Path, death_signal: int) -> int:
    """A region with one child, killed; the child's pid."""
    command = [sys.executable, "-c", PARENT, str(tmp_path), str(death_signal), os.environ["PATH"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as region:
        assert region.stdout is not None
        pid = int(region.stdout.readline())
        deadline = time.monotonic() + 10
        while "sleep" not in Path(f"/proc/{pid}/cmdline").read_text() and time.monotonic() < deadline:
            time.sleep(0.01)
        region.kill()
    return pid


def gone(pid: int, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while started_at(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not started_at(pid)


def test_a_child_dies_with_a_killed_region(tmp_path: Path) -> None:
    assert gone(killed_region(tmp_path, signal.SIGKILL))


def test_what_a_killed_region_left_is_ended_at_the_next_start(tmp_path: Path) -> None:
    pid = killed_region(tmp_path, signal.SIGCHLD)  # a signal that ends nothing, so that the records are needed
    assert not gone(pid, 0.1)
    assert end_leftovers(tmp_path) == ["child"]
    assert gone(pid)
    assert end_leftovers(tmp_path) == []


def test_a_record_of_a_pid_that_is_another_process_now_ends_nothing(tmp_path: Path) -> None:
    record = f'{{"name": "child", "pid": {os.getpid()}, "started": "1"}}'
    (tmp_path / "child.json").write_text(record)
    (tmp_path / "half.json").write_text('{"na')
    assert end_leftovers(tmp_path) == []


class _Launcher:
    """What made a process and has ended."""

    output = None

    async def wait(self) -> int:
        return 0


async def test_a_process_that_has_no_group_of_its_own_yet_is_killed_as_well(tmp_path: Path) -> None:
    """A container's second process is told of before its first step, which is to become a group's leader."""
    pid = os.posix_spawnp("sleep", ["sleep", "600"], os.environ)  # noqa: ASYNC221  (it returns at once)
    child = Child("young", _Told(pid), None, _Launcher(), tmp_path / "record")  # type: ignore[arg-type]
    child.kill_group()
    assert await asyncio.wait_for(child.wait(), 10) == -signal.SIGKILL
