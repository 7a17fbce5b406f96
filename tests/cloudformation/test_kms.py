"""Keys of templates."""

from __future__ import annotations

from tests.cloudformation.cloud import Cloud

TEMPLATE = """
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties:
      Description: shop
      EnableKeyRotation: true
      PendingWindowInDays: 7
      KeyPolicy:
        Version: '2012-10-17'
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub 'arn:aws:iam::${AWS::AccountId}:root'}
            Action: kms:*
            Resource: '*'
      Tags: [{Key: stage, Value: test}]
  Alias: {Type: AWS::KMS::Alias, Properties: {AliasName: alias/shop, TargetKeyId: !Ref Key}}
Outputs:
  Key: {Value: !Ref Key}
  Arn: {Value: !GetAtt Key.Arn}
"""


async def test_a_key_is_made_changed_and_scheduled_for_deletion(cloud: Cloud) -> None:
    stack = await cloud.create(TEMPLATE)
    assert stack["StackStatus"] == "CREATE_COMPLETE", await cloud.reasons()
    key = {"KeyId": stack["Outputs"][0]["OutputValue"]}
    assert (await cloud.apis.call("kms", "GetKeyRotationStatus", key))["KeyRotationEnabled"]
    assert (await cloud.apis.call("kms", "ListResourceTags", key))["Tags"] == [{"TagKey": "stage", "TagValue": "test"}]
    changed = TEMPLATE.replace("EnableKeyRotation: true", "Enabled: false").replace("shop\n", "store\n")
    changed = changed.replace("stage, Value: test", "stage, Value: live")
    stack = await cloud.update(changed)
    assert stack["StackStatus"] == "UPDATE_COMPLETE", await cloud.reasons()
    told = (await cloud.apis.call("kms", "DescribeKey", {"KeyId": "alias/shop"}))["KeyMetadata"]
    assert (told["Description"], told["KeyState"]) == ("store", "Disabled")
    assert not (await cloud.apis.call("kms", "GetKeyRotationStatus", key))["KeyRotationEnabled"]
    assert (await cloud.apis.call("kms", "ListResourceTags", key))["Tags"] == [{"TagKey": "stage", "TagValue": "live"}]
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    assert (await cloud.apis.call("kms", "DescribeKey", key))["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert (await cloud.apis.call("kms", "ListAliases", {}))["Aliases"] == []
