"""The podman command."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import resource
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netflux.runtime import profile, subordinate

_PATIENCE = 60.0  # real seconds that a command may take; one that answers takes a tenth of a second
_OPEN_FILES = 65535  # Developer guide, ulimits on Fargate: nofile is 65535, soft and hard, unless set
_PROCESSES = 32768  # the kernel's own default of pid_max
_KEPT = (
    "PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "DBUS_SESSION_BUS_ADDRESS", "TMPDIR",
    *subordinate.environment(0, 0),
)  # fmt: skip
_NOISE = re.compile(r'^(?:Error: |time="[^"]*" level=\w+ msg="?)')


class EngineError(Exception):
    """The engine refuses; the text is its own last line."""


@dataclass(frozen=True)
class Login:
    """How the engine reaches the registry.

    Attributes:
        host: the registry's name in image references.
        location: `address:port` where it answers without TLS.
        user: for the registry.
        password: for the registry.
    """

    host: str
    location: str
    user: str
    password: str


def why_not() -> str | None:
    """Why containers can't run by podman here; None when nothing is known to be missing."""
    if sys.platform != "linux":
        return "podman's containers run in a virtual machine on this system, where tasks have no address of this cloud"
    if shutil.which("podman") is None:
        return "podman is not installed (Debian and Ubuntu: apt-get install podman runc)"
    if shutil.which("runc") is None and shutil.which("crun") is None:
        return "podman has neither runc nor crun (Debian and Ubuntu: apt-get install runc)"
    refused = subordinate.why_not()
    return f"podman's containers can't have users of their own: {refused}" if refused is not None else None


def why_no_limits() -> str | None:
    """Why the kernel can't hold a container's memory and processors here; None when it can."""
    if os.geteuid() != 0 or subordinate.environment(0, 0).keys() <= os.environ.keys():
        return "only containers of root get control groups here"
    return None


