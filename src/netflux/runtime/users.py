"""The user of a process container: one of this machine's, by name or number."""

from __future__ import annotations

import grp
import os
import pwd


def of(written: str | None) -> tuple[int, int] | None:
    """The uid and gid of `user`, `user:group`, by name or number; None for the region's own.

    Raises:
        ValueError: the machine has no such user, or only root could become it.
    """
    if not written:
        return None
    user, _, group = written.partition(":")
    uid, primary = _user(user)
    gid = _group(group) if group else primary
    if os.getuid() not in (0, uid):
        raise ValueError(f"the user {written} can't be had: the region runs as an ordinary user, and so do its tasks")
    return (uid, gid) if os.getuid() == 0 else None


def _user(written: str) -> tuple[int, int]:
    """By number: with the group that the machine's user has, or root's, as Docker has it."""
    try:
        found = pwd.getpwuid(int(written)) if written.isdecimal() else pwd.getpwnam(written)
    except KeyError:
        if written.isdecimal():
            return int(written), 0
        raise ValueError(f"unable to find user {written}: no matching entries in passwd file") from None
    return found.pw_uid, found.pw_gid


def _group(written: str) -> int:
    if written.isdecimal():
        return int(written)
    try:
        return grp.getgrnam(written).gr_gid
    except KeyError:
        raise ValueError(f"unable to find group {written}: no matching entries in group file") from None
