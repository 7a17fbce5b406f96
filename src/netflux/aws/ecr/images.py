"""Operations on images: put, got, described, deleted."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from netflux.aws.ecr.decide import OCI_TYPES, artifact_type, immutable, size_of, subject
from netflux.aws.ecr.distribution import INSTALL, Distribution
from netflux.aws.ecr.records import EcrRecords, invalid, page, unpaged
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Documents
from netflux.decoding import json
from netflux.errors import AwsError
from netflux.resources.ecr import Image, Repository, digest_of
from netflux.runtime.trees import Trees

if TYPE_CHECKING:
    from types_boto3_ecr import type_defs as ecr

Json = dict[str, Any]

MOST_IMAGES, MOST_TAGS = 100_000, 1_000
"""Of a repository, and of an image ("Amazon ECR service quotas", Amazon ECR User Guide)."""
_RECORDED = timedelta(hours=24)
"""DescribeImages: the time of the last pull is refreshed at least once in so long."""
_DIGEST = re.compile("[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+")
_TAG = re.compile(r"\w[\w.-]*", re.ASCII)
_ARCHIVED = {"filter.imageStatus": "Nothing is archived here: leave the filter out."}


class Images:
    """Handlers of the operations on images.

    Attributes:
        documents: make one of what a coroutine writes.
        records: of the registry.
        clock: for timestamps.
        distribution: keeps manifests and layers of OCI images; None where no registry is installed.
        trees: keep the contents of process images; None where all of them are live.
    """

    documents: Documents
    records: EcrRecords
    clock: Clock
    distribution: Distribution | None
    trees: Trees | None

    @operation("registryId repositoryName imageManifest imageManifestMediaType imageTag imageDigest")
    async def put_image(self, call: Call, request: ecr.PutImageRequestTypeDef) -> Json:
        """Stores a manifest under its true digest, and points the tag to it."""
        repository = self.records.repository(call, request)
        manifest, tag = request["imageManifest"], request.get("imageTag")
        digest = digest_of(manifest)
        if request.get("imageDigest", digest) != digest:
            raise AwsError(
                "ImageDigestDoesNotMatchException",
                f"The digest of the image manifest is {digest}, not {request['imageDigest']}.",
            )
        if tag is not None and not _TAG.fullmatch(tag):
            raise invalid("imageTag", "must satisfy regular expression '[a-zA-Z0-9_][a-zA-Z0-9._-]*'")
        image = Image(
            repository=repository.name,
            digest=digest,
            manifest=manifest,
            media_type=_media_type(request),
            tags=(),
            pushed_at=self.clock.now(),
            size=size_of(manifest),
        )
        self._check(call, repository, digest, tag)
        absent = [key.partition("@")[2] for key in image.parts if key not in self.records.images]
        if absent:
            raise AwsError(
                "ReferencedImagesNotFoundException",
                f"Images with digests '[{', '.join(absent)}]' required for pushing image into repository with name "
                f"'{repository.name}' in the registry with id '{call.account}' do not exist",
            )
        async with self._contents(image):
            return {"image": _image(call, await self._stored(call, request, image), tag)}

    async def _stored(self, call: Call, request: ecr.PutImageRequestTypeDef, image: Image) -> Image:
        await self._keep_manifest(image)
        # Another push, or a deletion, may have been faster meanwhile.
        tag = request.get("imageTag")
        self._check(call, self.records.repository(call, request), image.digest, tag)
        with self.documents.transaction():
            return self.records.put(image, tag)

    @contextlib.asynccontextmanager
    async def _contents(self, image: Image) -> AsyncIterator[None]:
        """While the image is put, the content that it names stays; AwsError when it is not here."""
        trees = self.trees
        for digest in image.trees:
            if trees is None or not trees.has(digest):
                raise AwsError("LayersNotFoundException", f"The content {digest} is not here. Push the folder again.")
        with contextlib.ExitStack() as used:
            for digest in image.trees:
                assert trees is not None
                used.enter_context(trees.used(digest))
            yield

    @operation("registryId repositoryName imageIds(imageDigest imageTag) acceptedMediaTypes")
    def batch_get_image(self, call: Call, request: ecr.BatchGetImageRequestTypeDef) -> Json:
        """Manifests by tag or digest: a pull, and recorded as one once a day."""
        repository = self.records.repository(call, request)
        images: list[Json] = []
        failures: list[Json] = []
        accepted = request.get("acceptedMediaTypes")
        for wanted in request["imageIds"]:
            found, failure = self._look(repository.name, wanted)
            if found is None:
                failures.append(failure)
            elif accepted and found.media_type not in accepted:
                failures.append(_failure(wanted, "ImageNotFound", "The image is of a media type that is not accepted"))
            else:
                images.append(_image(call, found, wanted.get("imageTag")))
                self._record_pull(found)
        return {"images": images, "failures": failures}

    @operation(
        "registryId repositoryName imageIds(imageDigest imageTag) nextToken maxResults filter(tagStatus imageStatus)",
        refused=_ARCHIVED,
        only={"filter.imageStatus": ("ACTIVE", "ANY")},
    )
    def describe_images(self, call: Call, request: ecr.DescribeImagesRequestTypeDef) -> Json:
        """Digests, tags and times of images."""
        repository = self.records.repository(call, request)
        if unpaged(request, "imageIds"):
            found = [self._must_find(call, repository.name, wanted) for wanted in request["imageIds"]]
            return {"imageDetails": [_detail(call, image) for image in found]}
        tagged = (request.get("filter") or {}).get("tagStatus", "ANY")
        shown, token = page([one for one in self.records.of(repository.name) if _selected(one, tagged)], request)
        return {"imageDetails": [_detail(call, image) for image in shown], **token}

    @operation(
        "registryId repositoryName nextToken maxResults filter(tagStatus imageStatus)",
        refused=_ARCHIVED,
        only={"filter.imageStatus": ("ACTIVE", "ANY")},
    )
    def list_images(self, call: Call, request: ecr.ListImagesRequestTypeDef) -> Json:
        """Ids of images: one for each tag, and the digest alone for an untagged one."""
        repository = self.records.repository(call, request)
        tagged = (request.get("filter") or {}).get("tagStatus", "ANY")
        ids = [one for image in self.records.of(repository.name) if _selected(image, tagged) for one in _ids(image)]
        shown, token = page(ids, request)
        return {"imageIds": shown, **token}

    @operation("registryId repositoryName imageIds(imageDigest imageTag)")
    async def batch_delete_image(self, call: Call, request: ecr.BatchDeleteImageRequestTypeDef) -> Json:
        """Removes a tag (the image goes with its last one), or the image of a digest with all its tags."""
        repository = self.records.repository(call, request)
        gone: list[Json] = []
        failures: list[Json] = []
        dropped: list[Image] = []
        with self.documents.transaction():
            for wanted in request["imageIds"]:
                found, failure = self._look(repository.name, wanted)
                tag = wanted.get("imageTag")
                if found is None:
                    failures.append(failure)
                elif tag is not None and len(found.tags) > 1 and not wanted.get("imageDigest"):
                    self.records.untag(found, tag)
                    gone.append({"imageDigest": found.digest, "imageTag": tag})
                elif lists := self.records.images.where("part", found.key):
                    reason = f"Requested image referenced by manifest list: [{', '.join(one.digest for one in lists)}]"
                    failures.append(_failure(wanted, "ImageReferencedByManifestList", reason))
                else:
                    self.records.images.delete(found.key)
                    dropped.append(found)
                    gone += _ids(found)
        for image in dropped:
            await self._drop_manifest(image)
        return {"imageIds": gone, "failures": failures}

    async def _keep_manifest(self, image: Image) -> None:
        """The registry takes a manifest only when it has everything that the manifest names."""
        if image.media_type not in OCI_TYPES:
            return
        if self.distribution is None:
            raise AwsError(
                "LayersNotFoundException", f"No layer of the image is in the registry of this cloud. {INSTALL}."
            )
        digest, media_type = image.digest, image.media_type
        refused = await self.distribution.put_manifest(image.repository, digest, image.manifest, media_type)
        if refused is not None:
            raise AwsError("LayersNotFoundException", f"The image can't be stored: {refused}")

    async def _drop_manifest(self, image: Image) -> None:
        if self.distribution is not None and image.media_type in OCI_TYPES:
            await self.distribution.delete_manifest(image.repository, image.digest)

    def _record_pull(self, image: Image) -> None:
        now = self.clock.now()
        if image.pulled_at is None or now - image.pulled_at >= _RECORDED:
            with contextlib.suppress(sqlite3.OperationalError):  # a full disk: what is there can be pulled all the same
                self.records.images.put(replace(image, pulled_at=now))

    def _look(self, repository: str, wanted: Mapping[str, Any]) -> tuple[Image | None, Json]:
        """The image of an id, or the failure that says why there is none."""
        digest, tag = wanted.get("imageDigest"), wanted.get("imageTag")
        if not digest and not tag:
            reason = "Invalid request parameters: both tag and digest cannot be null"
            return None, _failure(wanted, "MissingDigestAndTag", reason)
        if digest and not _DIGEST.fullmatch(digest):
            reason = f"Invalid request parameters: image digest should satisfy the regex '{_DIGEST.pattern}'"
            return None, _failure(wanted, "InvalidImageDigest", reason)
        found = self.records.find(repository, wanted)
        if found is None and digest and tag and self.records.by_tag(repository, tag):
            return None, _failure(wanted, "ImageTagDoesNotMatchDigest", "Image tag does not match the digest")
        return found, {} if found else _failure(wanted, "ImageNotFound", "Requested image not found")

    def _must_find(self, call: Call, repository: str, wanted: Mapping[str, Any]) -> Image:
        found, failure = self._look(repository, wanted)
        if found is None and failure["failureCode"] in ("MissingDigestAndTag", "InvalidImageDigest"):
            raise AwsError("InvalidParameterException", failure["failureReason"])
        if found is None:
            raise AwsError(
                "ImageNotFoundException",
                f"The image with imageId {_written(wanted)} does not exist within the repository with name "
                f"'{repository}' in the registry with id '{call.account}'",
            )
        return found

    def _check(self, call: Call, repository: Repository, digest: str, tag: str | None) -> None:
        """Raises AwsError for an image that is there under the tag, a tag that may not move, and too many of either."""
        known = self.records.by_digest(repository.name, digest)
        holder = self.records.by_tag(repository.name, tag) if tag else known
        if holder is not None and holder.digest == digest:
            raise AwsError(
                "ImageAlreadyExistsException",
                f"Image with digest '{digest}' and tag '{tag or 'null'}' already exists in the repository with name "
                f"'{repository.name}' in registry with id '{call.account}'",
            )
        if holder is not None and tag and immutable(repository, tag):
            raise AwsError(
                "ImageTagAlreadyExistsException",
                f"The image tag '{tag}' already exists in the '{repository.name}' repository and cannot be overwritten "
                "because the tag is immutable.",
            )
        if known is not None and len(known.tags) >= MOST_TAGS:
            raise AwsError("LimitExceededException", f"The image {digest} has {MOST_TAGS} tags, the most it may have.")
        if known is None and len(self.records.images.keys("repository", repository.name)) >= MOST_IMAGES:
            raise AwsError(
                "LimitExceededException", f"The repository {repository.name} has {MOST_IMAGES} images, the most it may."
            )


def _media_type(request: Mapping[str, Any]) -> str:
    try:
        written = json.value(request["imageManifest"]).get("mediaType")
    except (ValueError, AttributeError):
        raise invalid("ImageManifest", "Invalid JSON syntax") from None
    media_type: str | None = request.get("imageManifestMediaType") or written
    if not isinstance(media_type, str):
        raise AwsError("InvalidParameterException", "image manifest mediatype not provided in manifest or parameter")
    return media_type


def _image(call: Call, image: Image, tag: str | None) -> Json:
    return {
        "registryId": call.account,
        "repositoryName": image.repository,
        "imageId": {"imageDigest": image.digest, **({"imageTag": tag} if tag else {})},
        "imageManifest": image.manifest,
        "imageManifestMediaType": image.media_type,
    }


def _detail(call: Call, image: Image) -> Json:
    seen = {
        "imageTags": [*image.tags],
        "artifactMediaType": artifact_type(image.manifest),
        "subjectManifestDigest": subject(image.manifest),
        "lastRecordedPullTime": image.pulled_at,
    }
    return {
        "registryId": call.account,
        "repositoryName": image.repository,
        "imageDigest": image.digest,
        "imageSizeInBytes": image.size,
        "imagePushedAt": image.pushed_at,
        "imageManifestMediaType": image.media_type,
        "imageStatus": "ACTIVE",
        **{name: value for name, value in seen.items() if value},
    }


def _ids(image: Image) -> list[Json]:
    return [{"imageDigest": image.digest, "imageTag": tag} for tag in image.tags] or [{"imageDigest": image.digest}]


def _failure(wanted: Mapping[str, Any], code: str, reason: str) -> Json:
    return {"imageId": {**wanted}, "failureCode": code, "failureReason": reason}


def _selected(image: Image, status: str) -> bool:
    return status == "ANY" or (status == "TAGGED") == bool(image.tags)


def _written(wanted: Mapping[str, Any]) -> str:
    inside = ", ".join(f"{name}:'{wanted.get(name, 'null')}'" for name in ("imageDigest", "imageTag"))
    return "{" + inside + "}"
