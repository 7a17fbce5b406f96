"""System calls that Python has no function for, as a child makes them before its program begins.

It imports next to nothing, because each task pays for it: `signal`, `platform` and `json` take longer than all walls.
Every function raises OSError, whose text says what was tried.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_BIND = 1, 2, 4, 8, 0x1000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
CAP_LAST = 63
HERE = -100
"""For a descriptor: paths are this process's own (AT_FDCWD)."""

SIGKILL, SIGCHLD = 9, 17
_SIG_IGN = 1
_CLONE_PARENT = 0x8000
_PR_SET_PDEATHSIG, _PR_GET_SECCOMP, _PR_SET_SECCOMP = 1, 21, 22
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_SECCOMP_MODE_FILTER = 2
_CAPABILITY_VERSION = 0x20080522
_CLONE = {"x86_64": 56, "aarch64": 220}
_OPEN_TREE, _MOVE_MOUNT, _MOUNT_SETATTR = 428, 429, 442
_LANDLOCK_CREATE_RULESET, _LANDLOCK_RESTRICT_SELF = 444, 446
_LANDLOCK_VERSION = 1
SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS, _SCOPING = 1, 2, 6
"""Linux 6.12, the sixth version of Landlock's interface: userspace-api/landlock.rst, "IPC scoping"."""
_AT_EMPTY_PATH, _AT_RECURSIVE, _ATTR_RDONLY, _ATTR_IDMAP = 0x1000, 0x8000, 1, 0x100000
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_MNT_DETACH = 2
_OPEN_TREE_CLONE, _MOVE_EMPTY_PATH = 1, 4

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _check(result: int, what: str) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"cannot {what}: {os.strerror(error)}")
    return result


def write(path: str, text: str) -> None:
    """Without creating the file."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def unshare(flags: int, what: str) -> None:
    """New namespaces for this process, and for pids its next children."""
    _check(_libc.unshare(flags), f"create {what} (see `netflux doctor`)")


def enter(path: str, kind: int, what: str) -> None:
    """Goes into the namespace of a file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise OSError(error.errno, f"cannot open {what}: {error.strerror}") from error
    join(descriptor, kind, what)


def join(descriptor: int, kind: int, what: str) -> None:
    """Goes into a namespace, and closes its descriptor."""
    try:
        _check(_libc.setns(descriptor, kind), f"enter {what}")
    finally:
        os.close(descriptor)


def map_user(inside: int) -> None:
    """A new user namespace in which this process's user is `inside`, and nobody else is anybody."""
    uid, gid = os.getuid(), os.getgid()
    unshare(NEWUSER, "a user namespace")
    write("/proc/self/setgroups", "deny")
    write("/proc/self/uid_map", f"{inside} {uid} 1")
    write("/proc/self/gid_map", f"{inside} {gid} 1")


def sibling() -> int:
    """A fork whose parent is this process's parent; 0 in it. It is in the pid namespace that was unshared."""
    number = _CLONE.get(os.uname().machine)
    if number is None:
        raise OSError(0, f"cannot make a process: the number of clone(2) on {os.uname().machine} is not known")
    return _check(_libc.syscall(number, _CLONE_PARENT | SIGCHLD, 0, 0, 0, 0), "make a process")


def die_with_parent(number: int) -> None:
    """This process gets the signal when its parent ends."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0), "bind the child's life to the region's")


def ignore(number: int) -> None:
    """A signal, also in programs that are executed later. Of a child's end: the kernel reaps it then."""
    _libc.signal(number, ctypes.c_void_p(_SIG_IGN))


def rest() -> None:
    """Until a signal ends this process."""
    while True:
        _libc.pause()


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, data: str = "") -> None:
    """mount(2)."""
    words = [None if word is None else word.encode() for word in (source, target, kind, data)]
    _check(_libc.mount(words[0], words[1], words[2], flags, words[3]), f"mount {target}")


def detach(path: str, *, read_only: bool) -> int:
    """A copy of what is mounted at and below a path, that is nowhere yet; its descriptor. OSError before Linux 5.12."""
    flags = _OPEN_TREE_CLONE | _AT_RECURSIVE | os.O_CLOEXEC
    found = _check(_libc.syscall(_OPEN_TREE, HERE, path.encode(), flags), f"take {path}")
    if read_only:
        lock(found, "")
    return found


def attach(descriptor: int, path: str) -> None:
    """Mounts what was detached, and closes its descriptor."""
    _check(_libc.syscall(_MOVE_MOUNT, descriptor, b"", HERE, path.encode(), _MOVE_EMPTY_PATH), f"mount {path}")
    os.close(descriptor)


def lock(descriptor: int, path: str) -> None:
    """What is mounted at and below a path, or a descriptor with an empty path, can't be written there any more."""
    wanted = struct.pack("=QQQQ", _ATTR_RDONLY, 0, 0, 0)
    flags = _AT_RECURSIVE | (0 if path else _AT_EMPTY_PATH)
    result = _libc.syscall(_MOUNT_SETATTR, descriptor, path.encode(), flags, wanted, len(wanted))
    _check(result, f"make {path or 'a copy'} read-only")


