"""A process that lives in namespaces of its own: user, mount, pid and network, without root.

Four processes. The outer one is what a person started and signals; it keeps nothing but waits. Its child makes the
namespaces, since a thread that shares its memory may not. The first process of the new pid namespace reaps orphans, and
with it the kernel ends all others; so nothing is left, whoever is killed. Its child is the one that goes on, as if
nothing had happened.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from netflux.runtime import subordinate, waiter

_NEWNS, _NEWUSER, _NEWPID, _NEWNET = 0x00020000, 0x10000000, 0x20000000, 0x40000000
_MS_BIND, _MS_REC, _MS_PRIVATE = 0x1000, 0x4000, 0x40000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC = 2, 4, 8
_PR_SET_PDEATHSIG = 1
_FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_RUN = Path("/run")
_NAMES = _RUN / "netns"

_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Refusal:
    """Why this machine can't do it.

    Attributes:
        what: the step, e.g. `make a user namespace`.
        error: the kernel's word.
        setting: what would change it; empty when that is not known.
    """

    what: str
    error: str
    setting: str

    def __str__(self) -> str:
        return f"cannot {self.what}: {self.error}"


def enter(let_go: Callable[[], None]) -> None:
    """Returns in a new process inside; the process that called never returns but ends with the inner one's code.

    It must have one thread, and `refusal` must have found nothing.

    Args:
        let_go: called in each of the processes that only wait, to close what shall be the inner one's alone.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, _FORWARDED)
    outer = os.getpid()
    maker = os.fork()
    if maker:
        _follow(maker, let_go)
    os.setsid()  # a terminal's Ctrl-C is the outer process's alone, which forwards it
    _bind_life(signal.SIGKILL, outer)
    make()
    first = os.fork()
    if first:
        _follow(first, let_go)
    _die_with_parent(signal.SIGKILL)
    settle()
    second = os.fork()
    if second:
        _follow(second, let_go)
    _die_with_parent(signal.SIGKILL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _FORWARDED)


def refusal() -> Refusal | None:
    """Why this machine can't do it, found out by trying in a process of its own; None when it can."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            _try(writing)
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    if told == "":
        return None
    what, _, error = told.partition("\n")
    return Refusal(what, error, _setting(what))


def _try(writing: int) -> None:
    try:
        make()
        first = os.fork()
        if first:
            os.waitpid(first, 0)
            return
        settle()
    except _Step as step:
        os.write(writing, f"{step.what}\n{os.strerror(step.number)}".encode())


class _Step(OSError):
    """A step that the kernel refused."""

    def __init__(self, what: str, number: int) -> None:
        super().__init__(number, f"cannot {what}: {os.strerror(number)}")
        self.what = what
        self.number = number


def make() -> None:
    """New namespaces for this process, and for pids its next child; as an ordinary user by a user namespace in which
    it is root. Only for a process with one thread.
    """
    if os.geteuid() != 0:
        _become_root(os.geteuid(), os.getegid())
    _check(_libc.unshare(_NEWNS | _NEWPID | _NEWNET), "make mount, pid and network namespaces")


def _become_root(uid: int, gid: int) -> None:
    """In a user namespace, which has the user's subordinate ids as well where the machine hands them out."""
    writer = subordinate.Writer(uid, gid)
    _check(_libc.unshare(_NEWUSER), "make a user namespace")
    written = writer.write()
    if subordinate.USERS not in written:
        _write("/proc/self/uid_map", f"0 {uid} 1", "map the user")
    if subordinate.GROUPS not in written:
        _write("/proc/self/setgroups", "deny", "give up groups")
        _write("/proc/self/gid_map", f"0 {gid} 1", "map the group")
    os.environ.update(subordinate.environment(uid, gid))


def settle() -> None:
    """In the first process of the pid namespace: its own /proc, and a place for names of network namespaces.

    As root the place is a folder of the machine's own /run, as `ip netns` makes it: the rest of /run stays what it is,
    so that the machine's podman and that of the region know the same containers.
    """
    _check(_libc.mount(None, b"/", None, _MS_REC | _MS_PRIVATE, None), "make mounts private")
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    _check(_libc.mount(b"proc", b"/proc", b"proc", flags, None), "mount the proc file system")
    if not _NAMES.is_dir():
        try:
            _NAMES.mkdir()
        except OSError:
            _make_room()
    _check(_libc.mount(b"netflux", str(_NAMES).encode(), b"tmpfs", flags, b"mode=755"), f"mount {_NAMES}")


def _make_room() -> None:
    """A file system over /run with everything that is there, and a folder for the names, which HAProxy looks for there.

    The old one is held by a descriptor meanwhile: what lies under a mount can be bound from /proc/self/fd.
    """
    old = os.open(_RUN, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _check(_libc.mount(b"netflux", str(_RUN).encode(), b"tmpfs", _MS_NOSUID | _MS_NODEV, b"mode=755"), "mount /run")
        for source in Path(f"/proc/self/fd/{old}").iterdir():
            _keep(source)
        _NAMES.mkdir()
    finally:
        os.close(old)


def _keep(source: Path) -> None:
    target = _RUN / source.name
    with contextlib.suppress(FileNotFoundError):
        if source.is_symlink():
            target.symlink_to(source.readlink())
            return
        if source.is_dir():
            target.mkdir()
        else:
            target.touch()
        bound = _libc.mount(str(source).encode(), str(target).encode(), None, _MS_BIND | _MS_REC, None)
        _check(bound, f"keep {target}")


def _follow(child: int, let_go: Callable[[], None]) -> None:
    """Waits for the child as a small program, which ends with its code. Never returns."""
    let_go()
    os.execv(sys.executable, [sys.executable, "-I", "-S", waiter.__file__, str(child), "netflux", "up"])  # noqa: S606


def _bind_life(number: int, parent: int) -> None:
    _die_with_parent(number)
    if os.getppid() != parent:
        os._exit(1)


def _die_with_parent(number: int) -> None:
    _check(_libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0), "bind the process's life to its parent's")


def _write(path: str, content: str, what: str) -> None:
    try:
        Path(path).write_text(content)
    except OSError as error:
        raise _Step(what, error.errno or 0) from error


def _check(result: int, what: str) -> None:
    if result != 0:
        raise _Step(what, ctypes.get_errno())


def _setting(what: str) -> str:
    """The kernel setting that forbids a step, by the files that tell of it."""
    for file, forbidding, remedy in (
        ("apparmor_restrict_unprivileged_userns", "1", "sysctl kernel.apparmor_restrict_unprivileged_userns=0"),
        ("unprivileged_userns_clone", "0", "sysctl kernel.unprivileged_userns_clone=1"),
    ):
        with contextlib.suppress(OSError):
            if Path("/proc/sys/kernel", file).read_text().strip() == forbidding and os.geteuid() != 0:
                return f"sudo {remedy}"
    for kind in ("user", "net", "pid", "mnt"):
        with contextlib.suppress(OSError):
            if Path("/proc/sys/user", f"max_{kind}_namespaces").read_text().strip() == "0":
                return f"sudo sysctl user.max_{kind}_namespaces=15000"
    if "proc" in what:
        return "In a container: run it with --security-opt systempaths=unconfined."
    return "In a container: run it with --cap-add SYS_ADMIN, or with seccomp and AppArmor unconfined."
