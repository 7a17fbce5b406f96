"""What S3 tells of an event: the record for queues, topics and functions ["Event message structure", Amazon S3 User
Guide], and EventBridge's detail. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote_plus

from netflux.aws.happening import Happening

Configuration = Mapping[str, Any]
"""A NotificationConfiguration as the API has it."""

KINDS = {"QueueConfigurations": "QueueArn", "TopicConfigurations": "TopicArn",
         "LambdaFunctionConfigurations": "LambdaFunctionArn"}  # fmt: skip
"""Lists of a configuration, each with the member that has the destination."""

_DETAIL_TYPES = {
    "ObjectCreated": "Object Created",
    "ObjectRemoved": "Object Deleted",
    "LifecycleExpiration": "Object Deleted",
    "LifecycleTransition": "Object Storage Class Changed",
    "ObjectRestore:Post": "Object Restore Initiated",
    "ObjectRestore:Completed": "Object Restore Completed",
    "ObjectRestore:Delete": "Object Restore Expired",
    "ObjectTagging:Put": "Object Tags Added",
    "ObjectTagging:Delete": "Object Tags Deleted",
    "ObjectAcl:Put": "Object ACL Updated",
}
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
    "LifecycleExpiration:Delete": "Lifecycle Expiration",
    "LifecycleExpiration:DeleteMarkerCreated": "Lifecycle Expiration",
}


@dataclass(frozen=True)
class Asker:
    """Who brought the event about.

    Attributes:
        principal: as `userIdentity` names them.
        account: for EventBridge; the service's name for what S3 does by itself.
    """

    principal: str
    account: str
    address: str
    request_id: str


@dataclass(frozen=True)
class Happened:
    """Something that happened to an object.

    Attributes:
        event: without `s3:`, e.g. `ObjectCreated:Put`.
        size: bytes; None of what has none.
        etag: without quotes, likewise empty.
        version: empty in buckets without versioning.
        sequencer: hexadecimal; of two events of a key the later one has the greater.
    """

    event: str
    bucket: str
    owner: str
    region: str
    key: str
    moment: datetime
    sequencer: str
    size: int | None = None
    etag: str = ""
    version: str = ""


def wanted(configuration: Configuration, event: str, key: str) -> Iterator[tuple[str, str]]:
    """Id and destination of each of a bucket's configurations that is for the event."""
    for name, member in KINDS.items():
        for one in configuration.get(name) or ():
            if any(covers(pattern, event) for pattern in one["Events"]) and _fits(one, key):
                yield one["Id"], one[member]


def covers(pattern: str, event: str) -> bool:
    """Whether a configuration's event, e.g. `s3:ObjectCreated:*`, is this one."""
    name = pattern.removeprefix("s3:")
    return name == event or (name.endswith(":*") and event.startswith(name[:-1]))


def filters(configuration: Mapping[str, Any]) -> tuple[str, str]:
    """Prefix and suffix of the keys that one is for."""
    rules = ((configuration.get("Filter") or {}).get("Key") or {}).get("FilterRules") or ()
    found = {rule["Name"].lower(): rule.get("Value") or "" for rule in rules}
    return found.get("prefix", ""), found.get("suffix", "")


def _fits(configuration: Mapping[str, Any], key: str) -> bool:
    prefix, suffix = filters(configuration)
    return key.startswith(prefix) and key.endswith(suffix)


def overlap(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether an event of some key could be for both, which S3 does not take."""
    shared = any(_share(first, second) for first in one["Events"] for second in other["Events"])
    (prefix, suffix), (others_prefix, others_suffix) = filters(one), filters(other)
    prefixes = prefix.startswith(others_prefix) or others_prefix.startswith(prefix)
    suffixes = suffix.endswith(others_suffix) or others_suffix.endswith(suffix)
    return shared and prefixes and suffixes


def _share(one: str, other: str) -> bool:
    first, second = one.removeprefix("s3:"), other.removeprefix("s3:")
    return first == second or covers(first, second.removesuffix("*")) or covers(second, first.removesuffix("*"))


def record(happened: Happened, asker: Asker, configuration: str) -> str:
    """The message."""
    told: dict[str, Any] = {"key": quote_plus(happened.key, safe="/")}
    if happened.size is not None:
        told["size"] = happened.size
    if happened.etag:
        told["eTag"] = happened.etag
    if happened.version:
        told["versionId"] = happened.version
    entry = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": happened.region,
        "eventTime": _moment(happened.moment),
        "eventName": happened.event,
        "userIdentity": {"principalId": asker.principal},
        "requestParameters": {"sourceIPAddress": asker.address},
        "responseElements": {"x-amz-request-id": asker.request_id, "x-amz-id-2": asker.request_id},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration,
            "bucket": {
                "name": happened.bucket,
                "ownerIdentity": {"principalId": happened.owner},
                "arn": f"arn:aws:s3:::{happened.bucket}",
            },
            "object": {**told, "sequencer": happened.sequencer},
        },
    }
    return json.dumps({"Records": [entry]}, separators=(",", ":"))


def happening(happened: Happened, asker: Asker) -> Happening | None:
    """The same for EventBridge ["EventBridge event message structure"]; None for events that it is not told of."""
    kind = _DETAIL_TYPES.get(happened.event) or _DETAIL_TYPES.get(happened.event.partition(":")[0])
    if kind is None:
        return None
    told: dict[str, Any] = {"key": happened.key}
    if happened.size is not None:
        told["size"] = happened.size
    if happened.etag:
        told["etag"] = happened.etag
    if happened.version:
        told["version-id"] = happened.version
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": happened.bucket},
        "object": {**told, "sequencer": happened.sequencer},
        "request-id": asker.request_id,
        "requester": asker.account,
    }
    if asker.address:
        detail["source-ip-address"] = asker.address
    if happened.event in _REASONS:
        detail["reason"] = _REASONS[happened.event]
    if kind == "Object Deleted":
        marker = happened.event.endswith("DeleteMarkerCreated")
        detail["deletion-type"] = "Delete Marker Created" if marker else "Permanently Deleted"
    return Happening("aws.s3", kind, detail, (f"arn:aws:s3:::{happened.bucket}",))


def test_event(bucket: str, request_id: str, moment: datetime) -> str:
    """What a destination gets when it is configured."""
    return json.dumps({
        "Service": "Amazon S3", "Event": "s3:TestEvent", "Time": _moment(moment), "Bucket": bucket,
        "RequestId": request_id, "HostId": request_id,
    }, separators=(",", ":"))  # fmt: skip


def clashes(configurations: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two of them could be for one event."""
    return any(
        overlap(one, other) for number, one in enumerate(configurations) for other in configurations[number + 1 :]
    )


def _moment(moment: datetime) -> str:
    found = moment.astimezone(UTC)
    return found.strftime("%Y-%m-%dT%H:%M:%S.") + f"{found.microsecond // 1000:03d}Z"
