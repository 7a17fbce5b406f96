"""ECR: repositories are moto's, images are ours, layers are the registry's (distribution.py)."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from netflux.aws.ecr import expiry
from netflux.aws.ecr.controller import POLICY
from netflux.aws.ecr.decide import OCI_TYPES, artifact_type, immutable, size_of
from netflux.aws.ecr.distribution import INSTALL, Distribution
from netflux.aws.ecr.images import Images, StoredImage, digest_of
from netflux.aws.ecr.layers import Layers
from netflux.aws.ecr.password import USER, Passwords
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.decoding import json
from netflux.errors import AwsError, Unsupported

Json = dict[str, Any]


class EcrApi(Layers):
    """Handlers of ECR's operations.

    Args:
        documents: keeps the images.
        moto: keeps the repositories.
        clock: for timestamps.
        distribution: keeps the layers; None where no registry is installed.
        port: of the gateway.
    """

    service = "ecr"
    whole = False

    def __init__(
        self, documents: Documents, moto: Moto, clock: Clock, distribution: Distribution | None = None, port: int = 443
    ) -> None:
        super().__init__(moto, Passwords(documents, clock), distribution, port)
        self._documents = documents
        self._images = Images(documents)
        self._clock = clock

    async def create_repository(self, _call: Call, request: Json) -> Json:
        """Creates a repository whose URI names the local registry."""
        answer = await self._moto.call("ecr", "CreateRepository", request)
        return {**answer, "repository": self._local(answer["repository"])}

    async def describe_repositories(self, _call: Call, request: Json) -> Json:
        """Lists repositories with their URIs."""
        answer = await self._moto.call("ecr", "DescribeRepositories", request)
        return {**answer, "repositories": [self._local(repository) for repository in answer["repositories"]]}

    async def delete_repository(self, call: Call, request: Json) -> Json:
        """Deletes a repository; with `force` its images too."""
        repository = await self._repository(request)
        images = self._images.of(repository["repositoryArn"])
        if images and not request.get("force"):
            raise AwsError(
                "RepositoryNotEmptyException",
                f"The repository with name '{request['repositoryName']}' in registry with id '{call.account}' "
                "cannot be deleted because it still contains images",
            )
        answer = await self._moto.call("ecr", "DeleteRepository", request)
        self._images.delete(images)
        self._documents.delete(POLICY, request["repositoryName"])
        if self._distribution is not None:
            await self._distribution.forget(request["repositoryName"])
        return {**answer, "repository": self._local(answer["repository"])}

    async def put_lifecycle_policy(self, _call: Call, request: Json) -> Json:
        """Keeps a policy that can be carried out; the controller does."""
        repository, text = await self._repository(request), request["lifecyclePolicyText"]
        expiry.rules(text)
        answer = await self._moto.call("ecr", "PutLifecyclePolicy", request)
        self._documents.put(POLICY, request["repositoryName"], {"arn": repository["repositoryArn"], "text": text})
        return answer

    async def delete_lifecycle_policy(self, _call: Call, request: Json) -> Json:
        """From now on nothing expires."""
        answer = await self._moto.call("ecr", "DeleteLifecyclePolicy", request)
        self._documents.delete(POLICY, request["repositoryName"])
        return answer

    async def put_image(self, call: Call, request: Json) -> Json:
        """Stores a manifest under its true digest, and points the tag to it."""
        repository = await self._repository(request)
        manifest, tag = request["imageManifest"], request.get("imageTag")
        arn, digest = repository["repositoryArn"], digest_of(manifest)
        if request.get("imageDigest", digest) != digest:
            raise AwsError(
                "ImageDigestDoesNotMatchException",
                f"The digest of the image manifest is {digest}, not {request['imageDigest']}.",
            )
        image = StoredImage(
            repository=arn,
            digest=digest,
            manifest=manifest,
            media_type=_media_type(request),
            tags=(),
            pushed_at=self._clock.now().isoformat(),
            size=size_of(manifest),
        )
        self._check_tag(call, repository, digest, tag)
        await self._keep_manifest(request["repositoryName"], image)
        self._check_tag(call, repository, digest, tag)  # another push may have been faster meanwhile
        stored = self._images.put(image, tag)
        return {"image": _image(call, request, stored, tag)}

    async def batch_get_image(self, call: Call, request: Json) -> Json:
        """Manifests by tag or digest."""
        repository = await self._repository(request)
        images, failures = [], []
        for wanted in request["imageIds"]:
            found = self._find(repository, wanted)
            if found is None:
                failures.append(_failure(wanted))
            else:
                images.append(_image(call, request, found, wanted.get("imageTag")))
        return {"images": images, "failures": failures}

    async def describe_images(self, call: Call, request: Json) -> Json:
        """Digests, tags and times of images."""
        repository = await self._repository(request)
        images = self._images.of(repository["repositoryArn"])
        if request.get("imageIds"):
            images = [self._must_find(call, repository, wanted) for wanted in request["imageIds"]]
        tagged = request.get("filter", {}).get("tagStatus", "ANY")
        return {"imageDetails": [_detail(call, request, image) for image in images if _selected(image, tagged)]}

    async def list_images(self, _call: Call, request: Json) -> Json:
        """Ids of images: one for each tag, and the digest alone for an untagged one."""
        repository = await self._repository(request)
        tagged = request.get("filter", {}).get("tagStatus", "ANY")
        ids: list[Json] = []
        for image in self._images.of(repository["repositoryArn"]):
            if _selected(image, tagged):
                ids += [{"imageDigest": image.digest, "imageTag": tag} for tag in image.tags] or [
                    {"imageDigest": image.digest}
                ]
        return {"imageIds": ids}

    async def batch_delete_image(self, _call: Call, request: Json) -> Json:
        """Removes a tag (the image goes with its last one), or the image of a digest with all its tags."""
        repository = await self._repository(request)
        gone: list[Json] = []
        failures: list[Json] = []
        for wanted in request["imageIds"]:
            found = self._find(repository, wanted)
            if found is None:
                failures.append(_failure(wanted))
                continue
            tag = wanted.get("imageTag")
            if tag is not None and len(found.tags) > 1:
                self._images.untag(found, tag)
            else:
                self._images.delete([found])
                await self._drop_manifest(request["repositoryName"], found)
            gone += [{"imageDigest": found.digest, "imageTag": name} for name in ([tag] if tag else found.tags)] or [
                {"imageDigest": found.digest}
            ]
        return {"imageIds": gone, "failures": failures}

    async def get_authorization_token(self, call: Call, _request: Json) -> Json:
        """A password for the registry, as `aws ecr get-login-password` takes it."""
        password, expires = self._passwords.issue()
        token = base64.b64encode(f"{USER}:{password}".encode()).decode()
        host = self._host(call.account, call.region)
        return {
            "authorizationData": [
                {"authorizationToken": token, "expiresAt": expires, "proxyEndpoint": f"https://{host}"}
            ]
        }

    async def start_image_scan(self, _call: Call, _request: Json) -> Json:
        """Refused: nothing scans images here, so there would be no true finding."""
        raise Unsupported("ecr:StartImageScan")

    async def describe_image_scan_findings(self, _call: Call, _request: Json) -> Json:
        """Refused: nothing scans images here."""
        raise Unsupported("ecr:DescribeImageScanFindings")

    async def _keep_manifest(self, repository: str, image: StoredImage) -> None:
        """The registry takes a manifest only when it has everything that the manifest names."""
        if image.media_type not in OCI_TYPES:
            return
        if self._distribution is None:
            raise AwsError(
                "LayersNotFoundException", f"No layer of the image is in the registry of this cloud. {INSTALL}."
            )
        refused = await self._distribution.put_manifest(repository, image.digest, image.manifest, image.media_type)
        if refused is not None:
            raise AwsError("LayersNotFoundException", f"The image can't be stored: {refused}")

    async def _drop_manifest(self, repository: str, image: StoredImage) -> None:
        if self._distribution is not None and image.media_type in OCI_TYPES:
            await self._distribution.delete_manifest(repository, image.digest)

    def _local(self, repository: Json) -> Json:
        region, account = repository["repositoryArn"].split(":")[3:5]
        return {**repository, "repositoryUri": f"{self._host(account, region)}/{repository['repositoryName']}"}

    def _find(self, repository: Json, wanted: Json) -> StoredImage | None:
        arn = repository["repositoryArn"]
        if wanted.get("imageDigest"):
            found = self._images.by_digest(arn, wanted["imageDigest"])
            return found if found and wanted.get("imageTag", None) in (None, *found.tags) else None
        return self._images.by_tag(arn, wanted.get("imageTag", ""))

    def _must_find(self, call: Call, repository: Json, wanted: Json) -> StoredImage:
        found = self._find(repository, wanted)
        if found is None:
            raise AwsError(
                "ImageNotFoundException",
                f"The image with imageId {_written(wanted)} does not exist within the repository with name "
                f"'{repository['repositoryName']}' in the registry with id '{call.account}'",
            )
        return found

    def _check_tag(self, call: Call, repository: Json, digest: str, tag: str | None) -> None:
        arn, name = repository["repositoryArn"], repository["repositoryName"]
        holder = self._images.by_tag(arn, tag) if tag else self._images.by_digest(arn, digest)
        if holder is None:
            return
        if holder.digest == digest:
            raise AwsError(
                "ImageAlreadyExistsException",
                f"Image with digest '{digest}' and tag '{tag}' already exists in the repository with name '{name}' "
                f"in registry with id '{call.account}'",
            )
        if tag and immutable(repository, tag):
            raise AwsError(
                "ImageTagAlreadyExistsException",
                f"The image tag '{tag}' already exists in the '{name}' repository and cannot be overwritten because "
                "the tag is immutable.",
            )


def _media_type(request: Json) -> str:
    try:
        written = json.value(request["imageManifest"]).get("mediaType")
    except (ValueError, AttributeError):
        raise AwsError(
            "InvalidParameterException",
            "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
        ) from None
    media_type: str | None = request.get("imageManifestMediaType") or written
    if media_type is None:
        raise AwsError(
            "InvalidParameterException", "The image manifest names no media type, and neither does the call."
        )
    return media_type


def _image(call: Call, request: Json, image: StoredImage, tag: str | None) -> Json:
    return {
        "registryId": call.account,
        "repositoryName": request["repositoryName"],
        "imageId": {"imageDigest": image.digest, **({"imageTag": tag} if tag else {})},
        "imageManifest": image.manifest,
        "imageManifestMediaType": image.media_type,
    }


def _detail(call: Call, request: Json, image: StoredImage) -> Json:
    detail = {
        "registryId": call.account,
        "repositoryName": request["repositoryName"],
        "imageDigest": image.digest,
        "imageSizeInBytes": image.size,
        "imagePushedAt": datetime.fromisoformat(image.pushed_at),
        "imageManifestMediaType": image.media_type,
    }
    artifact = artifact_type(image.manifest)
    detail |= {"artifactMediaType": artifact} if artifact else {}
    return detail | ({"imageTags": [*image.tags]} if image.tags else {})


def _failure(wanted: Json) -> Json:
    if not wanted:
        return {
            "imageId": wanted,
            "failureCode": "MissingDigestAndTag",
            "failureReason": "Invalid request parameters: both tag and digest cannot be null",
        }
    return {"imageId": wanted, "failureCode": "ImageNotFound", "failureReason": "Requested image not found"}


def _selected(image: StoredImage, status: str) -> bool:
    return status == "ANY" or (status == "TAGGED") == bool(image.tags)


def _written(wanted: Json) -> str:
    inside = ", ".join(f"{name}:'{value}'" for name, value in sorted(wanted.items()))
    return "{" + inside + "}"
