"""Records that nobody can read cost their own resources: the region starts, names them, and all others work."""

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.behaviours.cloud import Cloud, running

_CONFIG = {
    "CallerReference": "one",
    "Comment": "",
    "Enabled": True,
    "Origins": {
        "Quantity": 1,
        "Items": [
            {
                "Id": "o",
                "DomainName": "o.example.com",
                "CustomOriginConfig": {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only"},
            }
        ],
    },
    "DefaultCacheBehavior": {
        "TargetOriginId": "o",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6",
    },
}
_TEMPLATE = json.dumps({"Resources": {"Group": {"Type": "AWS::Logs::LogGroup"}}})
_CONTAINER = {"name": "c", "image": "no/image:1"}


_NEEDED = {
    "s3/bucket": "created",
    "s3/version": "modified",
    "logs/group": "created",
    "logs/stream": "name",
    "ecs.cluster": "clusterArn",
    "ecs.family": "latest",
    "ecs.task-definition": "revision",
    "servicediscovery.namespace": "name",
    "servicediscovery.operation": "status",
    "cloudwatch.alarm": "configuration",
    "cloudfront/distribution": "config",
    "cloudformation/stack": "source",
    "cloudformation/resource": "logical",
    "cloudformation/event": "EventId",
}
"""What is taken from a document of each kind."""


def _fill(cloud: Cloud, name: str) -> None:
    """A resource of each kind that is a document."""
    cloud.boto3("s3").create_bucket(Bucket=f"{name}-bucket")
    cloud.boto3("s3").put_object(Bucket=f"{name}-bucket", Key="k", Body=b"kept")
    cloud.boto3("logs").create_log_group(logGroupName=name)
    cloud.boto3("logs").create_log_stream(logGroupName=name, logStreamName="s")
    cloud.boto3("dynamodb").create_table(
        TableName=name, BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "a", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "a", "AttributeType": "S"}],
    )  # fmt: skip
    cloud.boto3("ecs").create_cluster(clusterName=name)
    cloud.boto3("ecs").register_task_definition(
        family=name,
        containerDefinitions=[_CONTAINER],
        networkMode="awsvpc",
        cpu="256",
        memory="512",
        requiresCompatibilities=["FARGATE"],
    )
    cloud.boto3("servicediscovery").create_http_namespace(Name=name)
    cloud.boto3("cloudwatch").put_metric_alarm(
        AlarmName=name, Namespace="Mine", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1.0, ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    cloud.boto3("cloudfront").create_distribution(DistributionConfig={**_CONFIG, "CallerReference": name})
    cloud.boto3("cloudformation").create_stack(StackName=name, TemplateBody=_TEMPLATE)
    cloud.boto3("cloudformation").get_waiter("stack_create_complete").wait(StackName=name)


def _spoil(database: Path) -> set[str]:
    """Takes a member from the first document of each kind, and one service's state; the kinds."""
    spoiled = set()
    with sqlite3.connect(database) as rows:
        for number, kind, body in rows.execute("SELECT rowid, kind, body FROM document ORDER BY rowid").fetchall():
            family = "/".join(kind.split("/")[:2])
            document: dict[str, Any] = json.loads(body)
            needed = _NEEDED.get(family)
            if family in spoiled or needed is None:
                continue
            spoiled.add(family)
            del document[needed]
            rows.execute("UPDATE document SET body = ? WHERE rowid = ?", (json.dumps(document), number))
        rows.execute("UPDATE blob SET body = ? WHERE key LIKE 'moto/dynamodb/%'", (b"nothing",))
    return spoiled


@pytest.mark.e2e
def test_unreadable_records_of_every_kind_cost_themselves(tmp_path: Path) -> None:
    with running(tmp_path / "state", "--empty", "--speed", "10") as cloud:
        for name in ("first", "other"):
            _fill(cloud, name)
        cloud.down()
        before = cloud.state / "netflux.db"
        spoiled = _spoil(before)
        assert spoiled == {*_NEEDED}
        cloud.up()
        told = cloud.ask("GET", f"http://localhost:{cloud.port}/_netflux/region.json").json()["faults"]
        subjects = [fault["subject"] for fault in told if fault["kind"] == "record"]
        for family in spoiled:
            assert any(f"record {family}" in subject for subject in subjects), (family, subjects)
        with pytest.raises(ClientError, match="can't be read"):  # moto's are read when they are first asked for
            cloud.boto3("dynamodb").list_tables()
        told = cloud.ask("GET", f"http://localhost:{cloud.port}/_netflux/region.json").json()["faults"]
        assert "state of dynamodb" in [fault["subject"] for fault in told]
        assert all(fault["hint"] for fault in told)
        assert "can't be read" in cloud.command("status").stdout
        assert [one["Name"] for one in cloud.boto3("s3").list_buckets()["Buckets"]] == ["other-bucket"]
        assert cloud.boto3("s3").get_object(Bucket="other-bucket", Key="k")["Body"].read() == b"kept"
        groups = {one["logGroupName"] for one in cloud.boto3("logs").describe_log_groups()["logGroups"]}
        assert "other" in groups - {"first"}
        assert [one["StackName"] for one in cloud.boto3("cloudformation").describe_stacks()["Stacks"]] == ["other"]
        assert len(cloud.boto3("cloudfront").list_distributions()["DistributionList"]["Items"]) == 1
        assert cloud.boto3("ec2").describe_vpcs()["Vpcs"]
        cloud.boto3("s3").create_bucket(Bucket="first-bucket")
        assert cloud.boto3("s3").list_objects_v2(Bucket="first-bucket").get("KeyCount") in (0, 1)
