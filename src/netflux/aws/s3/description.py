"""What a request that makes an object says of it besides its bytes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from netflux.aws.s3 import encryption as encrypting
from netflux.aws.s3 import labels, retention
from netflux.aws.s3.refusals import Refused
from netflux.errors import AwsError
from netflux.resources.s3 import Bucket
from netflux.resources.s3objects import Description

HEADERS = ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "Expires")
_FRAMED = "aws-chunked"
"""How a body was framed on its way: no encoding of the object ["Signature calculations for the Authorization header:
Transferring payload in multiple chunks", Amazon S3 API Reference]."""
ARCHIVED = ("GLACIER", "DEEP_ARCHIVE")
"""Classes whose objects are read after they were restored."""
STORAGE_CLASSES = (
    "STANDARD", "REDUCED_REDUNDANCY", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR", *ARCHIVED,
)  # fmt: skip
"""Of general purpose buckets ["Understanding and managing Amazon S3 storage classes", Amazon S3 User Guide]."""


def described(request: Mapping[str, Any], bucket: Bucket, now: datetime) -> Description:
    """What an object is to have.

    Args:
        request: PutObject, CreateMultipartUpload, or CopyObject that replaces.
        bucket: where it is to be.
        now: the simulated time.

    Raises:
        AwsError: InvalidTag, MetadataTooLarge, InvalidStorageClass, and what retention has.
    """
    metadata = {name.lower(): text for name, text in (request.get("Metadata") or {}).items()}
    labels.check_metadata(metadata)
    redirect = request.get("WebsiteRedirectLocation") or ""
    if redirect and not redirect.startswith(("/", "http://", "https://")):
        raise AwsError(
            "InvalidRedirectLocation",
            "The website redirect location must have a prefix of 'http://' or 'https://' or '/'.",
        )
    found = Description(_headers(request), metadata, tags(request), storage_class(request), redirect=redirect)
    return retention.held(found, request, bucket, now)


def tags(request: Mapping[str, Any]) -> dict[str, str]:
    """Of the header x-amz-tagging; InvalidTag, InvalidArgument for no query string and for a tag named twice."""
    text = request.get("Tagging") or ""
    given = parse_qsl(text, keep_blank_values=True)
    pairs = [pair for pair in text.split("&") if pair]
    if len({name for name, _ in given}) < len(pairs) or any(pair.count("=") > 1 for pair in pairs):
        raise Refused(
            "InvalidArgument",
            "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag "
            "name duplicates.",
            ArgumentName="x-amz-tagging",
            ArgumentValue=text[:1000],
        )
    found = [{"Key": name, "Value": value} for name, value in given]
    labels.check_tags(found, labels.OBJECT)
    return {tag["Key"]: tag["Value"] for tag in found}


def storage_class(request: Mapping[str, Any]) -> str:
    """InvalidStorageClass for one that a general purpose bucket has not."""
    found: str = request.get("StorageClass") or "STANDARD"
    if found not in STORAGE_CLASSES:
        raise AwsError("InvalidStorageClass", "The storage class you specified is not valid")
    return found


def told(description: Description) -> dict[str, Any]:
    """As members of an answer of HeadObject."""
    answer: dict[str, Any] = {**description.headers, "Metadata": description.metadata}
    if "Expires" in answer:
        answer["Expires"] = datetime.fromisoformat(answer["Expires"])
    if description.tags:
        answer["TagCount"] = len(description.tags)
    if description.storage_class != "STANDARD":
        answer["StorageClass"] = description.storage_class
    if description.redirect:
        answer["WebsiteRedirectLocation"] = description.redirect
    if description.retention is not None:
        answer |= {
            "ObjectLockMode": description.retention.mode,
            "ObjectLockRetainUntilDate": description.retention.until,
        }
    if description.redirect:
        answer["WebsiteRedirectLocation"] = description.redirect
    if description.legal_hold:
        answer["ObjectLockLegalHoldStatus"] = description.legal_hold
    return answer | encryption(description)


def encryption(description: Description) -> dict[str, Any]:
    """Members that say how it is encrypted."""
    return encrypting.told(description.encryption)


def copied(source: Description, given: Description, request: Mapping[str, Any]) -> Description:
    """Of a copy: metadata and tags are the source's where the request doesn't replace them; locks are never copied."""
    if request.get("MetadataDirective") != "REPLACE":
        given = replace(given, headers=source.headers, metadata=source.metadata)
    if request.get("TaggingDirective") != "REPLACE":
        given = replace(given, tags=source.tags)
    return given


def _headers(request: Mapping[str, Any]) -> dict[str, str]:
    headers = {name: request[name] for name in HEADERS if request.get(name) is not None}
    if isinstance(headers.get("Expires"), datetime):
        headers["Expires"] = headers["Expires"].isoformat()
    codings = [coding.strip() for coding in headers.get("ContentEncoding", "").split(",")]
    if _FRAMED in codings:
        headers["ContentEncoding"] = ", ".join(coding for coding in codings if coding != _FRAMED)
    if not headers.get("ContentEncoding", "set"):
        del headers["ContentEncoding"]
    headers.setdefault("ContentType", "binary/octet-stream")
    return headers
