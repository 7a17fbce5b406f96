"""EFS: file systems, mount targets and access points. The files themselves are a folder of the state directory."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema, Table
from netflux.errors import AwsError

CREATING, AVAILABLE, DELETING = "creating", "available", "deleting"


@dataclass(frozen=True)
class FileSystem:
    """A file system.

    Attributes:
        token: CreationToken; unique.
        throughput: MiB/s of the mode `provisioned`; 0 for others.
        zone: of a One Zone file system; empty for one of all zones.
        lifecycle: LifecyclePolicies, as they were put.
        backup: status of its backup policy; empty where none was ever put.
        policy: the file system policy; empty for none.
        state: AVAILABLE, or DELETING while its folder is there.
    """

    id: str
    token: str
    created: datetime
    performance_mode: str = "generalPurpose"
    throughput_mode: str = "bursting"
    throughput: float = 0.0
    encrypted: bool = False
    kms_key: str = ""
    zone: str = ""
    lifecycle: tuple[dict[str, str], ...] = ()
    backup: str = ""
    policy: str = ""
    overwrite_protection: str = "ENABLED"
    state: str = AVAILABLE
    tags: dict[str, str] = field(default_factory=dict)


FILE_SYSTEM = Schema(
    "efs/file-system",
    FileSystem,
    lambda system: system.id,
    indices={"token": lambda system: (system.token,), "state": lambda system: (system.state,)},
    in_use=lambda system, _: AwsError(
        "FileSystemInUse", f"Cannot delete the file system {system.id} while it has mount targets.", 409
    ),
)


@dataclass(frozen=True)
class MountTarget:
    """A file system's address in a subnet.

    Attributes:
        interface: id of its network interface; empty while it is being created.
        address: in the subnet; empty while it is being created.
        state: CREATING, AVAILABLE or DELETING.
        fault: why it is being created still; empty where nothing is wrong.
    """

    id: str
    file_system: str
    subnet: str
    vpc: str
    zone: str
    groups: tuple[str, ...]
    interface: str = ""
    address: str = ""
    state: str = CREATING
    fault: str = ""

    @property
    def owner(self) -> str:
        """Of its interface, in the network."""
        return f"efs/{self.id}"


MOUNT_TARGET = Schema(
    "efs/mount-target",
    MountTarget,
    lambda target: target.id,
    indices={
        "file-system": lambda target: (target.file_system,),
        "subnet": lambda target: (target.subnet,),
        "state": lambda target: (target.state,),
    },
    references={"file-system": FILE_SYSTEM.name, "subnet": "ec2/subnet"},
)


@dataclass(frozen=True)
class AccessPoint:
    """A way into a file system.

    Attributes:
        user: uid and gid of all that goes through it; None for the client's own.
        secondary_groups: gids besides.
        path: the folder of the file system that is its root.
        owner: uid and gid of that folder, when it is made; None where nobody makes it.
        permissions: of that folder, when it is made, in octal.
    """

    id: str
    file_system: str
    token: str
    user: tuple[int, int] | None = None
    secondary_groups: tuple[int, ...] = ()
    path: str = "/"
    owner: tuple[int, int] | None = None
    permissions: str = ""
    tags: dict[str, str] = field(default_factory=dict)


ACCESS_POINT = Schema(
    "efs/access-point",
    AccessPoint,
    lambda point: point.id,
    indices={"file-system": lambda point: (point.file_system,), "token": lambda point: (point.token,)},
    references={"file-system": FILE_SYSTEM.name},
    in_use=None,
)


class FileSystems:
    """EFS's records.

    Args:
        documents: keep them.
    """

    def __init__(self, documents: Documents) -> None:
        self.systems: Table[FileSystem] = documents.table(FILE_SYSTEM)
        self.targets: Table[MountTarget] = documents.table(MOUNT_TARGET)
        self.points: Table[AccessPoint] = documents.table(ACCESS_POINT)

    def system(self, written: str) -> FileSystem | None:
        """By id or ARN; None for one that is not there, or about to go."""
        found = self.systems.get(written.rpartition("/")[2])
        return found if found is not None and found.state != DELETING else None
