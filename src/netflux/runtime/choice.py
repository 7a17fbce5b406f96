"""The runtime of each image: a process manifest runs as a process, an OCI image by podman."""

from __future__ import annotations

import json
from collections.abc import Mapping

from netflux.runtime import manifest
from netflux.runtime.driver import Container, ContainerSpec, Image, PullError, Registry, Runtime


class ChosenRuntime:
    """Runs every image by the runtime that can.

    Args:
        registry: tells which kind an image is of.
        runtimes: by name, those that can be used; `process` and `podman` are known.
        missing: why a runtime is not among them, by its name.
    """

    name = "auto"

    def __init__(self, registry: Registry, runtimes: Mapping[str, Runtime], missing: Mapping[str, str]) -> None:
        self._registry = registry
        self._runtimes = runtimes
        self._missing = missing

    async def pull(self, reference: str) -> Image:
        """The image; PullError when there is none, or no runtime for it."""
        _, text = await self._registry.manifest(reference)
        name = kind_of(text)
        runtime = self._runtimes.get(name)
        if runtime is None:
            why = self._missing.get(name, "it was not chosen with --runtime")
            raise PullError(f"{reference}: this image needs the runtime {name}, which can't be used here: {why}")
        return await runtime.pull(reference)

    async def start(self, spec: ContainerSpec) -> Container:
        """The running container, by the runtime that has pulled its image."""
        return await self._runtimes[spec.image.runtime].start(spec)


def kind_of(text: str) -> str:
    """Which runtime a manifest is for."""
    try:
        media_type = json.loads(text).get("mediaType")
    except (ValueError, AttributeError):
        media_type = None
    return "process" if media_type == manifest.MEDIA_TYPE else "podman"
