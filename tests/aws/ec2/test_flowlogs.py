"""Flow logs by their operations, with what they deliver."""

from __future__ import annotations

import contextlib
import gzip
import re
import time
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from netflux import names
from netflux.aws.ec2.flowdelivery import Line, batches
from netflux.aws.ec2.flowlog import FlowLog
from netflux.aws.iam.identities import TableIdentities
from netflux.controlplane.authorization.authorization import Authorization
from netflux.errors import AwsError, Unsupported
from netflux.network.flowbook import Ends, Fate, Flow
from netflux.network.loopback import LoopbackNetwork
from netflux.network.sighting import Seen, sightings
from netflux.resources.iam.identity import ROLE, Role
from tests.aws.ec2.flowing import Flowing, flowing
from tests.behaviours.bodies import TRUST
from tests.controlplane.authorization.people import document
from tests.controlplane.plane import Plane

NOW = int(time.time())
NOW_TEXT = "2026-11-24T00:00:00+00:00"
FLOW = Flow(Ends("10.0.0.4", "10.0.0.9", 40000, 8080, 6, 2, Fate.TURNED), 2, 120, NOW - 2.0, NOW - 1.0)


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    plane = Plane(tmp_path)
    yield plane
    plane.stop()


@pytest.fixture
async def here(plane: Plane, tmp_path: Path) -> Flowing:
    return await flowing(plane, tmp_path)


