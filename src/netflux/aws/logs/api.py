"""CloudWatch Logs, as far as log groups, streams and events go; all of it is ours."""

from __future__ import annotations

import base64
import hashlib
import heapq
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from netflux import expressions
from netflux.aws.destinations import Destinations
from netflux.aws.logs import read, write
from netflux.aws.logs.filters import Filters
from netflux.aws.logs.pattern import compile_pattern
from netflux.aws.logs.store import Group, Store, Stream
from netflux.aws.logs.stream import Event
from netflux.clock import Clock
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

Request = dict[str, Any]
_T = TypeVar("_T")

_GROUP_NAME = re.compile(r"[.\-_/#A-Za-z0-9]{1,512}")
_STREAM_NAME = re.compile(r"[^:*]{1,512}")
_RETENTIONS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""Days that retention may be [PutRetentionPolicy]."""

_ONE_ACCOUNT: Mapping[str, tuple[object, ...]] = {"includeLinkedAccounts": (False,)}
_ACCOUNTS = dict.fromkeys(("accountIdentifiers", "includeLinkedAccounts"), "Leave it out: there is one account.")
_UNMASKED = {"unmask": "There are no data protection policies, so nothing is masked."}
MOST_LISTED = 50
"""Default and greatest page of groups and streams [DescribeLogStreams]."""


class LogsApi(Filters):
    """Handlers of CloudWatch Logs.

    Args:
        store: where groups, streams and events are.
        clock: of the region.
        apis: asks KMS for keys, and gives CloudWatch what is counted.
        destinations: of subscription filters; None for none.
    """

    service = "logs"
    whole = True

    def __init__(self, store: Store, clock: Clock, apis: Caller, destinations: Destinations | None = None) -> None:
        super().__init__(store.documents, clock, apis, destinations or Destinations())
        self._store = store
        self._apis = apis
        self._clock = clock

    @operation(
        "logGroupName kmsKeyId tags logGroupClass deletionProtectionEnabled",
        refused={"logGroupClass": "Use STANDARD: events of the others are read by Logs Insights only."},
        only={"logGroupClass": ("STANDARD",)},
    )
    async def create_log_group(self, _call: Call, request: Request) -> Request:
        name = request["logGroupName"]
        if not _GROUP_NAME.fullmatch(name):
            raise _invalid(f"Value '{name}' at 'logGroupName' must satisfy the pattern [.\\-_/#A-Za-z0-9]+")
        await self._check_key(request.get("kmsKeyId", ""))
        self._store.add_group(
            Group(
                name,
                self._now(),
                kms_key=request.get("kmsKeyId", ""),
                log_class=request.get("logGroupClass", "STANDARD"),
                protected=request.get("deletionProtectionEnabled", False),
                tags=request.get("tags", {}),
            )
        )
        return {}

    @operation("logGroupName")
    async def delete_log_group(self, _call: Call, request: Request) -> Request:
        self._store.delete_group(request["logGroupName"])
        self.forget(request["logGroupName"])
        return {}

    @operation(
        "logGroupNamePrefix logGroupNamePattern nextToken limit includeLinkedAccounts logGroupClass "
        "logGroupIdentifiers",
        refused=_ACCOUNTS,
        only=_ONE_ACCOUNT,
    )
    async def describe_log_groups(self, call: Call, request: Request) -> Request:
        prefix, pattern = request.get("logGroupNamePrefix", ""), request.get("logGroupNamePattern", "")
        if prefix and pattern:
            raise _invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
        names = [_group_name({"logGroupIdentifier": one}) for one in request.get("logGroupIdentifiers", [])]
        found = [
            group
            for group in self._store.groups()
            if group.name.startswith(prefix)
            and pattern.lower() in group.name.lower()
            and (not names or group.name in names)
            and request.get("logGroupClass", group.log_class) == group.log_class
        ]
        shown, token = _page(found, request, lambda group: group.name)
        return {"logGroups": [self._group_shape(call, group) for group in shown], **token}

    @operation(
        "logGroupNamePattern logGroupClass includeLinkedAccounts nextToken limit logGroupTags(key values)",
        refused={
            **_ACCOUNTS,
            "dataSources": "Leave it out: events are not told by their source.",
            "fieldIndexNames": "Leave it out: there are no field indexes.",
        },
        only=_ONE_ACCOUNT,
    )
    async def list_log_groups(self, call: Call, request: Request) -> Request:
        try:
            wanted = expressions.compiled(request.get("logGroupNamePattern", ""))
        except expressions.Invalid as error:
            raise _invalid(f"logGroupNamePattern is no regular expression that can be run: {error}") from error
        found = [
            group
            for group in self._store.groups()
            if wanted.search(group.name)
            and request.get("logGroupClass", group.log_class) == group.log_class
            and all(_tagged(group, one) for one in request.get("logGroupTags") or ())
        ]
        shown, token = _page(found, request, lambda group: group.name)
        summaries = [
            {"logGroupName": group.name, "logGroupArn": _arn(call, group.name), "logGroupClass": group.log_class}
            for group in shown
        ]
        return {"logGroups": summaries, **token}

    @operation("logGroupName kmsKeyId resourceIdentifier")
    async def associate_kms_key(self, _call: Call, request: Request) -> Request:
        """The key is there and enabled."""
        await self._check_key(request["kmsKeyId"])
        self._store.update_group(_named(request), kms_key=request["kmsKeyId"])
        return {}

    @operation("logGroupName resourceIdentifier")
    async def disassociate_kms_key(self, _call: Call, request: Request) -> Request:
        """A group without a key is no error."""
        self._store.update_group(_named(request), kms_key="")
        return {}

    @operation("logGroupName retentionInDays")
    async def put_retention_policy(self, _call: Call, request: Request) -> Request:
        days = request["retentionInDays"]
        if days not in _RETENTIONS:
            raise _invalid(f"Value '{days}' at 'retentionInDays' must be one of {', '.join(map(str, _RETENTIONS))}.")
        group = self._store.update_group(request["logGroupName"], retention=days)
        for stream in self._store.streams(group.name):
            await self._store.events(stream).expire(self._oldest(group.name))
        return {}

    @operation("logGroupName")
    async def delete_retention_policy(self, _call: Call, request: Request) -> Request:
        self._store.update_group(request["logGroupName"], retention=0)
        return {}

    @operation("logGroupIdentifier deletionProtectionEnabled")
    async def put_log_group_deletion_protection(self, _call: Call, request: Request) -> Request:
        self._store.update_group(_group_name(request), protected=request["deletionProtectionEnabled"])
        return {}

    @operation("logGroupName logStreamName")
    async def create_log_stream(self, _call: Call, request: Request) -> Request:
        name = request["logStreamName"]
        if not _STREAM_NAME.fullmatch(name):
            raise _invalid(f"Value '{name}' at 'logStreamName' must satisfy the pattern [^:*]*")
        self._store.add_stream(Stream(request["logGroupName"], name, self._now()))
        return {}

    @operation("logGroupName logStreamName")
    async def delete_log_stream(self, _call: Call, request: Request) -> Request:
        self._store.delete_stream(request["logGroupName"], request["logStreamName"])
        return {}

    @operation("logGroupName logGroupIdentifier logStreamNamePrefix orderBy descending nextToken limit")
    async def describe_log_streams(self, call: Call, request: Request) -> Request:
        name = _group_name(request)
        by_time = request.get("orderBy") == "LastEventTime"
        prefix = request.get("logStreamNamePrefix", "")
        if by_time and prefix:
            raise _invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
        self._store.group(name)
        found = [
            await self._stream_shape(call, stream)
            for stream in self._store.streams(name)
            if stream.name.startswith(prefix)
        ]
        key: Callable[[Request], str] = (
            (lambda shape: f"{shape.get('lastEventTimestamp', 0):020d}{shape['logStreamName']}")
            if by_time
            else (lambda shape: str(shape["logStreamName"]))
        )
        shown, token = _page(sorted(found, key=key), request, key)
        return {"logStreams": shown, **token}

    @operation(
        "logGroupName logStreamName logEvents(timestamp message)",
        neutral={"sequenceToken": "PutLogEvents is always accepted, whatever the token."},
        refused={"entity": "Leave it out: events are not told by the entity that they are of."},
    )
    async def put_log_events(self, _call: Call, request: Request) -> Request:
        stream = self._store.stream(request["logGroupName"], request["logStreamName"])
        retention = self._store.group(stream.group).retention
        now = self._now()
        accepted, rejected = write.accepted(request["logEvents"], now, retention)
        if accepted:
            await self._store.events(stream).append(accepted, now)
            await self.seen(stream, accepted)
        answer: Request = {"nextSequenceToken": f"{now:056d}"}
        return {**answer, "rejectedLogEventsInfo": rejected} if rejected else answer

    @operation(
        "logGroupName logGroupIdentifier logStreamName startTime endTime nextToken limit startFromHead",
        neutral=_UNMASKED,
    )
    async def get_log_events(self, _call: Call, request: Request) -> Request:
        stream = self._store.stream(_group_name(request), request["logStreamName"])
        shown, forward, backward = read.window(await self._events(stream), request)
        return {
            "events": [
                {"timestamp": event.timestamp, "message": event.message, "ingestionTime": event.ingestion}
                for event in shown
            ],
            "nextForwardToken": forward,
            "nextBackwardToken": backward,
        }

    @operation(
        "logGroupName logGroupIdentifier logStreamNames logStreamNamePrefix startTime endTime filterPattern nextToken "
        "limit startFromHead",
        refused={"startFromHead": "Leave it out, and read on to the newest: the earliest events come first."},
        only={"startFromHead": (True,)},
        neutral={**_UNMASKED, "interleaved": "Events of several streams are always interleaved."},
    )
    async def filter_log_events(self, _call: Call, request: Request) -> Request:
        name = _group_name(request)
        self._store.group(name)
        matches = compile_pattern(request.get("filterPattern", ""))
        start, end = request.get("startTime", 0), request.get("endTime", 2**63)
        runs = []
        for stream in self._chosen(name, request):
            events = await self._events(stream)
            runs.append(
                [(event, stream.name) for event in events if start <= event.timestamp <= end and matches(event.message)]
            )
        merged = [*heapq.merge(*runs, key=lambda one: (one[0].timestamp, one[1], one[0].number))]
        shown, token = read.page(merged, request.get("nextToken", ""), request.get("limit", read.MOST_EVENTS))
        answer: Request = {"events": [_filtered(event, stream) for event, stream in shown], "searchedLogStreams": []}
        return {**answer, "nextToken": token} if token else answer

    @operation("resourceArn tags")
    async def tag_resource(self, _call: Call, request: Request) -> Request:
        name = _group_name({"logGroupIdentifier": request["resourceArn"]})
        self._store.update_group(name, tags={**self._store.group(name).tags, **request["tags"]})
        return {}

    @operation("resourceArn tagKeys")
    async def untag_resource(self, _call: Call, request: Request) -> Request:
        name = _group_name({"logGroupIdentifier": request["resourceArn"]})
        tags = {key: value for key, value in self._store.group(name).tags.items() if key not in request["tagKeys"]}
        self._store.update_group(name, tags=tags)
        return {}

    @operation("resourceArn")
    async def list_tags_for_resource(self, _call: Call, request: Request) -> Request:
        return {"tags": self._store.group(_group_name({"logGroupIdentifier": request["resourceArn"]})).tags}

    @operation("logGroupName")
    async def list_tags_log_group(self, _call: Call, request: Request) -> Request:
        return {"tags": self._store.group(request["logGroupName"]).tags}

    async def _check_key(self, key: str) -> None:
        """The key that a group names is there and enabled [CreateLogGroup]."""
        if not key:
            return
        try:
            state = (await self._apis.call("kms", "DescribeKey", {"KeyId": key}))["KeyMetadata"]["KeyState"]
        except AwsError as error:
            raise _invalid(f"The KMS key {key} can't be used: {error.message}") from error
        if state != "Enabled":
            raise _invalid(f"The KMS key {key} can't be used: it is {state}.")

    def _chosen(self, group: str, request: Mapping[str, Any]) -> Sequence[Stream]:
        names, prefix = request.get("logStreamNames"), request.get("logStreamNamePrefix", "")
        if names and prefix:
            raise _invalid("logStreamNames and logStreamNamePrefix are mutually exclusive parameters.")
        if names:
            return [self._store.stream(group, name) for name in names]
        return [stream for stream in self._store.streams(group) if stream.name.startswith(prefix)]

    async def _events(self, stream: Stream) -> Sequence[Event]:
        return await self._store.events(stream).all(self._oldest(stream.group))

    def _oldest(self, group: str) -> int:
        """Milliseconds since 1970; a day of retention is a simulated one."""
        return self._store.oldest(group, self._now(), self._clock.real(1))

    def _group_shape(self, call: Call, group: Group) -> Request:
        shape: Request = {
            "logGroupName": group.name,
            "creationTime": group.created,
            "metricFilterCount": self.counted(group.name),
            "arn": f"{_arn(call, group.name)}:*",
            "logGroupArn": _arn(call, group.name),
            "storedBytes": sum(self._store.events(stream).size() for stream in self._store.streams(group.name)),
            "logGroupClass": group.log_class,
            "deletionProtectionEnabled": group.protected,
        }
        if group.retention:
            shape["retentionInDays"] = group.retention
        if group.kms_key:
            shape["kmsKeyId"] = group.kms_key
        return shape

    async def _stream_shape(self, call: Call, stream: Stream) -> Request:
        events = await self._events(stream)
        shape: Request = {
            "logStreamName": stream.name,
            "creationTime": stream.created,
            "arn": f"{_arn(call, stream.group)}:log-stream:{stream.name}",
            "storedBytes": 0,  # AWS reports 0 for streams since 2019 [DescribeLogStreams]
        }
        if events:
            shape["firstEventTimestamp"] = events[0].timestamp
            shape["lastEventTimestamp"] = events[-1].timestamp
            shape["lastIngestionTime"] = max(event.ingestion for event in events)
        return shape

    def _now(self) -> int:
        return int(self._clock.now().timestamp() * 1000)


def _tagged(group: Group, wanted: Mapping[str, Any]) -> bool:
    """Whether the group has the tag, with one of the values where some are given."""
    values = wanted.get("values")
    return wanted["key"] in group.tags and (not values or group.tags[wanted["key"]] in values)


def _filtered(event: Event, stream: str) -> Request:
    place = int(hashlib.sha256(stream.encode()).hexdigest()[:12], 16)
    return {
        "logStreamName": stream,
        "timestamp": event.timestamp,
        "message": event.message,
        "ingestionTime": event.ingestion,
        "eventId": f"{event.timestamp:020d}{place:018d}{event.number:018d}",
    }


def _page(found: Sequence[_T], request: Mapping[str, Any], key: Callable[[_T], str]) -> tuple[list[_T], Request]:
    """A page of what is sorted by `key`, and the member `nextToken` where there is more."""
    try:
        after = base64.urlsafe_b64decode(request.get("nextToken", "")).decode()
    except ValueError as error:
        raise _invalid("The specified nextToken is invalid.") from error
    limit = request.get("limit", MOST_LISTED)
    descending = request.get("descending", False)
    ordered = [*found][::-1] if descending else [*found]
    rest = [one for one in ordered if not after or (key(one) < after if descending else key(one) > after)]
    if len(rest) <= limit:
        return rest, {}
    return rest[:limit], {"nextToken": base64.urlsafe_b64encode(key(rest[limit - 1]).encode()).decode()}


def _arn(call: Call, group: str) -> str:
    return f"arn:aws:logs:{call.region}:{call.account}:log-group:{group}"


def _group_name(request: Mapping[str, Any]) -> str:
    """From a name or an ARN."""
    identifier = str(request.get("logGroupIdentifier") or request.get("logGroupName") or "")
    if not identifier:
        raise _invalid("Either logGroupName or logGroupIdentifier is required.")
    return identifier.rpartition(":log-group:")[2].removesuffix(":*")


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)


def _named(request: Mapping[str, Any]) -> str:
    """The group of a request that names it, or its ARN."""
    given = request.get("logGroupName") or request.get("resourceIdentifier") or ""
    if not given:
        raise _invalid("Exactly one of the parameters logGroupName and resourceIdentifier must be specified.")
    return _group_name({"logGroupIdentifier": given})
