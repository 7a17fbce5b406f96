"""What a container definition asks of the kernel, and whether Fargate gives it: pure.

API reference, LinuxParameters, KernelCapabilities and SystemControl.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from netflux.errors import AwsError
from netflux.runtime.capabilities import ADDABLE, ALL
from netflux.runtime.driver import Mount, Privileges

Json = Mapping[str, Any]
_MEBIBYTE = 1024 * 1024
_CAPABILITIES = frozenset((
    ALL, "AUDIT_CONTROL", "AUDIT_WRITE", "BLOCK_SUSPEND", "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER",
    "FSETID", "IPC_LOCK", "IPC_OWNER", "KILL", "LEASE", "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD",
    "NET_ADMIN", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_RAW", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_ADMIN",
    "SYS_BOOT", "SYS_CHROOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE",
    "SYS_TIME", "SYS_TTY_CONFIG", "SYSLOG", "WAKE_ALARM",
))  # fmt: skip
_OPTIONS = frozenset((
    "defaults", "ro", "rw", "suid", "nosuid", "dev", "nodev", "exec", "noexec", "sync", "async", "dirsync", "remount",
    "mand", "nomand", "atime", "noatime", "diratime", "nodiratime", "bind", "rbind", "unbindable", "runbindable",
    "private", "rprivate", "shared", "rshared", "slave", "rslave", "relatime", "norelatime", "strictatime",
    "nostrictatime", "mode", "uid", "gid", "nr_inodes", "nr_blocks", "mpol",
))  # fmt: skip
"""Of a tmpfs; API reference, Tmpfs."""
_IPC = ("msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced")
_SETTING = re.compile(r"net(\.[\w-]+)+|fs\.mqueue\.[\w-]+|kernel\.(" + "|".join(_IPC) + ")")


def check(container: Json) -> None:
    """Raises ClientException for what Fargate does not give."""
    name, parameters = container["name"], container.get("linuxParameters") or {}
    wanted = parameters.get("capabilities") or {}
    for one in wanted.get("add") or ():
        if one not in ADDABLE:
            raise _error(f"Fargate only supports adding the SYS_PTRACE kernel capability (container '{name}': {one}).")
    for one in wanted.get("drop") or ():
        if one not in _CAPABILITIES:
            raise _error(f"Invalid kernel capability '{one}' to drop (container '{name}').")
    for one in parameters.get("tmpfs") or ():
        _check_memory_folder(name, one)
    for one in container.get("systemControls", ()):
        if not _SETTING.fullmatch(one.get("namespace") or ""):
            raise _error(f"Invalid systemControls namespace '{one.get('namespace')}' of container '{name}'.")
        if not one.get("value"):
            raise _error(f"systemControls {one['namespace']} of container '{name}' has no value.")


def _check_memory_folder(name: str, body: Json) -> None:
    path = body.get("containerPath") or ""
    if not path.startswith("/") or path.rstrip("/") == "" or ":" in path:
        raise _error(f"The containerPath '{path}' of a tmpfs of container '{name}' must be an absolute path.")
    if body["size"] < 1:
        raise _error(f"The size of the tmpfs {path} of container '{name}' must be at least 1 MiB.")
    for option in body.get("mountOptions") or ():
        if option.partition("=")[0] not in _OPTIONS:
            raise _error(f"Invalid mountOptions '{option}' of the tmpfs {path} of container '{name}'.")


def privileges(container: Json) -> Privileges:
    """Of a container that was checked."""
    parameters = container.get("linuxParameters") or {}
    wanted = parameters.get("capabilities") or {}
    return Privileges(
        tuple(wanted.get("add") or ()),
        tuple(wanted.get("drop") or ()),
        bool(parameters.get("initProcessEnabled")),
        {one["namespace"]: one["value"] for one in container.get("systemControls", ())},
    )


def memory_folders(container: Json) -> Sequence[Mount]:
    """Its tmpfs."""
    parameters = container.get("linuxParameters") or {}
    return [
        Mount(None, one["containerPath"], size=one["size"] * _MEBIBYTE,
              options=tuple(option for option in one.get("mountOptions") or () if option != "defaults"))
        for one in parameters.get("tmpfs") or ()
    ]  # fmt: skip


def _error(message: str) -> AwsError:
    return AwsError("ClientException", message)
