"""Images of the account's registry: manifests by digest, and the tags that point to them.

moto removes an image whose last tag moves away, and makes up digests; tasks name images by digest, so both would break
a replacement. Hence these documents are ours, while repositories stay moto's.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import kind_of

KIND = "ecr.image"


@dataclass(frozen=True)
class StoredImage:
    """An image in a repository.

    Attributes:
        repository: ARN.
        digest: `sha256:` and the hash of the manifest's bytes.
        manifest: as it was pushed.
        media_type: of the manifest.
        tags: those that point here, oldest first; none for an untagged image.
        pushed_at: ISO 8601.
        size: bytes, as DescribeImages shows.
    """

    repository: str
    digest: str
    manifest: str
    media_type: str
    tags: tuple[str, ...]
    pushed_at: str
    size: int

    @property
    def key(self) -> str:
        """Where its document is."""
        return f"{self.repository}@{self.digest}"


def _stored(body: dict[str, Any]) -> StoredImage:
    return StoredImage(**{**body, "tags": tuple(body["tags"])})


def digest_of(manifest: str) -> str:
    """The digest by which the OCI distribution specification names a manifest."""
    return "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()


class Images:
    """Reads and writes image documents."""

    def __init__(self, documents: Documents) -> None:
        documents.declare(kind_of(KIND, StoredImage, "Push the image anew.", _stored))
        self._documents = documents

    def of(self, repository: str) -> list[StoredImage]:
        """All images of a repository, by its ARN."""
        found = [_stored(body) for _, body in self._documents.list(KIND)]
        return [image for image in found if image.repository == repository]

    def by_digest(self, repository: str, digest: str) -> StoredImage | None:
        """The image with that digest."""
        return next((image for image in self.of(repository) if image.digest == digest), None)

    def by_tag(self, repository: str, tag: str) -> StoredImage | None:
        """The image that the tag points to."""
        return next((image for image in self.of(repository) if tag in image.tags), None)

    def put(self, image: StoredImage, tag: str | None) -> StoredImage:
        """Stores the image; the tag points to it from now on, and no longer to another."""
        with self._documents.transaction():
            known = self.by_digest(image.repository, image.digest) or image
            holder = self.by_tag(image.repository, tag) if tag else None
            if holder is not None and tag is not None and holder.digest != image.digest:
                self.untag(holder, tag)
            tags = known.tags if tag is None or tag in known.tags else (*known.tags, tag)
            stored = replace(known, tags=tags)
            self._write(stored)
        return stored

    def untag(self, image: StoredImage, tag: str) -> StoredImage:
        """The tag points to nothing; the image stays."""
        left = replace(image, tags=tuple(name for name in image.tags if name != tag))
        self._write(left)
        return left

    def delete(self, images: Sequence[StoredImage]) -> None:
        """Removes images with their tags."""
        with self._documents.transaction():
            for image in images:
                self._documents.delete(KIND, image.key)

    def _write(self, image: StoredImage) -> None:
        self._documents.put(KIND, image.key, {**asdict(image), "tags": [*image.tags]})
