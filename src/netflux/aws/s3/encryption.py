"""How an object is to be encrypted: what the request and its bucket say ["Protecting data with server-side encryption",
Amazon S3 User Guide]. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netflux.errors import AwsError
from netflux.resources.s3 import Bucket

KMS = "aws:kms"
_KEY = 32  # bytes of AES-256
_CUSTOMER = "Requests specifying Server Side Encryption with Customer provided keys must provide"


@dataclass(frozen=True)
class CustomerKey:
    """A key that the client keeps.

    Attributes:
        md5: base64, by which it is known again.
    """

    key: bytes
    md5: str


@dataclass(frozen=True)
class Wish:
    """How an object is to be encrypted.

    Attributes:
        algorithm: AES256, aws:kms, or empty with a customer's key.
        key: KMS's, as it was given; empty for the account's `aws/s3`.
        context: JSON of the encryption context that the client gave.
        bucket_key: whether one data key serves many objects of the bucket.
    """

    algorithm: str = ""
    key: str = ""
    context: str = ""
    bucket_key: bool = False
    customer: CustomerKey | None = None


def wished(request: Mapping[str, Any], bucket: Bucket) -> Wish:
    """What a request that makes an object says, and where it says nothing its bucket.

    Raises:
        AwsError: InvalidArgument for what does not fit together, AccessDenied for what the bucket blocks.
    """
    customer = customer_key(request)
    algorithm, key = request.get("ServerSideEncryption") or "", request.get("SSEKMSKeyId") or ""
    if customer is not None:
        if algorithm or key:
            raise AwsError(
                "InvalidArgument",
                "Server Side Encryption with Customer provided key is incompatible with the encryption method "
                "specified",
            )
        if "SSE-C" in _blocked(bucket):
            raise AwsError("AccessDenied", "Access Denied", 403)
        return Wish(customer=customer)
    if key and algorithm != KMS:
        raise AwsError(
            "InvalidArgument",
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : "
            "aws:kms",
        )
    default = _default(bucket)
    if not algorithm:
        algorithm, key = default.get("SSEAlgorithm", "AES256"), default.get("KMSMasterKeyID", "")
    elif algorithm == KMS and not key and default.get("SSEAlgorithm") == KMS:
        key = default.get("KMSMasterKeyID", "")
    if algorithm != KMS:
        return Wish(algorithm)
    given = request.get("BucketKeyEnabled")
    bucket_key = bool(_rule(bucket).get("BucketKeyEnabled")) if given is None else bool(given)
    return Wish(algorithm, key, _context(request.get("SSEKMSEncryptionContext")), bucket_key)


def customer_key(request: Mapping[str, Any], prefix: str = "") -> CustomerKey | None:
    """The key that a request brings; None where it brings none.

    Args:
        prefix: of the members: `CopySource` for a copy's source.

    Raises:
        AwsError: InvalidArgument, InvalidEncryptionAlgorithmError for one that is not whole.
    """
    algorithm, text, md5 = (request.get(f"{prefix}SSECustomer{name}") for name in ("Algorithm", "Key", "KeyMD5"))
    if algorithm is None and text is None and md5 is None:
        return None
    if algorithm is None:
        raise AwsError("InvalidArgument", f"{_CUSTOMER} a valid encryption algorithm.")
    if algorithm != "AES256":
        raise AwsError(
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.",
        )
    if text is None:
        raise AwsError("InvalidArgument", f"{_CUSTOMER} an appropriate secret key.")
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY:
        raise AwsError("InvalidArgument", "The secret key was invalid for the specified algorithm.")
    if md5 is None:
        raise AwsError("InvalidArgument", f"{_CUSTOMER} the client calculated MD5 of the secret key.")
    computed = base64.b64encode(hashlib.md5(key, usedforsecurity=False).digest()).decode()
    if not hmac.compare_digest(computed.encode(), md5.encode(errors="surrogateescape")):
        raise AwsError(
            "InvalidArgument", "The calculated MD5 hash of the key did not match the hash that was provided."
        )
    return CustomerKey(key, computed)


def check_customer(kept: Mapping[str, Any], given: CustomerKey | None) -> None:
    """Holds the key that a request brings to that which an object is encrypted with.

    Args:
        kept: members of the object's that tell of its encryption.

    Raises:
        AwsError: InvalidRequest where one brings none, or one that is not needed; AccessDenied for another one.
    """
    md5 = kept.get("SSECustomerKeyMD5")
    if md5 is None:
        if given is not None:
            raise AwsError("InvalidRequest", "The encryption parameters are not applicable to this object.")
        return
    if given is None:
        raise AwsError(
            "InvalidRequest",
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to "
            "retrieve the object.",
        )
    if given.md5 != md5:
        raise AwsError("AccessDenied", f"{_CUSTOMER} the correct secret key.", 403)


def check_part(kept: Mapping[str, Any], given: CustomerKey | None) -> None:
    """InvalidRequest for a part that comes with another key than its upload was begun with."""
    md5 = kept.get("SSECustomerKeyMD5")
    if md5 is not None and given is None:
        raise AwsError(
            "InvalidRequest",
            "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate "
            "encryption parameters.",
        )
    if md5 != (given.md5 if given is not None else None):
        raise AwsError("InvalidRequest", "The provided encryption parameters did not match the ones used originally.")


def check_default(configuration: Mapping[str, Any]) -> None:
    """Raises AwsError for a bucket's default that S3 does not take."""
    if len(configuration["Rules"]) != 1:
        raise AwsError(
            "MalformedXML",
            "The XML you provided was not well-formed or did not validate against our published schema",
        )
    default = configuration["Rules"][0].get("ApplyServerSideEncryptionByDefault") or {}
    if default.get("KMSMasterKeyID") and default["SSEAlgorithm"] != KMS:
        raise AwsError(
            "InvalidArgument",
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
        )


def told(kept: Mapping[str, str]) -> dict[str, Any]:
    """As members of an answer."""
    found: dict[str, Any] = dict(kept)
    if "BucketKeyEnabled" in found:
        found["BucketKeyEnabled"] = True
    return found or {"ServerSideEncryption": "AES256"}


def _rule(bucket: Bucket) -> Mapping[str, Any]:
    return next(iter(bucket.encryption.get("Rules") or ()), {})


def _default(bucket: Bucket) -> Mapping[str, Any]:
    return _rule(bucket).get("ApplyServerSideEncryptionByDefault") or {}


def _blocked(bucket: Bucket) -> list[str]:
    return [*((_rule(bucket).get("BlockedEncryptionTypes") or {}).get("EncryptionType") or ())]


def _context(text: str | None) -> str:
    if text is None:
        return ""
    try:
        found = json.loads(base64.b64decode(text, validate=True))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise AwsError(
            "InvalidArgument",
            "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which "
            "represents a string-string map",
        )
    return text
