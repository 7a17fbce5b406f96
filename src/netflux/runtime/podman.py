"""The `podman` runtime: containers of OCI images, out of the region's own registry.

A container's output is a pipe to the region, without a process between (`--log-driver passthrough`); its end is told by
the kernel (a pidfd), its exit code by podman. It is removed as soon as that is known. Containers of a region that was
killed live on until the next one starts, which removes them by their label.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import shutil
import signal
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from netflux.runtime import capabilities, cgroup, engine, reference, usage
from netflux.runtime.cgroup import ControlGroup
from netflux.runtime.children import Children, Launch
from netflux.runtime.driver import (
    ContainerSpec,
    Image,
    MemoryLimit,
    Mount,
    Privileges,
    PullError,
    Registry,
    StartError,
    Usage,
)
from netflux.runtime.engine import Engine, EngineError, Login
from netflux.runtime.lines import split
from netflux.runtime.memory import MemoryWatch

_log = logging.getLogger(__name__)

_PULL = 900.0  # real seconds that a pull may take
_KILLED = 137
_SMALLEST = 6 * 1024 * 1024  # bytes; a container needs this much to start at all (Docker's own minimum)
_PROCESSES = 2048  # of a container: podman's own default
_UNLIMITED = MemoryLimit(None, "", None)
_INITS = ("catatonit", "tini-static", "tini", "docker-init", "dumb-init")
"""Programs that reap orphans and pass signals on; podman's own first."""
_INIT_PATH = "/usr/libexec/podman:/usr/local/libexec/podman:/usr/lib/podman:/usr/local/bin:/usr/bin:/bin:/usr/sbin"


class Access(Registry, Protocol):
    """A registry that lets an engine in."""

    async def login(self) -> Login:
        """Where it answers, and a password that is good for some hours."""
        ...


class PodmanContainer:
    """A container that podman has prepared: its program has not begun, so no end of it can be missed."""

    def __init__(self, runs: Engine, found: Mapping[str, Any], output: asyncio.StreamReader) -> None:
        self.id = str(found["Id"])
        self._name = str(found["Name"])
        self.memory = _UNLIMITED
        self.pid = int(found["State"]["Pid"])
        self._first = _held(self.pid)
        self._watcher = int(found["State"].get("ConmonPid") or 0)
        self.exit_code: int | None = None
        self.out_of_memory = False
        self._engine = runs
        self._output = output
        self._signal = str(found["Config"].get("StopSignal") or "TERM")
        self._group = ControlGroup.of(self.pid, self.id) if self.pid else ControlGroup({})
        self._events = self._group.memory_events()
        self._work: set[asyncio.Task[None]] = set()
        self._ended = asyncio.ensure_future(self._end())

    async def wait(self) -> int:
        """Its exit code, once it has ended and podman has forgotten it."""
        return await asyncio.shield(self._ended)

    def terminate(self) -> None:
        """The image's STOPSIGNAL, which is SIGTERM unless it names another."""
        self._send(self._signal)

    def kill(self) -> None:
        """SIGKILL to its first process, which takes the others of its process namespace with it.

        podman says it where the kernel lets only podman; on a busy machine that takes seconds.
        """
        if self._first is None:
            self._send("KILL")
            return
        try:
            signal.pidfd_send_signal(self._first, signal.SIGKILL)
        except ProcessLookupError:
            return
        except PermissionError:
            self._send("KILL")

    async def pause(self) -> None:
        """SIGSTOP to its first process; the engine's own pause takes longer than many calls of a function."""
        self._tell_first(signal.SIGSTOP)

    async def resume(self) -> None:
        """SIGCONT."""
        self._tell_first(signal.SIGCONT)

    def _tell_first(self, number: int) -> None:
        if self._first is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                signal.pidfd_send_signal(self._first, number)

    def kill_for_memory(self) -> None:
        """SIGKILL, and remembers why."""
        self.out_of_memory = True
        self.kill()

    def usage(self) -> Usage | None:
        """What its control group uses, or where it has none its processes; None when it has ended."""
        return None if self.exit_code is not None else self._group.usage() or usage.of_trees([self.pid]).get(self.pid)

    async def lines(self) -> AsyncIterator[str]:
        """Its output, line by line, without the line in which podman says that it has started it."""
        told = False
        async for line in split(self._output):
            if not told and line.endswith(self.id):
                told = True
                if line == self.id:
                    continue
                yield line.removesuffix(self.id)
            else:
                yield line

    async def execute(self, argv: Sequence[str], patience: float) -> int:
        """Runs a program inside; what it writes is dropped. One that takes too long stays until its container ends."""
        process = await asyncio.create_subprocess_exec(
            *self._engine.argv("exec", self.id, *argv),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=self._engine.environment(),
            umask=0o022,
        )
        try:
            return await asyncio.wait_for(process.wait(), patience)
        except (TimeoutError, asyncio.CancelledError):
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise

    def _send(self, number: str) -> None:
        if self.exit_code is None:
            self._do(self._signalled(number))

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)

    async def _left(self) -> None:
        """Its group goes when podman's watcher, which is in it, has gone."""
        await _gone(_held(self._watcher))
        cgroup.leave(self._name)

    async def _signalled(self, number: str) -> None:
        try:
            await self._engine.run("kill", "--signal", number, self.id)
        except EngineError as error:
            _log.debug("container %s: %s", self.id, error)  # it has ended meanwhile; `wait` tells

    async def _end(self) -> int:
        try:
            await _gone(self._first)
        finally:
            self._first = None  # it is closed
        try:
            code = int(await self._engine.run("wait", self.id))
            state = (await self._engine.look("inspect", self.id))["State"]
        except (EngineError, ValueError) as error:
            _log.warning("container %s was removed by somebody else: %s", self.id, error)
            code, state = _KILLED, {}
        killed = self._events.close() if self._events is not None else False
        self.out_of_memory |= bool(state.get("OOMKilled")) or (killed and code == _KILLED)
        with contextlib.suppress(EngineError):
            await self._engine.run("rm", "--force", "--volumes", self.id)
        self.exit_code = code
        self._do(self._left())
        return code


