"""A flow log: what CreateFlowLogs asks for and DescribeFlowLogs tells. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from netflux import expressions
from netflux.aws.ec2 import flowformat
from netflux.errors import AwsError, Unsupported

CLOUDWATCH, S3 = "cloud-watch-logs", "s3"
INTERVALS = (60, 600)
"""Simulated seconds [CreateFlowLogs, MaxAggregationInterval]."""

_RESOURCES = {"VPC": "vpc", "Subnet": "subnet", "NetworkInterface": "eni"}
_GROUP_ARN = re.compile(r"arn:[^:]*:logs:[^:]*:[^:]*:log-group:([^:*]+)(?::\*)?")
_BUCKET_ARN = re.compile(r"arn:[^:]*:s3:::([^/]+)(?:/(.*))?")


@dataclass(frozen=True)
class FlowLog:
    """A flow log as it is kept.

    Attributes:
        resource: id of the VPC, subnet or interface.
        vpc: the VPC that it is in.
        log_destination: as it was given, or empty.
        interval: simulated seconds.
        fields: of its records.
        hive: keys in S3 have `name=value` folders.
        hourly: keys in S3 have a folder for the hour.
        status: of the last delivery, `SUCCESS` or `FAILED`; empty before the first.
        token: of the call that made it.
    """

    id: str
    resource_type: str
    resource: str
    vpc: str
    traffic: str
    destination_type: str
    created: str
    log_group: str = ""
    log_destination: str = ""
    role: str = ""
    interval: int = 600
    fields: Sequence[str] = flowformat.DEFAULT
    hive: bool = False
    hourly: bool = False
    status: str = ""
    error: str = ""
    token: str = ""

    def covers(self, interface: str, subnet: str) -> bool:
        """Whether it is about the interface."""
        return self.resource in (interface, subnet) or self.resource_type == "VPC"

    @property
    def bucket(self) -> tuple[str, str]:
        """Bucket and prefix of its files in S3."""
        found = _BUCKET_ARN.fullmatch(self.log_destination)
        return (found[1], (found[2] or "").strip("/")) if found else ("", "")

    def shape(self, tags: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """As DescribeFlowLogs tells it."""
        told: dict[str, Any] = {
            "FlowLogId": self.id, "FlowLogStatus": "ACTIVE", "ResourceId": self.resource, "TrafficType": self.traffic,
            "CreationTime": datetime.fromisoformat(self.created), "LogDestinationType": self.destination_type,
            "LogFormat": flowformat.written(self.fields), "MaxAggregationInterval": self.interval, "Tags": [*tags],
            "LogGroupName": self.log_group, "LogDestination": self.log_destination,
            "DeliverLogsPermissionArn": self.role, "DeliverLogsStatus": self.status,
            "DeliverLogsErrorMessage": self.error,
        }  # fmt: skip
        if self.destination_type == S3:
            options = {"HiveCompatiblePartitions": self.hive, "PerHourPartition": self.hourly}
            told["DestinationOptions"] = {"FileFormat": "plain-text", **options}
        return {name: value for name, value in told.items() if value != ""}


def asked(request: Mapping[str, Any]) -> dict[str, Any]:
    """What a CreateFlowLogs request says of each flow log, by the names of `FlowLog`.

    Raises:
        AwsError: as EC2 refuses it.
        Unsupported: it asks for what is not here.
    """
    _about(request)
    interval = request.get("MaxAggregationInterval", 600)
    if interval not in INTERVALS:
        raise _invalid("Invalid Flow Log Max Aggregation Interval")
    log_format = request.get("LogFormat")
    return {
        "resource_type": request["ResourceType"],
        "traffic": request["TrafficType"],
        "interval": interval,
        "fields": list(flowformat.DEFAULT if log_format is None else flowformat.fields(log_format)),
        "token": request.get("ClientToken", ""),
        **_destination(request),
    }


def filtered(shapes: Sequence[dict[str, Any]], conditions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Those that pass every filter of DescribeFlowLogs; AwsError when there is no such filter."""
    found = [*shapes]
    for condition in conditions:
        name, values = condition["Name"], condition.get("Values", [])
        read = _filter(name)
        found = [one for one in found if any(_like(have, value) for have in read(one) for value in values)]
    return found


