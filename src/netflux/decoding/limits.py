"""How much a document may hold, and how a decoder says no."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What one document may cost.

    Attributes:
        size: bytes, after decompression.
        depth: containers inside one another; a flat list or mapping has depth 1.
        nodes: scalars, containers and names of members, all counted.
    """

    size: int = 1024 * 1024
    depth: int = 64
    nodes: int = 200_000


class Malformed(ValueError):
    """The bytes are not a document of their kind. The text says what is wrong, and where where that is known."""


class Exceeded(Malformed):
    """The document is larger than its limits.

    Args:
        what: the limit: "bytes", "levels", "nodes".
        most: how much of it there may be.
    """

    def __init__(self, what: str, most: int) -> None:
        super().__init__(f"it has more than {most} {what}")
        self.what = what
        self.most = most


def check_size(body: bytes, limits: Limits) -> None:
    """Exceeded when the bytes alone are too many."""
    if len(body) > limits.size:
        raise Exceeded("bytes", limits.size)
