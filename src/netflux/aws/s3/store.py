"""Buckets, versions of objects and uploads: records, and their bodies in files."""

from __future__ import annotations

import contextlib
import math
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence

from netflux.aws.s3.body import Bodies
from netflux.aws.s3.index import Index
from netflux.aws.s3.smallbodies import SmallBodies
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources import s3, s3documents, s3objects
from netflux.resources.s3 import Bucket
from netflux.resources.s3objects import NULL, PART, UPLOAD, VERSION, Upload, UploadedPart, Version


class Store:
    """What S3 keeps. Bodies that lose their last record are removed after the record is.

    Args:
        documents: the region's.
        bodies: where the bytes are.

    Attributes:
        announce: told of events, in the transaction of what they are of.
    """

    def __init__(self, documents: Documents, bodies: Bodies) -> None:
        self.documents = documents
        self.bodies = bodies
        self.small = SmallBodies(documents, bodies)
        self._buckets = s3.buckets(documents)
        s3documents.adopt(documents)
        self.versions = documents.table(VERSION)
        self.uploads = documents.table(UPLOAD)
        self.parts = documents.table(PART)
        self.index = Index(self.versions)
        documents.follow(self.index.follow)
        used = {version.content.body for version in self.versions if version.content is not None}
        used.update(part.body for part in self.parts)
        self._discarded: list[str] | None = None
        self.announce: Callable[[Version, str], None] = lambda _version, _event: None
        self._sequence = max((version.sequence for version in self.versions), default=0)
        unread = documents.left_out("s3/")  # nobody knows whose the other bodies are then
        self.small.restore(None if unread else used)
        if not unread:
            bodies.sweep(used)

    def inspect(self, stopping: threading.Event) -> int:
        """Looks at every body, and tells of those that are not whole; how many there are. Blocking, for minutes where
        gigabytes were changed from outside, unless it is stopped.
        """
        return sum(
            not self.bodies.whole(version, math.inf)
            for version in self.versions
            if version.content is not None and not stopping.is_set()
        )

    def buckets(self) -> Sequence[Bucket]:
        """All buckets by name."""
        return sorted(self._buckets, key=lambda bucket: bucket.name)

    def find_bucket(self, name: str) -> Bucket | None:
        """The bucket, or None."""
        return self._buckets.get(name)

    def bucket(self, name: str) -> Bucket:
        """The bucket.

        Raises:
            AwsError: NoSuchBucket.
        """
        found = self.find_bucket(name)
        if found is None:
            raise AwsError("NoSuchBucket", "The specified bucket does not exist", 404)
        return found

    def put_bucket(self, bucket: Bucket) -> None:
        """Creates or changes a bucket."""
        self._buckets.put(bucket)

    def delete_bucket(self, name: str) -> None:
        """Removes an empty bucket and the parts of its unfinished uploads."""
        uploads = self.uploads.where("bucket", name)
        parts = [part for upload in uploads for part in self.parts.where("upload", upload.id)]
        with self.documents.transaction():
            self._buckets.delete(name)
            for upload in uploads:
                self._end(upload.id)
        self._discard(part.body for part in parts)

    def current(self, bucket: str, key: str) -> Version | None:
        """The key's current version, which may be a delete marker; None where it has none."""
        found = self.index.current(bucket, key)
        return None if found is None else self.version(bucket, key, found)

    def version(self, bucket: str, key: str, version: str) -> Version | None:
        """A version by its id, or None."""
        return self.versions.get(s3objects.row(bucket, key, version))

    def stack(self, bucket: str, key: str) -> list[Version]:
        """The key's versions, the newest first."""
        found = (self.version(bucket, key, each) for each in reversed(self.index.versions(bucket, key)))
        return [version for version in found if version is not None]

    def next(self, bucket: Bucket) -> tuple[str, int]:
        """Id and sequence of a version that is to be put into the bucket."""
        self._sequence += 1
        return (secrets.token_urlsafe(24) if bucket.versioning == "Enabled" else NULL), self._sequence

    def put(self, version: Version, upload: str = "", event: str = "") -> None:
        """Stores a version whose body is on disk, in the place of one with its id.

        Args:
            upload: that made it; it ends in the same transaction.
            event: that is told in the same transaction; empty for none.
        """
        before = self.versions.get(version.row)
        parts = self.parts.where("upload", upload) if upload else []
        file = version.content.body if version.content is not None else ""
        with self.documents.transaction():
            self.versions.put(version)
            self.small.keep([file])
            if upload:
                self._end(upload)
            if event:
                self.announce(version, event)
        self.small.kept([file])
        if before is not None and before.content is not None and before.content.body != file:
            self._discard([before.content.body])
        self._discard(part.body for part in parts)

    def remove(self, versions: Sequence[Version], event: str = "") -> None:
        """Removes versions for good, all or none, and tells of each one in the same transaction."""
        with self.documents.transaction(frees=True):
            for version in versions:
                self.versions.delete(version.row)
                if event:
                    self.announce(version, event)
        self._discard(version.content.body for version in versions if version.content is not None)

    def upload(self, bucket: str, key: str, upload_id: str) -> Upload:
        """An unfinished upload.

        Raises:
            AwsError: NoSuchUpload.
        """
        found = self.uploads.get(upload_id)
        if found is None or found.bucket != bucket or found.key != key:
            raise AwsError(
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
                "aborted or completed.",
                404,
            )
        return found

    def part(self, upload: str, number: int) -> UploadedPart | None:
        """A part of an upload, or None."""
        return self.parts.get(f"{upload}/{number:05}")

    def parts_of(self, upload: str) -> list[UploadedPart]:
        """Parts by their number."""
        return sorted(self.parts.where("upload", upload), key=lambda part: part.number)

    def put_part(self, part: UploadedPart) -> None:
        """Keeps a part, in the place of one with its number."""
        before = self.part(part.upload, part.number)
        with self.documents.transaction():
            self.parts.put(part)
            self.small.keep([part.body])
        self.small.kept([part.body])
        if before is not None:
            self._discard([before.body])

    def delete_upload(self, upload: str) -> None:
        """Ends an upload without an object."""
        parts = self.parts.where("upload", upload)
        with self.documents.transaction(frees=True):
            self._end(upload)
        self._discard(part.body for part in parts)

    def _end(self, upload: str) -> None:
        for key in self.parts.keys("upload", upload):
            self.parts.delete(key)
        self.uploads.delete(upload)

    @contextlib.contextmanager
    def batch(self) -> Iterator[None]:
        """Several changes in one transaction; the index has the state before until the block ends. Not nested."""
        self._discarded = []
        try:
            with self.documents.transaction(frees=True):
                yield
        except BaseException:
            self._discarded = None
            raise
        files, self._discarded = self._discarded, None
        self._discard(files)

    def _discard(self, files: Iterable[str]) -> None:
        """Removes bodies whose records are gone; of a batch when it is on disk."""
        if self._discarded is not None:
            self._discarded += files
            return
        for file in files:
            self.bodies.discard(file)
