"""Tables of DynamoDB, which is a library's."""

from __future__ import annotations

import pytest

from netflux.errors import AwsError
from tests.cloudformation.cloud import Cloud

TEMPLATE = """
Resources:
  Table:
    Type: AWS::DynamoDB::Table
    Properties:
      BillingMode: PAY_PER_REQUEST
      AttributeDefinitions: [{AttributeName: id, AttributeType: S}, {AttributeName: by, AttributeType: S}]
      KeySchema: [{AttributeName: id, KeyType: HASH}]
      GlobalSecondaryIndexes:
        - IndexName: by-whom
          KeySchema: [{AttributeName: by, KeyType: HASH}]
          Projection: {ProjectionType: ALL}
      DeletionProtectionEnabled: true
      Tags: [{Key: stage, Value: test}]
Outputs: {Name: {Value: !Ref Table}, Arn: {Value: !GetAtt Table.Arn}}
"""


async def test_a_table_is_made_changed_and_deleted(cloud: Cloud) -> None:
    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.reasons()
    told = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
    name = {"TableName": told["Name"]}
    table = (await cloud.apis.call("dynamodb", "DescribeTable", name))["Table"]
    assert [one["IndexName"] for one in table["GlobalSecondaryIndexes"]] == ["by-whom"]
    assert table["DeletionProtectionEnabled"] is True
    item = {"id": {"S": "1"}}
    await cloud.apis.call("dynamodb", "PutItem", {**name, "Item": item})
    begin, end = TEMPLATE.index("      GlobalSecondaryIndexes"), TEMPLATE.index("      DeletionProtection")
    changed = TEMPLATE[:begin] + TEMPLATE[end:].replace("Enabled: true", "Enabled: false").replace("test", "live")
    stack = await cloud.update(changed.replace(", {AttributeName: by, AttributeType: S}", ""))
    assert stack["StackStatus"] == "UPDATE_COMPLETE", await cloud.reasons()
    table = (await cloud.apis.call("dynamodb", "DescribeTable", name))["Table"]
    assert not table.get("GlobalSecondaryIndexes")
    assert table["DeletionProtectionEnabled"] is False
    assert (await cloud.apis.call("dynamodb", "GetItem", {**name, "Key": item}))["Item"] == item
    tags = (await cloud.apis.call("dynamodb", "ListTagsOfResource", {"ResourceArn": told["Arn"]}))["Tags"]
    assert tags == [{"Key": "stage", "Value": "live"}]
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert (await cloud.apis.call("dynamodb", "ListTables", {}))["TableNames"] == []


@pytest.mark.parametrize(
    "line",
    [
        "TimeToLiveSpecification: {AttributeName: ttl, Enabled: true}",
        "StreamSpecification: {StreamViewType: NEW_IMAGE}",
        "PointInTimeRecoverySpecification: {PointInTimeRecoveryEnabled: true}",
    ],
)
async def test_what_nobody_would_do_is_refused_before_anything_is_made(cloud: Cloud, line: str) -> None:
    template = TEMPLATE.replace("      DeletionProtectionEnabled: true\n", f"      {line}\n")
    with pytest.raises(AwsError, match=f"the property {line.partition(':')[0]} is not supported"):
        await cloud.create(template)
