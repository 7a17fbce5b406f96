"""Tasks that are processes, held to their sizes by control groups, where this machine lets them."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from netflux.runtime import holding
from netflux.runtime.children import Children
from netflux.runtime.driver import ContainerSpec, Image, MemoryLimit
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
    """Groups of this process's that are still there."""
    assert isinstance(PLACES, Places)
    return [path for base in PLACES.bases.values() if base.is_dir() for path in base.rglob(f"*-{os.getpid()}-*")]


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


def second_version(root: Path, *, given: str) -> Path:
    """Files as version 2 has them, for a process that is in /user/own."""
    group = root / "user" / "own"
    group.mkdir(parents=True)
    for place in (root, root / "user", group):
        (place / "cgroup.controllers").write_text("cpu memory pids\n")
        (place / "cgroup.subtree_control").write_text(given if place == root / "user" else "")
    return group


@pytest.mark.parametrize(("given", "cpu"), [("cpu memory", True), ("memory pids", False)])
def test_version_2_is_taken_where_memory_is_given_on(tmp_path: Path, monkeypatch, given: str, cpu: bool) -> None:
    second_version(tmp_path, given=given)
    monkeypatch.setattr(holding, "_own", lambda: {"": "/user/own"})
    (found,) = holding._second(tmp_path)
    assert found == Places(2, {"": tmp_path / "user" / holding.NAME}, cpu=cpu)


def test_version_2_without_memory_to_give_is_not_taken(tmp_path: Path, monkeypatch) -> None:
    second_version(tmp_path, given="pids")
    monkeypatch.setattr(holding, "_own", lambda: {"": "/user/own"})
    assert [*holding._second(tmp_path)] == []
    assert isinstance(holding.find(tmp_path), str)


def test_version_2_s_files_get_sizes_and_tell_of_kills(tmp_path: Path) -> None:
    held = Held(Places(2, {"": tmp_path}, cpu=True), "arn:aws:ecs:us-east-1:1:task/prod/abc", "ecs-abc-web")
    task = tmp_path / "task_prod_abc"
    own = task / "ecs-abc-web"
    own.mkdir(parents=True)
    names = ("cgroup.subtree_control", "memory.max", "memory.swap.max", "memory.oom.group", "cpu.max")
    for place in (tmp_path, task, own):
        for name in names:
            (place / name).write_text("")
    held.make(MemoryLimit(None, "arn", 1024 * MIB), 0.5)
    assert (task / "cgroup.subtree_control").read_text() == "+memory +cpu"
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