class PodmanRuntime:
    """Runs OCI images.

    Args:
        children: starts podman where its output is the container's.
        registry: where images are.
        runs: the podman command.
    """

    name = "podman"

    def __init__(self, children: Children, registry: Access, runs: Engine) -> None:
        self._children = children
        self._registry = registry
        self._engine = runs
        self._memory = MemoryWatch(usage.of_trees, usage.proportional_tree)
        self._unlimited = engine.why_no_limits()

    async def pull(self, reference_text: str) -> Image:
        """Pulls the image by its digest; PullError when the registry has none, or podman can't take it."""
        digest, _ = await self._registry.manifest(reference_text)
        login = await self._registry.login()
        self._engine.reach(login)
        name = f"{login.host}/{reference.parse(reference_text).repository}@{digest}"
        try:
            await self._engine.run(
                "pull", "--quiet", "--authfile", str(self._engine.authentication), name, patience=_PULL
            )
            found = await self._engine.look("image", "inspect", name)
        except EngineError as error:
            raise PullError(f"{reference_text}: {error}") from error
        config = found["Config"]
        return Image(
            reference=name,
            digest=digest,
            entry_point=tuple(config.get("Entrypoint") or ()),
            command=tuple(config.get("Cmd") or ()),
            environment=dict(entry.split("=", 1) for entry in config.get("Env") or () if "=" in entry),
            directory=config.get("WorkingDir") or "/",
            runtime=self.name,
        )

    async def start(self, spec: ContainerSpec) -> PodmanContainer:
        """The running container. StartError when its program isn't in the image, or podman can't start it."""
        if not spec.argv:
            raise StartError("no command specified: neither the image nor the container definition names one")
        options, environment = engine.variables(spec.environment)
        try:
            identity = await self._engine.create(
                container_name(spec.name),
                [*_options(spec), *self._calls(), *self._limits(spec), *options, *_program(spec)],
                environment,
            )
        except EngineError as error:
            cgroup.leave(container_name(spec.name))
            raise StartError(str(error)) from error
        container = await self._run(spec.name, identity)
        if spec.memory is not None:
            container.memory = spec.memory
            self._memory.add(container)
        return container

    async def clear(self) -> None:
        """Removes the containers that a killed region has left."""
        try:
            for name in await self._engine.clear():
                cgroup.leave(name)
                _log.info("container %s of the region's earlier run was removed", name)
        except (EngineError, OSError) as error:
            _log.warning("containers of the region's earlier run may be left: %s", error)

    def _calls(self) -> list[str]:
        return [f"--security-opt=seccomp={self._engine.calls}"] if self._engine.calls is not None else []

    def _limits(self, spec: ContainerSpec) -> list[str]:
        """Options for what the kernel holds."""
        if self._unlimited is not None:
            return []
        above, memory = cgroup.parent(container_name(spec.name)), _memory(spec.memory)
        options = [f"--pids-limit={_PROCESSES}", *([] if above is None else [f"--cgroup-parent={above}"])]
        if memory is not None:
            options += [f"--memory={memory}", f"--memory-swap={memory}"]
        if spec.cpus is not None:
            options.append(f"--cpus={min(spec.cpus, os.cpu_count() or 1):g}")
        return options

    async def _run(self, name: str, identity: str) -> PodmanContainer:
        """The container, started; what of it was made is removed again when it can't be."""
        try:
            output = await self._prepared(name, identity)
            container = PodmanContainer(self._engine, await self._engine.look("inspect", identity), output)
            await self._engine.run("start", identity)
        except EngineError as error:
            with contextlib.suppress(EngineError):
                await self._engine.run("rm", "--force", "--volumes", identity)
            cgroup.leave(container_name(name))
            raise StartError(_why(str(error), identity)) from error
        return container

    async def _prepared(self, name: str, identity: str) -> asyncio.StreamReader:
        """What the container will write; EngineError when podman can't prepare it."""
        launch = Launch(f"{name}-init", self._engine.argv("init", identity), self._engine.environment(), Path("/"))
        child = await self._children.start(launch)
        assert child.output is not None
        if await child.wait() == 0:
            return child.output
        raise EngineError(engine.reason((await child.output.read()).decode(errors="replace")))


