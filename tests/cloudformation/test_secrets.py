"""A secret whose text the template says: it is changed in place, and a rollback brings the old text back."""

import json

from tests.cloudformation.cloud import Cloud

_TEMPLATE = """
Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties: {Name: s1, SecretString: %s, Description: d}
  Parameter:
    Type: AWS::SSM::Parameter
    Properties: {Name: p1, Type: String, Value: %s}
"""
_FAILING = """
  Subnet:
    Type: AWS::EC2::Subnet
    DependsOn: [Secret, Parameter]
    Properties: {VpcId: vpc-0, CidrBlock: 10.0.0.0/24}
"""


async def _values(cloud: Cloud) -> tuple[str, str]:
    secret = await cloud.apis.call("secretsmanager", "GetSecretValue", {"SecretId": "s1"})
    parameter = await cloud.apis.call("ssm", "GetParameter", {"Name": "p1"})
    return secret["SecretString"], parameter["Parameter"]["Value"]


async def test_a_changed_secret_string_is_carried_out_and_rolled_back(cloud: Cloud) -> None:
    await cloud.create(_TEMPLATE % ("one", "one"))
    before = (await cloud.resources())["Secret"]["PhysicalResourceId"]
    stack = await cloud.update(_TEMPLATE % ("two", "two"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert await _values(cloud) == ("two", "two")
    stack = await cloud.update(_TEMPLATE % ("three", "three") + _FAILING)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert await _values(cloud) == ("two", "two")
    assert (await cloud.resources())["Secret"]["PhysicalResourceId"] == before


_GENERATED = """
Resources:
  Secret:
    Type: AWS::SecretsManager::Secret
    Properties:
      GenerateSecretString:
        PasswordLength: %d
        SecretStringTemplate: '{"username": "me"}'
        GenerateStringKey: password
  Policy:
    Type: AWS::SecretsManager::ResourcePolicy
    Properties:
      SecretId: !Ref Secret
      ResourcePolicy:
        Version: '2012-10-17'
        Statement:
          - {Effect: %s, Principal: {AWS: '*'}, Action: 'secretsmanager:GetSecretValue', Resource: '*'}
"""


async def _generated(cloud: Cloud) -> tuple[str, dict[str, str], str]:
    arn = (await cloud.resources())["Secret"]["PhysicalResourceId"]
    value = json.loads((await cloud.apis.call("secretsmanager", "GetSecretValue", {"SecretId": arn}))["SecretString"])
    policy = await cloud.apis.call("secretsmanager", "GetResourcePolicy", {"SecretId": arn})
    return arn, value, json.loads(policy["ResourcePolicy"])["Statement"][0]["Effect"]


async def test_a_change_of_how_the_text_is_generated_makes_a_new_one(cloud: Cloud) -> None:
    await cloud.create(_GENERATED % (20, "Deny"))
    arn, value, effect = await _generated(cloud)
    assert (value["username"], len(value["password"]), effect) == ("me", 20, "Deny")
    await cloud.update(_GENERATED % (20, "Allow"))
    assert await _generated(cloud) == (arn, value, "Allow")
    await cloud.update(_GENERATED % (25, "Allow"))
    same, changed, _ = await _generated(cloud)
    assert (same, len(changed["password"])) == (arn, 25)
    before = {"SecretId": arn, "VersionStage": "AWSPREVIOUS"}
    assert json.loads((await cloud.apis.call("secretsmanager", "GetSecretValue", before))["SecretString"]) == value
