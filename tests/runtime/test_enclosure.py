"""A process in namespaces of its own: what it is there, and that nobody outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from netflux.runtime import enclosure
from tests.network.enclosed import enclosed, needs_namespaces

_INSIDE = """
import os, subprocess, sys, time
from netflux.runtime import enclosure
enclosure.enter(lambda: None)
child = subprocess.Popen(["sleep", "300"])
print(os.getuid(), os.getpid(), len(os.listdir("/sys/class/net")), flush=True)
code = sys.stdin.readline().strip()
if code:
    child.kill()
    sys.exit(int(code))
"""


def started() -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", _INSIDE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def below(pid: int) -> set[int]:
    found: set[int] = set()
    waiting = [pid]
    while waiting:
        for task in Path(f"/proc/{waiting.pop()}/task").glob("*/children"):
            children = [int(word) for word in task.read_text().split()]
            found.update(children)
            waiting += children
    return found


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def gone(pids: set[int]) -> bool:
    end = time.monotonic() + 20
    while any(lives(pid) for pid in pids):
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


@needs_namespaces
def test_inside_it_is_root_and_the_inner_ones_exit_code_is_the_outer_ones() -> None:
    process = started()
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        assert process.stdout.readline().split()[0] == "0"
        process.stdin.write("7\n")
        process.stdin.flush()
        assert process.wait(20) == 7


@needs_namespaces
@pytest.mark.parametrize("victim", ["outer", "inner"])
def test_whoever_is_killed_all_the_others_end(victim: str) -> None:
    process = started()
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        process.stdout.readline()
        family = below(process.pid)
        assert len(family) == 4, "three more processes of the enclosure, and the child"
        os.kill(process.pid if victim == "outer" else max(family), signal.SIGKILL)
        if victim == "inner":
            process.send_signal(signal.SIGTERM)
        process.wait(20)
        assert gone(family)


@needs_namespaces
def test_names_of_namespaces_are_nobody_elses() -> None:
    def work() -> list[str]:
        Path("/run/netns/mine").touch()
        return sorted(path.name for path in Path("/run/netns").iterdir())

    assert enclosed(work) == ["mine"]
    assert not Path("/run/netns/mine").exists()


def test_a_refusal_names_the_step_and_what_would_change_it() -> None:
    refused = enclosure.Refusal("make a user namespace", "Operation not permitted", "sudo sysctl x=1")
    assert str(refused) == "cannot make a user namespace: Operation not permitted"
    assert refused.setting == "sudo sysctl x=1"
