"""What process groups use, looked at again and again, and whom the watch kills."""

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from netflux.runtime.driver import MemoryLimit
from netflux.runtime.memory import MemoryWatch, Use, hurried
from netflux.runtime.usage import Groups, of_trees, proportional_tree
from tests.aws.ecs.world import until

MIB = 1024 * 1024
PARENT = (
    "import subprocess, sys\n"
    "for _ in sys.stdin: subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
)


@pytest.fixture
def leader() -> Iterator[subprocess.Popen[bytes]]:
    """A process group whose leader starts a child for each line it reads."""
    made = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, start_new_session=True)
    yield made
    with contextlib.suppress(ProcessLookupError):
        os.killpg(made.pid, signal.SIGKILL)
    made.communicate()


async def test_a_process_that_comes_later_is_counted(leader: subprocess.Popen[bytes]) -> None:
    groups = Groups()
    assert groups.look({leader.pid})[leader.pid].processes == 1
    for count in (2, 3):
        assert leader.stdin is not None
        leader.stdin.write(b"\n")
        leader.stdin.flush()
        await until(lambda count=count: groups.look({leader.pid})[leader.pid].processes == count)
    assert groups.look({leader.pid})[leader.pid].memory_bytes > 5 * MIB


async def test_a_group_that_was_passed_over_is_seen_when_it_is_asked_for(leader: subprocess.Popen[bytes]) -> None:
    groups = Groups()
    assert groups.look(set()) == {}
    assert groups.look({leader.pid})[leader.pid].processes == 1
    leader.kill()
    await until(lambda: groups.look({leader.pid}) == {})


@dataclass
class Watched:
    """A process with a limit, for the watch."""

    process: subprocess.Popen[bytes]
    memory: MemoryLimit
    killed: bool = False

    @property
    def id(self) -> str:
        return str(self.pid)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        return self.process.poll()

    def kill_for_memory(self) -> None:
        self.killed = True
        self.process.kill()


def eater(size: int) -> Watched:
    """A process with so many MiB, of which it may have 60."""
    program = f"import time; found = bytearray({size} << 20); time.sleep(1000)"
    process = subprocess.Popen([sys.executable, "-c", program], start_new_session=True)
    return Watched(process, MemoryLimit(60 * MIB, f"task-{size}", None))


async def test_the_watch_kills_who_is_over_its_memory_and_no_other() -> None:
    both = [eater(size) for size in (10, 120)]
    watch = MemoryWatch()
    try:
        for one in both:
            watch.add(one)
        await until(lambda: both[1].exit_code is not None)
        assert [one.killed for one in both] == [False, True]
    finally:
        for one in both:
            one.process.kill()
            await asyncio.to_thread(one.process.wait)
        if watch._looking is not None:
            await watch._looking


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("nsenter"), reason="needs root, and nsenter of util-linux")
def test_who_has_entered_the_pid_namespace_of_a_process_is_counted_with_it() -> None:
    with subprocess.Popen(["unshare", "--pid", "--fork", "sleep", "60"]) as outer:
        children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
        end = time.monotonic() + 20
        while not (words := children.read_text().split()):
            assert time.monotonic() < end
            time.sleep(0.02)
        (first,) = map(int, words)
        assert of_trees([first])[first].processes == 1
        with subprocess.Popen(["nsenter", "--target", str(first), "--pid", "sleep", "60"]) as visitor:
            while (found := of_trees([first, os.getpid()]))[first].processes < 2:
                assert time.monotonic() < end
                time.sleep(0.02)
            assert found[os.getpid()].processes >= 4, "its own children, whatever their namespace"
            assert proportional_tree(first) > 0
            os.kill(first, signal.SIGKILL)  # the kernel ends the namespace's others with it
            visitor.wait()
        outer.wait()
    assert of_trees([first]) == {}


def test_who_grows_towards_the_limit_is_looked_at_again_soon() -> None:
    one = Use("a", 50, MemoryLimit(100, "task", None))
    assert hurried([one], {"a": 20})
    assert not hurried([one], {"a": 30})
    assert not hurried([one], {"a": 90})
    assert hurried([one], {}), "it is new, and has grown to that much since it began"
    pooled = [Use(name, 30, MemoryLimit(None, "task", 100)) for name in "bc"]
    assert hurried(pooled, {"b": 5, "c": 30})
    assert not hurried(pooled, {"b": 20, "c": 25})


def test_all_that_descends_from_a_process_is_counted_whatever_its_group() -> None:
    script = "import subprocess, sys, time; subprocess.Popen(['sleep', '60'], start_new_session=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-S", "-c", script]) as first:
        end = time.monotonic() + 20
        while (found := of_trees([first.pid])[first.pid]).processes < 2:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert found.memory_bytes > proportional_tree(first.pid) > 0
        (child,) = Path(f"/proc/{first.pid}/task/{first.pid}/children").read_text().split()
        os.kill(int(child), signal.SIGKILL)
        first.kill()
    assert of_trees([first.pid]) == {}
