"""Tasks that are processes, held to their sizes by control groups, where this machine lets them."""

import asyncio
import errno
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from netflux.runtime import holding
from netflux.runtime.children import Children
from netflux.runtime.driver import ContainerSpec, Image, MemoryLimit, Usage
from netflux.runtime.holding import Held, Places
from netflux.runtime.process import ProcessContainer, ProcessRuntime
from tests.aws.ecs.world import until

MIB = 1024 * 1024
PLACES = holding.find()
needs_groups = pytest.mark.skipif(isinstance(PLACES, str), reason=f"no control groups can be made here: {PLACES}")
EATER = "import time; found = bytearray({size} << 20); print('full', flush=True); time.sleep(1000)"


class Ground:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.children = Children(directory / "children")
        self.runtime = ProcessRuntime(self.children, None)  # type: ignore[arg-type]
        self.number = 0

    async def run(self, program: str, memory: MemoryLimit | None, cpus: float | None = None) -> ProcessContainer:
        self.number += 1
        image = Image("i", "sha256:0", (), [sys.executable, "-c", program], {}, str(self.directory))
        name = f"holding-{os.getpid()}-{self.number}"
        return await self.runtime.start(ContainerSpec(name, image, {}, memory=memory, cpus=cpus))


@pytest.fixture
async def ground(tmp_path: Path) -> AsyncIterator[Ground]:
    made = Ground(tmp_path)
    yield made
    await made.children.stop_all(1.0)
    await until(lambda: not left(made))


def left(ground: Ground) -> list[Path]:
    """Groups of this process's that are still there. Those of other regions come and go meanwhile."""
    assert isinstance(PLACES, Places)
    found = [Path(place) for base in PLACES.bases.values() for place, _, _ in os.walk(base)]
    return [place for place in found if f"-{os.getpid()}-" in place.name]


@needs_groups
async def test_a_container_over_its_memory_is_killed_by_the_kernel(ground: Ground) -> None:
    container = await ground.run(EATER.format(size=200), MemoryLimit(64 * MIB, "task-a", 512 * MIB))
    assert await container.wait() == 137
    assert container.out_of_memory


@needs_groups
async def test_the_containers_of_a_task_share_its_memory(ground: Ground) -> None:
    limit = MemoryLimit(None, "task-b", 160 * MIB)
    small = await ground.run(EATER.format(size=20), limit)
    large = await ground.run(EATER.format(size=120), limit)
    larger = await ground.run(EATER.format(size=90), limit)
    ended, _ = await asyncio.wait(
        [asyncio.ensure_future(one.wait()) for one in (large, larger)], return_when=asyncio.FIRST_COMPLETED
    )
    assert [one.result() for one in ended] == [137]
    assert large.out_of_memory != larger.out_of_memory
    assert small.exit_code is None


@needs_groups
async def test_a_program_that_ends_or_is_killed_by_others_had_memory_enough(ground: Ground) -> None:
    limit = MemoryLimit(64 * MIB, "task-c", None)
    ended = await ground.run("raise SystemExit(137)", limit)
    assert (await ended.wait(), ended.out_of_memory) == (137, False)
    killed = await ground.run("import time; time.sleep(1000)", limit)
    killed.kill()
    assert (await killed.wait(), killed.out_of_memory) == (137, False)


@needs_groups
async def test_a_task_gets_no_more_processor_than_its_size(ground: Ground) -> None:
    container = await ground.run("while True: pass", MemoryLimit(None, "task-d", 512 * MIB), cpus=0.25)

    def used() -> float:
        usage = container.usage()
        return usage.cpu_seconds if usage is not None else 0.0

    await until(lambda: used() > 0.1)
    before, began = used(), time.monotonic()
    await until(lambda: time.monotonic() - began > 1.5)
    share = (used() - before) / (time.monotonic() - began)
    assert share < 0.35


@needs_groups
async def test_usage_is_the_group_s_and_what_is_left_in_it_goes_with_the_container(ground: Ground) -> None:
    program = (
        "import subprocess, sys, time\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'], start_new_session=True)\n"
        + EATER.format(size=30)
    )
    container = await ground.run(program, MemoryLimit(128 * MIB, "task-e", None))

    def there() -> bool:
        usage = container.usage()
        return usage is not None and usage.processes == 2 and usage.memory_bytes > 30 * MIB

    await until(there)
    container.kill()
    await container.wait()
    assert container.usage() is None
    await until(lambda: not left(ground))