class Engine:
    """Runs podman.

    Args:
        directory: `{state}/podman`, for its configuration of our registry.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def label(self) -> str:
        """On every container of this state directory."""
        return f"cloud.netflux.state={self._directory.parent}"

    @property
    def used(self) -> bool:
        """Whether containers were ever run for this state directory."""
        return self._directory.is_dir()

    @property
    def authentication(self) -> Path:
        """The file with the registry's password."""
        return self._directory / "auth.json"

    @property
    def calls(self) -> Path | None:
        """The file that says which system calls containers may make; None leaves it to podman."""
        file = self._directory / "seccomp.json"
        return file if file.is_file() else None

    def environment(self) -> dict[str, str]:
        """Of every podman command."""
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        return {**kept, "CONTAINERS_REGISTRIES_CONF": str(self._directory / "registries.conf")}

    def argv(self, *arguments: str) -> list[str]:
        """A command line. runc where it is found: crun needs more of the kernel's control groups.

        systemd does not make the groups: it has to be told process ids, and would take those of a region that lives in
        a pid namespace for other processes.
        """
        options = ["--log-level", "error", "--runtime", _runtime(), "--cgroup-manager", "cgroupfs"]
        return ["podman", *options, *arguments]

    def reach(self, login: Login) -> None:
        """From now on the registry's name leads to where it answers, with this password."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        text = f'[[registry]]\nprefix = "{login.host}"\nlocation = "{login.location}"\ninsecure = true\n'
        _write(self._directory / "registries.conf", text)
        secret = base64.b64encode(f"{login.user}:{login.password}".encode()).decode()
        auths = {name: {"auth": secret} for name in (login.host, login.location)}
        _write(self.authentication, json.dumps({"auths": auths}))
        allowed = profile.default()
        calls = profile.stricter(allowed) if allowed is not None else None
        if calls is not None:
            _write(self._directory / "seccomp.json", calls)

    async def run(
        self, *arguments: str, environment: Mapping[str, str] | None = None, patience: float = _PATIENCE
    ) -> str:
        """What a command writes; EngineError when it fails or takes longer than `patience` real seconds."""
        return await _output(self.argv(*arguments), {**self.environment(), **(environment or {})}, patience)

    async def create(self, name: str, options: Sequence[str], environment: Mapping[str, str]) -> str:
        """A container that is not started yet; its id, which podman writes to a file, and to stdout only sometimes."""
        file = self._directory / f"{name}.id"
        file.unlink(missing_ok=True)
        try:
            await self.run(
                "create", f"--name={name}", f"--label={self.label}", f"--cidfile={file}", *options,
                environment=environment,
            )  # fmt: skip
            return file.read_text().strip()
        finally:
            file.unlink(missing_ok=True)

    async def look(self, *arguments: str) -> dict[str, Any]:
        """The first of the objects that an inspecting command writes."""
        found: dict[str, Any] = json.loads(await self.run(*arguments))[0]
        return found

    async def clear(self) -> list[str]:
        """Removes all containers of this state directory, running or not; their names."""
        if not self.used:
            return []
        found = ["ps", "--all", "--no-trunc", "--filter", f"label={self.label}", "--format", "{{.ID}} {{.Names}}"]
        names = dict(line.split() for line in (await self.run(*found)).splitlines())
        if names:
            await self.run("rm", "--force", "--time", "0", "--volumes", *names)
        for identity in names:
            await self._forget(identity)
        return [*names.values()]

    async def _forget(self, identity: str) -> None:
        """Lets the runtime below podman remove its record and the control groups: those of a container that has ended
        with the pid namespace of its region, podman leaves.
        """
        await _output([_runtime(), "delete", "--force", identity], self.environment(), _PATIENCE)


def _runtime() -> str:
    return "runc" if shutil.which("runc") else "crun"


async def _output(argv: Sequence[str], environment: Mapping[str, str], patience: float) -> str:
    process = await asyncio.create_subprocess_exec(
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=environment,
        cwd="/",
        umask=0o022,  # images have the modes that they were made with
    )
    try:
        out, told = await asyncio.wait_for(process.communicate(), patience)
    except (TimeoutError, asyncio.CancelledError) as error:
        process.kill()
        await process.wait()
        if isinstance(error, TimeoutError):
            raise EngineError(f"{argv[0]} took longer than {patience:.0f} s") from error
        raise
    if process.returncode != 0:
        raise EngineError(reason(told.decode(errors="replace")))
    return out.decode(errors="replace").strip()


def limits(wanted: Mapping[str, tuple[int, int]]) -> list[str]:
    """`--ulimit` options: Fargate's where the machine allows as much, and nothing above what this process may give."""
    files, processes = _OPEN_FILES, _processes()
    chosen = {"RLIMIT_NOFILE": (files, files), "RLIMIT_NPROC": (processes, processes), **wanted}
    found = []
    for name, values in chosen.items():
        most = resource.getrlimit(getattr(resource, name))[1]
        soft, hard = values if most == resource.RLIM_INFINITY else (min(value, most) for value in values)
        found.append(f"--ulimit={name.removeprefix('RLIMIT_').lower()}={soft}:{hard}")
    return found


def _processes() -> int:
    """What podman may give at most: it lowers its own limit to the number of process ids that there are."""
    try:
        return int(Path("/proc/sys/kernel/pid_max").read_text())
    except OSError:
        return _PROCESSES


def variables(wanted: Mapping[str, str]) -> tuple[list[str], dict[str, str]]:
    """Options that name variables, and the environment of the command with their values: a command line can be read by
    every user of the machine. Those that podman itself reads have to be written out.
    """
    own = {name for name in wanted if name in _KEPT or name.startswith(("CONTAINERS_", "CONTAINER_", "STORAGE_"))}
    options = [f"--env={name}={value}" if name in own else f"--env={name}" for name, value in wanted.items()]
    return options, {name: value for name, value in wanted.items() if name not in own}


def reason(told: str) -> str:
    """The last line that an engine has written about a failure.

    The one before, where the last only says that podman has not heard what its watcher over the container wrote there.
    """
    lines: Sequence[str] = [line for line in told.strip().splitlines() if line.strip()]
    if len(lines) > 1 and "(no logs from conmon)" in lines[-1]:
        lines = lines[:-1]
    return _NOISE.sub("", lines[-1]).strip().rstrip('"') if lines else "podman gave no reason"


def _write(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
