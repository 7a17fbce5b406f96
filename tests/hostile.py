"""A program that tries to get at what is not its own, and says what it got: `python hostile.py JSON`.

It needs nothing but Python, since it runs in tasks of each kind. What it tries is named in a table; the JSON says with
what: {"read": [...], "list": [...], "connect": [...], "abstract": "…", "pid": 1, "marker": "…", "write": [...], …}.
An attempt that got something is in what it prints, with what it got; one that was refused is not.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import json
import os
import platform
import signal
import socket
import stat
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_X86 = platform.machine() == "x86_64"
_KEYCTL, _UNSHARE, _PTRACE, _BPF = (250, 272, 101, 321) if _X86 else (219, 97, 117, 280)
_READ_MEMORY, _CLONE, _OPEN_TREE, _RING = (310, 56, 428, 425) if _X86 else (270, 220, 428, 425)
_NEWUSER, _PARENT_FREE = 0x10000000, 17


def _read(given: dict[str, Any]) -> Iterator[str]:
    for path in given.get("read", ()):
        with contextlib.suppress(OSError), open(path, "rb") as file:
            yield f"{path}: {file.read(40)!r}"


def _list(given: dict[str, Any]) -> Iterator[str]:
    for path in given.get("list", ()):
        with contextlib.suppress(OSError):
            yield from (f"{path}/{name}" for name in os.listdir(path))


def _find(given: dict[str, Any]) -> Iterator[str]:
    """Names that are there, whatever may be done with them."""
    for path in given.get("find", ()):
        if os.path.lexists(path):
            yield path


def _connect(given: dict[str, Any]) -> Iterator[str]:
    for path in given.get("connect", ()):
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as trying:
            trying.connect(path)
            yield path


def _abstract(given: dict[str, Any]) -> Iterator[str]:
    if "abstract" in given:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as trying:
            trying.connect("\0" + given["abstract"])
            yield given["abstract"]


def _processes(given: dict[str, Any]) -> Iterator[str]:
    """Of all processes but this one: environments, command lines and descriptors with the marker in them."""
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) in (os.getpid(), os.getppid()):
            continue
        for file in ("environ", "cmdline"):
            with contextlib.suppress(OSError), open(f"/proc/{name}/{file}", "rb") as opened:
                if given["marker"].encode() in opened.read():
                    yield f"/proc/{name}/{file}"


def _signal(given: dict[str, Any]) -> Iterator[str]:
    for pid in given.get("pids", ()):
        with contextlib.suppress(OSError):
            os.kill(pid, 0)
            yield str(pid)


def _look_into(given: dict[str, Any]) -> Iterator[str]:
    for pid in given.get("pids", ()):
        if _libc.syscall(_PTRACE, 16, pid, 0, 0) == 0:  # PTRACE_ATTACH
            os.waitpid(pid, 0x40000000)
            _libc.syscall(_PTRACE, 17, pid, 0, 0)
            yield f"ptrace {pid}"
        for name in ("root", "cwd", "ns/mnt", "environ", "mem"):
            with contextlib.suppress(OSError):
                os.close(os.open(f"/proc/{pid}/{name}", os.O_RDONLY))
                yield f"/proc/{pid}/{name}"


def _write(given: dict[str, Any]) -> Iterator[str]:
    for path in given.get("write", ()):
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            yield path


def _shared_memory(given: dict[str, Any]) -> Iterator[str]:
    if "key" in given and _libc.shmget(given["key"], 0, 0) >= 0:
        yield str(given["key"])


def _devices(_given: dict[str, Any]) -> Iterator[str]:
    for folder, _, names in os.walk("/dev"):
        for name in names:
            with contextlib.suppress(OSError):
                found = os.lstat(os.path.join(folder, name))
                if stat.S_ISBLK(found.st_mode) or name in ("kmsg", "mem", "kvm", "fuse", "port"):
                    yield os.path.join(folder, name)


def _make_device(_given: dict[str, Any]) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder, contextlib.suppress(OSError):
        os.mknod(os.path.join(folder, "disk"), stat.S_IFBLK | 0o600, os.makedev(254, 0))
        yield "a device node"


def _calls(_given: dict[str, Any]) -> Iterator[str]:
    """System calls that change nothing when they are allowed, or not before their arguments were found wrong."""
    for name, number, arguments, wrong in (
        ("keyctl", _KEYCTL, (0, -3, 1), ()),  # KEYCTL_GET_KEYRING_ID of the session
        ("unshare", _UNSHARE, (0,), ()),
        ("bpf", _BPF, (-1, 0, 0), (errno.EINVAL,)),
        ("open_tree", _OPEN_TREE, (-1, 0, 0), (errno.EFAULT, errno.EBADF, errno.EINVAL)),
        ("io_uring_setup", _RING, (0, 0), (errno.EFAULT, errno.EINVAL)),
    ):
        result = _libc.syscall(number, *arguments)
        if result >= 0 or ctypes.get_errno() in wrong:
            yield name
    for family in (38, 40):  # AF_ALG, AF_VSOCK
        with contextlib.suppress(OSError):
            socket.socket(family, socket.SOCK_STREAM if family == 40 else socket.SOCK_SEQPACKET).close()
            yield f"a socket of family {family}"


def _new_user(_given: dict[str, Any]) -> Iterator[str]:
    pid = _libc.syscall(_CLONE, _NEWUSER | _PARENT_FREE, 0, 0, 0, 0)
    if pid == 0:
        os._exit(0)
    if pid > 0:
        os.waitpid(pid, 0)
        yield "clone into a user namespace"


def _mount(_given: dict[str, Any]) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        if _libc.mount(b"hostile", folder.encode(), b"tmpfs", 0, None) == 0:
            _libc.umount2(folder.encode(), 2)
            yield "a mount"


def _privileges(_given: dict[str, Any]) -> Iterator[str]:
    """Capabilities by number that lead past walls: net_admin, sys_module, sys_rawio, sys_ptrace, sys_admin, mknod, …"""
    with open("/proc/self/status") as file:
        fields = dict(line.split(":", 1) for line in file if ":" in line)
    for name in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"):
        held = int(fields[name], 16)
        yield from (f"{name} {number}" for number in (2, 12, 16, 17, 19, 21, 22, 25, 27, 38, 39) if held >> number & 1)
    if fields["NoNewPrivs"].strip() != "1":
        yield "new privileges"
    if fields["Seccomp"].strip() == "0":
        yield "all system calls"


def _ask(given: dict[str, Any]) -> Iterator[str]:
    """Addresses that answer with 200."""
    for url in given.get("ask", ()):
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=5) as answer:
            yield f"{url}: {answer.read(40)!r}"


def _own_metadata() -> str:
    return os.environ["ECS_CONTAINER_METADATA_URI_V4"] + "/task"


def _own_credentials() -> str:
    full = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI")
    return full or "http://169.254.170.2" + os.environ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"]


def _status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=5) as answer:
        return int(answer.status)


ATTEMPTS: dict[str, Callable[[dict[str, Any]], Iterator[str]]] = {
    "read": _read, "list": _list, "find": _find, "connect": _connect, "abstract": _abstract, "processes": _processes,
    "signal": _signal, "look into": _look_into, "write": _write, "shared memory": _shared_memory, "devices": _devices,
    "make device": _make_device, "calls": _calls, "new user": _new_user, "mount": _mount, "privileges": _privileges,
    "ask": _ask,
}  # fmt: skip


def main() -> None:
    """Tries all."""
    given = json.loads(sys.argv[1])
    if given.get("itself"):
        itself = {"metadata": _status(_own_metadata()), "credentials": _status(_own_credentials())}
        print(json.dumps(itself), flush=True)
    got = {name: [*attempt(given)] for name, attempt in ATTEMPTS.items() if name not in given.get("without", ())}
    print(json.dumps({name: found for name, found in got.items() if found}), flush=True)
    if given.get("stay"):
        signal.pause()


if __name__ == "__main__":
    main()
