"""The manifest of a process image: a folder of this machine and the command that runs in it, kept in ECR."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from netflux.decoding import json as decoding

MEDIA_TYPE = "application/vnd.netflux.process.image.v1+json"


@dataclass(frozen=True)
class ProcessImage:
    """What a process image consists of.

    Attributes:
        folder: absolute path; the program runs in it.
        entry_point: first part of the program's arguments; may be empty.
        command: the rest, which a task definition's `command` replaces.
        environment: defaults that a task definition's `environment` goes over.
    """

    folder: str
    entry_point: Sequence[str] = ()
    command: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


def write(image: ProcessImage) -> str:
    """The manifest; the same image always gives the same bytes, so its digest is stable."""
    body = {
        "schemaVersion": 2,
        "mediaType": MEDIA_TYPE,
        "folder": image.folder,
        "entryPoint": [*image.entry_point],
        "command": [*image.command],
        "environment": dict(image.environment),
    }
    return json.dumps(body, sort_keys=True, indent=1)


def read(manifest: str) -> ProcessImage:
    """The image of a manifest; ValueError when it is another kind of manifest or not whole."""
    try:
        body = decoding.value(manifest)
        if body["mediaType"] != MEDIA_TYPE:
            raise ValueError(f"its media type is {body['mediaType']}, not {MEDIA_TYPE}")
        return ProcessImage(
            folder=body["folder"],
            entry_point=tuple(body["entryPoint"]),
            command=tuple(body["command"]),
            environment=body["environment"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"it is no manifest of a process image: {error!r}") from error
