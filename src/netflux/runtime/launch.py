"""The last thing that runs before a child's own program: `python -I -S launch.py DESCRIPTOR`.

It prepares what only the child itself can: control groups, before it has used anything; a user namespace so that a
program that refuses uid 0 runs without one (PostgreSQL), resource limits, the signal it gets when the region dies, and
for a task its walls. What is wanted is read from a descriptor, as `marshal` writes it: a command line can be read by
everybody, and an environment decides what this program itself loads.

A task with processes of its own (a pid namespace) is not this process but one that this makes beside itself, so that
the region is the task's parent and nothing stays between them. The first process of the namespace only takes in orphans
until it is killed, which ends them all; the program is the second, and signals mean to it what they always do.
"""

import marshal
import os
import sys

sys.path.append(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

from netflux.runtime import capabilities, kernel, view
from netflux.runtime import filter as seccomp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    Wanted = dict[str, Any]

_SLEEP = "/bin/sleep"
_WAYS = {"user": kernel.NEWUSER, "mnt": kernel.NEWNS, "ipc": kernel.NEWIPC, "uts": kernel.NEWUTS, "pid": kernel.NEWPID}
"""Names in /proc/PID/ns; the user namespace first, since it allows the others."""


def main() -> None:
    """Prepares and becomes the program."""
    with os.fdopen(int(sys.argv[1]), "rb") as file:
        file.seek(0)
        wanted = marshal.load(file)  # noqa: S302
    try:
        _launch(wanted)
    except OSError as error:
        sys.exit(f"netflux: {_said(error)}")


def _said(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename else ""
    return f"{place}{error.strerror or error}"


def _launch(wanted: "Wanted") -> None:
    os.umask(wanted["umask"])
    groups = [os.open(group, os.O_WRONLY | os.O_CLOEXEC) for group in wanted["groups"]]
    if wanted["namespace"] is not None:
        name = wanted["namespace"]
        kernel.enter(f"/run/netns/{name}", kernel.NEWNET, f"the network namespace {name}")
    walls = wanted["walls"]
    if wanted["inside"]:
        _go_inside(wanted["inside"])
        _beside(wanted, groups)
    elif walls is not None:
        _part(walls["up"])
        if "processes" in walls["up"]:
            _beside(wanted, groups)
    _bind_life(wanted)
    _become(wanted, groups)


def _part(up: "list[str]") -> None:
    """Namespaces of its own; an ordinary user's by a user namespace."""
    if not up:
        return
    if os.getuid() != 0:
        kernel.map_user(os.getuid())
    flags = kernel.NEWNS
    if "processes" in up:
        flags |= kernel.NEWPID
    if "files" in up:
        flags |= kernel.NEWIPC | kernel.NEWUTS
    kernel.unshare(flags, "namespaces for a task")


def _go_inside(first: int) -> None:
    """Into the namespaces of a container, by its first process."""
    descriptors = {}
    for name, kind in _WAYS.items():
        path = f"/proc/{first}/ns/{name}"
        if os.readlink(path) != os.readlink(f"/proc/self/ns/{name}"):
            descriptors[os.open(path, os.O_RDONLY | os.O_CLOEXEC)] = kind
    for descriptor, kind in descriptors.items():
        kernel.join(descriptor, kind, "the container")


def _beside(wanted: "Wanted", groups: "list[int]") -> "NoReturn":
    """Makes the container's first process, and the one that becomes the program, and tells the region of both.

    It is told before anything else may happen to them: they are the region's children, and while one that has ended is
    not waited for, its pid namespace can't end.
    """
    bound, binding = os.pipe()
    waiting, going = os.pipe()
    nowhere = os.open(os.devnull, os.O_RDWR | os.O_CLOEXEC)
    first = 0
    if not wanted["inside"]:
        first = kernel.sibling()
        if first == 0:
            os.close(going)
            os.close(wanted["report"])
            _hold(nowhere, binding, waiting)
    try:
        second = kernel.sibling()
    except OSError:
        os.write(wanted["report"], b"0 %d\n" % first)
        raise
    if second == 0:
        os.close(going)
        os.close(wanted["report"])
        os.setsid()
        _await(binding, waiting, wanted["death_signal"])
        _become(wanted, groups)
    os.write(wanted["report"], b"%d %d\n" % (second, first))
    os.close(binding)
    count = 2 if first else 1
    heard = 0
    while heard < count and (told := os.read(bound, count - heard)):
        heard += len(told)
    if heard == count and os.getppid() == wanted["parent"]:
        os.write(going, b"g" * count)
    os._exit(0)


def _await(binding: int, waiting: int, death_signal: int) -> None:
    """Binds this process's life to the region's; ends where the region has ended before that."""
    kernel.die_with_parent(death_signal)
    os.write(binding, b"b")
    os.close(binding)
    if not os.read(waiting, 1):
        os._exit(1)
    os.close(waiting)


def _hold(nowhere: int, binding: int, waiting: int) -> "NoReturn":
    """The first process: has nothing, does nothing, and takes in orphans, which the kernel reaps for it."""
    os.setsid()
    kernel.ignore(kernel.SIGCHLD)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.chdir("/")
    _await(binding, waiting, kernel.SIGKILL)
    try:
        _give_up(0, 0)
        os.execve(_SLEEP, ["sleep", "infinity"], {})  # noqa: S606
    except OSError:
        kernel.rest()
    os._exit(1)


def _bind_life(wanted: "Wanted") -> None:
    kernel.die_with_parent(wanted["death_signal"])
    if os.getppid() != wanted["parent"]:
        sys.exit("netflux: the region ended while this child was starting")


def _become(wanted: "Wanted", groups: "list[int]") -> "NoReturn":
    """The last steps in the process that the program runs in."""
    walls = wanted["walls"]
    try:
        for group in groups:
            os.write(group, b"0")
            os.close(group)
        if walls is not None and not wanted["inside"]:
            _wall_in(walls)
        if wanted["uid"] is not None and os.getuid() != wanted["uid"]:
            kernel.map_user(wanted["uid"])
        _limit(wanted["limits"])
        os.chdir(wanted["directory"])
        if walls is not None:
            if walls["user"] is not None and os.getuid() == 0:
                import warnings  # noqa: F401 execvpe asks for it, and another user may not read the library

                kernel.set_user(*walls["user"])
                kernel.die_with_parent(wanted["death_signal"])  # another user's process has lost it
            _give_up(_kept(wanted), _scopes(wanted))
    except OSError as error:
        sys.exit(f"netflux: {_said(error)}")
    _execute(wanted["argv"], wanted["environment"])


def _limit(limits: "dict[str, list[int]]") -> None:
    """The soft values, and the hard ones as far as this process may give them."""
    if limits:
        import resource

        for name, (soft, hard) in limits.items():
            most = resource.getrlimit(getattr(resource, name))[1]
            allowed = hard if most == resource.RLIM_INFINITY or os.geteuid() == 0 else max(soft, min(hard, most))
            resource.setrlimit(getattr(resource, name), (soft, allowed))


def _wall_in(walls: "Wanted") -> None:
    if not walls["up"]:
        return
    view.private()
    if "processes" in walls["up"]:
        view.own_processes()
    for name, value in walls["settings"].items():
        kernel.write(f"/proc/sys/{name.replace('.', '/')}", value)
    if "files" not in walls["up"]:
        view.bind(walls["binds"])
        return
    view.build(walls)
    if walls["host"]:
        kernel.set_host_name(walls["host"])


def _kept(wanted: "Wanted") -> int:
    """Capabilities that stay."""
    own, walls = wanted["namespace"] is not None, wanted["walls"]
    return capabilities.mask(own_network=own, added=walls["added"], dropped=walls["dropped"])


def _scopes(wanted: "Wanted") -> int:
    """What no namespace keeps away. A health check can't be in its container's scope, so nothing more than that."""
    sockets = kernel.SCOPE_ABSTRACT_SOCKETS if wanted["namespace"] is None else 0
    return sockets | (0 if "processes" in wanted["walls"]["up"] else kernel.SCOPE_SIGNALS)


def _give_up(kept: int, scopes: int) -> None:
    kernel.keep_capabilities(kept)
    kernel.no_new_privileges()
    if scopes and kernel.can_scope():
        kernel.scope(scopes)
    program = seccomp.program()
    if program is not None and kernel.can_filter():
        kernel.filter_calls(program)


def _execute(argv: "list[str]", environment: "dict[str, str]") -> "NoReturn":
    try:
        os.execvpe(argv[0], argv, environment)  # noqa: S606
    except OSError as error:
        sys.stderr.write(f"exec: {argv[0]}: {error.strerror}\n")
        sys.exit(127 if isinstance(error, FileNotFoundError) else 126)


main()
