"""How values travel: scalars where text is meant, lists out of Systems Manager, attributes, policies of deletion."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.errors import AwsError

VPC = """
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: 10.0.0.0/16, Tags: [{Key: n, Value: 1}, {Key: b, Value: true}]}
"""


async def test_numbers_and_booleans_are_text_where_text_is_meant(cloud: Any) -> None:
    template = f"""
Resources:
{VPC}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties:
      VpcId: !Ref Vpc
      Port: "80"
      Protocol: HTTP
      TargetGroupAttributes:
        - {{Key: stickiness.enabled, Value: true}}
        - {{Key: deregistration_delay.timeout_seconds, Value: 30}}
  P: {{Type: AWS::SSM::Parameter, Properties: {{Type: String, Value: 5, Tags: {{team: movies, n: 1}}}}}}
"""
    assert (await cloud.create(template))["StackStatus"] == "CREATE_COMPLETE"
    (sent,) = cloud.made("ModifyTargetGroupAttributes")
    assert {each["Key"]: each["Value"] for each in sent["Attributes"]} == {
        "stickiness.enabled": "true", "deregistration_delay.timeout_seconds": "30",
    }  # fmt: skip
    tags = {each["Key"]: each["Value"] for each in cloud.made("CreateVpc")[0]["TagSpecifications"][0]["Tags"]}
    assert (tags["n"], tags["b"]) == ("1", "true")
    (parameter,) = cloud.made("PutParameter")
    assert parameter["Value"] == "5"
    assert {"Key": "n", "Value": "1"} in parameter["Tags"]
    assert parameter["Name"].startswith("CFN-P-")
    with pytest.raises(AwsError, match="No updates"):
        await cloud.update(template.replace("Value: 5", 'Value: "5"'))


LISTS = """
Parameters:
  Names: {Type: "AWS::SSM::Parameter::Value<List<String>>", Default: /names}
  Commas: {Type: "AWS::SSM::Parameter::Value<CommaDelimitedList>", Default: /names}
  Secret: {Type: "AWS::SSM::Parameter::Value<String>", Default: /names, NoEcho: true}
Resources:
  P: {Type: AWS::SSM::Parameter, Properties: {Name: p, Type: String, Value: !Select [1, !Ref Names]}}
Outputs:
  Joined: {Value: !Join ["|", !Ref Commas]}
"""


async def test_a_list_out_of_the_parameter_store_is_a_list_and_told(cloud: Any) -> None:
    await cloud.apis.call("ssm", "PutParameter", {"Name": "/names", "Type": "StringList", "Value": "a,b"})
    stack = await cloud.create(LISTS)
    assert stack["Outputs"][0]["OutputValue"] == "a|b"
    assert cloud.made("PutParameter")[-1]["Value"] == "b"
    told = {each["ParameterKey"]: each["ResolvedValue"] for each in stack["Parameters"]}
    assert told == {"Names": "a,b", "Commas": "a,b", "Secret": "****"}


async def test_a_stored_value_is_read_when_the_change_is_asked_for(cloud: Any) -> None:
    await cloud.apis.call("ssm", "PutParameter", {"Name": "/names", "Type": "StringList", "Value": "a,b"})
    await cloud.create(LISTS)
    await cloud.apis.call("ssm", "PutParameter", {"Name": "/names", "Value": "a,c", "Overwrite": True})
    assert (await cloud.update(LISTS))["Outputs"][0]["OutputValue"] == "a|c"


async def test_a_stored_parameter_that_is_not_there_is_told_before_anything_is_made(cloud: Any) -> None:
    with pytest.raises(AwsError, match=r"Unable to fetch parameters \[/names,/names,/names\] from parameter store"):
        await cloud.create(LISTS)
    with pytest.raises(AwsError, match="Parameter Names should either have input value or default value"):
        await cloud.cf("CreateChangeSet", StackName="s", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=LISTS)
    assert (await cloud.cf("DescribeStacks"))["Stacks"] == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("AWS::EC2::VPC::Id", "vpc-00000000000000000"),
        ("List<AWS::EC2::Subnet::Id>", "subnet-00000000000000000"),
        ("AWS::EC2::SecurityGroup::Id", "sg-00000000000000000"),
        ("AWS::EC2::AvailabilityZone::Name", "us-east-1z"),
        ("AWS::Route53::HostedZone::Id", "Z00000000000000000000"),
        ("AWS::SSM::Parameter::Name", "/nope"),
    ],
)
async def test_a_parameter_of_an_aws_type_names_what_is_there(cloud: Any, kind: str, value: str) -> None:
    template = f'Parameters: {{Given: {{Type: "{kind}"}}}}\nResources: {{G: {{Type: AWS::Logs::LogGroup}}}}\n'
    with pytest.raises(AwsError, match=f"parameter value {value} for parameter name Given does not exist"):
        await cloud.create(template, Parameters=[{"ParameterKey": "Given", "ParameterValue": value}])


async def test_a_group_without_a_vpc_is_referred_to_by_its_name(cloud: Any) -> None:
    template = """
