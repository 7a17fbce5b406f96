"""What has to be there before a task's first container starts: images, secrets, log streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from netflux.aws.ecs import environmentfile, logstream, secret
from netflux.aws.ecs.desired import ContainerDefinition
from netflux.aws.ecs.outgoing import Ways
from netflux.aws.ecs.pull import UNREACHABLE, Unpulled, pull
from netflux.aws.ecs.roles import Executing
from netflux.aws.ecs.run import Run, RunningContainer
from netflux.aws.ecs.store import SERVICE, Json, Store
from netflux.aws.ecs.taskhost import TaskHost
from netflux.runtime import reference
from netflux.runtime.driver import Image


class InitializationError(Exception):
    """The task can't start; the text is its stoppedReason, and `container` the one it is about."""

    def __init__(self, reason: str, container: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.container = container


class _Once:
    """Does the same thing once for all containers of a task: they often share an image and a secret's parts."""

    def __init__(self, host: TaskHost, role: Executing, ways: Ways) -> None:
        self._host = host
        self.role = role
        self.ways = ways
        self._done: dict[str, asyncio.Future[Any]] = {}

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """An API call; the same call again gives the same answer."""
        key = json.dumps([service, operation, params], sort_keys=True)
        answer: dict[str, Any] = await self._share(key, lambda: self.role.call(service, operation, params))
        return answer

    async def pull(self, name: str) -> Image:
        """An image by its name; the same name again gives the same image."""
        image: Image = await self._share(name, lambda: pull(self.role, self._host.runtime.pull, name))
        return image

    async def _share(self, key: str, do: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        if key not in self._done:
            self._done[key] = asyncio.ensure_future(do())
        return await asyncio.shield(self._done[key])


async def prepare(host: TaskHost, run: Run, document: Json, ways: Ways) -> None:
    """Fills the run's containers with their images and secrets, and makes their log streams.

    Args:
        host: what tasks run on.
        run: to be filled.
        document: of the task.
        ways: the task's to AWS's APIs.

    Raises:
        InitializationError: in the words of stoppedReason.
    """
    pinned, once = _pinned(host.store, document), _Once(host, host.roles.executing(document), ways)
    work: list[Coroutine[Any, Any, None]] = []
    for name, container in run.containers.items():
        work += [_image(once, container, pinned.get(name)), _secrets(once, container), _log(once, run, container)]
        work.append(_files(once, container))
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    resolved = _pin(
        host.store,
        document,
        {n: c.image.digest for n, c in run.containers.items() if c.image is not None and c.definition.pinned},
    )
    for name, digest in resolved.items():
        container = run.containers[name]
        if container.image is not None and container.image.digest != digest:
            container.image = await _pull(once, container.definition, digest)


async def _image(once: _Once, container: RunningContainer, digest: str | None) -> None:
    container.image = await _pull(once, container.definition, digest)


async def _secrets(once: _Once, container: RunningContainer) -> None:
    for variable, value_from in container.definition.secrets:
        closed = await secret.unreachable(once.ways, value_from)
        if closed:
            raise InitializationError(closed, container.definition.name)
        try:
            container.secrets[variable] = await secret.read(once, value_from)
        except secret.SecretError as error:
            raise InitializationError(str(error), container.definition.name) from error


async def _files(once: _Once, container: RunningContainer) -> None:
    """One after the other, since the same call is made once only where its answer is text."""
    found = []
    for arn in container.definition.environment_files:
        closed = await once.ways.closed("s3")
        if closed:
            raise InitializationError(f"{environmentfile.PREFIX}{closed}", container.definition.name)
        try:
            found.append(await environmentfile.read(once.role, arn))
        except environmentfile.EnvironmentFileError as error:
            raise InitializationError(str(error), container.definition.name) from error
    container.file_environment = environmentfile.merged(found)


async def _log(once: _Once, run: Run, container: RunningContainer) -> None:
    definition = container.definition
    if definition.log is not None:
        closed = await once.ways.closed("logs")
        if closed:
            raise InitializationError(logstream.UNREACHABLE.format(told=closed), definition.name)
        stream = logstream.stream_name(definition.log, definition.name, run.id)
        try:
            await logstream.create(once.role, definition.log, stream)
        except logstream.LogError as error:
            raise InitializationError(str(error), definition.name) from error


async def _pull(once: _Once, definition: ContainerDefinition, digest: str | None) -> Image:
    try:
        wanted = reference.parse(definition.image)
        name = wanted.at(digest) if digest else definition.image
        if wanted.account is not None:
            await _reach_registry(once, definition)
        return await once.pull(name)
    except Unpulled as error:
        raise InitializationError(str(error), definition.name) from error
    except ValueError as error:
        raise InitializationError(f"CannotPullContainerError: {error}", definition.name) from error


async def _reach_registry(once: _Once, definition: ContainerDefinition) -> None:
    """ECR's API for the registry's password, its registry for the manifest, S3 for layers."""
    closed = await once.ways.closed("ecr.api")
    if closed:
        raise InitializationError(UNREACHABLE.format(told=closed), definition.name)
    for service in ("ecr.dkr", "s3"):
        closed = await once.ways.closed(service)
        if closed:
            raise InitializationError(
                "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref "
                f"{definition.image}: {closed}",
                definition.name,
            )


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