@needs_groups
def test_no_group_is_left_when_the_region_ends(tmp_path: Path) -> None:
    ground: list[Ground] = []

    async def region() -> None:
        ground.append(Ground(tmp_path))
        await ground[0].run("import time; time.sleep(1000)", MemoryLimit(None, "task-f", 128 * MIB))
        await ground[0].children.stop_all(1.0)

    asyncio.run(region())
    assert left(ground[0]) == []


TERMINAL = "user.slice/user@1000.service/app.slice/terminal.slice/terminal.scope"


def second_version(root: Path, below: dict[str, str], own: str = TERMINAL) -> None:
    """Files as version 2 has them: controllers by group; what is not named has those of the group above it."""
    given = "cpu memory pids"
    for place in reversed((root / own, *(root / own).parents)):
        if place.is_relative_to(root):
            place.mkdir(exist_ok=True)
            given = below.get(place.name, given)
            (place / "cgroup.controllers").write_text(f"{given}\n")
            (place / "cgroup.subtree_control").write_text("")


def candidates(root: Path, monkeypatch: pytest.MonkeyPatch, closed: tuple[str, ...] = ()) -> list[tuple[str, bool]]:
    """Where tasks' groups are tried, and whether with CPU, in order.

    Args:
        closed: groups, by their names, that are somebody else's.
    """
    monkeypatch.setattr(holding, "_own", lambda: {"": f"/{TERMINAL}"})
    monkeypatch.setattr(os, "access", lambda place, _: place.name not in closed)
    found = [*holding._second(root)]
    return [(one.bases[""].parent.name, one.cpu) for one in found]


def test_version_2_is_tried_from_this_process_s_group_up_as_far_as_they_are_this_user_s(tmp_path, monkeypatch) -> None:
    second_version(tmp_path, {})
    mine = ("terminal.scope", "terminal.slice", "app.slice", "user@1000.service")
    closed = (tmp_path.name, "user.slice")
    wanted = [(name, cpu) for cpu in (True, False) for name in mine]
    assert candidates(tmp_path, monkeypatch, closed) == wanted


def test_version_2_is_tried_first_where_cpu_can_be_held_too(tmp_path, monkeypatch) -> None:
    second_version(tmp_path, {"app.slice": "memory pids"})
    closed = (tmp_path.name, "user.slice", "terminal.scope")
    assert candidates(tmp_path, monkeypatch, closed) == [
        ("user@1000.service", True), ("terminal.slice", False), ("app.slice", False), ("user@1000.service", False),
    ]  # fmt: skip


def test_version_2_in_a_login_session_of_root_s_is_not_taken_and_says_why(tmp_path, monkeypatch) -> None:
    second_version(tmp_path, {})
    everywhere = (tmp_path.name, *TERMINAL.split("/"))
    assert candidates(tmp_path, monkeypatch, everywhere) == []
    assert holding.find(tmp_path) == f"none of the groups from /{TERMINAL} up is this user's and has memory to give"


def test_version_2_without_memory_to_give_is_not_taken(tmp_path, monkeypatch) -> None:
    second_version(tmp_path, {tmp_path.name: "cpu pids"})
    assert candidates(tmp_path, monkeypatch) == []
    assert isinstance(holding.find(tmp_path), str)


REAL = Path("/sys/fs/cgroup/unified")
SPARE = "hugetlb"
ORDINARY = 54323


def why_no_second_version() -> str | None:
    if os.geteuid() != 0:
        return "only root makes a slice for an ordinary user"
    there = (REAL / "cgroup.controllers").is_file()
    return None if there and SPARE in holding._words(REAL / "cgroup.controllers") else f"{REAL} has no {SPARE}"


