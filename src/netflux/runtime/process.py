"""The `process` runtime: a container is a process of this machine, in its image's folder.

It needs no engine and no root. A process has this machine's users, and a view of its files (walls.py). Where this user
may make control groups they hold memory and CPU (holding.py); elsewhere memory is looked at, and a container over its
size is killed (memory.py), and CPU is not held.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import os
import shutil
import signal
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from netflux.runtime import holding, links, manifest, resolution, users, walls
from netflux.runtime.children import Child, Children, Launch
from netflux.runtime.content import Content
from netflux.runtime.driver import ContainerSpec, Image, MemoryLimit, PullError, Registry, StartError, Usage
from netflux.runtime.holding import Held, Places, Sizes
from netflux.runtime.lines import split
from netflux.runtime.memory import WATCHED, MemoryWatch
from netflux.runtime.trees import Trees
from netflux.runtime.usage import Snapshot
from netflux.runtime.walls import FILES, Standing, Walls

_SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_log = logging.getLogger(__name__)
_executions = itertools.count(1)
_IN_STATE = "the image's folder {folder} is in the state directory. Push another folder"
_UNLIMITED = MemoryLimit(None, "", None)
_KILLED = 137  # exit code of SIGKILL
_TRIES, _AGAIN = 20, 0.1  # real seconds
_LAST = 0.2  # real seconds that a group may hold up the region's end


def search_path() -> str:
    """PATH of process containers: the region's own venv first, so that `python` is one that has its packages."""
    return f"{Path(sys.executable).parent}:{os.environ.get('PATH', _SYSTEM_PATH)}"


async def find_walls(children: Children, directory: Path) -> Standing:
    """The walls that this machine lets stand around a task.

    Args:
        children: starts processes to try with.
        directory: a directory to make files in.
    """

    async def attempt(tried: Walls) -> str | None:
        name = f"walls-{uuid.uuid4().hex}"
        child = await children.start(Launch(name, ["true"], {"PATH": _SYSTEM_PATH}, tried.folder, walls=tried))
        said = await child.output.read() if child.output else b""
        return None if await child.wait() == 0 else said.decode(errors="replace").strip()

    return await walls.find(attempt, directory)


def standing() -> Standing:
    """The walls that this machine would let stand, for who has no region."""

    async def look() -> Standing:
        with tempfile.TemporaryDirectory(prefix="netflux-walls-") as folder:
            return await find_walls(Children(Path(folder, "children")), Path(folder))

    return asyncio.run(look())


@dataclass(frozen=True)
class Measures:
    """What a container may use, and what says how much it does."""

    limit: MemoryLimit
    measured: Held | Snapshot