def _options(spec: ContainerSpec) -> list[str]:
    network = "host" if spec.namespace is None else f"ns:/run/netns/{spec.namespace}"
    options = [
        f"--network={network}", "--log-driver=passthrough", "--pull=never", "--security-opt=label=disable",
        *_walls(spec.privileges, own_network=spec.namespace is not None), *engine.limits(spec.limits),
        *(_mount(one) for one in spec.mounts), *_privileges(spec.privileges),
        *(f"--label={name}={value}" for name, value in spec.labels.items()),
    ]  # fmt: skip
    if "HOSTNAME" in spec.environment:
        options += ["--uts=private", f"--hostname={spec.environment['HOSTNAME']}"]
    if spec.hosts is not None:
        options += ["--no-hosts", f"--volume={spec.hosts}:/etc/hosts:ro"]
    if spec.resolver is not None:
        options.append(f"--volume={spec.resolver}:/etc/resolv.conf:ro")
    if spec.directory is not None:
        options.append(f"--workdir={spec.directory}")
    if spec.user is not None:
        options.append(f"--user={spec.user}")
    if spec.read_only:
        options += ["--read-only", "--read-only-tmpfs=false"]
    return options


def _walls(wanted: Privileges, *, own_network: bool) -> list[str]:
    """What podman would do by itself unless its user's containers.conf says otherwise, and what it would not.

    The capabilities are taken away one by one: those that are added by name podman gives to every user of the image.
    """
    apart = ["--pid=private", "--ipc=private", "--security-opt=no-new-privileges"]
    added = [f"--cap-add={name}" for name in wanted.added]
    if capabilities.ALL in wanted.dropped:
        return [*apart, "--cap-drop=all", *added]
    dropped = [*capabilities.DROPPED, *(() if own_network else capabilities.OWN_NETWORK), *wanted.dropped]
    return [*apart, *added, *(f"--cap-drop={name}" for name in dict.fromkeys(dropped) if name not in wanted.added)]


def _mount(mount: Mount) -> str:
    """A folder, or a file system in memory."""
    if mount.source is None:
        return f"--tmpfs={mount.target}:{','.join([f'size={mount.size}', *mount.options])}"
    return f"--volume={mount.source}:{mount.target}{':ro' if mount.read_only else ''}"


def _privileges(wanted: Privileges) -> list[str]:
    """StartError where the machine has no init process to give."""
    options = [f"--sysctl={name}={value}" for name, value in wanted.settings.items()]
    if wanted.init:
        program = next((found for name in _INITS if (found := shutil.which(name, path=_INIT_PATH)) is not None), None)
        if program is None:
            raise StartError(
                "initProcessEnabled: podman has no init program to give to the container "
                "(Debian and Ubuntu: apt-get install catatonit)"
            )
        options += ["--init", f"--init-path={program}"]
    return options


def _memory(limit: MemoryLimit | None) -> int | None:
    """The smaller of its own and the task's. The memory watch looks at all of a task together."""
    known = [size for size in (limit.own, limit.pool_limit) if size is not None] if limit is not None else []
    return max(min(known), _SMALLEST) if known else None


def _program(spec: ContainerSpec) -> list[str]:
    """The image, and what replaces its program."""
    if spec.entry_point is None and spec.command is None:
        return [spec.image.reference]
    program, *arguments = spec.argv
    return ["--entrypoint", json.dumps([program]), spec.image.reference, *arguments]


def container_name(name: str) -> str:
    """`netflux-{task}-{container}`: what `podman ps` shows."""
    return f"netflux-{name.removeprefix('ecs-')}"


def _why(said: str, identity: str) -> str:
    text = said.replace(f'unable to start container "{identity}": ', "")
    return text.removeprefix("runc: ").removeprefix("crun: ")


def _held(pid: int) -> int | None:
    """A descriptor of the process, which no other can take the place of; None when there is none."""
    try:
        return os.pidfd_open(pid) if pid else None
    except OSError:
        return None


async def _gone(descriptor: int | None) -> None:
    """Waits for the end of a process and closes its descriptor; returns at once when there was none."""
    if descriptor is None:
        return
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(descriptor, ended.set)
    try:
        await ended.wait()
    finally:
        loop.remove_reader(descriptor)
        os.close(descriptor)
