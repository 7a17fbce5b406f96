"""The manifest of a process image: a folder's content and the command that runs in it, kept in ECR.

A live image has no content of its own: its folder is what is there when a task starts, and while it runs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netflux.decoding import json as decoding

MEDIA_TYPE = "application/vnd.netflux.process.image.v1+json"
LIVE_TYPE = "application/vnd.netflux.process.live.v1+json"
TREE_TYPE = "application/vnd.netflux.process.tree.v1"
"""Of the one layer: a folder, named by the digest of the list of what is in it (trees.py)."""


@dataclass(frozen=True)
class ProcessImage:
    """What a process image consists of.

    Attributes:
        folder: absolute path; the program runs in it, and sees the content there.
        entry_point: first part of the program's arguments; may be empty.
        command: the rest, which a task definition's `command` replaces.
        environment: defaults that a task definition's `environment` goes over.
        tree: digest of its content; empty for a live image.
        size: bytes of its content.
    """

    folder: str
    entry_point: Sequence[str] = ()
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    tree: str = ""
    size: int = 0

    @property
    def media_type(self) -> str:
        """Of its manifest."""
        return MEDIA_TYPE if self.tree else LIVE_TYPE


def write(image: ProcessImage) -> str:
    """The manifest; the same image always gives the same bytes, so its digest is stable."""
    body = {
        "schemaVersion": 2,
        "mediaType": image.media_type,
        "folder": image.folder,
        "entryPoint": [*image.entry_point],
        "command": [*image.command],
        "environment": dict(image.environment),
    }
    if image.tree:
        body["layers"] = [{"mediaType": TREE_TYPE, "digest": image.tree, "size": image.size}]
    return json.dumps(body, sort_keys=True, indent=1)


def read(manifest: str) -> ProcessImage:
    """The image of a manifest; ValueError when it is another kind of manifest or not whole.

    Those of release 0.1 have no layer: they are live.
    """
    try:
        body = decoding.value(manifest)
        if body["mediaType"] not in (MEDIA_TYPE, LIVE_TYPE):
            raise ValueError(f"its media type is {body['mediaType']}, not {MEDIA_TYPE}")
        layers: list[dict[str, Any]] = body.get("layers", [])
        layer = layers[0] if layers else {}
        return ProcessImage(
            folder=body["folder"],
            entry_point=tuple(body["entryPoint"]),
            command=tuple(body["command"]),
            environment=body["environment"],
            tree=str(layer.get("digest", "")),
            size=int(layer.get("size", 0)),
        )
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise ValueError(f"it is no manifest of a process image: {error!r}") from error