class ProcessContainer:
    """A container that is a child process."""

    def __init__(self, child: Child, launch: Launch, children: Children, measures: Measures, content: Content) -> None:
        self.id = uuid.uuid4().hex + f"{child.pid % 10**10:010d}"
        self.memory = measures.limit
        self._content = content
        self._killed_for_memory = False
        self._child = child
        self._launch = launch
        self._children = children
        self._measured = measures.measured
        self._released = asyncio.ensure_future(self._release())

    @property
    def pid(self) -> int:
        """Its process id on this machine."""
        return self._child.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; 128 + N when signal N ended it, as Docker counts."""
        return _docker_code(self._child.exit_code)

    @property
    def out_of_memory(self) -> bool:
        """Whether it was killed because it used more memory than it may."""
        return self._killed_for_memory

    def kill_for_memory(self) -> None:
        """SIGKILL to its process group, and remembers why."""
        self._killed_for_memory = True
        self._child.kill_group()

    async def wait(self) -> int:
        """Its exit code, once it has ended."""
        code = _docker_code(await self._child.wait())
        assert code is not None
        await asyncio.shield(self._released)
        return code

    async def _release(self) -> None:
        held = self._measured if isinstance(self._measured, Held) else None
        try:
            code = _docker_code(await self._child.wait())
        except asyncio.CancelledError:  # the region's last moment
            if held is not None:
                held.end_soon(_LAST)
            raise
        if held is not None:
            self._killed_for_memory |= code == _KILLED and held.killed_for_memory()
            _remove(held, _TRIES)
        await self._content.release()

    def terminate(self) -> None:
        """SIGTERM."""
        self._child.send(signal.SIGTERM)

    def kill(self) -> None:
        """SIGKILL to its process group."""
        self._child.kill_group()

    async def pause(self) -> None:
        """SIGSTOP to its process group."""
        self._child.send_group(signal.SIGSTOP)

    async def resume(self) -> None:
        """SIGCONT."""
        self._child.send_group(signal.SIGCONT)

    def usage(self) -> Usage | None:
        """What its process group uses; None when it has ended."""
        if self.exit_code is not None:
            return None
        measured = self._measured
        return measured.usage() if isinstance(measured, Held) else measured.of(self._child.pid)

    async def lines(self) -> AsyncIterator[str]:
        """Its output, line by line."""
        if self._child.output is not None:
            async for line in split(self._child.output):
                yield line

    async def execute(self, argv: Sequence[str], patience: float) -> int:
        """Runs a program in its folder, within its walls and with its environment; what it writes is dropped."""
        launch = Launch(
            f"{self._launch.name}-exec-{next(_executions)}",
            argv,
            self._launch.environment,
            self._launch.directory,
            namespace=self._launch.namespace,
            walls=self._launch.walls,
            inside=self._child.first,
            groups=self._launch.groups if self.exit_code is None else (),
            output=asyncio.subprocess.DEVNULL,
        )
        child = await self._children.start(launch)
        try:
            return await asyncio.wait_for(child.wait(), patience)
        except (TimeoutError, asyncio.CancelledError):
            child.kill_group()
            with contextlib.suppress(asyncio.CancelledError):
                await child.wait()
            raise


class ProcessRuntime:
    """Runs process images.

    Args:
        children: starts the processes.
        registry: where manifests are.
        trees: contents of images; None where all images are live.
        directory: for temporary files of containers; None takes one in the state directory, or the system's.
    """

    name = "process"

    def __init__(
        self, children: Children, registry: Registry, trees: Trees | None = None, directory: Path | None = None
    ) -> None:
        self._children = children
        self._registry = registry
        self._trees = trees
        state = trees.state if trees is not None else None
        self._directory = directory or (state / "run" / "tmp" if state is not None else Path(tempfile.gettempdir()))
        self._state = state.resolve() if state is not None else None
        self._hidden = walls.hidden(state)
        self._standing: asyncio.Future[Standing] | None = None
        self._memory = MemoryWatch()
        self._usage = Snapshot()
        self._places: asyncio.Future[Places | str] | None = None

    async def sweep(self) -> None:
        """Removes contents that no image has, and what a killed region left of some. Before the first task."""
        if self._trees is not None:
            await asyncio.to_thread(self._trees.sweep)

    async def pull(self, reference: str) -> Image:
        """Reads the image's manifest; PullError when the registry has no such image or it is of another kind."""
        digest, text = await self._registry.manifest(reference)
        try:
            image = manifest.read(text)
        except ValueError as error:
            raise PullError(
                f"{reference}: the process runtime can't run this image: {error}. Push a folder with `netflux push`."
            ) from error
        if not image.tree:
            await asyncio.to_thread(self._check_folder, Path(image.folder))
        elif self._trees is None or not self._trees.has(image.tree):
            raise PullError(f"{reference}: its content {image.tree} is not in the state directory. Push it again")
        return Image(
            reference, digest, image.entry_point, image.command, image.environment, image.folder, tree=image.tree
        )

    async def start(self, spec: ContainerSpec) -> ProcessContainer:
        """Starts the process. StartError when its folder or program is missing."""
        environment = {"PATH": search_path(), "HOME": os.environ.get("HOME", "/"), "LANG": "C.UTF-8"}
        environment |= {**spec.image.environment, **spec.environment}
        content, argv = Content(spec.image, self._trees), spec.argv
        held = None
        try:
            program, folder = (_outside(spec, path) for path in (argv[0] if argv else "", spec.directory or ""))
            _check_program([program, *argv[1:]] if argv else argv, content.source / folder, environment["PATH"])
            held = await self._hold(spec)
            around = await self._walls(spec, content)
            launch = Launch(
                spec.name, argv, environment, content.place / (spec.directory or ""), limits=spec.limits,
                namespace=spec.namespace, walls=around, groups=held.joins if held else (),
            )  # fmt: skip
            child = await self._children.start(launch)
        except BaseException as error:
            if held is not None:
                held.end()
            await content.release()
            if not isinstance(error, OSError):
                raise
            raise StartError(f"{argv[0]}: {error.strerror}") from error
        measures = Measures(spec.memory or _UNLIMITED, held or self._usage)
        container = ProcessContainer(child, launch, self._children, measures, content)
        if spec.memory is not None and held is None:
            self._memory.add(container)
        return container

    async def _walls(self, spec: ContainerSpec, content: Content) -> Walls:
        standing, folder = await self.standing(), content.place.resolve()
        _check_holdable(spec, standing)
        if self._in_state(folder):
            raise StartError(_IN_STATE.format(folder=folder))
        binds = resolution.binds(spec.hosts, spec.resolver) if standing.hosts else {}
        binds |= await content.prepare(standing, self._directory)
        folder = content.place.resolve()
        return Walls(
            standing.up, folder,
            hidden=[path for path in self._hidden if not folder.is_relative_to(path)],
            needed=walls.needed(),
            scratch=content.scratch,
            binds=binds,
            host=spec.environment.get("HOSTNAME", ""),
            tree=content.tree,
            mounts=spec.mounts,
            read_only=spec.read_only,
            user=users.of(spec.user),
            privileges=spec.privileges,
        )  # fmt: skip

    def _check_folder(self, folder: Path) -> None:
        """PullError when the folder is in the state directory, or has symbolic links that lead out of it."""
        if self._in_state(folder.resolve()):
            raise PullError(_IN_STATE.format(folder=folder))
        astray = links.leading_out(folder)
        if astray is not None:
            raise PullError(f"the image's folder {folder} has a symbolic link that leads out of it: {astray}")

    def _in_state(self, folder: Path) -> bool:
        return self._state is not None and folder.is_relative_to(self._state)

    async def standing(self) -> Standing:
        """The walls around tasks."""
        return await asyncio.shield(self.try_walls())

    def try_walls(self) -> asyncio.Future[Standing]:
        """Begins to find out which walls stand, where nobody has before."""
        if self._standing is None:
            self._standing = asyncio.ensure_future(self._find_standing())
        return self._standing

    async def _find_standing(self) -> Standing:
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = await find_walls(self._children, self._directory)
        for lack in found.missing:
            _log.error("walls around tasks: %s (see `netflux doctor`): %s", lack, found.reason)
        if not found.hosts:
            _log.error(
                "containers get no hosts file of their own on this machine, so names of databases, load balancers and "
                "Service Connect endpoints don't resolve in them (see `netflux doctor`): %s", found.reason,
            )  # fmt: skip
        return found

    @property
    def walls(self) -> Standing | None:
        """The walls around tasks; None until they were tried."""
        return self._standing.result() if self._standing is not None and self._standing.done() else None

    async def places(self) -> Places | str:
        """Where control groups hold tasks to their sizes; or why they can't, so that memory is watched."""
        if self._places is None:
            self._places = asyncio.ensure_future(asyncio.to_thread(_find))
        return await asyncio.shield(self._places)

    @property
    def sizes(self) -> Sizes:
        """How tasks are held to their sizes, as far as it has been tried."""
        places = self._places.result() if self._places is not None and self._places.done() else "not tried yet"
        if isinstance(places, Places):
            return Sizes(memory=True, cpu=places.cpu, how=str(places))
        return Sizes(memory=False, cpu=False, how=f"{WATCHED} ({places})")

    async def _hold(self, spec: ContainerSpec) -> Held | None:
        places = await self.places()
        if isinstance(places, str):
            return None
        held = Held(places, spec.memory.pool if spec.memory is not None else spec.name, spec.name)
        try:
            held.make(spec.memory, spec.cpus)
        except OSError as error:
            held.end()
            raise StartError(f"its control group can't be made: {error}") from error
        return held


