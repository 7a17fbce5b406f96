"""A secret whose text the template says: it is changed in place, and a rollback brings the old text back."""

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
