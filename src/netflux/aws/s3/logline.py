"""A line of a server access log ["Amazon S3 server access log format", Amazon S3 User Guide]. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

_RESOURCES = {
    "acl": "ACL", "accelerate": "ACCELERATE", "analytics": "ANALYTICS", "cors": "CORS", "encryption": "ENCRYPTION",
    "inventory": "INVENTORY", "lifecycle": "LIFECYCLE", "location": "LOCATION", "logging": "LOGGING_STATUS",
    "metrics": "METRICS", "notification": "NOTIFICATION", "object-lock": "OBJECT_LOCK_CONFIGURATION",
    "ownershipControls": "OWNERSHIP_CONTROLS", "policy": "BUCKETPOLICY", "policyStatus": "BUCKETPOLICYSTATUS",
    "publicAccessBlock": "PUBLIC_ACCESS_BLOCK", "replication": "REPLICATION", "requestPayment": "REQUEST_PAYMENT",
    "versioning": "VERSIONING", "versions": "BUCKETVERSIONS", "website": "WEBSITE", "uploads": "UPLOADS",
    "retention": "OBJECT_LOCK_RETENTION", "legal-hold": "OBJECT_LOCK_LEGALHOLD", "delete": "MULTI_OBJECT_DELETE",
    "attributes": "OBJECT_ATTRIBUTES",
}  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """A request that was answered. Empty texts and None are told as `-`.

    Attributes:
        owner: canonical id of the bucket's owner.
        requester: canonical id, or ARN of a user or a role's session.
        target: method, path and version as on the request line.
        sent: bytes of the answer's body.
        size: bytes of the object.
        total: milliseconds from the first byte of the request to the last of the answer.
        signature: SigV4 or SigV2.
        authentication: AuthHeader or QueryString.
    """

    owner: str
    bucket: str
    moment: datetime
    remote: str
    requester: str
    request_id: str
    operation: str
    key: str
    target: str
    status: int
    error: str
    sent: int | None
    size: int | None
    total: int
    referrer: str
    agent: str
    version: str
    signature: str
    authentication: str
    host: str


def operation(method: str, key: str, query: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The operation's name in a log, e.g. `REST.GET.OBJECT`."""
    if method == "OPTIONS":
        return "REST.OPTIONS.PREFLIGHT"
    named = next((resource for name, resource in _RESOURCES.items() if name in query), "")
    if "tagging" in query:
        named = "OBJECT_TAGGING" if key else "TAGGING"
    if not named and "uploadId" in query:
        named = "PART" if "partNumber" in query else "UPLOAD"
    copies = method == "PUT" and "x-amz-copy-source" in headers
    return f"REST.{'COPY' if copies else method}.{named or ('OBJECT' if key else 'BUCKET')}"


def line(entry: Entry) -> str:
    """Without its end."""
    moment = entry.moment.strftime("[%d/%b/%Y:%H:%M:%S +0000]")
    fields = [
        entry.owner, entry.bucket, moment, _text(entry.remote), _text(entry.requester), entry.request_id,
        entry.operation, _text(quote(quote(entry.key))), _quoted(entry.target), str(entry.status), _text(entry.error),
        _number(entry.sent), _number(entry.size), str(entry.total), str(entry.total), _quoted(entry.referrer),
        _quoted(entry.agent), _text(entry.version), entry.request_id, _text(entry.signature), "-",
        _text(entry.authentication), _text(entry.host), "-", "-", "-",
    ]  # fmt: skip
    return " ".join(fields)


def _text(value: str) -> str:
    return value or "-"


def _number(value: int | None) -> str:
    return "-" if not value else str(value)


def _quoted(text: str) -> str:
    readable = "".join(character if character.isprintable() else "?" for character in text).replace('"', "%22")
    return f'"{readable or "-"}"'


def target_key(prefix: str, partitioned: str, place: tuple[str, str, str], moment: datetime, unique: str) -> str:
    """The key of a file of lines.

    Args:
        partitioned: the PartitionDateSource; empty for a simple prefix.
        place: account, region and bucket that the lines are of.
        unique: 16 upper-case hexadecimal digits.
    """
    name = f"{moment.strftime('%Y-%m-%d-%H-%M-%S')}-{unique}"
    if not partitioned:
        return f"{prefix}{name}"
    return f"{prefix}{'/'.join(place)}/{moment.strftime('%Y/%m/%d')}/{name}"