def _outside(spec: ContainerSpec, path: str) -> str:
    """Where a path of the container is on this machine."""
    for mount in spec.mounts:
        if mount.source is not None and Path(path).is_relative_to(mount.target):
            return str(mount.source / Path(path).relative_to(mount.target))
    return path


def _check_program(argv: Sequence[str], directory: Path, path: str) -> None:
    if not argv:
        raise StartError("no command specified: neither the image nor the container definition names one")
    if not directory.is_dir():
        raise StartError(f"the image's folder {directory} is not there")
    if shutil.which(argv[0], path=path) is None and not (directory / argv[0]).is_file():
        raise StartError(f'exec: "{argv[0]}": executable file not found in $PATH')


def _check_holdable(spec: ContainerSpec, standing: Standing) -> None:
    """StartError for what this machine can't hold the container to."""
    try:
        users.of(spec.user)
    except ValueError as error:
        raise StartError(f"{error}. Push an OCI image, which podman runs") from error
    if FILES in standing.up:
        return
    for wanted, what in ((spec.mounts, "volumes"), (spec.read_only, "readonlyRootFilesystem")):
        if wanted:
            raise StartError(f"{what} need a view of files of the task's own, which this machine refuses: "
                             f"{standing.reason} (see `netflux doctor`)")  # fmt: skip


def _find() -> Places | str:
    found = holding.find()
    if isinstance(found, Places):
        holding.sweep(found)
    else:
        _log.info("tasks' memory is watched, and their CPU is not held: %s", found)
    return found


def _remove(held: Held, tries: int) -> None:
    """A group can be removed when the kernel has done with its last process, which may take a moment."""
    if not held.end() and tries:
        asyncio.get_running_loop().call_later(_AGAIN, _remove, held, tries - 1)


def _docker_code(code: int | None) -> int | None:
    return code if code is None or code >= 0 else 128 - code
