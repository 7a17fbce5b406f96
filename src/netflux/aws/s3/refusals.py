"""S3's error document: the members that a code has beside its text ["Error responses", S3 API Reference]. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from netflux.decoding import xml
from netflux.errors import AwsError, Unsupported

_OF_BUCKET = frozenset({
    "BucketAlreadyExists", "BucketAlreadyOwnedByYou", "BucketNotEmpty", "InvalidBucketName", "InvalidBucketState",
    "NoSuchBucket", "NoSuchBucketPolicy", "NoSuchCORSConfiguration", "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration", "NoSuchTagSet", "NoSuchWebsiteConfiguration",
    "ObjectLockConfigurationNotFoundError", "OwnershipControlsNotFoundError", "ReplicationConfigurationNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
})  # fmt: skip
_OF_KEY = frozenset({"NoSuchKey", "NoSuchVersion"})
_OF_REQUEST = frozenset(
    {"AccessDenied", "MethodNotAllowed", "PreconditionFailed", "AccessForbidden", *_OF_BUCKET, *_OF_KEY}
)
"""Codes whose documents do not repeat the request's path as Resource."""


class Refused(AwsError):
    """An error whose document has members of its own.

    Attributes:
        details: by name, in the document's order.
    """

    def __init__(self, code: str, message: str, status: int = 400, /, **details: str) -> None:
        super().__init__(code, message, status)
        self.details = details


def code(error: AwsError) -> str:
    """As S3 has it: what S3 has and this cloud does not is NotImplemented."""
    return "NotImplemented" if isinstance(error, Unsupported) else error.code


def members(error: AwsError, bucket: str, key: str, path: str) -> dict[str, str]:
    """The document's members, in order, but for the request's ids.

    Args:
        bucket: that the request addresses; empty for none.
        key: likewise.
        path: of the request.
    """
    given = getattr(error, "details", {})
    found = {"Code": code(error), "Message": error.message, **given}
    if found["Code"] in _OF_BUCKET:
        found.setdefault("BucketName", bucket)
    elif found["Code"] in _OF_KEY:
        found.setdefault("Key", key)
    elif found["Code"] not in _OF_REQUEST and not given:
        found["Resource"] = path
    return found


def document(fields: Mapping[str, str]) -> bytes:
    """The error as XML."""
    inner = "".join(f"<{name}>{escape(text, quote=False)}</{name}>" for name, text in fields.items())
    return xml.readable(f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inner}</Error>'.encode())
