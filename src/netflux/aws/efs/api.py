"""The operations of EFS. Replication and account preferences are refused by name."""

from __future__ import annotations

from netflux.aws.efs.accesspoint import AccessPointOperations
from netflux.aws.efs.filesystem import FileSystemOperations
from netflux.aws.efs.mounttarget import MountTargetOperations
from netflux.aws.efs.policy import PolicyOperations


class EfsApi(FileSystemOperations, MountTargetOperations, AccessPointOperations, PolicyOperations):
    """Handlers of EFS."""

    service = "efs"
    whole = True
