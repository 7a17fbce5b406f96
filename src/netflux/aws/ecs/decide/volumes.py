"""Volumes of a task definition, and which of them a container has where: pure.

Developer guide, "Use bind mounts with Amazon ECS" and "Use Amazon EFS volumes with Amazon ECS".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from netflux.errors import AwsError

Json = Mapping[str, Any]
_NAME = re.compile("[A-Za-z0-9_-]{1,255}")


@dataclass(frozen=True)
class FileSystemVolume:
    """A volume of EFS.

    Attributes:
        file_system: id.
        root: folder of the file system.
        point: id of an access point; empty for none.
        encrypted: the client's connection is.
        by_role: the task's role is asked for.
    """

    file_system: str
    root: str
    point: str
    encrypted: bool
    by_role: bool


@dataclass(frozen=True)
class MountPoint:
    """Where a container has a volume."""

    volume: str
    path: str
    read_only: bool


def volumes(definition: Json) -> dict[str, FileSystemVolume | None]:
    """By name; None for those that live as long as their task."""
    return {body["name"]: _file_system(body.get("efsVolumeConfiguration")) for body in definition.get("volumes", ())}


def _file_system(body: Json | None) -> FileSystemVolume | None:
    if body is None:
        return None
    access = body.get("authorizationConfig") or {}
    return FileSystemVolume(
        body["fileSystemId"].rpartition("/")[2],
        body.get("rootDirectory") or "/",
        (access.get("accessPointId") or "").rpartition("/")[2],
        body.get("transitEncryption") == "ENABLED",
        access.get("iam") == "ENABLED",
    )


def mount_points(definition: Json, container: Json) -> list[MountPoint]:
    """Its own, then those of the containers that it has volumes from."""
    found = {point.path: point for point in _own(container)}
    by_name = {body["name"]: body for body in definition["containerDefinitions"]}
    for other in container.get("volumesFrom", ()):
        for point in _own(by_name[other["sourceContainer"]]):
            read_only = point.read_only or other.get("readOnly", False)
            found.setdefault(point.path, MountPoint(point.volume, point.path, read_only))
    return [*found.values()]


def _own(container: Json) -> Iterator[MountPoint]:
    for body in container.get("mountPoints", ()):
        yield MountPoint(body["sourceVolume"], body["containerPath"], body.get("readOnly", False))


def check(request: Json) -> None:
    """Raises ClientException for volumes that Fargate does not have, and for mount points without one."""
    names: set[str] = set()
    for body in request.get("volumes", ()):
        name = body.get("name") or ""
        if not _NAME.fullmatch(name):
            raise _error(f"The volume name '{name}' is invalid: letters, digits, hyphens and underscores, 255 at most.")
        if name in names:
            raise _error(f"The volume name '{name}' is used more than once; names must be unique.")
        names.add(name)
        _check_kind(name, body)
    by_name = {body["name"]: body for body in request["containerDefinitions"]}
    for container in request["containerDefinitions"]:
        _check_points(container, names)
        _check_from(container, by_name)


def _check_kind(name: str, body: Json) -> None:
    if (body.get("host") or {}).get("sourcePath"):
        raise _error("Fargate compatible task definitions do not support sourcePath")
    if body.get("dockerVolumeConfiguration"):
        raise _error("Fargate compatible task definitions do not support dockerVolumeConfiguration")
    efs = body.get("efsVolumeConfiguration")
    if efs is None:
        return
    if body.get("host"):
        raise _error(f"Volume '{name}' has host and efsVolumeConfiguration; only one can be specified.")
    access = efs.get("authorizationConfig") or {}
    encrypted = efs.get("transitEncryption") == "ENABLED"
    if (access.get("accessPointId") or access.get("iam") == "ENABLED") and not encrypted:
        raise _error(f"Transit encryption must be enabled in volume '{name}' for an access point or IAM authorization.")
    if access.get("accessPointId") and efs.get("rootDirectory") not in (None, "", "/"):
        raise _error(f"The rootDirectory of volume '{name}' must be omitted or set to / with an access point.")
    if efs.get("transitEncryptionPort") and not encrypted:
        raise _error(f"transitEncryptionPort of volume '{name}' needs transitEncryption ENABLED.")


def _check_points(container: Json, names: set[str]) -> None:
    paths: set[str] = set()
    for point in container.get("mountPoints", ()):
        name, path = point.get("sourceVolume"), point.get("containerPath") or ""
        if name not in names:
            raise _error(f"Unknown volume '{name}'.")
        if not path.startswith("/") or path.rstrip("/") == "" or ":" in path:
            raise _error(f"The containerPath '{path}' of container '{container['name']}' must be an absolute path.")
        if path in paths:
            raise _error(f"Duplicate mount point: {path} (container '{container['name']}').")
        paths.add(path)


def _check_from(container: Json, by_name: Mapping[str, Json]) -> None:
    for other in container.get("volumesFrom", ()):
        source = other.get("sourceContainer")
        if source not in by_name or source == container["name"]:
            raise _error(
                f"volumesFrom of container '{container['name']}': '{source}' is no other container of the task."
            )


def _error(message: str) -> AwsError:
    return AwsError("ClientException", message)
