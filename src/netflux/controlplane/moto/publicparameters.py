"""AWS's public parameters, as far as moto publishes them as data: images of Amazon Linux and of ECS, regions, services.

The files are read, never imported, when a parameter below their path is asked for.
"""

from __future__ import annotations

import functools
import gzip
import importlib.util
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_FILES = {
    "/aws/service/ami-amazon-linux-latest": "ami-amazon-linux-latest/{region}.json.gz",
    "/aws/service/ecs/optimized-ami": "ecs/optimized_amis/{region}.json.gz",
    "/aws/service/global-infrastructure/regions": "regions.json.gz",
    "/aws/service/global-infrastructure/services": "services.json.gz",
}
"""By path, the file of what is below it."""
_TREES = 2
"""Files whose content stays in memory; each has some thousand parameters."""


@dataclass(frozen=True)
class PublicParameter:
    """One of AWS's.

    Attributes:
        modified: when the file was written, where it does not say more.
    """

    name: str
    value: str
    version: int
    modified: datetime
    data_type: str = "text"


def below(path: str, region: str) -> Mapping[str, PublicParameter]:
    """By name, those of the file that has what is below a path; nothing where there is none."""
    for root, file in _FILES.items():
        if f"{path}/".startswith(f"{root}/"):
            return _read(file.replace("{region}", region))
    return {}


@functools.lru_cache(maxsize=_TREES)
def _read(file: str) -> Mapping[str, PublicParameter]:
    place = _folder() / file
    if not place.is_file():
        return {}
    written = datetime.fromtimestamp(int(place.stat().st_mtime), UTC)
    with gzip.open(place) as opened:
        told = json.load(opened)
    found = [_listed(one) for one in told] if isinstance(told, list) else [*_branches(told, "", written)]
    return {one.name: one for one in found}


def _listed(one: Mapping[str, Any]) -> PublicParameter:
    modified = datetime.fromtimestamp(one["LastModifiedDate"], UTC)
    return PublicParameter(one["Name"], one["Value"], one["Version"], modified, one["DataType"])


def _branches(tree: Mapping[str, Any], path: str, written: datetime) -> Iterator[PublicParameter]:
    for name, below in tree.items():
        if name == "Value":
            yield PublicParameter(path, below if isinstance(below, str) else json.dumps(below), 1, written)
        else:
            yield from _branches(below, f"{path}/{name}", written)


@functools.cache
def _folder() -> Path:
    spec = importlib.util.find_spec("moto")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("moto is not installed, which has AWS's public parameters")
    return Path(next(iter(spec.submodule_search_locations))) / "ssm" / "resources"
