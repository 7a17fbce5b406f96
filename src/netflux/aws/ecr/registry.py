"""The registry as a runtime sees it."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping

from netflux import names
from netflux.controlplane.call import Caller
from netflux.errors import AwsError, UserError
from netflux.runtime.driver import PullError
from netflux.runtime.engine import Login
from netflux.runtime.reference import ImageReference, parse


class EcrRegistry:
    """Manifests of the account's private registry.

    Args:
        apis: calls ECR.
        account: of this registry.
        region: of this registry.
        port: where `/v2/` answers without TLS on 127.0.0.1; 0 when it does not.
        filled: returns when an image, by repository and tag, is here as it shall be; UserError when it can't be.
    """

    def __init__(
        self,
        apis: Caller,
        account: str,
        region: str,
        port: Callable[[], int] = lambda: 0,
        filled: Callable[[str, str], Awaitable[None]] | None = None,
    ) -> None:
        self._apis = apis
        self._port = port
        self._filled = filled
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

    async def login(self) -> Login:
        """How an engine of this machine pulls, as the task's execution role would."""
        answer = await self._apis.call("ecr", "GetAuthorizationToken", {})
        token = answer["authorizationData"][0]["authorizationToken"]
        user, _, password = base64.b64decode(token).decode().partition(":")
        return Login(names.registry(self._account, self._region), f"127.0.0.1:{self._port()}", user, password)

    async def _get(self, wanted: ImageReference, image_id: Mapping[str, str | None]) -> tuple[str, str]:
        params = {"repositoryName": wanted.repository, "imageIds": [image_id]}
        try:
            answer = await self._apis.call("ecr", "BatchGetImage", params)
            if wanted.tag and self._filled is not None:
                await self._filled(wanted.repository, wanted.tag)
                answer = await self._apis.call("ecr", "BatchGetImage", params)
        except AwsError as error:
            if error.code != "RepositoryNotFoundException":
                raise PullError(f"failed to resolve ref {wanted.text}: {error.message}") from error
            raise PullError(
                f"failed to resolve ref {wanted.text}: name unknown: The repository with name '{wanted.repository}' "
                f"does not exist in the registry with id '{self._account}'"
            ) from error
        except UserError as error:
            raise PullError(f"failed to resolve ref {wanted.text}: {error.message}") from error
        if not answer["images"]:
            raise PullError(f"failed to resolve ref {wanted.text}: {wanted.text}: not found")
        image = answer["images"][0]
        return image["imageId"]["imageDigest"], image["imageManifest"]
