"""What a task that is a process can't see, reach or change: a hostile program tries it, within walls and without."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from netflux.runtime import filter as seccomp
from netflux.runtime import links, walls
from netflux.runtime.children import Children, end_leftovers, started_at
from netflux.runtime.driver import ContainerSpec, Image, Mount, PullError, StartError
from netflux.runtime.manifest import ProcessImage, write
from netflux.runtime.process import ProcessContainer, ProcessRuntime, find_walls
from netflux.runtime.trees import Trees
from netflux.runtime.walls import FILES, HOSTS, PROCESSES, Walls
from tests import hostile
from tests.behaviours import ordinary_user

MARKER = "MARKER-of-another-task"
HARMFUL = ("mount", "new user", "make device")
"""What the test does not do without walls: it would be done to the machine."""
UID = 54323


class Shelf:
    """A registry of one image."""

    def __init__(self, folder: Path) -> None:
        self._text = write(ProcessImage(str(folder)))

    async def manifest(self, _reference: str) -> tuple[str, str]:
        return "sha256:0", self._text


def kept(state: Path) -> Trees:
    """Contents of images in a state directory."""
    return Trees(state / "images", lambda _digest: True, state)


class Ground:
    """A state directory with secrets, sockets and processes that are not the task's, and the task's image."""

    def __init__(self, tmp_path: Path) -> None:
        self.state = tmp_path / "state"
        self.folder = tmp_path / "image"
        for place in (self.state / "ca", self.state / "run", self.folder):
            place.mkdir(parents=True)
        self.key = self.state / "ca" / "ca.key"
        self.key.write_text("the key")
        self.socket = self.state / "run" / "c.sock"
        (self.folder / "hostile.py").write_text(Path(hostile.__file__).read_text())
        self.elsewhere = Path("/tmp", f"nf-walls-{os.getpid()}")
        self.children = Children(self.state / "run" / "children")
        self.runtime = ProcessRuntime(self.children, Shelf(self.folder), kept(self.state))

    def given(self) -> dict[str, Any]:
        victim = self.victim.pid
        return {
            "read": [str(self.key), str(self.folder / "link"), str(self.folder / "up" / "ca" / "ca.key")],
            "list": [str(self.state), f"/proc/{victim}/fd"],
            "find": [str(self.elsewhere), "/dev/shm/" + self.elsewhere.name, f"/proc/{victim}"],
            "connect": [str(self.socket)],
            "abstract": self.elsewhere.name,
            "marker": MARKER,
            "pids": [victim],
            "write": [str(self.state / "x"), "/etc/netflux-hostile", f"{sys.prefix}/netflux-hostile"],
            "key": victim,
        }

    def __enter__(self) -> Ground:
        environment = {"PATH": os.environ["PATH"], "SECRET": MARKER}
        self.victim = subprocess.Popen(["sleep", "600"], env=environment)
        self.listening = [socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)]
        self.listening[0].bind(str(self.socket))
        self.listening[1].bind("\0" + self.elsewhere.name)
        for one in self.listening:
            one.listen()
        self.elsewhere.write_text("somebody's")
        Path("/dev/shm", self.elsewhere.name).write_text("somebody's")
        (self.folder / "link").symlink_to(self.key)
        (self.folder / "up").symlink_to(self.state)
        libc = ctypes.CDLL(None)
        self.segment = libc.shmget(self.victim.pid, 4096, 0o1600)
        return self

    def __exit__(self, *_: object) -> None:
        ctypes.CDLL(None).shmctl(self.segment, 0, None)
        self.victim.kill()
        self.victim.wait()
        for one in self.listening:
            one.close()
        for path in (self.elsewhere, Path("/dev/shm", self.elsewhere.name), Path("/etc/netflux-hostile")):
            path.unlink(missing_ok=True)
        Path(sys.prefix, "netflux-hostile").unlink(missing_ok=True)

    async def run(self, *argv: str, environment: Mapping[str, str] | None = None, **more: Any) -> ProcessContainer:
        image = Image("a/b", "sha256:0", (), argv, {}, str(self.folder))
        return await self.runtime.start(ContainerSpec(f"c{time.monotonic_ns()}", image, environment or {}, **more))

    async def said(self, *argv: str, **more: Any) -> list[str]:
        container = await self.run(*argv, **more)
        lines = [line async for line in container.lines()]
        await container.wait()
        return lines


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    with Ground(tmp_path) as made:
        standing = await made.runtime.standing()
        if set(standing.up) != {FILES, PROCESSES}:
            pytest.skip(f"walls: {standing.reason}")
        yield made
        await made.children.stop_all(0)


async def test_a_hostile_program_gets_nothing(ground: Ground) -> None:
    (line,) = await ground.said("python", "hostile.py", json.dumps(ground.given()))
    assert json.loads(line) == {}


def test_without_walls_the_same_program_gets_all_that_it_tries(tmp_path: Path) -> None:
    """Else the test above could not fail."""
    with Ground(tmp_path) as ground:
        given = ground.given() | {"without": HARMFUL}
        command = [sys.executable, str(ground.folder / "hostile.py"), json.dumps(given)]
        said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ground.folder).stdout
    got = json.loads(said)
    assert set(got) >= {*hostile.ATTEMPTS} - {*HARMFUL, "ask", "keys", "devices", "calls"}
    assert {len(got["read"]), len(got["find"])} == {3}
    assert "keyctl" in got["calls"]


@pytest.mark.skipif(os.geteuid() != 0, reason="who is not root is an ordinary user already")
def test_nor_does_one_of_an_ordinary_user() -> None:
    place = Path("/tmp", f"nfw-{os.getpid()}")
    place.mkdir()
    os.chown(place, UID, UID)
    program = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={place}/t", __file__]
    root = str(Path(hostile.__file__).parents[1])
    folders = ",".join([sys.base_prefix, root])
    program += ["-k", "hostile_program or without or shared_folder"]
    try:
        done = subprocess.run(
            [sys.executable, ordinary_user.__file__, str(UID), folders, *program],
            capture_output=True, text=True, check=False, cwd=root,
            env={"PATH": os.environ["PATH"], "HOME": str(place), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    finally:
        subprocess.run(["rm", "-rf", str(place)], check=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("... "), done.stdout


async def test_a_shared_folder_is_where_it_is_wanted_and_the_machine_has_no_place_for_it(ground: Ground) -> None:
    shared = ground.state / "shared"
    shared.mkdir()
    (shared / "f").write_text("shared\n")
    wanted = ["/netflux-top/one", "/usr/share/netflux/two", "/tmp/three", str(ground.folder / "four")]
    mounts = [Mount(shared, place, read_only=place != wanted[0]) for place in wanted]
    script = f"cat {' '.join(f'{place}/f' for place in wanted)}; echo x > /netflux-top/one/g; " + (
        "".join(f"echo x 2> /dev/null > {place}/g || echo refused; " for place in (*wanted[1:], "/netflux-top", "/usr"))
    )
    said = await ground.said("sh", "-c", f"exec 2> /dev/null; {script}", mounts=mounts)
    assert said == [*["shared"] * 4, *["refused"] * 5]
    assert (shared / "g").read_text() == "x\n"
    there = {*os.listdir("/"), *os.listdir("/usr/share"), *os.listdir("/tmp")}  # noqa: PTH208
    assert not there & {"netflux-top", "netflux", "three"}


async def test_what_is_its_own_it_has(ground: Ground) -> None:
    script = (
        "echo x > file && cat file; echo y > /tmp/file && cat /tmp/file; echo z > /dev/shm/file && cat /dev/shm/file; "
        "hostname; sleep 100 & kill -0 $! && echo signalled; grep -q . /proc/self/stat && echo read"
    )
    lines = await ground.said("sh", "-c", script, environment={"HOSTNAME": "ip-10-0-0-7.ec2.internal"})
    assert lines == ["x", "y", "z", "ip-10-0-0-7.ec2.internal", "signalled", "read"]
    assert (ground.folder / "file").read_text() == "x\n"
    assert not await asyncio.to_thread(Path("/tmp/file").exists)


async def test_programs_of_the_region_in_a_pushed_folder_stay_as_they_are(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who pushes a whole project may push the environment that Netflux runs from."""
    programs = ground.folder / ".venv"
    programs.mkdir()
    monkeypatch.setattr(walls, "needed", lambda: [programs])
    script = "touch .venv/x 2> /dev/null || echo refused; touch x && echo written"
    assert await ground.said("sh", "-c", script) == ["refused", "written"]


