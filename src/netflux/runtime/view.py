"""The files that a task sees: this machine's, without what is others', and read-only but for its own.

It is built in a mount namespace of the task's own, by the process that becomes its program. What lies below a new file
system and stays is copied before and put back after. docs/design/tasks.md, "Walls", has the whole list.
"""

from __future__ import annotations

import os

from netflux.runtime import kernel, layer
from netflux.runtime.kernel import (
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_RDONLY,
    MS_REC,
    MS_REMOUNT,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TEMPORARY = ("/tmp", "/var/tmp")  # noqa: S108
_RUN = "/run"
_KEPT_RUN = ("systemd/resolve", "resolvconf", "current-system", "booted-system", "wrappers", "opengl-driver")
"""What other places lead to: /etc/resolv.conf, and on NixOS every program."""
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_LINKS = {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2", "ptmx": "pts/ptmx"}
_TERMINALS = "newinstance,ptmxmode=0666,mode=620"
_SHARED_MEMORY = "mode=1777,size=64m"
"""Of /dev/shm: what a container of Docker, and so of Fargate, has."""
_SECRET_FILES = ("/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug", "/proc/latency_stats")
_SECRET_FOLDERS = ("/proc/acpi", "/proc/scsi", "/sys/firmware", "/sys/kernel/debug", "/sys/kernel/tracing")
_SETTINGS = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
"""Docker's masked and read-only paths: a view's root could do through them what only the machine's may."""


APART = "/run/netflux-image"
"""Where an image's content is when its folder is no more."""


def build(walls: dict[str, Any]) -> None:
    """Makes this process's mount namespace the view. OSError says what the kernel refuses.

    Args:
        walls: of walls.Walls:
            `folder` of the image stays writable where it is, unless it is `/`;
            `tree`, where there is one, is the content that is in the folder, under a layer of the task's own;
            `hidden` directories are empty in the view;
            `needed` paths stay visible where they lie in a place that becomes the task's own, and read-only where they
            lie in the folder: the region's own programs;
            `scratch` is a directory with a folder for each of TEMPORARY, for the task's temporary files;
            `binds` are files to put over others, target to source, and folders, whose targets are made where there are
            none.
    """
    folder, hidden, needed = walls["folder"], walls["hidden"], walls["needed"]
    scratch, binds = walls["scratch"], walls["binds"]
    own = _own(walls)
    programs = {path: kernel.detach(path, read_only=True) for path in needed if path.startswith(f"{folder}/")}
    places = {place: kernel.detach(below(scratch, place), read_only=False) for place in temporary()}
    kept = {path: kernel.detach(path, read_only=True) for path in _kept([*needed, folder])}
    devices = {name: kernel.detach(f"/dev/{name}", read_only=False) for name in _DEVICES}
    sources = {target: kernel.detach(source, read_only=True) for target, source in binds.items()}
    kernel.lock(kernel.HERE, "/")
    for place, copy in places.items():
        kernel.attach(copy, place)
    if os.path.isdir(_RUN):
        kernel.mount("netflux", _RUN, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m")
    _furnish(devices)
    for path, copy in kept.items():
        _put_back(copy, path)
    if folder == APART:
        os.makedirs(APART)
    if own is not None:
        kernel.attach(own, folder)
    for path, copy in programs.items():
        kernel.attach(copy, path)
    _hide(hidden)
    made: list[str] = []
    for target, copy in sources.items():
        if os.path.isdir(copy) and not os.path.isdir(target):
            _make_room(target, made)
        kernel.attach(copy, os.path.realpath(target))
    for place in made:
        kernel.mount("netflux", place, None, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV)


def _own(walls: dict[str, Any]) -> int | None:
    """The folder in which the task may write; None where that is everything."""
    folder: str = walls["folder"]
    if walls["tree"]:
        folder = layer.lay(walls["tree"], walls["scratch"])
        for path in walls["needed"]:
            if path.startswith(f"{walls['folder']}/"):  # to be mounted over, though it is no content
                os.makedirs(f"{folder}{path[len(walls['folder']) :]}", exist_ok=True)
    return kernel.detach(folder, read_only=False) if folder != "/" else None


def _hide(hidden: list[str]) -> None:
    for path in hidden:
        if os.path.isdir(path):
            _cover(path)
    if os.getuid() == 0:
        _mask()


def _make_room(target: str, made: list[str]) -> None:
    """A folder where there is none: what is above it is put into a file system of the task's own, with the folder.

    Args:
        target: the folder.
        made: where such file systems are; one more is added.
    """
    above = os.path.dirname(target)
    while not os.path.isdir(above):
        above = os.path.dirname(above)
    if any(target.startswith(f"{place}/") for place in made) and os.access(above, os.W_OK):
        os.makedirs(target)
        return
    if above == "/":
        raise OSError(0, f"cannot make {target}: it would be in the machine's root directory")
    found = [(entry.name, entry.path, entry.is_symlink()) for entry in os.scandir(above)]
    links = {name: os.readlink(path) for name, path, is_link in found if is_link}
    copies = {name: kernel.detach(path, read_only=False) for name, path, is_link in found if not is_link}
    kernel.mount("netflux", above, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64k")
    for name, where in links.items():
        os.symlink(where, os.path.join(above, name))
    for name, copy in copies.items():
        _put_back(copy, os.path.join(above, name))
    os.makedirs(target, exist_ok=True)
    made.append(above)


def bind(binds: dict[str, str]) -> None:
    """Only puts files over others, where the rest can't be had."""
    for target, source in binds.items():
        kernel.mount(source, target, None, kernel.MS_BIND)


def own_processes() -> None:
    """The proc file system of this process's pid namespace, in place of the machine's."""
    kernel.mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)


def temporary() -> list[str]:
    """Places for temporary files, of which a task has its own."""
    return [place for place in _TEMPORARY if os.path.isdir(place) and not os.path.islink(place)]


def below(scratch: str, place: str) -> str:
    """The folder of a scratch directory that becomes that place."""
    return os.path.join(scratch, place.strip("/").replace("/", "-"))


def private() -> None:
    """What is mounted in this process's mount namespace from now on is in no other. To be done first."""
    kernel.mount("", "/", None, MS_REC | MS_PRIVATE)


def _kept(needed: list[str]) -> list[str]:
    """What stays visible of the places that are about to be the task's own: whole folders of theirs."""
    wanted = {os.path.join(_RUN, name) for name in _KEPT_RUN}
    for path in needed:
        for place in (*_TEMPORARY, _RUN):
            if path.startswith(f"{place}/"):
                wanted.add(os.path.join(place, path[len(place) + 1 :].partition("/")[0]))
    return sorted(path for path in wanted if os.path.exists(path))


def _put_back(copy: int, path: str) -> None:
    if os.path.isdir(copy):
        os.makedirs(path, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _touch(path)
    kernel.attach(copy, path)


def _furnish(devices: dict[str, int]) -> None:
    """/dev with what programs expect, and nothing of the machine's disks, memory and virtual machines."""
    kernel.mount("netflux", "/dev", "tmpfs", MS_NOSUID, "mode=755,size=64k")
    for name, copy in devices.items():
        _touch(f"/dev/{name}")
        kernel.attach(copy, f"/dev/{name}")
    for name, target in _LINKS.items():
        os.symlink(target, f"/dev/{name}")
    for name in ("pts", "shm"):
        os.mkdir(f"/dev/{name}")
    kernel.mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, _TERMINALS)
    kernel.mount("netflux", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, _SHARED_MEMORY)  # noqa: S108


def _mask() -> None:
    for path in _SECRET_FILES:
        if os.path.exists(path):
            kernel.attach(kernel.detach("/dev/null", read_only=False), path)
    for path in _SECRET_FOLDERS:
        if os.path.isdir(path):
            _cover(path)
    for path in _SETTINGS:
        if os.path.exists(path):
            kernel.attach(kernel.detach(path, read_only=True), path)


def _cover(path: str) -> None:
    kernel.mount("netflux", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=555,size=4k")


def _touch(path: str) -> None:
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))