def change_root(path: str) -> None:
    """The file system that is mounted there becomes `/`, for every process of this mount namespace, and the old one
    goes. pivot_root(2), "pivot_root(".", ".")".
    """
    number = _PIVOT_ROOT.get(os.uname().machine)
    if number is None:
        raise OSError(0, f"cannot change the root: the number of pivot_root(2) on {os.uname().machine} is not known")
    os.chdir(path)
    _check(_libc.syscall(number, b".", b"."), "change the root")
    _check(_libc.umount2(b".", _MNT_DETACH), "let go of the old root")
    os.chdir("/")


def map_ids(descriptor: int, kept: tuple[int, int], shown: tuple[int, int]) -> None:
    """In what was detached, files of the first user and group are the second ones', and the other way round; nobody
    else's can be written. mount_setattr(2), "ID-mapped mounts", Linux 5.12.

    Args:
        descriptor: of `detach`.
        kept: uid and gid in the file system.
        shown: uid and gid of who reads and writes.
    """
    ready, readied = os.pipe()
    hold, held = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(held)
        try:
            unshare(NEWUSER, "a user namespace")
            os.write(readied, b"r")
            os.read(hold, 1)
        finally:
            os._exit(0)
    os.close(hold)
    os.close(readied)
    try:
        if not os.read(ready, 1):
            raise OSError(0, "cannot make a user namespace for a volume's ids")
        write(f"/proc/{child}/uid_map", f"{kept[0]} {shown[0]} 1")
        write(f"/proc/{child}/gid_map", f"{kept[1]} {shown[1]} 1")
        ids = os.open(f"/proc/{child}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
        wanted = struct.pack("=QQQQ", _ATTR_IDMAP, 0, 0, ids)
        found = _libc.syscall(_MOUNT_SETATTR, descriptor, b"", _AT_EMPTY_PATH, wanted, len(wanted))
        _check(found, "give a volume other ids")
        os.close(ids)
    finally:
        os.close(ready)
        os.close(held)
        os.waitpid(child, 0)


def set_user(uid: int, gid: int) -> None:
    """This process's user and group, and no other groups."""
    os.setgroups([gid])
    os.setgid(gid)
    os.setuid(uid)


def set_host_name(name: str) -> None:
    """Of this process's UTS namespace."""
    _check(_libc.sethostname(name.encode(), len(name.encode())), "set the host name")


def no_new_privileges() -> None:
    """No program that is executed from now on gives more than there is: set-user-id bits mean nothing."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "give up new privileges")


def keep_capabilities(kept: int) -> None:
    """Gives up all others, also for programs that are executed later.

    Args:
        kept: a bit for each that may stay.
    """
    for number in range(CAP_LAST + 1):
        if not kept >> number & 1:
            _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0)  # who may not has none that a program could get back
    header, found = struct.pack("=Ii", _CAPABILITY_VERSION, 0), ctypes.create_string_buffer(24)
    _check(_libc.capget(header, found), "read capabilities")
    words = struct.unpack("=6I", found.raw)
    low, high = kept & 0xFFFFFFFF, kept >> 32
    wanted = struct.pack("=6I", words[0] & low, words[1] & low, 0, words[3] & high, words[4] & high, 0)
    _check(_libc.capset(header, wanted), "give up capabilities")


def can_filter() -> bool:
    """Whether this kernel has seccomp."""
    return bool(_libc.prctl(_PR_GET_SECCOMP, 0, 0, 0, 0) >= 0)


def filter_calls(program: bytes) -> None:
    """System calls go through a BPF program from now on. After `no_new_privileges`."""
    code = ctypes.create_string_buffer(program, len(program))
    wanted = struct.pack("@HP", len(program) // 8, ctypes.addressof(code))
    _check(_libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, wanted, 0, 0), "filter system calls")


def can_scope() -> bool:
    """Whether this kernel can keep a task from abstract unix sockets that are not its own."""
    return bool(_libc.syscall(_LANDLOCK_CREATE_RULESET, None, 0, _LANDLOCK_VERSION) >= _SCOPING)


def can_lock() -> bool:
    """Whether this kernel can make all mounts of a view read-only: Linux 5.12."""
    refused = _libc.syscall(_MOUNT_SETATTR, -1, b"", 0, None, 0)
    return bool(refused < 0 and ctypes.get_errno() != errno.ENOSYS)


def scope(what: int) -> None:
    """From now on this process and its descendants reach only each other's abstract unix sockets, and signal only each
    other. After `no_new_privileges`.

    Args:
        what: SCOPE_ABSTRACT_SOCKETS, SCOPE_SIGNALS or both.
    """
    attributes = struct.pack("=QQQ", 0, 0, what)
    descriptor = _libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, len(attributes), 0)
    _check(descriptor, "make a set of rules of Landlock")
    try:
        _check(_libc.syscall(_LANDLOCK_RESTRICT_SELF, descriptor, 0), "give up abstract sockets of others")
    finally:
        os.close(descriptor)
