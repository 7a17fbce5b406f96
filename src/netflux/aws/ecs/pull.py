"""Images, pulled as a task's execution role may pull them.

Whoever pulls from ECR needs `ecr:GetAuthorizationToken` to log in, `ecr:BatchGetImage` for the manifest and
`ecr:GetDownloadUrlForLayer` for what it names: "IAM permissions for pulling an image", ECR User Guide.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from netflux.aws.ecs.roles import Executing
from netflux.aws.ecs.secret import PREFIX, RETRIED
from netflux.errors import AwsError
from netflux.runtime import reference
from netflux.runtime.driver import Image, PullError
from netflux.runtime.reference import ImageReference

UNREACHABLE = (
    "ResourceInitializationError: unable to pull secrets or registry auth: The task cannot pull registry auth from "
    "Amazon ECR: There is a connection issue between the task and Amazon ECR. Check your task network configuration. "
    "{told}"
)
"""Developer guide, "Amazon ECS stopped tasks error messages"."""
_CANNOT = "CannotPullContainerError: "
_MANIFEST = "pull image manifest has been retried 1 time(s): failed to resolve ref"


class Unpulled(Exception):
    """The image can't be had; the text is the task's stoppedReason."""


async def pull(role: Executing, runtime: Callable[[str], Awaitable[Image]], written: str) -> Image:
    """The image.

    Args:
        role: who pulls.
        runtime: pulls.
        written: the image's name.

    Raises:
        Unpulled: it is not there, or the role may not have it.
    """
    try:
        wanted = reference.parse(written)
        if wanted.account is None:
            return await runtime(written)
        await _manifest(role, wanted)
        image = await runtime(written)
        await _layers(role, wanted, image.digest)
    except (PullError, ValueError) as error:
        raise Unpulled(f"{_CANNOT}{error}") from error
    return image


async def _manifest(role: Executing, wanted: ImageReference) -> None:
    try:
        await role.permit("ecr", "GetAuthorizationToken", {})
    except AwsError as error:
        raise Unpulled(
            f"{PREFIX}unable to retrieve ecr registry auth: {RETRIED}: {error.code}: {error.message}"
        ) from error
    name = wanted.digest or wanted.tag
    try:
        await role.permit("ecr", "BatchGetImage", {"repositoryName": wanted.repository})
    except AwsError as error:
        raise Unpulled(
            f"{_CANNOT}{_MANIFEST} {wanted.text}: pulling from host {wanted.host} failed with status code "
            f"[manifests {name}]: 403 Forbidden"
        ) from error


async def _layers(role: Executing, wanted: ImageReference, digest: str) -> None:
    try:
        await role.permit("ecr", "GetDownloadUrlForLayer", {"repositoryName": wanted.repository})
    except AwsError as error:
        raise Unpulled(
            f"{_CANNOT}{_MANIFEST} {wanted.text}: unexpected status from HEAD request to "
            f"https://{wanted.host}/v2/{wanted.repository}/blobs/{digest}: 403 Forbidden"
        ) from error
