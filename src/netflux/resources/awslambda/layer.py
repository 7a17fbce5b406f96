"""Versions of layers: zip files whose content functions find at /opt."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class LayerVersion:
    """One version of a layer.

    Attributes:
        arn: with the number.
        number: from 1; never given twice.
        digest: SHA-256 of the zip file, hexadecimal.
        size: bytes of it.
        runtimes: that it is said to be for.
        architectures: the same.
        statements: of its policy, as JSON by their id.
    """

    name: str
    number: int
    arn: str
    digest: str
    size: int
    created: datetime
    description: str = ""
    license: str = ""
    runtimes: tuple[str, ...] = ()
    architectures: tuple[str, ...] = ()
    statements: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """What all versions of a layer have in common.

    Attributes:
        published: how many there have been.
    """

    name: str
    published: int


LAYER_VERSION = Schema(
    "lambda/layerversion",
    LayerVersion,
    lambda one: one.arn,
    indices={"name": lambda one: (one.name,), "code": lambda one: (one.digest,)},
    remedy="Publish it again: aws lambda publish-layer-version.",
)
LAYER = Schema("lambda/layer", Layer, lambda one: one.name, remedy="Publish it again.")


class Layers:
    """The tables.

    Args:
        documents: of the region.
    """

    def __init__(self, documents: Documents) -> None:
        self.layers = documents.table(LAYER)
        self.versions = documents.table(LAYER_VERSION)
        self.documents = documents

    def of(self, name: str) -> list[LayerVersion]:
        """A layer's versions, the newest first."""
        return sorted(self.versions.where("name", name), key=lambda one: -one.number)
