"""The volumes of a task that runs: folders of its own, and file systems of EFS that it has mounted."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from netflux.aws.ecs.decide.volumes import FileSystemVolume, MountPoint, volumes
from netflux.aws.ecs.run import Run
from netflux.aws.ecs.store import DEFINITION, Json
from netflux.aws.ecs.taskhost import TaskHost
from netflux.network.verdict import Outcome
from netflux.resources.ec2.subnet import SUBNET
from netflux.resources.efs import mount
from netflux.resources.efs.filesystem import FileSystem, FileSystems
from netflux.resources.efs.mount import Mounted, MountError, Wanted
from netflux.runtime.driver import Mount

_FAILED = (
    "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: {told} : "
    "unsuccessful EFS utils command execution; code: {code}"
)
_PATIENCE = 45.0  # simulated seconds: three attempts of 15, as amazon-efs-utils makes them
_LEAST = 3.0  # real seconds: the first packet of a new cable may be lost, and is sent again after one


class VolumeError(Exception):
    """A volume can't be had; the text is the task's stoppedReason."""


async def make(host: TaskHost, run: Run, document: Json, owner: str) -> None:
    """Gives the run its volumes.

    Args:
        host: what tasks run on.
        run: with its interface.
        document: of the task.
        owner: of the interface.

    Raises:
        VolumeError: a file system can't be mounted.
    """
    definition = host.store.get(DEFINITION, document["task"]["taskDefinitionArn"]) or {}
    for name, file_system in volumes(definition).items():
        if file_system is None:
            run.volumes[name] = Mounted(await asyncio.to_thread(_made, place(host, run.id) / name))
        else:
            run.volumes[name] = await _mounted(host, document, owner, file_system)


def place(host: TaskHost, identity: str) -> Path:
    """Where a task's own volumes are."""
    return host.directory / f"{identity}-volumes"


async def remove(host: TaskHost, identity: str) -> None:
    """After the task's last container: its own volumes go with it."""
    found = place(host, identity)
    if found.exists():
        await asyncio.to_thread(shutil.rmtree, found, ignore_errors=True)


def mounts(points: tuple[MountPoint, ...], found: Mapping[str, Mounted]) -> list[Mount]:
    """What a container has of its task's volumes."""
    return [
        Mount(found[one.volume].folder, one.path, one.read_only or found[one.volume].read_only,
              owner=found[one.volume].owner)
        for one in points
    ]  # fmt: skip


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    return folder


async def _mounted(host: TaskHost, document: Json, owner: str, volume: FileSystemVolume) -> Mounted:
    documents = host.store.documents
    subnet = documents.table(SUBNET).get(document["subnet"])
    assert subnet is not None, f"the task's subnet {document['subnet']} is gone while its interface is there"
    wanted = Wanted(volume.file_system, volume.root, volume.point, subnet.vpc_id, subnet.zone)
    permit = partial(_permitted, host, document, volume)
    try:
        return await mount.mount(
            FileSystems(documents), host.file_systems, wanted, partial(_reach, host, owner), permit
        )
    except MountError as error:
        code = 1 if str(error).startswith("Failed to resolve") else 32
        raise VolumeError(_FAILED.format(told=error, code=code)) from error


async def _reach(host: TaskHost, owner: str, address: str) -> bool:
    if not host.network.enforces_security_groups:
        return True
    made = await host.network.probe(owner, address, mount.PORT, max(_LEAST, host.clock.real(_PATIENCE)))
    return made.outcome is Outcome.ACCEPTED


def _permitted(host: TaskHost, document: Json, volume: FileSystemVolume, system: FileSystem, action: str) -> bool:
    return host.roles.may_use(document, system, volume, action)
