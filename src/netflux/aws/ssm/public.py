"""AWS's own parameters, below `/aws/service/`, as parameters."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.aws.ssm.names import PUBLIC
from netflux.controlplane.moto import publicparameters
from netflux.controlplane.moto.publicparameters import PublicParameter
from netflux.resources.ssm import STRING, Parameter, Version, above


def is_public(name: str) -> bool:
    """Whether it is a name or path of AWS's own."""
    return f"{name}/".startswith(PUBLIC)


def find(name: str, region: str) -> Parameter | None:
    """The one of this name; None where it is not known here."""
    found = publicparameters.below(name, region).get(name)
    return None if found is None else _parameter(found)


def under(path: str, region: str, *, recursive: bool) -> Sequence[Parameter]:
    """Those below a path: at any depth, or right below it."""
    place, depth = f"/{path.strip('/')}", None if recursive else 1
    every = publicparameters.below(place, region)
    return [_parameter(every[name]) for name in sorted(every) if place in above(name)[:depth]]


def _parameter(one: PublicParameter) -> Parameter:
    version = Version(one.name, one.version, one.value, STRING, one.modified, "", data_type=one.data_type)
    return Parameter(one.name, one.name, version)
