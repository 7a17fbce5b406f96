"""What a task that is root may do besides, of what Linux calls capabilities(7).

Docker's default, and so Fargate's, but for what reaches past a task with nothing between it and the machine: device
nodes and the machine's audit log.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

KEPT = {
    "CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8,
    "NET_BIND_SERVICE": 10, "SYS_CHROOT": 18,
}  # fmt: skip
OWN_NETWORK = {"NET_RAW": 13}
"""Only where the network is the task's own: by it one listens to whatever passes."""
DROPPED = (
    "AUDIT_CONTROL", "AUDIT_READ", "AUDIT_WRITE", "BLOCK_SUSPEND", "DAC_READ_SEARCH", "IPC_LOCK", "IPC_OWNER", "LEASE",
    "LINUX_IMMUTABLE", "MAC_ADMIN", "MAC_OVERRIDE", "MKNOD", "NET_ADMIN", "NET_BROADCAST", "SYSLOG", "SYS_ADMIN",
    "SYS_BOOT", "SYS_MODULE", "SYS_NICE", "SYS_PACCT", "SYS_PTRACE", "SYS_RAWIO", "SYS_RESOURCE", "SYS_TIME",
    "SYS_TTY_CONFIG", "WAKE_ALARM",
)  # fmt: skip
"""By name, for an engine that has a list of its own to start from: the others that every kernel has."""


ADDABLE = {"SYS_PTRACE": 19}
"""What a task definition may ask for; API reference of Amazon ECS, KernelCapabilities, on Fargate."""
ALL = "ALL"


def mask(*, own_network: bool, added: Sequence[str] = (), dropped: Sequence[str] = ()) -> int:
    """A bit for each that may stay.

    Args:
        own_network: the network is the task's own.
        added: of ADDABLE.
        dropped: names; ALL for each that is not added.
    """
    names = {**KEPT, **(OWN_NETWORK if own_network else {})}
    kept = {} if ALL in dropped else {name: bit for name, bit in names.items() if name not in dropped}
    kept |= {name: ADDABLE[name] for name in added}
    return sum(1 << number for number in kept.values())