async def test_its_temporary_files_go_with_it(ground: Ground) -> None:
    container = await ground.run("sh", "-c", "mkdir -p /tmp/a/b && echo x > /tmp/a/b/c && echo made && sleep 100")
    assert [line async for line in _first(container)] == ["made"]
    (scratch,) = (ground.state / "run" / "tmp").iterdir()
    assert (scratch / "tmp/a/b/c").read_text() == "x\n"
    container.kill()
    await container.wait()
    assert not scratch.exists()


async def _first(container: ProcessContainer) -> AsyncIterator[str]:
    async for line in container.lines():
        yield line
        return


async def test_a_library_that_its_environment_loads_is_not_loaded_before_its_walls(ground: Ground) -> None:
    """LD_PRELOAD works within walls; a loader that runs before them would run what it names as the region."""
    said = await ground.said("sh", "-c", "echo run", environment={"LD_PRELOAD": str(ground.folder / "absent.so")})
    assert said[-1] == "run"
    assert len([line for line in said if "absent.so" in line]) == 1  # of the program itself


async def test_a_health_check_is_within_the_same_walls(ground: Ground) -> None:
    container = await ground.run("sh", "-c", "echo up > /tmp/state; echo ready; sleep 600", environment={"WORD": "w"})
    assert [line async for line in _first(container)] == ["ready"]
    own = f"test $WORD = w && test $(cat /tmp/state) = up && test ! -e {ground.key} && test ! -e /proc/{os.getpid()}"
    assert await container.execute(["sh", "-c", own], 10) == 0
    assert await container.execute(["sh", "-c", "grep -q 'NoNewPrivs:.1' /proc/self/status"], 10) == 0
    assert await container.execute(["sh", "-c", "kill -0 2"], 10) == 0  # the program, as checks of health do
    assert await container.execute(["unshare", "-m", "true"], 10) != 0
    container.kill()
    await container.wait()


