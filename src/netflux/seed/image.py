"""A process image put into a repository by the registry's own API."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from typing import Any

from netflux.errors import AwsError, UserError
from netflux.resources.ecr import digest_of
from netflux.runtime import links, manifest
from netflux.runtime.trees import Trees
from netflux.seed.config import ImageSource

Call = Callable[[str, str, dict[str, Any]], Awaitable[dict[str, Any]]]
"""`Apis.call`."""


@contextlib.asynccontextmanager
async def written(trees: Trees, image: ImageSource) -> AsyncIterator[str]:
    """The manifest, always the same bytes for the same content. The content stays here while the block runs.

    Raises:
        UserError: the folder does not exist, has symbolic links that lead out of it, or can't be content.
    """
    folder = image.folder
    if not folder.is_absolute() or not folder.is_dir():
        raise UserError(f"{folder} is not a folder of this machine.", "Name the folder that the command runs in.", 2)
    made = manifest.ProcessImage(str(folder), command=image.command, environment=dict(image.environment))
    if image.live:
        astray = await asyncio.to_thread(links.leading_out, folder)
        if astray is not None:
            raise UserError(
                f"{folder} has a symbolic link that leads out of it: {astray}.",
                "Put there what it leads to (cp -rL), or push a folder that holds both.",
                2,
            )
        yield manifest.write(made)
        return
    tree = await asyncio.to_thread(trees.keep, folder)
    try:
        yield manifest.write(replace(made, tree=tree.digest, size=tree.size))
    finally:
        await asyncio.to_thread(trees.release, tree.digest)


async def put(call: Call, image: ImageSource, text: str) -> str:
    """Puts the manifest under the image's tag; its digest. One that is there already stays as it is.

    Raises:
        AwsError: the registry refuses, for example because there is no such repository.
    """
    request = {"repositoryName": image.repository, "imageManifest": text, "imageTag": image.tag}
    try:
        await call("ecr", "PutImage", request)
    except AwsError as error:
        if error.code != "ImageAlreadyExistsException":
            raise
    return digest_of(text)


async def push(call: Call, trees: Trees, image: ImageSource) -> str:
    """Pushes the image and returns its digest. Raises as `written` and `put` do."""
    async with written(trees, image) as text:
        return await put(call, image, text)
