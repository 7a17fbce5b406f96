"""How right the machine's clock is, by the kernel's discipline of it: adjtimex(2).

Developer guide, "task-metadata-endpoint-v4-fargate-response", "ClockDrift". Its ReferenceTimestamp is left out: the
kernel does not keep when the clock was last compared with a better one.
"""

from __future__ import annotations

import ctypes
import sys

from netflux.aws.ecs.store import Json

_UNSYNCHRONIZED = 0x40
_Long = ctypes.c_long
_LONGS_AFTER = 20
"""More of them than the kernel writes behind the status."""


class _Timex(ctypes.Structure):
    """The beginning of the kernel's `struct timex`; modes 0 changes nothing."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", _Long),
        ("freq", _Long),
        ("maxerror", _Long),
        ("esterror", _Long),
        ("status", ctypes.c_int),
        ("others", _Long * _LONGS_AFTER),
    )


def read() -> Json | None:
    """ClockDrift, with the bound in milliseconds; None where the system does not tell."""
    if sys.platform != "linux":
        return None
    found = _Timex()
    if ctypes.CDLL(None).adjtimex(ctypes.byref(found)) < 0:
        return None
    return shape(found.status, found.maxerror)


def shape(status: int, most: int) -> Json:
    """ClockDrift of the kernel's status and bound, in microseconds; the bound means nothing without a reference."""
    if status & _UNSYNCHRONIZED:
        return {"ClockSynchronizationStatus": "NOT_SYNCHRONIZED"}
    return {"ClockErrorBound": most / 1000, "ClockSynchronizationStatus": "SYNCHRONIZED"}
