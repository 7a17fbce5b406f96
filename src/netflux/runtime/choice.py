"""The runtime of each image: a process manifest runs as a process, an OCI image by podman."""

from __future__ import annotations

from collections.abc import Mapping

from netflux.decoding import json
from netflux.runtime import engine, manifest
from netflux.runtime.children import Children
from netflux.runtime.driver import Container, ContainerSpec, Image, PullError, Registry, Runtime
from netflux.runtime.engine import Engine
from netflux.runtime.holding import Sizes
from netflux.runtime.podman import Access, PodmanRuntime
from netflux.runtime.process import ProcessRuntime
from netflux.runtime.trees import Trees
from netflux.runtime.walls import Standing

AUTO = "auto"


class ChosenRuntime:
    """Runs every image by the runtime that can.

    Args:
        registry: tells which kind an image is of.
        runtimes: by name, those that can be used; `process` and `podman` are known.
        missing: why a runtime is not among them, by its name.
    """

    name = AUTO

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
            why = self._missing.get(name, "there is no such runtime")
            raise PullError(f"{reference}: this image needs the runtime {name}, which can't be used here: {why}")
        return await runtime.pull(reference)

    async def start(self, spec: ContainerSpec) -> Container:
        """The running container, by the runtime that has pulled its image."""
        return await self._runtimes[spec.image.runtime].start(spec)

    @property
    def sizes(self) -> Sizes | None:
        """How tasks that are processes are held to their sizes; None where none are run."""
        process = self._runtimes.get(ProcessRuntime.name)
        return process.sizes if isinstance(process, ProcessRuntime) else None

    @property
    def walls(self) -> Standing | None:
        """The walls around tasks that are processes; None where none are run, or before they were tried."""
        process = self._runtimes.get(ProcessRuntime.name)
        return process.walls if isinstance(process, ProcessRuntime) else None

    async def clear(self) -> None:
        """Removes containers that a killed region has left. Where there never were any, no engine is called.

        What the machine allows to tasks is tried too, so that the first of them need not wait for it.
        """
        for runtime in self._runtimes.values():
            if isinstance(runtime, ProcessRuntime):
                await runtime.sweep()
                await runtime.places()
                runtime.try_walls()
            if isinstance(runtime, PodmanRuntime):
                await runtime.clear()


def assemble(chosen: str, children: Children, registry: Access, podman: Engine, trees: Trees) -> ChosenRuntime:
    """The runtimes of a region.

    Args:
        chosen: `auto`, or the name of the only one that is used.
        children: starts processes.
        registry: where images are.
        podman: the podman command; it is not called before an image needs it.
        trees: contents of process images.
    """
    runtimes: dict[str, Runtime] = {
        ProcessRuntime.name: ProcessRuntime(children, registry, trees),
        PodmanRuntime.name: PodmanRuntime(children, registry, podman),
    }
    missing = {
        name: f"the cloud was started with --runtime {chosen}" for name in runtimes if chosen not in (AUTO, name)
    }
    refused = engine.why_not()
    if refused is not None:
        missing.setdefault(PodmanRuntime.name, refused)
    return ChosenRuntime(registry, {name: one for name, one in runtimes.items() if name not in missing}, missing)


def kind_of(text: str) -> str:
    """Which runtime a manifest is for."""
    try:
        media_type = json.value(text).get("mediaType")
    except (ValueError, AttributeError):
        media_type = None
    return "process" if media_type in (manifest.MEDIA_TYPE, manifest.LIVE_TYPE) else "podman"
