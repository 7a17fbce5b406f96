"""Metric filters, subscription filters and resource policies: what log events set off."""

from __future__ import annotations

import base64
import gzip
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from netflux.aws.destinations import Destinations, Event, service_of
from netflux.aws.logs import pattern
from netflux.aws.logs.store import GROUP, Stream
from netflux.clock import Clock
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.paging import page
from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError, Unsupported
from netflux.policy.document import PolicyError, parse

_log = logging.getLogger(__name__)
Request = dict[str, Any]
_MOST = {"metric": 100, "subscription": 2, "policy": 10}
"""Of a group, of a group, of the region ("CloudWatch Logs quotas")."""
_MINUTE = 60_000
_VALUE = re.compile(r"-?\d+(\.\d+)?|\$\.[\w@.\[\]-]+|\$[A-Za-z_]\w*")
_TRANSFORMED = {
    "applyOnTransformedLogs": "Events are not transformed here: leave it out.",
    "fieldSelectionCriteria": "Leave it out: events have no system fields here.",
}
_PAGE = 50
_NO_PAGE = AwsError("InvalidParameterException", "The specified nextToken is invalid.")


@dataclass(frozen=True)
class MetricFilter:
    """Events that match are counted, or their values are, in a metric."""

    group: str
    name: str
    pattern: str
    transformation: dict[str, Any]
    created: int

    @property
    def key(self) -> str:
        """Unique."""
        return f"{self.group}:{self.name}"


@dataclass(frozen=True)
class SubscriptionFilter:
    """Events that match are told to a function."""

    group: str
    name: str
    pattern: str
    destination: str
    created: int
    role: str = ""
    distribution: str = "ByLogStream"

    @property
    def key(self) -> str:
        """Unique."""
        return f"{self.group}:{self.name}"


@dataclass(frozen=True)
class ResourcePolicy:
    """Which services may put events into groups."""

    name: str
    document: str
    updated: int = field(default=0)


METRIC_FILTER = Schema(
    "logs/metric-filter",
    MetricFilter,
    lambda one: one.key,
    indices={"group": lambda one: (one.group,)},
    remedy="Put it anew: aws logs put-metric-filter.",
)
SUBSCRIPTION_FILTER = Schema(
    "logs/subscription-filter",
    SubscriptionFilter,
    lambda one: one.key,
    indices={"group": lambda one: (one.group,)},
    remedy="Put it anew: aws logs put-subscription-filter.",
)
RESOURCE_POLICY = Schema("logs/resource-policy", ResourcePolicy, lambda one: one.name, remedy="Put it anew.")