_FILTERS = {
    "deliver-log-status": "DeliverLogsStatus", "log-destination-type": "LogDestinationType",
    "flow-log-id": "FlowLogId", "log-group-name": "LogGroupName", "resource-id": "ResourceId",
    "traffic-type": "TrafficType",
}  # fmt: skip


def _filter(name: str) -> Callable[[Mapping[str, Any]], list[str]]:
    if name in _FILTERS:
        return lambda one: [one.get(_FILTERS[name], "")]
    if name == "tag-key":
        return lambda one: [tag["Key"] for tag in one["Tags"]]
    if name.startswith("tag:"):
        return lambda one: [tag["Value"] for tag in one["Tags"] if tag["Key"] == name.removeprefix("tag:")]
    raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")


def _like(have: str, wanted: str) -> bool:
    return expressions.like(have, wanted)


def _about(request: Mapping[str, Any]) -> None:
    kind = request["ResourceType"]
    if kind not in _RESOURCES:
        raise Unsupported(f"ResourceType {kind} of CreateFlowLogs")
    if not request.get("TrafficType"):
        raise _invalid(f"TrafficType can't be empty if ResourceType is {kind}.")
    for resource in request["ResourceIds"]:
        if not resource.startswith(f"{_RESOURCES[kind]}-"):
            raise _invalid(f"{resource} is not the id of a resource of type {kind}.")


def _destination(request: Mapping[str, Any]) -> dict[str, Any]:
    kind = request.get("LogDestinationType", CLOUDWATCH)
    if kind not in (CLOUDWATCH, S3):
        raise Unsupported(f"LogDestinationType {kind} of CreateFlowLogs")
    where, group = request.get("LogDestination", ""), request.get("LogGroupName", "")
    if not where and not group:
        raise _invalid("LogDestination can't be empty if LogGroupName is not provided.")
    return _file(request, where, group) if kind == S3 else _stream(request, where, group)


def _stream(request: Mapping[str, Any], where: str, group: str) -> dict[str, Any]:
    role = request.get("DeliverLogsPermissionArn", "")
    if not role:
        raise _invalid(f"DeliverLogsPermissionArn can't be empty if LogDestinationType is {CLOUDWATCH}.")
    if request.get("DestinationOptions"):
        raise _invalid(f"DestinationOptions can't be given if LogDestinationType is {CLOUDWATCH}.")
    found = _GROUP_ARN.fullmatch(where)
    if where and not found:
        raise _invalid(f"LogDestination {where} is not the ARN of a log group.")
    return {
        "destination_type": CLOUDWATCH,
        "log_group": found[1] if found else group,
        "log_destination": where,
        "role": role,
    }


def _file(request: Mapping[str, Any], where: str, group: str) -> dict[str, Any]:
    if group:
        raise _invalid(f"LogDestination type must be {CLOUDWATCH} if LogGroupName is provided.")
    found = _BUCKET_ARN.fullmatch(where)
    if found is None or "AWSLogs" in (found[2] or "").split("/"):
        raise _invalid(f"LogDestination {where} is not the ARN of a bucket, or of a folder that may have flow logs.")
    options = request.get("DestinationOptions") or {}
    if options.get("FileFormat", "plain-text") != "plain-text":
        raise Unsupported(f"DestinationOptions.FileFormat {options['FileFormat']} of CreateFlowLogs")
    return {
        "destination_type": S3,
        "log_destination": where,
        "hive": bool(options.get("HiveCompatiblePartitions", False)),
        "hourly": bool(options.get("PerHourPartition", False)),
    }


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameter", message)
