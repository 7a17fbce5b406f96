"""What CloudWatch Logs refuses."""

from __future__ import annotations

import time
from typing import Any

from netflux.aws.logs.api import LogsApi
from netflux.aws.logs.store import Store
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "logs"

_API = "Amazon CloudWatch Logs API Reference"
_INVALID, _ABSENT = "InvalidParameterException", "ResourceNotFoundException"
_TAKEN, _HERE = "ResourceAlreadyExistsException", "UnsupportedOperation"
_GROUP, _PUT, _FILTER = f"CreateLogGroup, {_API}", f"PutLogEvents, {_API}", f"FilterLogEvents, {_API}"
_STREAM = {"logGroupName": "kept", "logStreamName": "stream"}
_NOW = int(time.time() * 1000)
_DAY = 86_400_000


def _put(*events: tuple[int, str], **changes: Any) -> dict[str, Any]:
    return {**_STREAM, "logEvents": [{"timestamp": at, "message": text} for at, text in events], **changes}


RULES = [
    Rule("A group's name is one group's.", "CreateLogGroup", {"logGroupName": "kept"}, _TAKEN, _GROUP),
    Rule("A group's name has no spaces.", "CreateLogGroup", {"logGroupName": "a b"}, _INVALID, _GROUP),
    Rule("A group's name has 512 characters at most.", "CreateLogGroup", {"logGroupName": "a" * 513}, _INVALID, _GROUP),
    Rule("A group's key is there.", "CreateLogGroup",
         {"logGroupName": "new", "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/nobody"}, _INVALID, _GROUP,
         "can't be used"),
    Rule("A group's key is enabled.", "CreateLogGroup", {"logGroupName": "new", "kmsKeyId": "{disabled}"}, _INVALID,
         _GROUP, "Disabled"),
    Rule("A group's class is one of three.", "CreateLogGroup", {"logGroupName": "new", "logGroupClass": "RARE"},
         _INVALID, _GROUP),
    Rule("A group's events can be read here.", "CreateLogGroup",
         {"logGroupName": "new", "logGroupClass": "INFREQUENT_ACCESS"}, _HERE, _GROUP, "logGroupClass"),
    Rule("A group that is deleted is there.", "DeleteLogGroup", {"logGroupName": "nobody"}, _ABSENT,
         f"DeleteLogGroup, {_API}"),
    Rule("A protected group is not deleted.", "DeleteLogGroup", {"logGroupName": "protected"},
         "OperationAbortedException", f"PutLogGroupDeletionProtection, {_API}"),
    Rule("Retention is one of 22 numbers of days.", "PutRetentionPolicy",
         {"logGroupName": "kept", "retentionInDays": 2}, _INVALID, f"PutRetentionPolicy, {_API}"),
    Rule("A group whose retention is set is there.", "PutRetentionPolicy",
         {"logGroupName": "nobody", "retentionInDays": 1}, _ABSENT, f"PutRetentionPolicy, {_API}"),
    Rule("A group whose retention is removed is there.", "DeleteRetentionPolicy", {"logGroupName": "nobody"}, _ABSENT,
         f"DeleteRetentionPolicy, {_API}"),
    Rule("A group that is protected is there.", "PutLogGroupDeletionProtection",
         {"logGroupIdentifier": "nobody", "deletionProtectionEnabled": True}, _ABSENT,
         f"PutLogGroupDeletionProtection, {_API}"),
    Rule("A stream's group is there.", "CreateLogStream", {"logGroupName": "nobody", "logStreamName": "s"}, _ABSENT,
         f"CreateLogStream, {_API}"),
    Rule("A stream's name is one stream's of a group.", "CreateLogStream", _STREAM, _TAKEN,
         f"CreateLogStream, {_API}"),
    Rule("A stream's name has no colon.", "CreateLogStream", {"logGroupName": "kept", "logStreamName": "a:b"},
         _INVALID, f"CreateLogStream, {_API}"),
    Rule("A stream's name has no asterisk.", "CreateLogStream", {"logGroupName": "kept", "logStreamName": "a*"},
         _INVALID, f"CreateLogStream, {_API}"),
    Rule("A stream that is deleted is there.", "DeleteLogStream", {"logGroupName": "kept", "logStreamName": "nobody"},
         _ABSENT, f"DeleteLogStream, {_API}"),
    Rule("The streams that are listed are of a group that is there.", "DescribeLogStreams",
         {"logGroupName": "nobody"}, _ABSENT, f"DescribeLogStreams, {_API}"),
    Rule("Streams by time have no prefix.", "DescribeLogStreams",
         {"logGroupName": "kept", "orderBy": "LastEventTime", "logStreamNamePrefix": "s"}, _INVALID,
         f"DescribeLogStreams, {_API}", "LastEventTime"),
    Rule("Streams are listed of a group that is named.", "DescribeLogStreams", {}, _INVALID,
         f"DescribeLogStreams, {_API}", "logGroupName"),
    Rule("A page has 50 streams at most.", "DescribeLogStreams", {"logGroupName": "kept", "limit": 51}, _INVALID,
         f"DescribeLogStreams, {_API}"),
    Rule("A page of streams has a token that an answer gave.", "DescribeLogStreams",
         {"logGroupName": "kept", "nextToken": "€"}, _INVALID, f"DescribeLogStreams, {_API}"),
    Rule("Groups are listed by prefix or by pattern.", "DescribeLogGroups",
         {"logGroupNamePrefix": "a", "logGroupNamePattern": "b"}, _INVALID, f"DescribeLogGroups, {_API}"),
    Rule("A page has 50 groups at most.", "DescribeLogGroups", {"limit": 51}, _INVALID, f"DescribeLogGroups, {_API}"),
    Rule("Groups are of one account here.", "DescribeLogGroups", {"accountIdentifiers": ["123456789012"]}, _HERE,
         f"DescribeLogGroups, {_API}"),
    Rule("Groups are not told by the source of their data here.", "ListLogGroups", {"dataSources": [{"name": "a"}]},
         _HERE, f"ListLogGroups, {_API}", "dataSources"),
    Rule("Events are put into a stream that is there.", "PutLogEvents", _put((_NOW, "a"), logStreamName="nobody"),
         _ABSENT, _PUT),
    Rule("Events are put into a group that is there.", "PutLogEvents", _put((_NOW, "a"), logGroupName="nobody"),
         _ABSENT, _PUT),
    Rule("Events of a batch are in the order of their time.", "PutLogEvents", _put((_NOW, "a"), (_NOW - 1, "b")),
         _INVALID, _PUT, "chronological"),
    Rule("A batch spans 24 hours at most.", "PutLogEvents", _put((_NOW - _DAY - 1, "a"), (_NOW, "b")), _INVALID, _PUT,
         "24 hours"),
    Rule("A batch has 1 MiB at most.", "PutLogEvents", _put(*[(_NOW, "a" * 1000)] * 1025), _INVALID, _PUT, "bytes"),
    Rule("A batch has an event.", "PutLogEvents", _put(), _INVALID, _PUT),
    Rule("An event has a message.", "PutLogEvents", _put((_NOW, "")), _INVALID, _PUT),
    Rule("Events of an entity are not told apart here.", "PutLogEvents",
         _put((_NOW, "a"), entity={"attributes": {"a": "b"}}), _HERE, _PUT, "entity"),
    Rule("Events are read of a stream that is there.", "GetLogEvents", {**_STREAM, "logStreamName": "nobody"}, _ABSENT,
         f"GetLogEvents, {_API}"),
    Rule("Events are read from a token that an answer gave.", "GetLogEvents", {**_STREAM, "nextToken": "nonsense"},
         _INVALID, f"GetLogEvents, {_API}"),
    Rule("An answer has 10,000 events at most.", "GetLogEvents", {**_STREAM, "limit": 10_001}, _INVALID,
         f"GetLogEvents, {_API}"),
    Rule("Events are searched of a group that is there.", "FilterLogEvents", {"logGroupName": "nobody"}, _ABSENT,
         _FILTER),
    Rule("Streams are searched by names or by a prefix.", "FilterLogEvents",
         {"logGroupName": "kept", "logStreamNames": ["stream"], "logStreamNamePrefix": "s"}, _INVALID, _FILTER),
    Rule("A stream that is searched is there.", "FilterLogEvents",
         {"logGroupName": "kept", "logStreamNames": ["nobody"]}, _ABSENT, _FILTER),
    Rule("A page of a search has a token that an answer gave.", "FilterLogEvents",
         {"logGroupName": "kept", "nextToken": "nonsense"}, _INVALID, _FILTER),
    Rule("A search begins with the earliest events here.", "FilterLogEvents",
         {"logGroupName": "kept", "startFromHead": False}, _HERE, _FILTER, "startFromHead"),
    Rule("A tagged group is there.", "TagResource",
         {"resourceArn": "arn:aws:logs:us-east-1:123456789012:log-group:nobody", "tags": {"a": "b"}}, _ABSENT,
         f"TagResource, {_API}"),
    Rule("A group whose tags are read is there.", "ListTagsForResource",
         {"resourceArn": "arn:aws:logs:us-east-1:123456789012:log-group:nobody"}, _ABSENT,
         f"ListTagsForResource, {_API}"),
    Rule("Queries of Logs Insights do not run here.", "StartQuery",
         {"logGroupName": "kept", "startTime": 0, "endTime": 1, "queryString": "fields @message"}, _HERE,
         f"StartQuery, {_API}", "StartQuery"),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    apis.register(LogsApi(Store(plane.path / "logs", plane.documents), Clock(), apis))


async def prepare(apis: Apis) -> dict[str, str]:
    await apis.call(SERVICE, "CreateLogGroup", {"logGroupName": "kept"})
    await apis.call(SERVICE, "CreateLogGroup", {"logGroupName": "protected", "deletionProtectionEnabled": True})
    await apis.call(SERVICE, "CreateLogStream", _STREAM)
    key = (await apis.call("kms", "CreateKey", {}))["KeyMetadata"]
    await apis.call("kms", "DisableKey", {"KeyId": key["KeyId"]})
    return {"disabled": key["Arn"]}
