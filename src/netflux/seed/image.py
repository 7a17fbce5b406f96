"""A process image put into a repository by the registry's own API."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from netflux.errors import UserError
from netflux.runtime import links, manifest
from netflux.seed.config import ImageSource

Call = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""`Apis.call`."""


def body(image: ImageSource) -> str:
    """The manifest, always the same bytes for the same image."""
    return manifest.write(
        manifest.ProcessImage(str(image.folder), command=image.command, environment=dict(image.environment))
    )


async def push(call: Call, image: ImageSource) -> str:
    """Pushes the image and returns its digest. An image that is there already under that tag is left as it is.

    Raises:
        AwsError: the registry refuses, for example because there is no such repository.
        UserError: the folder does not exist, or has symbolic links that lead out of it.
    """
    if not image.folder.is_absolute() or not image.folder.is_dir():
        raise UserError(
            f"{image.folder} is not a folder of this machine.", "Name the folder that the command runs in.", 2
        )
    astray = await asyncio.to_thread(links.leading_out, image.folder)
    if astray is not None:
        raise UserError(
            f"{image.folder} has a symbolic link that leads out of it: {astray}.",
            "Put there what it leads to (cp -rL), or push a folder that holds both.",
            2,
        )
    request = {
        "repositoryName": image.repository,
        "imageManifest": body(image),
        "imageManifestMediaType": manifest.MEDIA_TYPE,
        "imageTag": image.tag,
    }
    answer = await call("ecr", "PutImage", request)
    digest: str = answer["image"]["imageId"]["imageDigest"]
    return digest