@pytest.mark.parametrize("passes", [1, 2, 3, 10, 30])
async def test_a_health_check_that_is_given_up_while_it_starts_does_not_hold_up_the_end(
    ground: Ground, passes: int
) -> None:
    """Its process is the region's child: until that has been waited for, the kernel keeps the pid namespace."""
    container = await ground.run("sleep", "600")
    check = asyncio.ensure_future(container.execute(["sleep", "600"], 600))
    for _ in range(passes):
        await asyncio.sleep(0.002)
    check.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await check
    container.kill()
    assert await asyncio.wait_for(container.wait(), 10) == 137


async def test_a_program_that_is_killed_from_outside_has_ended_at_once(ground: Ground) -> None:
    container = await ground.run("sh", "-c", "setsid sleep 601 & echo up; sleep 600; true")
    assert [line async for line in _first(container)] == ["up"]
    usage = container.usage()
    assert usage is not None
    assert usage.memory_bytes > 0
    os.kill(container.pid, signal.SIGKILL)
    began = time.monotonic()
    assert await asyncio.wait_for(container.wait(), 10) == 137
    assert time.monotonic() - began < 1


async def test_no_process_of_a_task_shows_what_it_was_started_with(ground: Ground) -> None:
    """`kill $(pgrep -nf word)` is to find the program and nothing beside it."""
    container = await ground.run("sleep", "602.5", environment={"SECRET": MARKER})
    deadline = asyncio.get_running_loop().time() + 10
    while not _named("602.5"):
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.01)
    assert _named("602.5") == [container.pid]
    container.kill()
    await container.wait()


def _named(word: str) -> list[int]:
    """Processes of this machine with the word in their command line."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if word.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


REGION = """
import asyncio, sys
from pathlib import Path
from netflux.runtime.children import Children, Launch
from netflux.runtime.trees import Trees
from netflux.runtime.walls import FILES, PROCESSES, Walls, scratch

async def main():
    place = Path(sys.argv[1])
    walls = Walls([FILES, PROCESSES], place, scratch=scratch(place))
    launch = Launch("child", ["sleep", "600"], {"PATH": sys.argv[3]}, place, walls=walls, death_signal=int(sys.argv[2]))
    child = await Children(place / "children").start(launch)
    print(child.pid, child.first, flush=True)
    await child.wait()