@pytest.fixture
def desktop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An ordinary user's slice with a scope in it, and a scope of root's beside, as systemd makes them. Memory is bound
    to version 1 on this machine; the controller that is free stands for it.
    """
    monkeypatch.setattr(holding, "_MEMORY", SPARE)
    giving = SPARE in holding._words(REAL / "cgroup.subtree_control")
    if not giving:
        holding._write(REAL / "cgroup.subtree_control", f"+{SPARE}")
    top = REAL / f"netflux-test-{os.getpid()}.slice"
    mine = (top / "mine.slice", top / "mine.slice" / "app.scope")
    for place in (top, *mine, top / "session.scope"):
        place.mkdir()
        if place == top:
            holding._give_on(top, cpu=False)
    for place in mine:
        for file in (place, place / "cgroup.procs", place / "cgroup.subtree_control"):
            os.chown(file, ORDINARY, ORDINARY)
    yield top
    for place in sorted((one for one in (top, *top.rglob("*")) if one.is_dir()), reverse=True):
        place.rmdir()
    if not giving:
        holding._write(REAL / "cgroup.subtree_control", f"-{SPARE}")


def as_ordinary_user(scope: Path, work: Callable[[], object]) -> str:
    """What comes of it in a child that is an ordinary user's in this scope; an error's text when it fails."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            (scope / "cgroup.procs").write_text("0")
            os.setgroups([])
            os.setresgid(ORDINARY, ORDINARY, ORDINARY)
            os.setresuid(ORDINARY, ORDINARY, ORDINARY)
            os.write(writing, str(work()).encode())
        except OSError as error:
            os.write(writing, str(error.strerror).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return told


@pytest.mark.skipif(why_no_second_version() is not None, reason=str(why_no_second_version()))
def test_version_2_s_kernel_lets_an_ordinary_user_s_tasks_into_groups_beside_the_scope_that_is_his(desktop) -> None:
    scope = desktop / "mine.slice" / "app.scope"

    def joined() -> object:
        (place,) = holding._second(REAL)
        assert place == Places(2, {"": scope.parent / holding.NAME}, cpu=False)
        held = Held(place, "task", "web")
        held.make(None, None)
        nearer, _ = holding._second(REAL)
        with pytest.raises(OSError, match=os.strerror(errno.EBUSY)):  # a group with processes gives nothing on
            Held(nearer, "task", "web").make(None, None)
        task = os.fork()
        if task == 0:
            try:
                Path(held.joins[0]).write_text("0")
                signal.pause()
            finally:
                os._exit(1)
        deadline = time.monotonic() + 10
        while Path(held.joins[0]).read_text().split() != [str(task)]:
            if time.monotonic() > deadline:
                return "the task is not in its group"
            time.sleep(0.01)
        held.end()
        os.waitpid(task, 0)
        held.end_soon(5)
        return not place.bases[""].exists()

    assert as_ordinary_user(scope, joined) == "True"
    assert as_ordinary_user(desktop / "session.scope", lambda: [*holding._second(REAL)]) == "[]"


def test_version_2_s_files_get_sizes_and_tell_of_kills(tmp_path: Path) -> None:
    base = tmp_path / holding.NAME
    held = Held(Places(2, {"": base}, cpu=True), "arn:aws:ecs:us-east-1:1:task/prod/abc", "ecs-abc-web")
    task = base / "task_prod_abc"
    own = task / "ecs-abc-web"
    own.mkdir(parents=True)
    names = ("cgroup.subtree_control", "memory.max", "memory.swap.max", "memory.oom.group", "cpu.max")
    for place in (tmp_path, base, task, own):
        for name in names:
            (place / name).write_text("")
    held.make(MemoryLimit(None, "arn", 1024 * MIB), 0.5)
    for place in (tmp_path, base, task):
        assert (place / "cgroup.subtree_control").read_text() == "+memory +cpu"
    assert (task / "memory.max").read_text() == str(1024 * MIB)
    assert (task / "cpu.max").read_text() == "50000 100000"
    assert (own / "memory.max").read_text() == ""
    held.make(MemoryLimit(256 * MIB, "arn", 1024 * MIB), None)
    assert [(own / name).read_text() for name in names[1:4]] == [str(256 * MIB), "0", "1"]
    assert held.joins == [str(own / "cgroup.procs")]
    (own / "memory.events").write_text("low 0\noom 1\noom_kill 0\n")
    assert not held.killed_for_memory()
    (own / "memory.events").write_text("low 0\noom 1\noom_kill 2\n")
    assert held.killed_for_memory()
    told = {"cgroup.procs": "7\n8\n", "memory.current": "5000", "memory.stat": "anon 4000\ninactive_file 1000\n"}
    for name, text in {**told, "cpu.stat": "usage_usec 1500000\nuser_usec 1\n"}.items():
        (own / name).write_text(text)
    assert held.usage() == Usage(processes=2, cpu_seconds=1.5, memory_bytes=4000)
