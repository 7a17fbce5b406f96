"""A folder and a command put into ECR as a process image."""

from collections.abc import Sequence
from pathlib import Path

from netflux.controlplane.apis import Apis
from netflux.errors import AwsError
from netflux.resources.ecr import digest_of
from netflux.runtime import manifest


async def push(apis: Apis, reference: str, folder: Path, command: Sequence[str]) -> str:
    """Its digest; one that is there already under that tag stays as it is."""
    repository, _, tag = reference.partition(":")
    text = manifest.write(manifest.ProcessImage(str(folder), command=tuple(command)))
    request = {"repositoryName": repository, "imageTag": tag or "latest", "imageManifest": text}
    try:
        await apis.call("ecr", "PutImage", request)
    except AwsError as error:
        if error.code != "ImageAlreadyExistsException":
            raise
    return digest_of(text)