Resources:
  G: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: d}}
Outputs:
  Name: {Value: !Ref G}
  Id: {Value: !GetAtt G.GroupId}
"""
    outputs = {each["OutputKey"]: each["OutputValue"] for each in (await cloud.create(template))["Outputs"]}
    assert outputs["Name"].startswith("s-G-")
    assert outputs["Id"].startswith("sg-")


async def test_a_property_is_an_attribute_too(cloud: Any) -> None:
    template = """
Resources:
  G: {Type: AWS::Logs::LogGroup}
  P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !GetAtt G.LogGroupName}}
"""
    await cloud.create(template)
    assert cloud.made("PutParameter")[0]["Value"] == (await cloud.resources())["G"]["PhysicalResourceId"]


async def test_an_endpoint_without_a_type_is_a_gateway_and_can_be_deleted(cloud: Any) -> None:
    template = f"""
Resources:
{VPC}
  E: {{Type: AWS::EC2::VPCEndpoint, Properties: {{VpcId: !Ref Vpc, ServiceName: com.amazonaws.us-east-1.s3}}}}
"""
    stack = await cloud.create(template)
    (endpoint,) = (await cloud.apis.call("ec2", "DescribeVpcEndpoints", {}))["VpcEndpoints"]
    assert endpoint["VpcEndpointType"] == "Gateway"
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"


POLICIES = """
Parameters:
  Kept: {Type: String, Default: "%s"}
  Replaced: {Type: String, Default: Retain}
Conditions:
  Keep: !Equals [!Ref Kept, "yes"]
Resources:
  G:
    Type: AWS::Logs::LogGroup
    DeletionPolicy: !If [Keep, Retain, Delete]
    UpdateReplacePolicy: !Ref Replaced
    Properties: {LogGroupName: one}
"""


@pytest.mark.parametrize(("kept", "left"), [("yes", ["one"]), ("no", [])])
async def test_a_deletion_policy_may_depend_on_a_condition(cloud: Any, kept: str, left: list[str]) -> None:
    stack = await cloud.create(POLICIES % kept)
    await cloud.cf("DeleteStack", StackName="s")
    await cloud.settled(stack["StackId"])
    groups = (await cloud.apis.call("logs", "DescribeLogGroups", {}))["logGroups"]
    assert [each["logGroupName"] for each in groups] == left


async def test_what_was_replaced_goes_by_its_own_policy(cloud: Any) -> None:
    await cloud.create(POLICIES % "no")
    await cloud.update((POLICIES % "no").replace("LogGroupName: one", "LogGroupName: two"))
    groups = (await cloud.apis.call("logs", "DescribeLogGroups", {}))["logGroups"]
    assert [each["logGroupName"] for each in groups] == ["one", "two"]


async def test_a_policy_that_comes_out_as_none_is_refused(cloud: Any) -> None:
    with pytest.raises(AwsError, match="Unrecognized UpdateReplacePolicy Nope for resource G"):
        await cloud.create((POLICIES % "no").replace("Default: Retain", "Default: Nope"))


DATABASE = """
Resources:
  D:
    Type: AWS::RDS::DBInstance%s
    Properties:
      DBInstanceClass: db.t3.micro
      Engine: postgres
      AllocatedStorage: "20"
      MasterUsername: u
      MasterUserPassword: password1
"""


@pytest.mark.parametrize(("policy", "kept"), [("", True), ("\n    DeletionPolicy: Delete", False)])
async def test_a_database_is_kept_as_a_snapshot_where_nothing_else_is_said(cloud: Any, policy: str, kept: bool) -> None:
    stack = await cloud.create(DATABASE % policy)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    await cloud.cf("DeleteStack", StackName="s")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    (deleted,) = cloud.made("DeleteDBInstance")
    assert deleted.get("FinalDBSnapshotIdentifier", "").startswith("s-snapshot-d-") is kept
    assert deleted.get("SkipFinalSnapshot", False) is not kept


async def test_events_tell_only_of_what_began(cloud: Any) -> None:
    template = """
Resources:
  A: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: "no:such"}}
  B: {Type: AWS::Logs::LogGroup, DependsOn: A}
  C: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: "{{resolve:ssm:/nope}}"}}
"""
    assert (await cloud.create(template))["StackStatus"] == "ROLLBACK_COMPLETE"
    begun: set[str] = set()
    for event in await cloud.events():
        logical, status = event.split()
        if status == "CREATE_IN_PROGRESS":
            begun.add(logical)
        assert logical in begun, event
        assert not (logical != "s" and status.startswith("DELETE")), event
    assert "B" not in begun


async def test_a_comma_after_the_last_member_is_no_mistake(cloud: Any) -> None:
    stack = await cloud.create('{"Resources": {"G": {"Type": "AWS::Logs::LogGroup",},},}')
    assert stack["StackStatus"] == "CREATE_COMPLETE"