async def network(here: Flowing) -> tuple[str, str]:
    vpc = (await here.ec2("CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
    subnet = (await here.ec2("CreateSubnet", VpcId=vpc, CidrBlock="10.0.0.0/24"))["Subnet"]["SubnetId"]
    return vpc, subnet


async def streamed(here: Flowing, **how: Any) -> dict[str, Any]:
    """What CreateFlowLogs takes for CloudWatch Logs, with its role made."""
    with contextlib.suppress(AwsError):
        await here.apis.call("iam", "CreateRole", {"RoleName": "flow", "AssumeRolePolicyDocument": TRUST})
    role = "arn:aws:iam::123456789012:role/flow"
    return {"TrafficType": "ALL", "LogGroupName": "flows", "DeliverLogsPermissionArn": role,
            "MaxAggregationInterval": 60, **how}  # fmt: skip


def saw(here: Flowing, vpc: str, subnet: str) -> None:
    there = (("eni-a", subnet), ("eni-b", "subnet-other"))
    holders = {"10.0.0.4": there[0], "10.0.0.9": there[1]}
    here.packets.seen[vpc] = Seen(tuple(sightings([FLOW], holders)), there)


async def lines(here: Flowing, stream: str) -> list[str]:
    asked = {"logGroupName": "flows", "logStreamName": stream, "startFromHead": True}
    return [event["message"] for event in (await here.apis.call("logs", "GetLogEvents", asked))["events"]]


async def status(here: Flowing) -> tuple[str | None, str | None]:
    (log,) = (await here.ec2("DescribeFlowLogs"))["FlowLogs"]
    return log.get("DeliverLogsStatus"), log.get("DeliverLogsErrorMessage")


async def test_an_interval_ends_in_a_stream_for_each_interface(here: Flowing) -> None:
    vpc, subnet = await network(here)
    asked = await streamed(here)
    ids = (await here.ec2("CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], **asked))["FlowLogIds"]
    assert here.packets.watched == {vpc}
    assert here.poked == ids
    saw(here, vpc, subnet)
    await here.pass_(59)
    assert await status(here) == (None, None)
    await here.pass_(1)
    assert await status(here) == ("SUCCESS", None)
    told = f"10.0.0.4 10.0.0.9 40000 8080 6 2 120 {NOW - 2} {NOW - 1}"
    assert await lines(here, "eni-a-all") == [f"2 123456789012 eni-a {told} ACCEPT OK"]
    assert await lines(here, "eni-b-all") == [f"2 123456789012 eni-b {told} REJECT OK"]
    await here.pass_(60)
    assert len(await lines(here, "eni-a-all")) == 1, "nobody was there to see nothing"
    await here.ec2("DeleteFlowLogs", FlowLogIds=ids)
    assert here.packets.watched == frozenset()
    assert (await here.ec2("DescribeFlowLogs"))["FlowLogs"] == []


async def test_a_subnets_log_has_its_interfaces_alone_and_two_logs_share_what_was_seen(here: Flowing) -> None:
    vpc, subnet = await network(here)
    asked = await streamed(here, TrafficType="REJECT")
    await here.ec2("CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], **asked)
    asked = await streamed(here, TrafficType="ACCEPT")
    await here.ec2("CreateFlowLogs", ResourceType="Subnet", ResourceIds=[subnet], **asked)
    saw(here, vpc, subnet)
    await here.pass_(60)
    streams = (await here.apis.call("logs", "DescribeLogStreams", {"logGroupName": "flows"}))["logStreams"]
    assert [one["logStreamName"] for one in streams] == ["eni-a-accept", "eni-a-reject", "eni-b-reject"]
    assert [line.rpartition(" ")[2] for line in await lines(here, "eni-a-reject")] == ["NODATA"]
    assert [line.split()[-2:] for line in await lines(here, "eni-b-reject")] == [["REJECT", "OK"]]


async def test_a_role_that_is_not_there_fails_the_delivery_and_the_records_come_when_it_is(here: Flowing) -> None:
    vpc, subnet = await network(here)
    asked = await streamed(here, DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/later")
    await here.ec2("CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], **asked)
    saw(here, vpc, subnet)
    await here.pass_(60)
    failed, why = await status(here)
    assert failed == "FAILED"
    assert why is not None
    assert why.startswith("Access error: ")
    assert "later" in why
    await here.apis.call("iam", "CreateRole", {"RoleName": "later", "AssumeRolePolicyDocument": TRUST})
    saw(here, vpc, subnet)
    await here.pass_(60)
    assert await status(here) == ("SUCCESS", None)
    assert len(await lines(here, "eni-a-all")) == 2


def role(here: Flowing, service: str, *actions: str) -> None:
    trusted = document({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})
    policy = {"own": document({"Effect": "Allow", "Action": [*actions], "Resource": "*"})}
    arn = "arn:aws:iam::123456789012:role/flow"
    found = Role("AROAFLOW", "flow", "/", arn, datetime.now(UTC), trusted, inline=policy)
    here.documents.table(ROLE).put(found)


async def test_a_role_that_may_not_write_fails_the_delivery_and_the_records_come_when_it_may(here: Flowing) -> None:
    place = names.REGION, names.ACCOUNT
    here.logs.delivery.authorization = Authorization(here.apis, TableIdentities(here.documents), place)
    vpc, subnet = await network(here)
    writes = ("logs:PutLogEvents", "logs:CreateLogStream", "logs:CreateLogGroup")
    role(here, "vpc-flow-logs.amazonaws.com", "logs:CreateLogGroup")
    asked = await streamed(here)
    await here.ec2("CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], **asked)
    for service, actions, said in (
        ("vpc-flow-logs.amazonaws.com", writes[2:], "is not authorized to perform: logs:PutLogEvents on resource: "),
        ("ecs-tasks.amazonaws.com", writes, "does not trust vpc-flow-logs.amazonaws.com"),
    ):
        role(here, service, *actions)
        saw(here, vpc, subnet)
        await here.pass_(60)
        failed, why = await status(here)
        assert failed == "FAILED"
        assert said in (why or "")
    role(here, "vpc-flow-logs.amazonaws.com", *writes)
    saw(here, vpc, subnet)
    await here.pass_(60)
    assert await status(here) == ("SUCCESS", None)


async def test_a_delivery_that_fails_half_way_repeats_nothing(here: Flowing, monkeypatch: pytest.MonkeyPatch) -> None:
    vpc, subnet = await network(here)
    await here.ec2("CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], **await streamed(here))
    saw(here, vpc, subnet)
    put = here.logs.delivery.put

    async def refusing(log: FlowLog, batch: Sequence[Line], now: datetime) -> None:
        if batch[0].interface == "eni-b":
            raise AwsError("AccessDeniedException", "not now")
        await put(log, batch, now)

    monkeypatch.setattr(here.logs.delivery, "put", refusing)
    await here.pass_(60)
    assert await status(here) == ("FAILED", "Access error: not now")
    monkeypatch.undo()
    await here.pass_(60)
    assert await status(here) == ("SUCCESS", None)
    assert (len(await lines(here, "eni-a-all")), len(await lines(here, "eni-b-all"))) == (1, 1)


@pytest.mark.parametrize(("destination", "number"), [("cloud-watch-logs", 5), ("s3", 1)])
def test_what_goes_to_a_stream_at_once_is_of_one_interface_and_one_day(destination: str, number: int) -> None:
    log = FlowLog("fl-1", "VPC", "vpc-1", "vpc-1", "ALL", destination, NOW_TEXT)
    kept = [Line(eni, day * 86400 + second, "-") for eni in ("eni-a", "eni-b") for day in (0, 1) for second in (9, 1)]
    kept += [Line("eni-a", 86400 + 5, "-")] * 1000
    found = batches(log, kept)
    assert len(found) == number
    assert sorted((line.interface, line.start) for batch in found for line in batch) == sorted(
        (line.interface, line.start) for line in kept
    )
    if destination == "cloud-watch-logs":
        for batch in found:
            starts = [line.start for line in batch]
            assert starts == sorted(starts)
            assert len({(line.interface, line.start // 86400) for line in batch}) == 1
    assert batches(log, []) == []


async def test_files_in_s3_have_awss_keys_and_the_fields_names_on_top(here: Flowing) -> None:
    vpc, subnet = await network(here)
    arn = "arn:aws:s3:::flows/team"
    asked = {"ResourceType": "VPC", "ResourceIds": [vpc], "TrafficType": "REJECT", "LogDestinationType": "s3",
             "LogDestination": arn, "LogFormat": "${action} ${interface-id} ${packets}",
             "MaxAggregationInterval": 60}  # fmt: skip
    answer = await here.ec2("CreateFlowLogs", **asked)
    assert answer["FlowLogIds"] == []
    assert answer["Unsuccessful"][0]["Error"]["Message"] == "LogDestination: flows does not exist."
    await here.apis.call("s3", "CreateBucket", {"Bucket": "flows"})
    (made,) = (await here.ec2("CreateFlowLogs", **asked))["FlowLogIds"]
    saw(here, vpc, subnet)
    await here.pass_(240)
    assert (await here.apis.call("s3", "ListObjectsV2", {"Bucket": "flows"})).get("Contents", []) == []
    await here.pass_(60)
    (item,) = (await here.apis.call("s3", "ListObjectsV2", {"Bucket": "flows"}))["Contents"]
    assert re.fullmatch(
        r"team/AWSLogs/123456789012/vpcflowlogs/us-east-1/\d{4}/\d\d/\d\d/"
        rf"123456789012_vpcflowlogs_us-east-1_{made}_\d{{8}}T\d{{4}}Z_[0-9a-f]{{8}}\.log\.gz",
        item["Key"],
    )
    body = (await here.apis.call("s3", "GetObject", {"Bucket": "flows", "Key": item["Key"]}))["Body"]
    text = gzip.decompress(body.read() if hasattr(body, "read") else body).decode()
    assert text.splitlines() == ["action interface-id packets", "REJECT eni-b 2", "- eni-a -"]
    await here.apis.call("s3", "DeleteObject", {"Bucket": "flows", "Key": item["Key"]})
    await here.apis.call("s3", "DeleteBucket", {"Bucket": "flows"})
    saw(here, vpc, subnet)
    await here.pass_(300)
    failed, why = await status(here)
    assert failed == "FAILED"
    assert "bucket does not exist" in (why or "")


async def test_hive_compatible_and_hourly_keys(here: Flowing) -> None:
    vpc, subnet = await network(here)
    await here.apis.call("s3", "CreateBucket", {"Bucket": "flows"})
    options = {"FileFormat": "plain-text", "HiveCompatiblePartitions": True, "PerHourPartition": True}
    (made,) = (await here.ec2(
        "CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL", LogDestinationType="s3",
        LogDestination="arn:aws:s3:::flows", DestinationOptions=options,
    ))["FlowLogIds"]  # fmt: skip
    (log,) = (await here.ec2("DescribeFlowLogs", FlowLogIds=[made]))["FlowLogs"]
    assert log["DestinationOptions"] == options
    saw(here, vpc, subnet)
    await here.logs.stop()
    (item,) = (await here.apis.call("s3", "ListObjectsV2", {"Bucket": "flows"}))["Contents"]
    assert re.match(
        r"AWSLogs/aws-account-id=123456789012/aws-service=vpcflowlogs/aws-region=us-east-1/year=\d{4}/month=\d\d/"
        r"day=\d\d/hour=\d\d/123456789012_vpcflowlogs_",
        item["Key"],
    )


async def test_after_a_restart_the_network_is_watched_again(plane: Plane, tmp_path: Path) -> None:
    here = await flowing(plane, tmp_path)
    vpc, subnet = await network(here)
    await here.ec2("CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], **await streamed(here))
    plane.stop()
    here = await flowing(plane, tmp_path)
    assert here.packets.watched == frozenset()
    await here.pass_(0)
    assert here.packets.watched == {vpc}
    saw(here, vpc, subnet)
    await here.pass_(60)
    assert len(await lines(here, "eni-a-all")) == 1


async def test_what_was_asked_for_is_told_and_found_by_filters_and_tags(here: Flowing) -> None:
    vpc, subnet = await network(here)
    tags = [{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "team", "Value": "a"}]}]
    asked = await streamed(here, TagSpecifications=tags, ClientToken="once")
    first = await here.ec2("CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], **asked)
    again = await here.ec2("CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], **asked)
    assert again["FlowLogIds"] == first["FlowLogIds"]
    await here.ec2("CreateFlowLogs", ResourceType="Subnet", ResourceIds=[subnet], **await streamed(here))

    async def found(name: str, value: str) -> list[str]:
        condition = [{"Name": name, "Values": [value]}]
        return [one["ResourceId"] for one in (await here.ec2("DescribeFlowLogs", Filter=condition))["FlowLogs"]]

    assert await found("tag:team", "a") == [vpc]
    assert await found("resource-id", "subnet-*") == [subnet]
    assert await found("traffic-type", "ACCEPT") == []
    (log,) = (await here.ec2("DescribeFlowLogs", FlowLogIds=first["FlowLogIds"]))["FlowLogs"]
    assert log["LogGroupName"] == "flows"
    assert log["FlowLogStatus"] == "ACTIVE"
    assert log["MaxAggregationInterval"] == 60
    assert log["LogFormat"].startswith("${version} ${account-id} ${interface-id}")
    assert "DeliverLogsStatus" not in log
    with pytest.raises(AwsError, match="FlowLogAlreadyExists"):
        await here.ec2("CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], **await streamed(here))
    with pytest.raises(AwsError, match=r"InvalidFlowLogId\.NotFound"):
        await here.ec2("DeleteFlowLogs", FlowLogIds=["fl-00000000000000000"])


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"LogDestinationType": "kinesis-data-firehose", "LogDestination": "arn:x"}, "LogDestinationType kinesis"),
        ({"ResourceType": "TransitGateway"}, "ResourceType TransitGateway"),
        ({"LogFormat": "${version} ${ecs-task-arn}"}, "The field ecs-task-arn"),
        ({"MaxAggregationInterval": 61}, "InvalidParameter: Invalid Flow Log Max Aggregation Interval"),
        ({"DeliverLogsPermissionArn": ""}, "DeliverLogsPermissionArn can't be empty"),
        ({"LogGroupName": ""}, "LogDestination can't be empty"),
        ({"ResourceIds": ["subnet-1"]}, "subnet-1 is not the id of a resource of type VPC"),
        ({"ResourceIds": ["vpc-00000000000000000"]}, r"InvalidVpcID\.NotFound"),
        ({"DryRun": True}, "DryRunOperation"),
    ],
)
async def test_what_can_not_be_is_refused_and_nothing_is_watched(
    here: Flowing, change: dict[str, Any], error: str
) -> None:
    vpc, _ = await network(here)
    with pytest.raises(AwsError, match=error):
        await here.ec2(
            "CreateFlowLogs", **{"ResourceType": "VPC", "ResourceIds": [vpc], **await streamed(here), **change}
        )
    assert here.packets.watched == frozenset()
    assert (await here.ec2("DescribeFlowLogs"))["FlowLogs"] == []


async def test_parquet_is_refused_by_name(here: Flowing) -> None:
    vpc, _ = await network(here)
    with pytest.raises(Unsupported, match=r"DestinationOptions\.FileFormat parquet"):
        await here.ec2(
            "CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL", LogDestinationType="s3",
            LogDestination="arn:aws:s3:::flows", DestinationOptions={"FileFormat": "parquet"},
        )  # fmt: skip


async def test_loopback_refuses_and_names_the_driver_that_sees_packets(plane: Plane, tmp_path: Path) -> None:
    here = await flowing(plane, tmp_path, lambda apis: LoopbackNetwork(plane.documents))
    vpc, _ = await network(here)
    with pytest.raises(Unsupported, match=r"`loopback`, which sees no packets.*--network namespaces"):
        await here.ec2("CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], **await streamed(here))
    assert (await here.ec2("DescribeFlowLogs"))["FlowLogs"] == []


async def test_under_loopback_flow_logs_of_an_earlier_run_fail_by_name_and_can_be_deleted(
    plane: Plane, tmp_path: Path
) -> None:
    here = await flowing(plane, tmp_path)
    vpc, subnet = await network(here)
    for kind, resource in (("VPC", vpc), ("Subnet", subnet)):
        await here.ec2("CreateFlowLogs", ResourceType=kind, ResourceIds=[resource], **await streamed(here))
    plane.stop()
    here = await flowing(plane, tmp_path, lambda apis: LoopbackNetwork(plane.documents))
    await here.pass_(60)
    logs = (await here.ec2("DescribeFlowLogs"))["FlowLogs"]
    assert [log["DeliverLogsStatus"] for log in logs] == ["FAILED", "FAILED"]
    assert "`loopback`, which sees no packets" in logs[0]["DeliverLogsErrorMessage"]
    for log in logs:
        await here.ec2("DeleteFlowLogs", FlowLogIds=[log["FlowLogId"]])
    assert (await here.ec2("DescribeFlowLogs"))["FlowLogs"] == []


async def test_a_kernel_that_refuses_leaves_no_flow_log(here: Flowing) -> None:
    vpc, _ = await network(here)
    here.packets.refusal = "No such file or directory"
    with pytest.raises(Unsupported, match=r"Linux 5\.14"):
        await here.ec2("CreateFlowLogs", ResourceType="VPC", ResourceIds=[vpc], **await streamed(here))
    assert (await here.ec2("DescribeFlowLogs"))["FlowLogs"] == []
