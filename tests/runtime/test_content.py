"""A task runs what was pushed: at the folder's own path, in a layer of its own, whatever becomes of the folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from netflux.runtime import layer, manifest, view
from netflux.runtime.children import Children
from netflux.runtime.driver import ContainerSpec, PullError
from netflux.runtime.process import ProcessRuntime
from netflux.runtime.trees import Trees
from netflux.runtime.walls import FILES, HOSTS, PROCESSES, Standing
from tests import hostile
from tests.behaviours import ordinary_user

UID = 54324


class World:
    """A folder, the images that were made of it, and a runtime."""

    def __init__(self, tmp_path: Path) -> None:
        self.state = tmp_path / "state"
        (self.state / "run" / "tmp").mkdir(parents=True)
        self.folder = tmp_path / "app"
        self.folder.mkdir()
        self.images: dict[str, str] = {}
        self.trees = Trees(self.state / "images", self._has, self.state)
        self.children = Children(self.state / "run" / "children")
        self.runtime = ProcessRuntime(self.children, self, self.trees)

    def _has(self, digest: str) -> bool:
        return any(manifest.read(text).tree == digest for text in self.images.values())

    async def manifest(self, reference: str) -> tuple[str, str]:
        return f"sha256:{reference}", self.images[reference]

    def push(self, name: str, *, live: bool = False) -> None:
        with self.trees.kept(self.folder) as tree:
            digest = "" if live else tree.digest
            self.images[name] = manifest.write(manifest.ProcessImage(str(self.folder), tree=digest, size=tree.size))

    def delete(self, name: str) -> None:
        tree = manifest.read(self.images.pop(name)).tree
        self.trees.drop(tree)

    async def said(self, name: str, *argv: str) -> str:
        image = await self.runtime.pull(name)
        container = await self.runtime.start(ContainerSpec(f"c-{os.urandom(4).hex()}", image, {}, command=argv))
        lines = [line async for line in container.lines()]
        assert await container.wait() == 0, lines
        return "\n".join(lines)

    def scratch(self) -> list[Path]:
        return [*(self.state / "run" / "tmp").iterdir()]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    (made.folder / "main.txt").write_text("one")
    yield made
    await made.children.stop_all(0)


WAYS: list[Sequence[str]] = [(FILES, PROCESSES), (FILES,), (HOSTS,), ()]


@pytest.fixture(params=WAYS, ids=lambda up: "+".join(up) or "no walls")
async def walled(world: World, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> World:
    """Tasks with the walls of each kind of machine."""
    standing = await world.runtime.standing()
    if not set(request.param) - {HOSTS} <= set(standing.up):
        pytest.skip(f"walls: {standing.reason}")

    async def these() -> Standing:
        return Standing(request.param)

    monkeypatch.setattr(world.runtime, "standing", these)
    return world


async def test_each_version_runs_its_own_content_whatever_was_pushed_later(walled: World) -> None:
    walled.push("v1")
    (walled.folder / "main.txt").write_text("two")
    walled.push("v2")
    (walled.folder / "main.txt").write_text("three, not pushed")
    assert await walled.said("v1", "cat", "main.txt") == "one"
    assert await walled.said("v2", "cat", "main.txt") == "two"
    assert not walled.scratch()


async def test_what_a_task_writes_is_its_own_and_goes_with_it(walled: World) -> None:
    (walled.folder / "inside").mkdir()
    (walled.folder / "inside" / "file").write_text("kept")
    walled.push("v1")
    harm = (
        "echo changed > main.txt; echo new > made.txt; chmod 777 main.txt; truncate -s 0 inside/file; rm -r inside; "
        "mkdir inside; cat main.txt made.txt; ls inside"
    )
    for _ in range(2):
        assert await walled.said("v1", "sh", "-c", harm) == "changed\nnew"
    assert await walled.said("v1", "cat", "main.txt", "inside/file") == "onekept"
    assert sorted(one.name for one in walled.folder.iterdir()) == ["inside", "main.txt"]
    assert (walled.folder / "main.txt").read_text() == "one"
    assert not walled.scratch()


async def test_what_a_task_closes_to_itself_goes_too(walled: World) -> None:
    walled.push("v1")
    harm = (
        "mkdir -p /tmp/a/b made/in; touch /tmp/a/b/c made/in/file; chmod 0 /tmp/a/b; chmod 0 made/in; chmod 500 /tmp/a"
    )
    where = (await walled.runtime.standing()).up
    await walled.said(
        "v1", "sh", "-c", harm if FILES in where else "mkdir -p made/in; touch made/in/f; chmod 0 made/in"
    )
    assert not walled.scratch()


async def test_the_content_is_at_the_folders_own_path(world: World) -> None:
    world.push("v1")
    (world.folder / "main.txt").write_text("two")
    assert await world.said("v1", "cat", str(world.folder / "main.txt")) == "one"
    assert await world.said("v1", "pwd") == str(world.folder)


async def test_it_runs_when_the_folder_is_gone(walled: World) -> None:
    walled.push("v1")
    shutil.rmtree(walled.folder)
    assert await walled.said("v1", "cat", "main.txt") == "one"
    if FILES in (await walled.runtime.standing()).up:
        assert await walled.said("v1", "pwd") == view.APART


async def test_a_live_image_is_its_folder_as_it_is_and_a_task_may_write_there(walled: World) -> None:
    walled.push("live", live=True)
    (walled.folder / "main.txt").write_text("two")
    assert await walled.said("live", "sh", "-c", "cat main.txt; echo written > made.txt") == "two"
    assert (walled.folder / "made.txt").read_text() == "written\n"


async def test_a_running_task_keeps_its_content_when_its_image_is_deleted(world: World) -> None:
    world.push("v1")
    image = await world.runtime.pull("v1")
    going = world.folder.parent / "go"
    program = f"until [ -e {going} ]; do sleep 0.01; done; cat main.txt"
    container = await world.runtime.start(ContainerSpec("c", image, {}, command=("timeout", "20", "sh", "-c", program)))
    world.delete("v1")
    assert world.trees.has(image.tree)
    going.touch()
    assert [line async for line in container.lines()] == ["one"]
    assert await container.wait() == 0
    assert not world.trees.has(image.tree)


async def test_a_task_whose_content_is_gone_can_not_be_pulled(world: World) -> None:
    world.push("v1")
    shutil.rmtree(world.trees.root)
    with pytest.raises(PullError, match=r"is not in the state directory\. Push it again"):
        await world.runtime.pull("v1")


async def test_a_task_does_not_see_the_store(world: World) -> None:
    if FILES not in (await world.runtime.standing()).up:
        pytest.skip("no view of files")
    world.push("v1")
    tree = world.trees.path(manifest.read(world.images["v1"]).tree)
    found = await world.said("v1", "sh", "-c", f"ls {tree} 2>&1 || true; ls -A {world.state} 2>&1 || true")
    assert "No such file" in found
    assert "main.txt" not in found


async def test_the_layer_is_the_kernels_where_it_makes_one(world: World) -> None:
    if not {FILES, PROCESSES} <= set((await world.runtime.standing()).up):
        pytest.skip("no view of files")
    world.push("v1")
    kinds = await world.said("v1", "stat", "--file-system", "--format", "%T", ".", "main.txt")
    assert kinds.split() == ["overlayfs"] * 2 if _overlay() else True


def _overlay() -> bool:
    return "\toverlay\n" in Path("/proc/filesystems").read_text()


async def test_a_health_check_is_in_the_tasks_own_layer(world: World) -> None:
    world.push("v1")
    image = await world.runtime.pull("v1")
    spec = ContainerSpec("c", image, {}, command=("sh", "-c", "touch ready; sleep 60"))
    container = await world.runtime.start(spec)
    codes = [await container.execute(["test", "-e", "ready"], 5.0) for _ in range(20)]
    assert codes[-1] == 0
    container.kill()
    await container.wait()


def test_without_overlayfs_a_task_has_a_copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree, scratch = tmp_path / "tree", tmp_path / "scratch"
    (tree / "inside").mkdir(parents=True)
    scratch.mkdir()
    (tree / "inside" / "run.sh").write_text("#!/bin/sh\n")
    (tree / "inside" / "run.sh").chmod(0o755)
    (tree / "link").symlink_to("inside/run.sh")
    (tree / "folder").symlink_to("inside")

    def refused(*_: object, **__: object) -> None:
        raise OSError("no such device")

    monkeypatch.setattr(layer.kernel, "mount", refused)
    place = Path(layer.lay(str(tree), str(scratch)))
    assert (place / "inside" / "run.sh").stat().st_mode & 0o777 == 0o755
    assert (str((place / "link").readlink()), str((place / "folder").readlink())) == ("inside/run.sh", "inside")
    (place / "inside" / "run.sh").write_text("mine")
    assert (tree / "inside" / "run.sh").read_text() == "#!/bin/sh\n"


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
def test_an_ordinary_user_has_all_of_it() -> None:
    place = Path("/tmp", f"nfc-{os.getpid()}")
    place.mkdir()
    os.chown(place, UID, UID)
    program = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={place}/t", __file__]
    root = str(Path(hostile.__file__).parents[1])
    try:
        done = subprocess.run(
            [sys.executable, ordinary_user.__file__, str(UID), ",".join([sys.base_prefix, root]), *program],
            capture_output=True, text=True, check=False, cwd=root,
            env={"PATH": os.environ["PATH"], "HOME": str(place), "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
    finally:
        subprocess.run(["rm", "-rf", str(place)], check=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.partition(" ")[0].count("s") == 1, done.stdout  # this test itself
