"""What has to be there before a task's first container starts: images, secrets, log streams."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from netflux.aws.ecs import logstream, secret
from netflux.aws.ecs.desired import ContainerDefinition
from netflux.aws.ecs.run import Run, RunningContainer
from netflux.aws.ecs.store import SERVICE, Json, Store
from netflux.aws.ecs.taskhost import TaskHost
from netflux.runtime import reference
from netflux.runtime.driver import Image, PullError


class InitializationError(Exception):
    """The task can't start; the text is its stoppedReason, and `container` the one it is about."""

    def __init__(self, reason: str, container: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.container = container


async def prepare(host: TaskHost, run: Run, document: Json) -> None:
    """Fills the run's containers with their images and secrets, and makes their log streams.

    Raises:
        InitializationError: in the words of stoppedReason.
    """
    pinned = _pinned(host.store, document)
    work = [_container(host, run, container, pinned.get(name)) for name, container in run.containers.items()]
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    resolved = _pin(host.store, document, {n: c.image.digest for n, c in run.containers.items() if c.image is not None})
    for name, digest in resolved.items():
        container = run.containers[name]
        if container.image is not None and container.image.digest != digest:
            container.image = await _pull(host, container.definition, digest)


async def _container(host: TaskHost, run: Run, container: RunningContainer, digest: str | None) -> None:
    definition = container.definition
    container.image = await _pull(host, definition, digest)
    for variable, value_from in definition.secrets:
        try:
            container.secrets[variable] = await secret.read(host.apis, value_from)
        except secret.SecretError as error:
            raise InitializationError(str(error), definition.name) from error
    if definition.log is not None:
        stream = logstream.stream_name(definition.log, definition.name, run.id)
        try:
            await logstream.create(host.apis, definition.log, stream)
        except logstream.LogError as error:
            raise InitializationError(str(error), definition.name) from error


async def _pull(host: TaskHost, definition: ContainerDefinition, digest: str | None) -> Image:
    try:
        name = reference.parse(definition.image).at(digest) if digest else definition.image
        return await host.runtime.pull(name)
    except (PullError, ValueError) as error:
        raise InitializationError(f"CannotPullContainerError: {error}", definition.name) from error


def _deployment(service: Json, document: Json) -> Json | None:
    found = [body for body in service["deployments"] if body["id"] == document["deployment"]]
    return found[0] if found else None


def _pinned(store: Store, document: Json) -> Mapping[str, str]:
    """Digests that the deployment's first task has resolved."""
    service = store.get(SERVICE, document["service"]) if document["service"] else None
    deployment = _deployment(service, document) if service else None
    return deployment["images"] if deployment else {}


def _pin(store: Store, document: Json, digests: Mapping[str, str]) -> Mapping[str, str]:
    """Makes these the deployment's digests unless another task was first; returns the deployment's."""
    if not document["service"]:
        return digests
    chosen = dict(digests)

    def apply(service: Json) -> None:
        deployment = _deployment(service, document)
        if deployment is not None:
            chosen.update(deployment["images"])
            deployment["images"] = dict(chosen)

    store.change(SERVICE, document["service"], apply)
    return chosen
