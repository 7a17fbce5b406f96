"""Subordinate ids: who an ordinary user may be in a user namespace besides its root.

The users of a container's image are made of them. /etc/subuid and /etc/subgid hand them out, and only newuidmap and
newgidmap may write them into a namespace. What is mapped to what is podman's own choice, so that images which its user
has pulled or built are readable in such a namespace: the user is root, and the ranges follow from 1 on, in order.
"""

from __future__ import annotations

import os
import pwd
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_LARGEST = 65536
"""How many ids a range needs to hold every user of an image; useradd hands out this many."""

_FIRST = 100000
"""login.defs(5): SUB_UID_MIN and SUB_GID_MIN."""


@dataclass(frozen=True)
class Kind:
    """Of ids.

    Attributes:
        name: as `usermod` and people call it.
        handed_out: the file that says whose they are.
        program: that writes them into a namespace.
        map: of the process that is mapped, below its folder in the proc file system.
    """

    name: str
    handed_out: Path
    program: str
    map: str


USERS = Kind("uid", Path("/etc/subuid"), "newuidmap", "uid_map")
GROUPS = Kind("gid", Path("/etc/subgid"), "newgidmap", "gid_map")


@dataclass(frozen=True)
class Range:
    """Ids in a row."""

    start: int
    count: int


def ranges(text: str, owners: Iterable[str]) -> list[Range]:
    """What a file of subuid(5)'s form hands out to somebody.

    Args:
        text: of the file.
        owners: login name and user id, either of which the file may name.
    """
    wanted, found = set(owners), []
    for line in text.splitlines():
        owner, *numbers = line.split(":")
        if owner in wanted and len(numbers) == 2 and all(number.isdigit() for number in numbers):
            found.append(Range(int(numbers[0]), int(numbers[1])))
    return found


def free(text: str) -> int:
    """The first id that nobody has, above all that somebody has."""
    owners = {line.partition(":")[0] for line in text.splitlines()}
    return max((one.start + one.count for one in ranges(text, owners)), default=_FIRST)


def arguments(own: int, given: Sequence[Range]) -> list[str]:
    """A mapping as newuidmap and newgidmap take it: first id inside, first id outside, how many; and so on."""
    words, inside = ["0", str(own), "1"], 1
    for one in given:
        words += [str(inside), str(one.start), str(one.count)]
        inside += one.count
    return words


def of(kind: Kind, uid: int) -> list[Range]:
    """What this machine hands out to a user."""
    return ranges(_text(kind), (_name(uid), str(uid)))


def why_not() -> str | None:
    """Why the containers of this process's user can't have users of their own, with the command that changes it; None
    when they can, or may be whoever they want.
    """
    uid = int(os.environ.get("_CONTAINERS_ROOTLESS_UID", os.geteuid()))
    if uid == 0 or (os.geteuid() == 0 and _mapped() >= _LARGEST):
        return None
    absent = [kind.program for kind in (USERS, GROUPS) if shutil.which(kind.program) is None]
    if absent:
        return f"{' and '.join(absent)} not found (Debian and Ubuntu: sudo apt-get install uidmap)"
    poor = [kind for kind in (USERS, GROUPS) if sum(one.count for one in of(kind, uid)) < _LARGEST]
    if poor:
        files = " and ".join(str(kind.handed_out) for kind in poor)
        first = max(free(_text(kind)) for kind in poor)
        options = " ".join(f"--add-sub{kind.name}s {first}-{first + _LARGEST - 1}" for kind in poor)
        return f"{files} hand out fewer than {_LARGEST} ids to {_name(uid)} (sudo usermod {options} {_name(uid)})"
    if os.geteuid() == 0:
        return f"{USERS.program} or {GROUPS.program} has refused what {USERS.handed_out} hands out to {_name(uid)}"
    return None


def _mapped() -> int:
    """How many users this process's user namespace knows."""
    lines = Path("/proc/self/uid_map").read_text().splitlines()
    return sum(int(line.split()[2]) for line in lines)


def environment(uid: int, gid: int) -> dict[str, str]:
    """Tells podman that it is in the namespace of this user: what `podman unshare` tells its program."""
    told = {"USERNS_CONFIGURED": "done", "ROOTLESS_UID": str(uid), "ROOTLESS_GID": str(gid)}
    return {f"_CONTAINERS_{name}": value for name, value in told.items()}


class Writer:
    """Writes the maps of the process that makes it, once that is in a new user namespace: only from outside can it be
    done, so by a child that has stayed there.
    """

    def __init__(self, uid: int, gid: int) -> None:
        self._told, telling = os.pipe()
        hearing, self._tell = os.pipe()
        wanted = {USERS: arguments(uid, of(USERS, uid)), GROUPS: arguments(gid, of(GROUPS, uid))}
        self._child = os.fork()
        if self._child == 0:
            try:
                os.close(self._tell)
                if os.read(hearing, 1):
                    os.write(telling, b" ".join(_write_all(os.getppid(), wanted)))
            finally:
                os._exit(0)
        os.close(telling)
        os.close(hearing)

    def write(self) -> list[Kind]:
        """The kinds of which the map is written now, with all ids that the user has; may be none."""
        os.write(self._tell, b"1")
        os.close(self._tell)
        with os.fdopen(self._told) as pipe:
            done = pipe.read().split()
        os.waitpid(self._child, 0)
        return [kind for kind in (USERS, GROUPS) if kind.name in done]


def _write_all(pid: int, wanted: dict[Kind, list[str]]) -> list[bytes]:
    return [kind.name.encode() for kind, words in wanted.items() if _write(kind.program, [str(pid), *words])]


def _write(program: str, words: Sequence[str]) -> bool:
    """What it says of a refusal is dropped: who needs the ids looks at the map, and asks `why_not`."""
    path = shutil.which(program)
    if path is None:
        return False
    nowhere = os.open(os.devnull, os.O_WRONLY)
    quiet = [(os.POSIX_SPAWN_DUP2, nowhere, 1), (os.POSIX_SPAWN_DUP2, nowhere, 2)]
    child = os.posix_spawn(path, [program, *words], os.environ, file_actions=quiet)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _text(kind: Kind) -> str:
    try:
        return kind.handed_out.read_text()
    except OSError:
        return ""


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
