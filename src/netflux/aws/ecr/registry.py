"""The registry as a runtime sees it, and how a folder gets into it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from netflux import names
from netflux.aws.ecr.images import digest_of
from netflux.errors import AwsError, UserError
from netflux.runtime import manifest
from netflux.runtime.driver import PullError
from netflux.runtime.reference import ImageReference, parse


class Caller(Protocol):
    """Whatever performs API calls: the region's `Apis`, or a client of a running region."""

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The operation's response; AwsError when it fails."""
        ...


class EcrRegistry:
    """Manifests of the account's private registry.

    Args:
        apis: calls ECR.
        account: of this registry.
        region: of this registry.
    """

    def __init__(self, apis: Caller, account: str, region: str) -> None:
        self._apis = apis
        self._account = account
        self._region = region

    async def manifest(self, reference: str) -> tuple[str, str]:
        """Digest and manifest; PullError when the image is not in this registry."""
        try:
            wanted = parse(reference)
        except ValueError as error:
            raise PullError(str(error)) from error
        if (wanted.account, wanted.region) != (self._account, self._region):
            raise PullError(
                f"failed to resolve ref {reference}: this cloud has no way to the registry {wanted.host}; its images "
                f"are in {names.registry(self._account, self._region)} (also by its amazonaws.com name)"
            )
        image_id = {"imageDigest": wanted.digest} if wanted.digest else {"imageTag": wanted.tag}
        return await self._get(wanted, image_id)

    async def _get(self, wanted: ImageReference, image_id: Mapping[str, str | None]) -> tuple[str, str]:
        params = {"repositoryName": wanted.repository, "imageIds": [image_id]}
        try:
            answer = await self._apis.call("ecr", "BatchGetImage", params)
        except AwsError as error:
            if error.code != "RepositoryNotFoundException":
                raise PullError(f"failed to resolve ref {wanted.text}: {error.message}") from error
            raise PullError(
                f"failed to resolve ref {wanted.text}: name unknown: The repository with name '{wanted.repository}' "
                f"does not exist in the registry with id '{self._account}'"
            ) from error
        if not answer["images"]:
            raise PullError(f"failed to resolve ref {wanted.text}: {wanted.text}: not found")
        image = answer["images"][0]
        return image["imageId"]["imageDigest"], image["imageManifest"]


async def push(apis: Caller, reference: str, folder: Path, command: Sequence[str]) -> str:
    """Makes a process image of a folder and puts it into ECR.

    Args:
        apis: calls ECR.
        reference: `{repository}[:tag]`, with or without the registry's host.
        folder: where the command runs.
        command: the program and its arguments.

    Returns:
        The digest. Pushing the same folder and command to the same tag again changes nothing.

    Raises:
        UserError: the repository, the folder or the name is not right.
    """
    try:
        wanted = parse(reference)
    except ValueError as error:
        raise UserError(str(error), "Write it as movie-service:latest.", exit_code=2) from error
    if not command:
        raise UserError(f"The image {reference} has no command.", "Name the program and its arguments.", exit_code=2)
    text = manifest.write(manifest.ProcessImage(_resolved(folder), command=tuple(command)))
    return await _put(apis, wanted, text)


def _resolved(folder: Path) -> str:
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder.", "Name the folder that the command runs in.", exit_code=2)
    return str(folder.resolve())


async def _put(apis: Caller, wanted: ImageReference, text: str) -> str:
    params = {
        "repositoryName": wanted.repository,
        "imageTag": wanted.tag or "latest",
        "imageManifest": text,
        "imageManifestMediaType": json.loads(text)["mediaType"],
    }
    try:
        answer = await apis.call("ecr", "PutImage", params)
    except AwsError as error:
        if error.code == "ImageAlreadyExistsException":
            return digest_of(text)
        if error.code == "RepositoryNotFoundException":
            raise UserError(
                f"There is no ECR repository named '{wanted.repository}'.",
                f"Create it: aws ecr create-repository --repository-name {wanted.repository}",
            ) from error
        raise
    digest: str = answer["image"]["imageId"]["imageDigest"]
    return digest
