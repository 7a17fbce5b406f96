"""S3's objects: every version that a key has, delete markers among them, and uploads that are not complete."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.controlplane.records.table import Schema

NULL = "null"
"""The id of the version that is put while versioning is off or suspended."""


@dataclass(frozen=True)
class Retention:
    """Until when a version can't be deleted.

    Attributes:
        mode: GOVERNANCE or COMPLIANCE.
    """

    mode: str
    until: datetime


@dataclass(frozen=True)
class Description:
    """What a request that makes an object says of it besides its bytes.

    Attributes:
        headers: of its answers, by the name of the API's member, as they were sent.
        owner: canonical id of the account that put it; empty for the bucket's.
        legal_hold: ON, OFF, or empty where none was ever put.
        acl: AccessControlPolicy; empty for the owner's full control.
        encryption: the members that answers tell of it; empty for the bucket's default, AES256.
        redirect: WebsiteRedirectLocation.
    """

    headers: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    storage_class: str = "STANDARD"
    owner: str = ""
    retention: Retention | None = None
    legal_hold: str = ""
    acl: dict[str, Any] = field(default_factory=dict)
    encryption: dict[str, str] = field(default_factory=dict)
    redirect: str = ""


@dataclass(frozen=True)
class Piece:
    """Bytes of a body that were encrypted in one go.

    Attributes:
        counter: that they begin with, base64.
    """

    size: int
    counter: str


@dataclass(frozen=True)
class Seal:
    """How a body is encrypted on disk.

    Attributes:
        key: the data key as KMS encrypted it, base64; empty where the client keeps the key.
    """

    key: str = ""
    pieces: tuple[Piece, ...] = ()


@dataclass(frozen=True)
class Part:
    """A part of an object that was uploaded in parts."""

    number: int
    size: int
    checksums: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Content:
    """An object's bytes.

    Attributes:
        size: bytes.
        etag: quoted.
        body: name of the file.
        checksums: by algorithm, base64; of composite ones with the number of parts.
        checksum_type: FULL_OBJECT or COMPOSITE.
        parts: in the order of their numbers; none of an object that came in one piece.
        upload: the id of the upload that made it.
        seal: None of a body that lies on disk as it was sent.
    """

    size: int
    etag: str
    body: str
    checksums: dict[str, str] = field(default_factory=dict)
    checksum_type: str = "FULL_OBJECT"
    parts: tuple[Part, ...] = ()
    upload: str = ""
    seal: Seal | None = None


@dataclass(frozen=True)
class Version:
    """A version of an object, or a delete marker.

    Attributes:
        id: `null`, or AWS's form of a version id.
        sequence: the later of two versions has the higher one.
        content: None of a delete marker.
    """

    bucket: str
    key: str
    id: str
    sequence: int
    modified: datetime
    description: Description = field(default_factory=Description)
    content: Content | None = None

    @property
    def row(self) -> str:
        """Its key in the table."""
        return row(self.bucket, self.key, self.id)


def row(bucket: str, key: str, version: str) -> str:
    """The table's key of a version. Neither a bucket's name nor a version id has a slash."""
    return f"{bucket}/{version}/{key}"


@dataclass(frozen=True)
class Upload:
    """An upload in parts that is not complete.

    Attributes:
        algorithm: of its checksums.
        checksum_type: FULL_OBJECT or COMPOSITE.
        asked: whether the client chose the algorithm.
        seal: of its parts, which have its key; None where they lie on disk as they were sent.
    """

    id: str
    bucket: str
    key: str
    initiated: datetime
    description: Description
    algorithm: str
    checksum_type: str
    asked: bool = False
    seal: Seal | None = None


@dataclass(frozen=True)
class UploadedPart:
    """A part of an upload.

    Attributes:
        etag: quoted.
        body: name of the file.
    """

    upload: str
    number: int
    size: int
    etag: str
    body: str
    modified: datetime
    checksums: dict[str, str] = field(default_factory=dict)
    seal: Seal | None = None


VERSION = Schema(
    "s3/version",
    Version,
    lambda version: version.row,
    indices={"upload": lambda version: (version.content.upload,) if version.content and version.content.upload else ()},
    remedy="Put the object {key} anew.",
)
UPLOAD = Schema(
    "s3/multipart",
    Upload,
    lambda upload: upload.id,
    indices={"bucket": lambda upload: (upload.bucket,)},
    remedy="Begin the upload anew.",
)
PART = Schema(
    "s3/part",
    UploadedPart,
    lambda part: f"{part.upload}/{part.number:05}",
    indices={"upload": lambda part: (part.upload,)},
    remedy="Upload the part anew.",
)
