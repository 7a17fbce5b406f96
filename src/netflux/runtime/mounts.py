"""What a task shares with others: folders of the machine at places of its own, and file systems in memory.

Done by the process that becomes the task's program, in its mount namespace. A place may be missing where nothing can be
made, in a folder of the machine's that is about to be read-only: then the folder gives way to one in memory, with all
that was in it and the place besides. Where that folder is `/`, the process moves into another root.
"""

from __future__ import annotations

import os

from netflux.runtime import kernel
from netflux.runtime.kernel import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY, MS_REC

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Wanted = dict[str, Any]

_MOST_ENTRIES = 4096
_FLAGS = {
    "ro": MS_RDONLY, "nosuid": MS_NOSUID, "nodev": MS_NODEV, "noexec": MS_NOEXEC, "noatime": 0x400,
    "nodiratime": 0x800, "relatime": 0x200000, "sync": 0x10, "dirsync": 0x80,
}  # fmt: skip
"""Options of mount(8) that are flags of mount(2)."""


def take(wanted: list[Wanted]) -> list[int | None]:
    """Copies of the folders, before anything hides them; None for what is in memory.

    Args:
        wanted: of walls.Walls: `source`, `target`, `read_only`, `size`, `options`, and `owner`, whose files the
            `user`'s own are in the folder.
    """
    return [_taken(one) if one["source"] else None for one in wanted]


def _taken(one: Wanted) -> int:
    copy = kernel.detach(one["source"], read_only=one["read_only"])
    if one["owner"] is not None:
        kernel.map_ids(copy, one["owner"], one["user"])
    return copy


def make_room(places: list[str], own: list[str], scratch: str) -> None:
    """Makes the places that are missing.

    Args:
        places: absolute, without symbolic links.
        own: folders in which the task may write anyway; what lies there is made later.
        scratch: a directory of the task's own.
    """
    rooms: list[str] = []
    made: list[str] = []
    for place in places:
        if os.path.isdir(place) or any(_within(place, folder) for folder in own):
            continue
        above = _nearest(place)
        if above not in rooms and not any(_within(above, folder) for folder in made):
            _widen(above, scratch)
            rooms.append(above)
        os.makedirs(place)
        made.append(f"{above.rstrip('/')}/{place[len(above) :].strip('/').partition('/')[0]}")


def attach(wanted: list[Wanted], copies: list[int | None]) -> None:
    """Puts what was taken where it belongs; outer places first."""
    for one, copy in sorted(zip(wanted, copies, strict=True), key=lambda pair: str(pair[0]["target"])):
        place = os.path.realpath(one["target"])
        os.makedirs(place, exist_ok=True)
        if copy is not None:
            kernel.attach(copy, place)
            continue
        flags, words = MS_NOSUID | MS_NODEV, [f"size={one['size']}"]
        for option in one["options"]:
            if option in _FLAGS:
                flags |= _FLAGS[option]
            elif "=" in option:
                words.append(option)
        kernel.mount("netflux", place, "tmpfs", flags, ",".join(words))


def _within(place: str, folder: str) -> bool:
    return place == folder or place.startswith(f"{folder.rstrip('/')}/")


def _nearest(place: str) -> str:
    above = os.path.dirname(place)
    while not os.path.isdir(above):
        above = os.path.dirname(above)
    return above


def _widen(folder: str, scratch: str) -> None:
    """A file system in memory over the folder, with everything that is there."""
    entries = os.listdir(folder)
    if len(entries) > _MOST_ENTRIES:
        raise OSError(0, f"cannot make a place for a volume in {folder}: it has {len(entries)} entries")
    if folder == "/":
        _move_root(entries, scratch)
        return
    old = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    mode = os.fstat(old).st_mode & 0o7777
    kernel.mount("netflux", folder, "tmpfs", MS_NOSUID | MS_NODEV, f"mode={mode:o}")
    for name in entries:
        source, target = f"/proc/self/fd/{old}/{name}", f"{folder}/{name}"
        if _like(source, target):
            kernel.mount(source, target, None, MS_BIND | MS_REC)
    os.close(old)


def _move_root(entries: list[str], scratch: str) -> None:
    """Copies first: a copy made later would have the new root in it."""
    copies = {name: kernel.detach(f"/{name}", read_only=False) for name in entries if not os.path.islink(f"/{name}")}
    links = {name: os.readlink(f"/{name}") for name in entries if os.path.islink(f"/{name}")}
    new = f"{scratch}/root"
    os.mkdir(new)
    kernel.mount("netflux", new, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755")
    for name, copy in copies.items():
        if os.path.isdir(copy):
            os.mkdir(f"{new}/{name}")
        else:
            os.close(os.open(f"{new}/{name}", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))
        kernel.attach(copy, f"{new}/{name}")
    for name, goal in links.items():
        os.symlink(goal, f"{new}/{name}")
    kernel.change_root(new)


def _like(source: str, target: str) -> bool:
    """An empty entry of the same kind; whether it is to be mounted over. A symbolic link is copied."""
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
        return False
    if os.path.isdir(source):
        os.mkdir(target)
    else:
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644))
    return True