asyncio.run(main())
"""


@pytest.fixture
def region(ground: Ground, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[Path, list[int]]:
    """A region with a task, killed; the pids of the task's program and of the first process of its namespace."""
    command = [sys.executable, "-c", REGION, str(tmp_path), str(request.param), os.environ["PATH"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as made:
        assert made.stdout is not None
        pids = [int(word) for word in made.stdout.readline().split()]
        made.kill()
    return tmp_path / "children", pids


def gone(pids: list[int], seconds: float = 5.0) -> bool:
    deadline = time.monotonic() + seconds
    while any(started_at(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(started_at(pid) for pid in pids)


@pytest.mark.parametrize("region", [signal.SIGKILL], indirect=True)
def test_a_task_dies_with_a_killed_region(region: tuple[Path, list[int]]) -> None:
    assert gone(region[1])


@pytest.mark.parametrize("region", [signal.SIGCHLD], indirect=True)
def test_and_is_ended_at_the_next_start_by_its_record(region: tuple[Path, list[int]]) -> None:
    end_leftovers(region[0])
    assert gone(region[1])


async def test_what_can_be_had_is_found_by_trying_and_the_rest_is_told(tmp_path: Path) -> None:
    tried: list[list[str]] = []

    async def refusing(wanted: Walls) -> str | None:
        tried.append([*wanted.up])
        return None if [*wanted.up] == [HOSTS] else "mount /proc: no"

    found = await walls.find(refusing, tmp_path)
    assert tried == [[FILES, PROCESSES], [FILES], [HOSTS]]
    assert (found.up, found.reason, found.hosts) == ((HOSTS,), "mount /proc: no", True)
    assert any("state directory" in lack for lack in found.missing)
    assert any("processes" in lack for lack in found.missing)


@pytest.mark.parametrize("up", [(FILES,), (HOSTS,), ()])
async def test_with_fewer_walls_a_program_still_runs_and_has_no_more_privileges(
    ground: Ground, up: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    standing = walls.Standing(up, "tried")
    monkeypatch.setattr(ground.runtime, "_standing", asyncio.ensure_future(_result(standing)))
    hosts = ground.folder / "hosts"
    hosts.write_text("127.9.9.9 one\n")
    script = "grep -q one /etc/hosts && echo names; grep -h 'NoNewPrivs\\|Seccomp:' /proc/self/status; exit 0"
    lines = await ground.said("sh", "-c", script, hosts=hosts)
    assert [line.split() for line in lines] == [*([["names"]] if up else []), ["NoNewPrivs:", "1"], ["Seccomp:", "2"]]
    container = await ground.run("sleep", "600")
    assert await container.execute(["true"], 10) == 0
    container.terminate()
    assert await container.wait() == 143


async def _result(standing: walls.Standing) -> walls.Standing:
    return standing


async def test_this_machine_is_asked(tmp_path: Path) -> None:
    found = await find_walls(Children(tmp_path / "children"), tmp_path)
    assert bool(found.reason) == (set(found.up) != {FILES, PROCESSES})


@pytest.mark.parametrize(
    ("link", "target", "told"),
    [
        ("in", "file", None),
        ("python", "/usr/bin/env", None),
        (".venv/bin/python3", "{outside}", None),
        ("nowhere", "absent", None),
        ("out", "{outside}", "out -> {outside}"),
        ("sub/out", "../../outside/file", "sub/out -> ../../outside/file"),
        ("up", "..", "up -> .."),
        ("bin/python", "{outside}", "bin/python -> {outside}"),
        ("absent", "/root/absent", "absent -> /root/absent"),
    ],
)
async def test_a_link_that_leads_out_of_a_pushed_folder_is_named(
    tmp_path: Path, link: str, target: str, told: str | None
) -> None:
    folder, outside = tmp_path / "folder", tmp_path / "outside" / "file"
    outside.parent.mkdir()
    outside.touch()
    for place in (folder / ".venv/bin", folder / "sub", folder / "bin"):
        place.mkdir(parents=True)
    (folder / ".venv/pyvenv.cfg").touch()
    (folder / "file").touch()
    (folder / link).symlink_to(target.format(outside=outside))
    expected = told.format(outside=outside) if told is not None else None
    assert links.leading_out(folder) == expected
    runtime = ProcessRuntime(Children(tmp_path / "children"), Shelf(folder))
    if expected is None:
        await runtime.pull("a")
    else:
        with pytest.raises(PullError, match="symbolic link that leads out of it"):
            await runtime.pull("a")


async def test_a_folder_of_the_state_directory_is_no_image(ground: Ground) -> None:
    (ground.state / "objects").mkdir()
    alias = ground.folder.parent / "alias"
    alias.symlink_to(ground.state / "objects")
    for folder in (ground.state, ground.state / "objects", alias):
        runtime = ProcessRuntime(ground.children, Shelf(folder), kept(ground.state))
        with pytest.raises(PullError, match="is in the state directory"):
            await runtime.pull("a")
        with pytest.raises(StartError, match="is in the state directory"):  # a link may have been changed meanwhile
            await runtime.start(ContainerSpec("c", Image("a", "sha256:0", (), ("true",), {}, str(folder)), {}))


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_filter_is_whole_and_ends_in_an_answer(machine: str) -> None:
    """Every jump stays within the program, and every way ends."""
    program = seccomp.program(machine)
    assert program is not None
    lines = [program[at : at + 8] for at in range(0, len(program), 8)]
    for at, line in enumerate(lines):
        if line[0] & 7 == 5:
            assert at + 1 + max(line[2], line[3]) < len(lines)
    assert lines[-1][0] == 6
    assert seccomp.program("m68k") is None
