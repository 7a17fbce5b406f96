"""The system calls of podman's containers: its own default profile, without those that are refused to processes.

That default allows what a rootless engine inside a container needs (mounts, new namespaces, keys), which is far more
than Docker's, and so Fargate's, lets a container do. Format: containers-seccomp.json(5).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from netflux.runtime import filter as refusal

_PLACES = (Path("/etc/containers/seccomp.json"), Path("/usr/share/containers/seccomp.json"))
"""Where podman looks, the first first."""
_EPERM, _EINVAL, _ENOSYS = 1, 22, 38
_FAMILIES = 46
"""Of sockets: AF_MAX."""
_NETLINK, _AUDIT = 16, 9


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
    refused = sorted({*refusal.REFUSED, "umount"})
    taken = {*refused, "clone", "clone3", "socket"}
    kept = [{**rule, "names": [name for name in rule["names"] if name not in taken]} for rule in rules]
    added = [
        _allowed("clone", (0, refusal.NEW_NAMESPACES, "MASKED_EQ")),
        {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": _ENOSYS},
        {"names": refused, "action": "SCMP_ACT_ERRNO", "errnoRet": _EPERM},
        *_sockets(),
    ]
    return json.dumps({**profile, "syscalls": [*(rule for rule in kept if rule["names"]), *added]})


def _sockets() -> Iterator[dict[str, Any]]:
    """A rule can't look at a family twice, so each has its own. The machine's audit log seems to be absent, as podman
    has it: else programs that change users take it for broken.
    """
    for family in range(_FAMILIES):
        if family == _NETLINK:
            yield _allowed("socket", (0, _NETLINK, "EQ"), (2, _AUDIT, "NE"))
        elif family not in refusal.FOREIGN_FAMILIES:
            yield _allowed("socket", (0, family, "EQ"))
    told = {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": _EINVAL}
    yield {**told, "args": [_compared(0, _NETLINK, "EQ"), _compared(2, _AUDIT, "EQ")]}


def _allowed(name: str, *arguments: tuple[int, int, str]) -> dict[str, Any]:
    return {"names": [name], "action": "SCMP_ACT_ALLOW", "args": [_compared(*one) for one in arguments]}


def _compared(index: int, value: int, how: str) -> dict[str, Any]:
    return {"index": index, "value": value, "valueTwo": 0, "op": f"SCMP_CMP_{how}"}
