"""The system calls of podman's containers: its own default profile, without those that are refused to processes.

That default allows what a rootless engine inside a container needs (mounts, new namespaces, keys), which is far more
than Docker's, and so Fargate's, lets a container do. Format: containers-seccomp.json(5).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netflux.runtime import filter as refusal

_PLACES = (Path("/etc/containers/seccomp.json"), Path("/usr/share/containers/seccomp.json"))
"""Where podman looks, the first first."""
_EPERM, _ENOSYS = 1, 38


def default() -> str | None:
    """The text of podman's default profile; None where it has none on disk."""
    for place in _PLACES:
        try:
            return place.read_text()
        except OSError:
            continue
    return None


def stricter(text: str) -> str | None:
    """A profile without what is refused; None when it can't be read."""
    try:
        profile: dict[str, Any] = json.loads(text)
        rules = profile["syscalls"]
    except (ValueError, KeyError, TypeError):
        return None
    taken = {*refusal.REFUSED, "umount", "clone", "clone3"}
    kept = [{**rule, "names": [name for name in rule["names"] if name not in taken]} for rule in rules]
    threads = {"index": 0, "value": refusal.NEW_NAMESPACES, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}
    added = [
        {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [threads]},
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": _ENOSYS},
        {"names": sorted({*refusal.REFUSED, "umount"}), "action": "SCMP_ACT_ERRNO", "errnoRet": _EPERM},
    ]
    return json.dumps({**profile, "syscalls": [*(rule for rule in kept if rule["names"]), *added]})
