"""S3's objects and uploads of the release before, which were documents, become records."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from netflux.controlplane.records.documents import Document, Documents
from netflux.controlplane.records.kinds import kind
from netflux.resources.s3objects import (
    NULL,
    PART,
    UPLOAD,
    VERSION,
    Content,
    Description,
    Upload,
    UploadedPart,
    Version,
)  # fmt: skip

_OBJECTS, _UPLOADS = "s3/object/", "s3/upload"
_KINDS = (
    kind(
        _OBJECTS, "Put the object {key} anew.", headers=dict, metadata=dict, tags=list, size=int, etag=str,
        modified=str, body=str, checksums=dict,
    ),
    kind(_UPLOADS, "Begin the upload anew.", bucket=str, key=str, parts=dict),
)  # fmt: skip


def adopt(documents: Documents) -> None:
    """Moves them, a bucket's objects in one transaction; one that can't be read is told of and stays as it is."""
    documents.declare(*_KINDS)
    versions = documents.table(VERSION)
    for name in documents.kinds(_OBJECTS):
        with documents.transaction():
            for number, (key, document) in enumerate(documents.list(name), 1):
                versions.put(_version(name.removeprefix(_OBJECTS), key, document, number))
                documents.delete(name, key)
    for key, document in documents.list(_UPLOADS):
        with documents.transaction():
            documents.table(UPLOAD).put(_upload(key, document))
            for number, part in document["parts"].items():
                documents.table(PART).put(_part(key, int(number), part))
            documents.delete(_UPLOADS, key)


def _version(bucket: str, key: str, document: Document, sequence: int) -> Version:
    content = Content(
        document["size"],
        document["etag"],
        document["body"],
        document["checksums"],
        document.get("checksum_type", "FULL_OBJECT"),
    )
    moment = datetime.fromisoformat(document["modified"])
    return Version(bucket, key, NULL, sequence, moment, _description(document), content)


def _description(document: dict[str, Any]) -> Description:
    tags = {tag["Key"]: tag.get("Value") or "" for tag in document["tags"]}
    return Description(document["headers"], document["metadata"], tags)


def _upload(key: str, document: Document) -> Upload:
    return Upload(
        key,
        document["bucket"],
        document["key"],
        datetime.fromisoformat(document["initiated"]),
        _description(document),
        document["algorithm"],
        document["checksum_type"],
    )


def _part(upload: str, number: int, part: dict[str, Any]) -> UploadedPart:
    return UploadedPart(
        upload,
        number,
        part["size"],
        part["etag"],
        part["body"],
        datetime.fromisoformat(part["modified"]),
        part["checksums"],
    )