class Filters:
    """Handlers of filters and policies.

    Args:
        documents: of the region.
        clock: of the region.
        apis: CloudWatch is given what metric filters count.
        destinations: of subscription filters.
    """

    def __init__(self, documents: Documents, clock: Clock, apis: Caller, destinations: Destinations) -> None:
        self._groups = documents.table(GROUP)
        self._metric_filters = documents.table(METRIC_FILTER)
        self._subscriptions = documents.table(SUBSCRIPTION_FILTER)
        self._policies = documents.table(RESOURCE_POLICY)
        self._documents = documents
        self._caller = apis
        self._destinations = destinations
        self._time = clock
        self._defaults: dict[str, int] = {}

    @operation(
        "logGroupName filterName filterPattern metricTransformations(metricName metricNamespace metricValue "
        "defaultValue dimensions unit)",
        refused={**_TRANSFORMED, "emitSystemFieldDimensions": "Leave it out: events have no system fields here."},
    )
    async def put_metric_filter(self, _call: Call, request: Request) -> Request:
        """Counts from now on ("PutMetricFilter", CloudWatch Logs API Reference)."""
        group = self._group(request)
        pattern.read(request["filterPattern"])
        (given,) = request["metricTransformations"]
        if not _VALUE.fullmatch(given["metricValue"]):
            raise _invalid(
                f"Invalid metric transformation: metricValue {given['metricValue']} is no number and no field."
            )
        if given.get("dimensions") and given.get("defaultValue") is not None:
            raise _invalid(
                "Invalid metric transformation: dimensions and default value are mutually exclusive properties."
            )
        if len(given.get("dimensions") or ()) > 3:
            raise _invalid("Invalid metric transformation: a metric has at most 3 dimensions.")
        if given["metricNamespace"].startswith("AWS/"):
            raise _invalid("Invalid metric transformation: namespaces that begin with AWS/ are AWS's.")
        made = MetricFilter(group, request["filterName"], request["filterPattern"], given, self._moment())
        self._check_room("metric", len(self._metric_filters.keys("group", group)), made.key in self._metric_filters)
        self._metric_filters.put(made)
        return {}

    @operation("logGroupName filterNamePrefix nextToken limit metricName metricNamespace")
    async def describe_metric_filters(self, _call: Call, request: Request) -> Request:
        """Of a group, or those of a metric."""
        group, start = request.get("logGroupName"), request.get("filterNamePrefix") or ""
        if (request.get("metricName") is None) != (request.get("metricNamespace") is None):
            raise _invalid("Both metricName and metricNamespace are given, or neither.")
        found = self._metric_filters.where("group", self._group(request)) if group else [*self._metric_filters]
        shown = [
            _shown_metric_filter(one)
            for one in sorted(found, key=lambda one: one.name)
            if one.name.startswith(start)
            and request.get("metricName") in (None, one.transformation["metricName"])
            and request.get("metricNamespace") in (None, one.transformation["metricNamespace"])
        ]
        return _listed("metricFilters", shown, request)

    @operation("logGroupName filterName")
    async def delete_metric_filter(self, _call: Call, request: Request) -> Request:
        """What it has counted stays."""
        key = f"{self._group(request)}:{request['filterName']}"
        if key not in self._metric_filters:
            raise AwsError("ResourceNotFoundException", "The specified metric filter does not exist.")
        self._metric_filters.delete(key)
        return {}

    @operation("filterPattern logEventMessages")
    async def test_metric_filter(self, _call: Call, request: Request) -> Request:  # noqa: PT019 (it is no test)
        """Which messages match, and what they have under the pattern's names."""
        read = pattern.read(request["filterPattern"])
        found = []
        for number, message in enumerate(request["logEventMessages"], 1):
            if read.matches(message):
                values = {f"${name}": str(read.value(message, f"${name}")) for name in read.names}
                found.append({"eventNumber": number, "eventMessage": message, "extractedValues": values})
        return {"matches": found}

    @operation("logGroupName filterName filterPattern destinationArn roleArn distribution", refused={
        **_TRANSFORMED, "emitSystemFields": "Leave it out: events have no system fields here."})  # fmt: skip
    async def put_subscription_filter(self, _call: Call, request: Request) -> Request:
        """A function is told from now on ("PutSubscriptionFilter", CloudWatch Logs API Reference)."""
        group, place = self._group(request), request["destinationArn"]
        pattern.read(request["filterPattern"])
        if service_of(place) != "lambda" or not self._destinations.takes(place):
            raise Unsupported(f"logs:PutSubscriptionFilter to {place}", "Functions are told here. Name one.")
        made = SubscriptionFilter(
            group, request["filterName"], request["filterPattern"], place, self._moment(),
            request.get("roleArn") or "", request.get("distribution") or "ByLogStream",
        )  # fmt: skip
        known = made.key in self._subscriptions
        self._check_room("subscription", len(self._subscriptions.keys("group", group)), known)
        self._subscriptions.put(made)
        return {}

    @operation("logGroupName filterNamePrefix nextToken limit")
    async def describe_subscription_filters(self, _call: Call, request: Request) -> Request:
        """Of a group."""
        start = request.get("filterNamePrefix") or ""
        found = self._subscriptions.where("group", self._group(request))
        shown = [_shown_subscription(one) for one in found if one.name.startswith(start)]
        return _listed("subscriptionFilters", shown, request)

    @operation("logGroupName filterName")
    async def delete_subscription_filter(self, _call: Call, request: Request) -> Request:
        """Nobody is told any more."""
        key = f"{self._group(request)}:{request['filterName']}"
        if key not in self._subscriptions:
            raise AwsError("ResourceNotFoundException", "The specified subscription filter does not exist.")
        self._subscriptions.delete(key)
        return {}

    @operation("policyName policyDocument", refused={
        "resourceArn": "Leave it out: policies are of the region here.",
        "expectedRevisionId": "Leave it out: a policy that is put replaces the one of its name."})  # fmt: skip
    async def put_resource_policy(self, _call: Call, request: Request) -> Request:
        """Lets services put events ("PutResourcePolicy", CloudWatch Logs API Reference)."""
        name, document = request.get("policyName"), request.get("policyDocument")
        if not name or not document:
            raise _invalid("policyName and policyDocument are required.")
        try:
            parse(document, needs_principal=True)
        except PolicyError as error:
            raise _invalid(f"The policy document is not valid: {error}") from error
        self._check_room("policy", len(self._policies), name in self._policies)
        made = ResourcePolicy(name, document, self._moment())
        self._policies.put(made)
        return {"resourcePolicy": _shown_policy(made)}

    @operation("nextToken limit policyScope", only={"policyScope": ("ACCOUNT",)}, refused={
        "resourceArn": "Leave it out: policies are of the region here.",
        "policyScope": "Policies are of the region here: leave it out."})  # fmt: skip
    async def describe_resource_policies(self, _call: Call, request: Request) -> Request:
        """All of them."""
        return _listed("resourcePolicies", [_shown_policy(one) for one in self._policies], request)

    @operation("policyName", refused={
        "resourceArn": "Leave it out: policies are of the region here.",
        "expectedRevisionId": "Leave it out: the policy of the name is deleted."})  # fmt: skip
    async def delete_resource_policy(self, _call: Call, request: Request) -> Request:
        """Services that it let in are out."""
        name = request.get("policyName") or ""
        if name not in self._policies:
            raise AwsError("ResourceNotFoundException", f"Policy with name [{name}] does not exist.")
        self._policies.delete(name)
        return {}

    def forget(self, group: str) -> None:
        """A group goes with its filters."""
        for metric in self._metric_filters.keys("group", group):
            self._metric_filters.delete(metric)
        for subscription in self._subscriptions.keys("group", group):
            self._subscriptions.delete(subscription)

    async def seen(self, stream: Stream, events: Sequence[tuple[int, str]]) -> None:
        """Counts and tells of events that were just put: milliseconds and message each."""
        for one in self._metric_filters.where("group", stream.group):
            await self._count(one, events)
        for subscription in self._subscriptions.where("group", stream.group):
            self._tell(subscription, stream, events)

    async def _count(self, one: MetricFilter, events: Sequence[tuple[int, str]]) -> None:
        given, read = one.transformation, pattern.read(one.pattern)
        data = [
            datum
            for time, message in events
            if read.matches(message) and (datum := _datum(given, read, message, time)) is not None
        ]
        default, minute = given.get("defaultValue"), events[-1][0] // _MINUTE
        if not data and default is not None and self._defaults.get(one.key) != minute:
            self._defaults[one.key] = minute
            data = [{"MetricName": given["metricName"], "Value": default, "Timestamp": _moment(events[-1][0])}]
        for start in range(0, len(data), 1000):
            batch = data[start : start + 1000]
            try:
                await self._caller.call(
                    "cloudwatch", "PutMetricData", {"Namespace": given["metricNamespace"], "MetricData": batch}
                )
            except AwsError as error:
                _log.warning("the metric filter %s of %s counts nothing: %s", one.name, one.group, error)

    def _tell(self, one: SubscriptionFilter, stream: Stream, events: Sequence[tuple[int, str]]) -> None:
        matches = pattern.read(one.pattern).matches
        told = [
            {"id": f"{time:020d}{number:036d}", "timestamp": time, "message": message}
            for number, (time, message) in enumerate(events)
            if matches(message)
        ]
        if not told:
            return
        account, region = one.destination.split(":")[4], one.destination.split(":")[3]
        data = {
            "messageType": "DATA_MESSAGE",
            "owner": account,
            "logGroup": stream.group,
            "logStream": stream.name,
            "subscriptionFilters": [one.name],
            "logEvents": told,
        }
        body = json.dumps({"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(data).encode())).decode()}})
        source = f"arn:aws:logs:{region}:{account}:log-group:{stream.group}:*"
        try:
            with self._documents.transaction():
                self._destinations.deliver(Event(one.destination, body, source, principal="logs.amazonaws.com"))
        except AwsError as error:
            _log.warning("the subscription filter %s of %s tells nobody: %s", one.name, one.group, error)

    def counted(self, group: str) -> int:
        """Metric filters of a group."""
        return len(self._metric_filters.keys("group", group))

    def _group(self, request: Request) -> str:
        name = str(request["logGroupName"])
        if name not in self._groups:
            raise AwsError("ResourceNotFoundException", "The specified log group does not exist.")
        return name

    def _check_room(self, kind: str, there: int, known: bool) -> None:
        if not known and there >= _MOST[kind]:
            raise AwsError("LimitExceededException", "Resource limit exceeded.")

    def _moment(self) -> int:
        return int(self._time.now().timestamp() * 1000)


def _datum(given: Mapping[str, Any], read: pattern.Pattern, message: str, time: int) -> dict[str, Any] | None:
    """What a message adds to a metric; None where its value is no number, or a dimension's is missing."""
    written = given["metricValue"]
    found = read.value(message, written) if written.startswith("$") else written
    try:
        value = float(found)
    except (TypeError, ValueError):
        return None
    dimensions = []
    for name, place in (given.get("dimensions") or {}).items():
        own = read.value(message, place)
        if own is None or isinstance(own, dict | list):
            return None
        dimensions.append({"Name": name, "Value": str(own)})
    made = {"MetricName": given["metricName"], "Value": value, "Timestamp": _moment(time)}
    unit = given.get("unit")
    return made | ({"Dimensions": dimensions} if dimensions else {}) | ({"Unit": unit} if unit else {})


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _shown_metric_filter(one: MetricFilter) -> Request:
    return {
        "filterName": one.name, "filterPattern": one.pattern, "metricTransformations": [one.transformation],
        "creationTime": one.created, "logGroupName": one.group,
    }  # fmt: skip


def _shown_subscription(one: SubscriptionFilter) -> Request:
    told = {
        "filterName": one.name, "logGroupName": one.group, "filterPattern": one.pattern,
        "destinationArn": one.destination, "distribution": one.distribution, "creationTime": one.created,
    }  # fmt: skip
    return told | ({"roleArn": one.role} if one.role else {})


def _shown_policy(one: ResourcePolicy) -> Request:
    return {"policyName": one.name, "policyDocument": one.document, "lastUpdatedTime": one.updated}


def _listed(name: str, found: Sequence[Request], request: Request) -> Request:
    shown, token = page(found, request.get("nextToken"), request.get("limit") or _PAGE, _NO_PAGE)
    return {name: shown, **({"nextToken": token} if token else {})}


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)
