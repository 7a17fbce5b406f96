"""The last thing that runs before a child's own program: `python -I -S launch.py JSON`.

It prepares what only the child itself can: control groups, before it has used anything; a user namespace so that a
program that refuses uid 0 runs without one (PostgreSQL), a mount namespace with a hosts file of its own, resource
limits, and the signal it gets when the region dies. It imports little, because each task pays for it.
"""

import ctypes
import json
import os
import resource
import sys

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWNET = 0x00020000, 0x10000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_CAPBSET_DROP = 1, 24
CAP_NET_ADMIN, CAP_SYS_ADMIN = 12, 21

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        sys.exit(f"netflux: cannot {what}: {os.strerror(error)}")


def _write(path: str, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _map_user(inside: int) -> None:
    uid, gid = os.getuid(), os.getgid()
    _check(_libc.unshare(CLONE_NEWUSER), "create a user namespace (see `netflux doctor`)")
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{inside} {uid} 1")
    _write("/proc/self/gid_map", f"{inside} {gid} 1")


def _bind(source: str, target: str) -> None:
    _check(_libc.mount(source.encode(), target.encode(), None, MS_BIND, None), f"bind {source} over {target}")


def _enter(namespace: str) -> None:
    try:
        descriptor = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    except OSError as error:
        sys.exit(f"netflux: cannot open the network namespace {namespace}: {error.strerror}")
    _check(_libc.setns(descriptor, CLONE_NEWNET), f"enter the network namespace {namespace}")
    os.close(descriptor)


def _bind_all(binds: dict[str, str]) -> None:
    if os.getuid() != 0:
        _map_user(os.getuid())
    _check(_libc.unshare(CLONE_NEWNS), "create a mount namespace (see `netflux doctor`)")
    _check(_libc.mount(None, b"/", None, MS_REC | MS_PRIVATE, None), "make mounts private")
    for target, source in binds.items():
        _bind(source, target)


def main() -> None:
    """Prepares and becomes the program."""
    wanted = json.loads(sys.argv[1])
    os.umask(wanted["umask"])
    for group in wanted["groups"]:
        _write(group, "0")
    if wanted["namespace"] is not None:
        _enter(wanted["namespace"])
    if wanted["binds"]:
        _bind_all(wanted["binds"])
    if wanted["uid"] is not None and os.getuid() != wanted["uid"]:
        _map_user(wanted["uid"])
    if wanted["confined"]:
        for capability in (CAP_NET_ADMIN, CAP_SYS_ADMIN):
            _check(_libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0), "give up capabilities")
    for name, value in wanted["limits"].items():
        resource.setrlimit(getattr(resource, name), (value, value))
    _check(_libc.prctl(PR_SET_PDEATHSIG, wanted["death_signal"], 0, 0, 0), "bind the child's life to the region's")
    if os.getppid() != wanted["parent"]:
        sys.exit("netflux: the region ended while this child was starting")
    try:
        os.execvpe(wanted["argv"][0], wanted["argv"], os.environ)  # noqa: S606
    except OSError as error:
        sys.stderr.write(f"exec: {wanted['argv'][0]}: {error.strerror}\n")
        sys.exit(127 if isinstance(error, FileNotFoundError) else 126)


main()
