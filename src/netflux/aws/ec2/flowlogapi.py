"""CreateFlowLogs, DescribeFlowLogs, DeleteFlowLogs. Tags of flow logs are with EC2's other tags, in moto."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from typing import Any

from netflux.aws.ec2 import flowlog
from netflux.aws.ec2.flowdelivery import Api
from netflux.aws.ec2.flowlog import S3, FlowLog
from netflux.aws.ec2.flowlogs import FlowLogs
from netflux.clock import Clock
from netflux.controlplane.records import paging
from netflux.errors import AwsError

_DESCRIBE = {
    "VPC": ("DescribeVpcs", "VpcIds", "Vpcs"),
    "Subnet": ("DescribeSubnets", "SubnetIds", "Subnets"),
    "NetworkInterface": ("DescribeNetworkInterfaces", "NetworkInterfaceIds", "NetworkInterfaces"),
}
_MOST = 1000
_NO_PAGE = AwsError("InvalidNextToken", "The specified NextToken is not valid.")
"""DescribeFlowLogs tells of so many at once."""

Request = dict[str, Any]


class FlowLogApi:
    """The operations.

    Args:
        logs: what there is.
        call: `Apis.call`.
        clock: for the time of creation.
        poke: a flow log has something to do.
    """

    def __init__(self, logs: FlowLogs, call: Api, clock: Clock, poke: Callable[[str], None]) -> None:
        self._logs = logs
        self._call = call
        self._clock = clock
        self._poke = poke

    async def create(self, request: Request) -> Request:
        """One flow log for each resource. A bucket that is not there makes them unsuccessful, as on EC2."""
        asked = flowlog.asked(request)
        token = {"ClientToken": asked["token"]} if asked["token"] else {}
        known = [log.id for log in self._logs.all() if asked["token"] and log.token == asked["token"]]
        if known:
            return {"FlowLogIds": known, "Unsuccessful": [], **token}
        made = [await self._wanted(resource, asked) for resource in request["ResourceIds"]]
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
        tags = [tag for one in request.get("TagSpecifications", []) for tag in one.get("Tags", [])]
        if tags:
            await self._call("ec2", "CreateTags", {"Resources": [log.id for log in made], "Tags": tags})
        for log in made:
            self._poke(log.id)
        return {"FlowLogIds": [log.id for log in made], "Unsuccessful": [], **token}

    async def describe(self, request: Request) -> Request:
        """As they are; how the last delivery went is only told once there was one."""
        ids = request.get("FlowLogIds") or []
        logs = [log for log in self._logs.all() if not ids or log.id in ids]
        shapes = [log.shape(await self._tags(log.id)) for log in logs]
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
            tags = await self._tags(log.id)
            if tags:
                await self._call("ec2", "DeleteTags", {"Resources": [log.id], "Tags": tags})
        return {"Unsuccessful": []}

    async def _wanted(self, resource: str, asked: Mapping[str, Any]) -> FlowLog:
        operation, member, items = _DESCRIBE[asked["resource_type"]]
        told = (await self._call("ec2", operation, {member: [resource]}))[items][0]
        created = self._clock.now().isoformat()
        return FlowLog(
            id=f"fl-{secrets.token_hex(9)[:17]}", resource=resource, vpc=told["VpcId"], created=created, **asked
        )

    async def _refusal(self, log: FlowLog) -> str:
        if log.destination_type != S3:
            return ""
        bucket, _ = log.bucket
        try:
            await self._call("s3", "HeadBucket", {"Bucket": bucket})
        except AwsError:
            return f"LogDestination: {bucket} does not exist."
        return ""

    async def _tags(self, identity: str) -> list[dict[str, str]]:
        condition = [{"Name": "resource-id", "Values": [identity]}]
        told = (await self._call("ec2", "DescribeTags", {"Filters": condition}))["Tags"]
        return [{"Key": tag["Key"], "Value": tag["Value"]} for tag in told]


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
