"""The files by which a process's C library resolves names, bound over the machine's."""

from __future__ import annotations

import logging
from pathlib import Path

_log = logging.getLogger(__name__)

HOSTS = "/etc/hosts"
RESOLVER = "/etc/resolv.conf"
SWITCH = "/etc/nsswitch.conf"
_ORDER = ["files", "dns"]


def binds(hosts: Path | None, resolver: Path | None) -> dict[str, str]:
    """Files by where they are bound.

    Besides the resolver the machine's order of sources is replaced: on many machines a source of their own answers
    names under `localhost` before DNS is asked, or systemd-resolved does with the machine's names.

    Args:
        hosts: the hosts file; None keeps the machine's.
        resolver: the resolv.conf; None keeps the machine's.
    """
    found = {HOSTS: str(hosts)} if hosts is not None else {}
    if resolver is None:
        return found
    if not Path(RESOLVER).exists():
        _log.error("%s is missing on this machine, so tasks can't have a resolver of their own", RESOLVER)
        return found
    found[RESOLVER] = str(resolver)
    switch = Path(SWITCH)
    if switch.exists():
        before = switch.read_text(errors="replace")
        after = ordered(before)
        if after != before:
            own = resolver.parent / "nsswitch.conf"
            if not own.exists() or own.read_text() != after:
                own.write_text(after)
                own.chmod(0o644)  # the task may run as another user
            found[SWITCH] = str(own)
    return found


def ordered(text: str) -> str:
    """An nsswitch.conf in which host names are looked for in the hosts file, then by DNS."""
    lines = text.splitlines()
    known = [line.partition("#")[0].split()[1:] for line in lines if line.strip().startswith("hosts:")]
    if known == [_ORDER]:
        return text
    kept = [line for line in lines if not line.strip().startswith("hosts:")]
    return "\n".join([*kept, f"hosts: {' '.join(_ORDER)}", ""])
