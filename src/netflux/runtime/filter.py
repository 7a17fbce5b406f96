"""The system calls that a task may not make, as a BPF program for the kernel's seccomp.

What is refused is what Docker's default profile refuses to a container without more capabilities: what can only be
meant for the machine, such as its clock, modules, mounts and keys, or for namespaces. A refused call gives EPERM.
clone3 gives ENOSYS, since its flags can't be seen from here; C libraries then take clone. Programs of another
architecture than the kernel's own, 32-bit ones among them, get ENOSYS for every call.
"""

from __future__ import annotations

import os
import struct

_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16
"""Offsets in `struct seccomp_data`; of an argument its lower half, which comes first on both machines."""
_ALLOW, _EPERM, _ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
NEW_NAMESPACES = 0x7E020080
"""Flags of clone(2) for namespaces: time, mount, cgroup, UTS, IPC, user, pid, network."""
FOREIGN_FAMILIES = (38, 40)
"""Of socket(2): AF_ALG, the kernel's ciphers, and AF_VSOCK, which leads past all networks to a machine around this."""
_X32 = 0x40000000

_MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Column in the tables below, and the kernel's AUDIT_ARCH."""
_CLONE, _CLONE3, _SOCKET = (56, 220), (435, 435), (41, 198)
REFUSED = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "bpf": (321, 280),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "create_module": (174, None),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "get_kernel_syms": (177, None),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "open_tree_attr": (467, 467),
    "perf_event_open": (298, 241),
    "pivot_root": (155, 41),
    "query_module": (178, None),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "sysfs": (139, None),
    "_sysctl": (156, None),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "uselib": (134, None),
    "userfaultfd": (323, 282),
    "ustat": (136, None),
    "vhangup": (153, 58),
}


def program(machine: str = "") -> bytes | None:
    """The BPF program; None on a machine whose system calls are not known here.

    Args:
        machine: as uname(1) calls it; empty for this one.
    """
    known = _MACHINES.get(machine or os.uname().machine)
    if known is None:
        return None
    column, architecture = known
    lines = [
        _line(_LOAD, _ARCHITECTURE), _line(_EQUAL, architecture, 1, 0), _line(_RETURN, _ENOSYS),
        _line(_LOAD, _NUMBER), _line(_AT_LEAST, _X32, 0, 1), _line(_RETURN, _ENOSYS),
        _line(_EQUAL, _CLONE3[column], 0, 1), _line(_RETURN, _ENOSYS),
    ]  # fmt: skip
    for numbers in REFUSED.values():
        number = numbers[column]
        if number is not None:
            lines += [_line(_EQUAL, number, 0, 1), _line(_RETURN, _EPERM)]
    families = [line for family in FOREIGN_FAMILIES for line in (_line(_EQUAL, family, 0, 1), _line(_RETURN, _EPERM))]
    lines += [
        _line(_EQUAL, _CLONE[column], 0, 3),
        _line(_LOAD, _FIRST_ARGUMENT), _line(_ANY_BIT, NEW_NAMESPACES, 0, 3 + len(families)), _line(_RETURN, _EPERM),
        _line(_EQUAL, _SOCKET[column], 0, 1 + len(families)),
        _line(_LOAD, _FIRST_ARGUMENT), *families,
        _line(_RETURN, _ALLOW),
    ]  # fmt: skip
    return b"".join(lines)


def _line(code: int, value: int, if_so: int = 0, if_not: int = 0) -> bytes:
    """An instruction; the last two are how many to pass over, for one that compares."""
    return struct.pack("=HBBI", code, if_so, if_not, value)
