"""CreateFlowLogs, DescribeFlowLogs, DeleteFlowLogs."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from netflux.aws.ec2 import flowlog
from netflux.aws.ec2.flowlog import S3, FlowLog
from netflux.aws.ec2.flowlogs import FlowLogs
from netflux.aws.ec2.nouns import INTERFACES, SUBNETS, VPCS
from netflux.aws.ec2.part import Part, read_tags, shown_tags
from netflux.aws.logevents import Api
from netflux.clock import Clock
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records import paging
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError, Unsupported
from netflux.resources.ec2.flowlog import FLOW_LOG_TAGS, FlowLogTags

_MOST = 1000
_NO_PAGE = AwsError("InvalidNextToken", "The specified NextToken is not valid.")
"""DescribeFlowLogs tells of so many at once."""

Request = dict[str, Any]


class FlowLogApi:
    """The operations.

    Args:
        logs: what there is.
        documents: of the region.
        call: `Apis.call`.
        clock: for the time of creation.
        poke: a flow log has something to do.
    """

    def __init__(
        self, logs: FlowLogs, documents: Documents, call: Api, clock: Clock, poke: Callable[[str], None]
    ) -> None:
        self._logs = logs
        self._documents = documents
        self._tagged = documents.table(FLOW_LOG_TAGS)
        self._call = call
        self._clock = clock
        self._poke = poke

    async def create(self, call: Call, request: Request) -> Request:
        """One flow log for each resource. A bucket that is not there makes them unsuccessful, as on EC2."""
        asked = flowlog.asked(request)
        token = {"ClientToken": asked["token"]} if asked["token"] else {}
        known = [log.id for log in self._logs.all() if asked["token"] and log.token == asked["token"]]
        if known:
            return {"FlowLogIds": known, "Unsuccessful": [], **token}
        tags = read_tags(call, [tag for one in request.get("TagSpecifications", []) for tag in one.get("Tags", [])])
        made = [self._wanted(resource, asked) for resource in request["ResourceIds"]]
        for log in made:
            if any(_same(log, other) for other in self._logs.all()):
                raise AwsError(
                    "FlowLogAlreadyExists",
                    "Error. There is an existing Flow Log with the same configuration and log destination.",
                )
        _executed(request)
        refusal = await self._refusal(made[0])
        if refusal:
            wrong = {"Code": "400", "Message": refusal}
            return {"FlowLogIds": [], "Unsuccessful": [{"ResourceId": log.resource, "Error": wrong} for log in made]}
        await self._logs.add(made)
        with self._documents.transaction():
            for log in made:
                self._tagged.put(FlowLogTags(log.id, tags))
        for log in made:
            self._poke(log.id)
        return {"FlowLogIds": [log.id for log in made], "Unsuccessful": [], **token}

    async def describe(self, request: Request) -> Request:
        """As they are; how the last delivery went is only told once there was one."""
        ids = request.get("FlowLogIds") or []
        logs = [log for log in self._logs.all() if not ids or log.id in ids]
        shapes = [log.shape(self._tags(log.id)) for log in logs]
        found = flowlog.filtered(shapes, request.get("Filter") or [])
        _executed(request)
        shown, token = paging.page(found, request.get("NextToken"), _size(request), _NO_PAGE)
        return {"FlowLogs": shown, **({"NextToken": token} if token else {})}

    async def delete(self, request: Request) -> Request:
        """Ends flow logs; what they have delivered stays."""
        ids = request["FlowLogIds"]
        found = {log.id: log for log in self._logs.all() if log.id in ids}
        if missing := [one for one in ids if one not in found]:
            raise AwsError(
                "InvalidFlowLogId.NotFound",
                f"These flow log ids in the input list are not found: [TotalCount: {len(missing)}] {' '.join(missing)}",
            )
        _executed(request)
        for log in found.values():
            await self._logs.remove(log)
            self._tagged.delete(log.id)
        return {"Unsuccessful": []}

    def _wanted(self, resource: str, asked: Mapping[str, Any]) -> FlowLog:
        kind, created = asked["resource_type"], self._clock.now().isoformat()
        if kind == "VPC":
            vpc = VPCS.get(self._documents, resource).id
        elif kind == "Subnet":
            vpc = SUBNETS.get(self._documents, resource).vpc_id
        else:
            vpc = INTERFACES.get(self._documents, resource).vpc_id
        return FlowLog(id=f"fl-{secrets.token_hex(9)[:17]}", resource=resource, vpc=vpc, created=created, **asked)

    async def _refusal(self, log: FlowLog) -> str:
        if log.destination_type != S3:
            return ""
        bucket, _ = log.bucket
        try:
            await self._call("s3", "HeadBucket", {"Bucket": bucket})
        except AwsError:
            return f"LogDestination: {bucket} does not exist."
        return ""

    def _tags(self, identity: str) -> list[dict[str, str]]:
        known = self._tagged.get(identity)
        return shown_tags(known.tags) if known else []


class FlowLogOperations(Part):
    """The handlers.

    Attributes:
        flow_logs: answers for flow logs; nothing where no network is watched.
    """

    flow_logs: FlowLogApi | None

    @operation(
        "ClientToken DeliverLogsPermissionArn LogGroupName ResourceIds ResourceType TrafficType LogDestinationType "
        "LogDestination LogFormat TagSpecifications(ResourceType Tags(Key Value)) MaxAggregationInterval "
        "DestinationOptions(FileFormat HiveCompatiblePartitions PerHourPartition)",
        neutral={"DryRun": "The handler knows it."},
        refused={
            "DeliverCrossAccountRole": "There is one account here.",
            "TagFieldSpecifications": "Records of flow logs have no tags here.",
        },
    )
    async def create_flow_logs(self, call: Call, request: Request) -> Request:
        """See FlowLogApi."""
        return await self._watching.create(call, request)

    @operation("FlowLogIds Filter(Name Values) MaxResults NextToken", neutral={"DryRun": "The handler knows it."})
    async def describe_flow_logs(self, _call: Call, request: Request) -> Request:
        """See FlowLogApi."""
        return await self._watching.describe(request)

    @operation("FlowLogIds", neutral={"DryRun": "The handler knows it."})
    async def delete_flow_logs(self, _call: Call, request: Request) -> Request:
        """See FlowLogApi."""
        return await self._watching.delete(request)

    @property
    def _watching(self) -> FlowLogApi:
        if self.flow_logs is None:
            raise Unsupported("A flow log without a network")
        return self.flow_logs


def _same(log: FlowLog, other: FlowLog) -> bool:
    return all(
        getattr(log, name) == getattr(other, name) for name in ("resource", "traffic", "log_group", "log_destination")
    )


def _executed(request: Request) -> None:
    if request.get("DryRun"):
        raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)


def _size(request: Request) -> int:
    wanted = int(request.get("MaxResults") or _MOST)
    if wanted < 1:
        raise AwsError("InvalidMaxResults", f"The specified value for MaxResults, {wanted}, is not valid.")
    return min(wanted, _MOST)
