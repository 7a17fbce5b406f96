"""Buckets as records, objects and uploads as documents, with an ordered index of keys in memory."""

from __future__ import annotations

import math
import threading
from bisect import bisect_left, insort
from collections.abc import Sequence

from netflux.aws.s3.body import Bodies
from netflux.aws.s3.smallbodies import SmallBodies
from netflux.controlplane.records.documents import Document, Documents
from netflux.controlplane.records.kinds import kind
from netflux.errors import AwsError
from netflux.resources import s3
from netflux.resources.s3 import Bucket

_UPLOAD = "s3/upload"
_KINDS = (
    kind(
        "s3/object/", "Put the object {key} anew.", headers=dict, metadata=dict, tags=list, size=int, etag=str,
        modified=str, body=str, checksums=dict,
    ),
    kind(_UPLOAD, "Begin the upload anew.", bucket=str, key=str, parts=dict),
)  # fmt: skip


def _objects(bucket: str) -> str:
    return f"s3/object/{bucket}"


class Store:
    """What S3 keeps. Bodies that lose their last document are removed after the document is.

    Args:
        documents: the region's.
        bodies: where the bytes are.
    """

    def __init__(self, documents: Documents, bodies: Bodies) -> None:
        self._documents = documents
        self.bodies = bodies
        self.small = SmallBodies(documents, bodies)
        self._keys: dict[str, list[str]] = {}
        documents.declare(*_KINDS)
        self._buckets = s3.buckets(documents)
        used: set[str] = set()
        for bucket in self._buckets:
            entries = documents.list(_objects(bucket.name))
            self._keys[bucket.name] = sorted(key for key, _ in entries)
            used.update(document["body"] for _, document in entries)
        for _, upload in documents.list(_UPLOAD):
            used.update(part["body"] for part in upload["parts"].values())
        unread = documents.left_out("s3/")  # nobody knows whose the other bodies are then
        self.small.restore(None if unread else used)
        if not unread:
            bodies.sweep(used)

    def inspect(self, stopping: threading.Event) -> int:
        """Looks at every body, and tells of those that are not whole; how many there are. Blocking, for minutes where
        gigabytes were changed from outside, unless it is stopped.
        """
        return sum(
            not self.bodies.whole(document, f"s3://{bucket}/{key}", math.inf)
            for bucket in [*self._keys]
            for key, document in self._documents.list(_objects(bucket))
            if not stopping.is_set()
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
        if bucket.name not in self._keys:
            self._keys[bucket.name] = sorted(key for key, _ in self._documents.list(_objects(bucket.name)))

    def delete_bucket(self, name: str) -> None:
        """Removes an empty bucket and the parts of its unfinished uploads."""
        uploads = self.uploads(name)
        with self._documents.transaction():
            self._buckets.delete(name)
            for upload_id, _ in uploads:
                self._documents.delete(_UPLOAD, upload_id)
        self._keys.pop(name, None)
        for _, upload in uploads:
            self._discard_parts(upload)

    def keys(self, bucket: str) -> Sequence[str]:
        """All keys of a bucket, ordered."""
        return self._keys.get(bucket, [])

    def object(self, bucket: str, key: str) -> Document | None:
        """The object, or None."""
        return self._documents.get(_objects(bucket), key)

    def put_object(self, bucket: str, key: str, document: Document, upload_id: str = "") -> None:
        """Stores an object whose body is on disk; ends the upload that made it, in the same transaction."""
        before = self.object(bucket, key)
        upload = self._documents.get(_UPLOAD, upload_id) if upload_id else None
        with self._documents.transaction():
            self._documents.put(_objects(bucket), key, document)
            self.small.keep([document["body"]])
            if upload_id:
                self._documents.delete(_UPLOAD, upload_id)
        self.small.kept([document["body"]])
        if before is None:
            insort(self._keys[bucket], key)
        elif before["body"] != document["body"]:
            self.bodies.discard(before["body"])
        if upload:
            self._discard_parts(upload)

    def delete_object(self, bucket: str, key: str) -> None:
        """Removes an object if it is there."""
        before = self.object(bucket, key)
        if before is None:
            return
        self._documents.delete(_objects(bucket), key)
        keys = self._keys[bucket]
        del keys[bisect_left(keys, key)]
        self.bodies.discard(before["body"])

    def uploads(self, bucket: str) -> Sequence[tuple[str, Document]]:
        """Unfinished uploads by id."""
        return [(key, upload) for key, upload in self._documents.list(_UPLOAD) if upload["bucket"] == bucket]

    def upload(self, bucket: str, key: str, upload_id: str) -> Document:
        """An unfinished upload.

        Raises:
            AwsError: NoSuchUpload.
        """
        found = self._documents.get(_UPLOAD, upload_id)
        if found is None or found["bucket"] != bucket or found["key"] != key:
            raise AwsError(
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload may have been "
                "aborted or completed.",
                404,
            )
        return found

    def put_upload(self, upload_id: str, upload: Document) -> None:
        """Starts or changes an upload."""
        files = [part["body"] for part in upload["parts"].values()]
        with self._documents.transaction():
            self._documents.put(_UPLOAD, upload_id, upload)
            self.small.keep(files)
        self.small.kept(files)

    def delete_upload(self, upload_id: str, upload: Document) -> None:
        """Ends an upload without an object."""
        self._documents.delete(_UPLOAD, upload_id)
        self._discard_parts(upload)

    def _discard_parts(self, upload: Document) -> None:
        for part in upload["parts"].values():
            self.bodies.discard(part["body"])
