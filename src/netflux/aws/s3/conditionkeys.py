"""Condition keys that S3 fills from a request ["Actions, resources, and condition keys for Amazon S3", Service
Authorization Reference]. Names are lower-case. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

_HEADERS = (
    "x-amz-acl", "x-amz-content-sha256", "x-amz-grant-full-control", "x-amz-grant-read", "x-amz-grant-read-acp",
    "x-amz-grant-write", "x-amz-grant-write-acp", "x-amz-metadata-directive", "x-amz-object-ownership",
    "x-amz-server-side-encryption", "x-amz-server-side-encryption-customer-algorithm", "x-amz-storage-class",
    "x-amz-website-redirect-location", "if-match", "if-none-match",
)  # fmt: skip
"""Headers whose values are those of keys of their own names."""
_LOCKS = {
    "x-amz-object-lock-mode": "s3:object-lock-mode",
    "x-amz-object-lock-legal-hold": "s3:object-lock-legal-hold",
    "x-amz-object-lock-retain-until-date": "s3:object-lock-retain-until-date",
}
_KEY_ID = "x-amz-server-side-encryption-aws-kms-key-id"
_LISTS = frozenset({"ListObjects", "ListObjectsV2", "ListObjectVersions", "ListMultipartUploads"})
_LISTED = ("prefix", "delimiter", "max-keys")
_CREATES = frozenset({"PutObject", "CopyObject", "CompleteMultipartUpload"})
_BEGINS = frozenset({"CreateMultipartUpload", "UploadPart", "UploadPartCopy"})


@dataclass(frozen=True)
class Question:
    """A request as far as conditions ask for it.

    Attributes:
        operation: its name.
        headers: lower-case names; of a form, its fields.
        query: of the URL.
        params: of its document, as botocore shapes it.
        form: whether it is a POST form.
    """

    operation: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    params: Mapping[str, Any]
    form: bool = False


def of_request(asked: Question, place: tuple[str, str], now: datetime) -> dict[str, tuple[str, ...]]:
    """What the request says.

    Args:
        place: region and account of the bucket's owner.
        now: for the age of a signature.
    """
    region, account = place
    found = {f"s3:{name}": (asked.headers[name],) for name in _HEADERS if name in asked.headers}
    found |= {key: (asked.headers[name],) for name, key in _LOCKS.items() if name in asked.headers}
    if _KEY_ID in asked.headers:
        found[f"s3:{_KEY_ID}"] = (_key_arn(asked.headers[_KEY_ID], region, account),)
    if "x-amz-copy-source" in asked.headers:
        found["s3:x-amz-copy-source"] = (unquote(asked.headers["x-amz-copy-source"]).removeprefix("/"),)
    if asked.operation in _LISTS:
        found |= {f"s3:{name}": (asked.query[name],) for name in _LISTED if name in asked.query}
    if "versionId" in asked.query:
        found["s3:versionid"] = (asked.query["versionId"],)
    if asked.operation in _CREATES | _BEGINS:
        found["s3:objectcreationoperation"] = ("true" if asked.operation in _CREATES else "false",)
    location = (asked.params.get("CreateBucketConfiguration") or {}).get("LocationConstraint")
    if location:
        found["s3:locationconstraint"] = (location,)
    found["s3:resourceaccount"] = found["aws:resourceaccount"] = (account,)
    return found | _of_tags(_tags(asked)) | _of_signature(asked, now)


def of_object(tags: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What the object that is asked for has."""
    return {f"s3:existingobjecttag/{name.lower()}": (value,) for name, value in tags.items()}


def _tags(asked: Question) -> dict[str, str]:
    if asked.operation in ("PutObjectTagging", "PutBucketTagging"):
        given = (asked.params.get("Tagging") or {}).get("TagSet") or ()
        return {tag["Key"]: tag.get("Value") or "" for tag in given}
    return dict(parse_qsl(asked.headers.get("x-amz-tagging", ""), keep_blank_values=True))


def _of_tags(tags: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    if not tags:
        return {}
    found = {f"s3:requestobjecttag/{name.lower()}": (value,) for name, value in tags.items()}
    return {**found, "s3:requestobjecttagkeys": tuple(tags)}


def _of_signature(asked: Question, now: datetime) -> dict[str, tuple[str, ...]]:
    query, authorization = asked.query, asked.headers.get("authorization", "")
    if asked.form:
        version = "AWS4-HMAC-SHA256" if "x-amz-signature" in asked.headers else "AWS"
        return {"s3:authtype": ("POST",), "s3:signatureversion": (version,)}
    if authorization:
        version = authorization.partition(" ")[0]
        return {"s3:authtype": ("REST-HEADER",), "s3:signatureversion": (version,)}
    if "X-Amz-Algorithm" in query:
        found: dict[str, tuple[str, ...]] = {
            "s3:authtype": ("REST-QUERY-STRING",),
            "s3:signatureversion": (query["X-Amz-Algorithm"],),
        }
        signed = _moment(query.get("X-Amz-Date", ""))
        if signed is not None:
            found["s3:signatureage"] = (str(int((now - signed).total_seconds() * 1000)),)
        return found
    if "Signature" in query:
        return {"s3:authtype": ("REST-QUERY-STRING",), "s3:signatureversion": ("AWS",)}
    return {}


def _moment(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        return None


def _key_arn(key: str, region: str, account: str) -> str:
    if key.startswith("arn:"):
        return key
    return f"arn:aws:kms:{region}:{account}:{key if key.startswith('alias/') else f'key/{key}'}"
