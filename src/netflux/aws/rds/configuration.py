"""Which parameters of its group a DB instance has, and which it gets when: pure.

"Working with DB parameter groups", Amazon RDS User Guide: a group that an instance is put into takes effect when the
instance is rebooted; after that, dynamic parameters do at once where their change is to be immediate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from netflux.aws.rds.instance import Actual
from netflux.resources.rds import Instance, Parameter

IN_SYNC, APPLYING, WAITING = "in-sync", "applying", "pending-reboot"

FORCE_SSL = "rds.force_ssl"
FORCED_FROM = 15
"""Major version from which on clients must use TLS by default ("Using SSL with a PostgreSQL DB instance")."""

DIGEST = "netflux.parameters"
"""A parameter of our own that says which text the postmaster has read."""

Parameters = Mapping[str, Parameter]


def reloaded(has: Parameters, wanted: Parameters) -> dict[str, Parameter]:
    """What a running postmaster has once it has read its configuration again.

    Args:
        has: what it has.
        wanted: its group's.
    """
    found = {}
    for name in sorted({*has, *wanted}):
        old, new = has.get(name), wanted.get(name)
        chosen = old if _waits(old, new) else new
        if chosen is not None:
            found[name] = chosen
    return found


def _waits(old: Parameter | None, new: Parameter | None) -> bool:
    if old is not None and new is not None and old.value == new.value:
        return False
    known = new or old
    return known is not None and (known.static or (new is not None and new.method == WAITING))


def same(one: Parameters, other: Parameters) -> bool:
    """Whether both have the same values."""
    return {name: each.value for name, each in one.items()} == {name: each.value for name, each in other.items()}


def unapplied(instance: Instance, actual: Actual, wanted: Parameters) -> bool:
    """Whether the running postmaster is to read other parameters now."""
    if not actual.running or actual.parameter_group != instance.parameter_group:
        return False
    return not same(actual.parameters, reloaded(actual.parameters, wanted))


def status(instance: Instance, actual: Actual, wanted: Parameters) -> str:
    """ParameterApplyStatus; an instance that does not run gets all parameters when it starts."""
    if actual.parameter_group == instance.parameter_group and same(actual.parameters, wanted):
        return IN_SYNC
    return APPLYING if unapplied(instance, actual, wanted) else WAITING


def forces_tls(parameters: Parameters, version: str) -> bool:
    """Whether clients must use TLS."""
    own = parameters.get(FORCE_SSL)
    return own.value == "1" if own else int(version.partition(".")[0]) >= FORCED_FROM


def text(parameters: Parameters) -> str:
    """The lines of PostgreSQL's configuration, the last of which says which ones they are."""
    lines = [f"{name} = {_quoted(one.value)}" for name, one in sorted(parameters.items()) if name != FORCE_SSL]
    return "\n".join([*lines, f"{DIGEST} = '{digest(parameters)}'", ""])


def digest(parameters: Parameters) -> str:
    """The same for the same values."""
    values = "\n".join(f"{name}={one.value}" for name, one in sorted(parameters.items()))
    return hashlib.sha256(values.encode()).hexdigest()


def _quoted(value: str) -> str:
    return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"
