"""The walls around a task that is a process of this machine: what it can't see, reach or change.

Which of them the machine lets stand is found out by trying, once; `netflux status` and `netflux doctor` tell of those
that are missing. docs/design/tasks.md, "Walls", says what each keeps away.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import sys
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from netflux.runtime import filter as seccomp
from netflux.runtime import kernel, view
from netflux.runtime.driver import PLAIN, Mount, Privileges

FILES = "files"
"""A view of its own of the machine's files, with host name, shared memory and message queues of its own."""
PROCESSES = "processes"
"""A pid namespace and a proc file system of its own."""
HOSTS = "hosts"
"""A mount namespace for its hosts file alone, where the whole view can't be had."""

_ORDER = ((FILES, PROCESSES), (FILES,), (HOSTS,), ())
_MISSING = {
    FILES: "tasks see and change what their user may: the state directory with its keys, other tasks' files",
    PROCESSES: "tasks see other processes of their user, with their environment, and may signal them",
}
_NO_FILTER = "no system call is refused (the kernel has no seccomp, or its calls are not known for this processor)"
_NO_SCOPE = "abstract unix sockets of the machine are open to tasks under --network loopback (Linux before 6.12)"


@dataclass(frozen=True)
class Walls:
    """Around one task's container.

    Attributes:
        up: FILES, PROCESSES or HOSTS.
        folder: of the image; stays writable.
        tree: the content that is there for this task, under a layer of its own; None for what is there anyway.
        hidden: directories that are empty to it.
        needed: paths that stay visible and read-only wherever they are: the region's own programs.
        scratch: its temporary files.
        binds: files that lie over others: target to source.
        host: its host name; empty keeps the machine's.
        mounts: folders that it shares with others.
        read_only: it can't write to its folder and to places for temporary files.
        user: uid and gid of its program; None for the region's own.
        privileges: what of the kernel it has.
    """

    up: Sequence[str]
    folder: Path
    hidden: Sequence[Path] = ()
    needed: Sequence[Path] = ()
    scratch: Path | None = None
    binds: Mapping[str, str] = field(default_factory=dict)
    host: str = ""
    tree: Path | None = None
    mounts: Sequence[Mount] = ()
    read_only: bool = False
    user: tuple[int, int] | None = None
    privileges: Privileges = PLAIN

    def as_json(self) -> dict[str, object]:
        """As launch.py reads it."""
        return {
            "up": [*self.up], "folder": str(self.folder), "hidden": [str(path) for path in self.hidden],
            "needed": [str(path) for path in self.needed], "scratch": str(self.scratch), "binds": dict(self.binds),
            "host": self.host, "tree": str(self.tree) if self.tree is not None else "",
            "mounts": [self._mount(one) for one in self.mounts], "read_only": self.read_only, "user": self.user,
            "added": [*self.privileges.added], "dropped": [*self.privileges.dropped],
            "settings": dict(self.privileges.settings),
        }  # fmt: skip

    def _mount(self, one: Mount) -> dict[str, object]:
        own = os.getuid() == 0 and one.owner != (self.user or (0, 0))
        return {
            "source": str(one.source) if one.source is not None else "", "target": one.target,
            "read_only": one.read_only, "size": one.size, "options": [*one.options],
            "owner": one.owner if own else None, "user": self.user or (0, 0),
        }  # fmt: skip


@dataclass(frozen=True)
class Standing:
    """The walls that this machine lets stand.

    Attributes:
        up: as in `Walls`.
        reason: why not all of those are; empty when they are.
        missing: what a task can do for want of others, in whole sentences' words.
    """

    up: Sequence[str]
    reason: str = ""
    missing: Sequence[str] = ()

    @property
    def hosts(self) -> bool:
        """Whether a task can have a hosts file of its own."""
        return bool(self.up)


Try = Callable[[Walls], Awaitable[str | None]]
"""Starts a program within walls; what it says when it can't."""


