"""A file system as a client mounts it: by which mount target, what of it, and for whom its files are.

What the client sees on failure are the words of amazon-efs-utils and mount.nfs4, as ECS shows them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from netflux import names
from netflux.resources.efs.filesystem import AVAILABLE, AccessPoint, FileSystem, FileSystems, MountTarget

_DENIED = "b'mount.nfs4: access denied by server while mounting 127.0.0.1:/'"
_TIMED_OUT = (
    "Mount attempt 1/3 failed due to timeout after 15 sec, wait 0 sec before next attempt. Mount attempt 2/3 failed "
    "due to timeout after 15 sec, wait 0 sec before next attempt. b'mount.nfs4: Connection timed out'"
)
PORT = 2049
"""Of NFS; "Using VPC security groups", Amazon EFS User Guide."""
NOBODY = (65534, 65534)
"""Whom a client's root is where it has no elasticfilesystem:ClientRootAccess."""
MOUNT, WRITE, ROOT = "ClientMount", "ClientWrite", "ClientRootAccess"
"""Actions that a client needs ["Using IAM to control file system data access", Amazon EFS User Guide]."""

Reach = Callable[[str], Awaitable[bool]]
"""Whether the client can connect to a mount target's address."""
Permit = Callable[[FileSystem, str], bool]
"""Whether the client may do an action of `elasticfilesystem:` with the file system."""


class MountError(Exception):
    """The file system can't be mounted; the text is what the mount helper writes to stderr."""


@dataclass(frozen=True)
class Wanted:
    """What a client mounts.

    Attributes:
        file_system: id.
        root: a folder of it.
        point: id of an access point; empty for none.
        vpc: of the client.
        zone: of the client.
    """

    file_system: str
    root: str
    point: str
    vpc: str
    zone: str


@dataclass(frozen=True)
class Mounted:
    """What it gets.

    Attributes:
        folder: of this machine.
        owner: uid and gid of whatever it does; None for its own.
        read_only: it may not write.
    """

    folder: Path
    owner: tuple[int, int] | None = None
    read_only: bool = False


async def mount(kept: FileSystems, directory: Path, wanted: Wanted, reach: Reach, permit: Permit) -> Mounted:
    """The folder that the client mounts.

    Args:
        kept: EFS's records.
        directory: with a folder for each file system.
        wanted: by the client.
        reach: asks the network.
        permit: asks policies.

    Raises:
        MountError: as the client is told.
    """
    system = kept.systems.get(wanted.file_system)
    target = _target(kept, wanted)
    if system is None or target is None:
        raise MountError(_unresolved(wanted.file_system))
    if not await reach(target.address):
        raise MountError(_TIMED_OUT)
    point = kept.points.get(wanted.point) if wanted.point else None
    if (wanted.point and (point is None or point.file_system != system.id)) or not permit(system, MOUNT):
        raise MountError(_DENIED)
    folder = await asyncio.to_thread(_folder, directory / system.id, wanted, point)
    owner = point.user if point is not None else None
    if owner is None and not permit(system, ROOT):
        owner = NOBODY
    return Mounted(folder, owner, not permit(system, WRITE))


def _target(kept: FileSystems, wanted: Wanted) -> MountTarget | None:
    """The one in the client's zone, which the file system's name stands for there."""
    found = [one for one in kept.targets.where("file-system", wanted.file_system) if one.state == AVAILABLE]
    here = [one for one in found if one.vpc == wanted.vpc and one.zone == wanted.zone]
    return here[0] if here else None


def _unresolved(system: str) -> str:
    return (
        f'Failed to resolve "{system}.efs.{names.REGION}.amazonaws.com" - check that your file system ID is correct, '
        "and ensure that the VPC has an EFS mount target for this file system ID. See https://docs.aws.amazon.com/"
        "console/efs/mount-dns-name for more detail."
    )


def _folder(top: Path, wanted: Wanted, point: AccessPoint | None) -> Path:
    """The root of the mount; an access point's is made where its creation is described."""
    if not top.exists():
        top.mkdir(parents=True)
        top.chmod(0o755)
    path = point.path if point is not None else wanted.root
    place = top
    for part in [part for part in path.split("/") if part]:
        place = place / part
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            raise MountError(_missing(wanted.file_system, path, "Not a directory"))
        if place.exists():
            continue
        if point is None or point.owner is None:
            raise MountError(_missing(wanted.file_system, path, "No such file or directory"))
        place.mkdir()
        place.chmod(int(point.permissions, 8))
        if os.getuid() == 0:
            os.chown(place, *point.owner)
    return place


def _missing(system: str, path: str, why: str) -> str:
    return (
        f"b'mount.nfs4: mounting {system}.efs.{names.REGION}.amazonaws.com:{path} failed, reason given by server: "
        f"{why}'"
    )