async def find(attempt: Try, directory: Path) -> Standing:
    """The most that can be had, found out by trying.

    Args:
        attempt: starts a program.
        directory: for files of the trial.
    """
    reason = ""
    for up in _ORDER:
        if FILES in up and not kernel.can_lock():
            reason = reason or "the kernel can't make a view read-only (Linux before 5.12)"
            continue
        told = await _try(attempt, directory, up) if up else None
        if told is None:
            return Standing(up, reason, _missing(up))
        reason = reason or told
    return Standing((), reason, _missing(()))


async def _try(attempt: Try, directory: Path, up: Sequence[str]) -> str | None:
    with tempfile.TemporaryDirectory(prefix="walls-", dir=directory) as folder:
        return await attempt(_trial(Path(folder), up))


def _trial(folder: Path, up: Sequence[str]) -> Walls:
    hosts = folder / "hosts"
    hosts.touch()
    return Walls(up, folder, scratch=scratch(folder), binds={"/etc/hosts": str(hosts)})


def _missing(up: Sequence[str]) -> list[str]:
    found = [meaning for wall, meaning in _MISSING.items() if wall not in up]
    if seccomp.program() is None or not kernel.can_filter():
        found.append(_NO_FILTER)
    if not kernel.can_scope():
        found.append(_NO_SCOPE)
    return found


def scratch(parent: Path) -> Path:
    """A directory for the temporary files of one container; open to all users, as /tmp is, behind a closed door."""
    made = parent / f"tmp-{uuid.uuid4().hex}"
    made.mkdir(mode=0o755)
    for place in view.temporary():
        inner = Path(view.below(str(made), place))
        inner.mkdir()
        inner.chmod(0o1777)
    return made


def hidden(state: Path | None) -> list[Path]:
    """Directories that no task shall see, besides those of /run, /tmp and /dev that its view replaces: the state
    directory by every name of it, other users' and engines' sockets, and containers' files.
    """
    engines = [Path("/var/lib/containers"), Path("/var/lib/docker"), Path("/var/lib/containerd")]
    data = os.environ.get("XDG_DATA_HOME") or f"{os.environ.get('HOME', '/')}/.local/share"
    sockets = [Path(tempfile.gettempdir()) / f"netflux-{os.getuid()}"]
    if "XDG_RUNTIME_DIR" in os.environ:
        sockets.append(Path(os.environ["XDG_RUNTIME_DIR"]))
    wanted = [*([state] if state is not None else []), *engines, Path(data, "containers"), *sockets]
    found = dict.fromkeys(path.resolve() for path in wanted)
    return [other for path in found for other in (path, *_other_names(path))]


def needed() -> list[Path]:
    """What the region's own Python needs, which is the `python` of tasks: its environment and what that is made of; and
    Netflux itself.
    """
    found = {Path(sys.prefix), Path(sys.base_prefix), Path(sys.executable).resolve().parent, Path(__file__).parents[1]}
    return sorted(path.resolve() for path in found)


def _other_names(path: Path) -> list[Path]:
    """Where else the directory can be seen, by mounts of the same file system. proc(5), /proc/pid/mountinfo."""
    try:
        lines = [line.split() for line in Path("/proc/self/mountinfo").read_text().splitlines()]
        device = path.stat().st_dev
    except OSError:
        return []
    name = f"{os.major(device)}:{os.minor(device)}"
    mounts = [(Path(_plain(words[3])), Path(_plain(words[4]))) for words in lines if words[2] == name]
    around = [(root, point) for root, point in mounts if path.is_relative_to(point)]
    if not around:
        return []
    root, point = max(around, key=lambda pair: len(pair[1].parts))
    inside = root / path.relative_to(point)
    others = [point / inside.relative_to(root) for root, point in mounts if inside.is_relative_to(root)]
    return [other for other in dict.fromkeys(others) if other != path and other.is_dir()]


def _plain(word: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), word)


def discard(place: Path) -> None:
    """Removes a container's temporary files, also what its program, or overlayfs, has closed to its own user."""
    try:
        shutil.rmtree(place)
    except OSError:
        for above, inner, _ in os.walk(place):
            for folder in [path for name in inner if not (path := Path(above, name)).is_symlink()]:
                with contextlib.suppress(OSError):
                    folder.chmod(0o700)
        shutil.rmtree(place, ignore_errors=True)
