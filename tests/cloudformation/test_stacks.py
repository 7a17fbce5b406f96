from __future__ import annotations

import asyncio
from typing import Any

import pytest

from netflux.errors import AwsError

NETWORK = """
Parameters:
  Block: {Type: String, Default: 10.0.0.0/16}
  Secret: {Type: String, Default: hidden, NoEcho: true}
  Dns: {Type: String, Default: "false"}
Conditions:
  Private: !Equals [!Ref Block, 10.0.0.0/16]
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: {CidrBlock: !Ref Block, EnableDnsHostnames: !Ref Dns}
  Subnet:
    Type: AWS::EC2::Subnet
    Properties: {VpcId: !Ref Vpc, CidrBlock: !Select [0, !Cidr [!GetAtt Vpc.CidrBlock, 1, 8]]}
  Never:
    Type: AWS::EC2::InternetGateway
    Condition: Public
Outputs:
  Vpc: {Value: !Ref Vpc, Export: {Name: !Sub "${AWS::StackName}-vpc"}}
""".replace("Private:", "Public:  !Not [!Equals [!Ref Block, 10.0.0.0/16]]\n  Private:")
GROUP = "Resources:\n  Group:\n    Type: AWS::Logs::LogGroup\n    Properties: {LogGroupName: /g, RetentionInDays: 7}\n"


def named(queue: str) -> str:
    """Two log groups; the second one depends on the first."""
    return (
        "Resources:\n"
        "  First: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /first}}\n"
        f"  Second: {{Type: AWS::Logs::LogGroup, DependsOn: First, Properties: {{LogGroupName: {queue}}}}}\n"
    )


async def test_a_stack_is_created_in_order_and_tells_what_it_made(cloud: Any) -> None:
    stack = await cloud.create(NETWORK)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    resources = await cloud.resources()
    assert set(resources) == {"Vpc", "Subnet"}
    vpc = resources["Vpc"]["PhysicalResourceId"]
    assert stack["Outputs"] == [{"OutputKey": "Vpc", "OutputValue": vpc, "ExportName": "s-vpc"}]
    subnet = await cloud.apis.call("ec2", "DescribeSubnets", {"SubnetIds": [resources["Subnet"]["PhysicalResourceId"]]})
    assert subnet["Subnets"][0]["CidrBlock"] == "10.0.0.0/24"
    assert await cloud.events() == [
        "s CREATE_IN_PROGRESS",
        "Vpc CREATE_IN_PROGRESS",
        "Vpc CREATE_IN_PROGRESS",
        "Vpc CREATE_COMPLETE",
        "Subnet CREATE_IN_PROGRESS",
        "Subnet CREATE_IN_PROGRESS",
        "Subnet CREATE_COMPLETE",
        "s CREATE_COMPLETE",
    ]


async def test_a_secret_parameter_is_masked(cloud: Any) -> None:
    stack = await cloud.create(NETWORK)
    shown = {each["ParameterKey"]: each["ParameterValue"] for each in stack["Parameters"]}
    assert shown == {"Block": "10.0.0.0/16", "Secret": "****", "Dns": "false"}


async def test_deleting_takes_dependents_first_and_leaves_nothing(cloud: Any) -> None:
    stack = await cloud.create(NETWORK)
    await cloud.cf("DeleteStack", StackName="s")
    gone = await cloud.settled(stack["StackId"])
    assert gone["StackStatus"] == "DELETE_COMPLETE"
    assert "DeletionTime" in gone
    events = await cloud.events(stack["StackId"])
    assert events.index("Subnet DELETE_COMPLETE") < events.index("Vpc DELETE_IN_PROGRESS")
    vpcs = await cloud.apis.call("ec2", "DescribeVpcs", {"Filters": [{"Name": "isDefault", "Values": ["false"]}]})
    assert vpcs["Vpcs"] == []
    with pytest.raises(AwsError, match="Stack with id s does not exist"):
        await cloud.cf("DescribeStacks", StackName="s")


async def test_a_failure_rolls_everything_back_and_keeps_the_reason(cloud: Any) -> None:
    cloud.broken = lambda op, params: (
        AwsError("LimitExceeded", "No more.")
        if params.get("logGroupName") == "/second" and op == "CreateLogGroup"
        else None
    )
    stack = await cloud.create(named("/second"))
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    reasons = {f"{e['LogicalResourceId']} {e['ResourceStatus']}": e.get("ResourceStatusReason") for e in events}
    assert reasons["Second CREATE_FAILED"] == "No more. (LimitExceeded)"
    assert (
        reasons["s ROLLBACK_IN_PROGRESS"]
        == "The following resource(s) failed to create: [Second]. Rollback requested by user."
    )
    assert "First DELETE_COMPLETE" in reasons
    assert (await cloud.apis.call("logs", "DescribeLogGroups", {}))["logGroups"] == []


@pytest.mark.parametrize(
    ("how", "status", "left"),
    [({"DisableRollback": True}, "CREATE_FAILED", ["/first"]), ({"OnFailure": "DELETE"}, "DELETE_COMPLETE", [])],
)
async def test_on_failure_is_obeyed(cloud: Any, how: dict[str, Any], status: str, left: list[str]) -> None:
    cloud.broken = lambda op, params: (
        AwsError("X", "No.") if params.get("logGroupName") == "/second" and op == "CreateLogGroup" else None
    )
    created = await cloud.cf("CreateStack", StackName="s", TemplateBody=named("/second"), **how)
    assert (await cloud.settled(created["StackId"]))["StackStatus"] == status
    groups = (await cloud.apis.call("logs", "DescribeLogGroups", {}))["logGroups"]
    assert [each["logGroupName"] for each in groups] == left


async def test_a_name_that_is_taken_by_something_else_fails_and_is_left_alone(cloud: Any) -> None:
    await cloud.apis.call("logs", "CreateLogGroup", {"logGroupName": "/g"})
    stack = await cloud.create(GROUP)
    assert stack["StackStatus"] == "ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    assert any("'/g' already exists" in e.get("ResourceStatusReason", "") for e in events)
    assert len((await cloud.apis.call("logs", "DescribeLogGroups", {}))["logGroups"]) == 1


async def test_an_update_in_place_changes_only_what_differs(cloud: Any) -> None:
    await cloud.create(GROUP)
    cloud.calls.clear()
    stack = await cloud.update(GROUP.replace("7", "14"))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert "LastUpdatedTime" in stack
    assert cloud.made("PutRetentionPolicy") == [{"logGroupName": "/g", "retentionInDays": 14}]
    assert cloud.made("CreateLogGroup") == []


async def test_an_update_without_changes_is_refused(cloud: Any) -> None:
    await cloud.create(GROUP)
    with pytest.raises(AwsError, match=r"No updates are to be performed\."):
        await cloud.update(GROUP + "# a comment\n")


async def test_a_replacement_is_made_first_and_the_old_one_goes_in_the_cleanup(cloud: Any) -> None:
    await cloud.create(NETWORK)
    before = await cloud.resources()
    stack = await cloud.update(NETWORK, Parameters=[{"ParameterKey": "Block", "ParameterValue": "10.1.0.0/16"}])
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    after = await cloud.resources()
    assert before["Vpc"]["PhysicalResourceId"] != after["Vpc"]["PhysicalResourceId"]
    assert before["Subnet"]["PhysicalResourceId"] != after["Subnet"]["PhysicalResourceId"]
    assert "Never" in after
    events = await cloud.events()
    assert events.index("Subnet UPDATE_COMPLETE") < events.index("s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS")
    assert events.index("s UPDATE_COMPLETE_CLEANUP_IN_PROGRESS") < events.index("Vpc DELETE_COMPLETE")
    vpcs = await cloud.apis.call("ec2", "DescribeVpcs", {"Filters": [{"Name": "isDefault", "Values": ["false"]}]})
    assert [each["VpcId"] for each in vpcs["Vpcs"]] == [after["Vpc"]["PhysicalResourceId"]]


async def test_a_failed_update_goes_back_to_what_was(cloud: Any) -> None:
    await cloud.create(NETWORK)
    before = await cloud.resources()
    cloud.broken = lambda op, params: AwsError("X", "No.") if op == "CreateSubnet" else None
    stack = await cloud.update(
        NETWORK,
        Parameters=[{"ParameterKey": "Block", "ParameterValue": "10.1.0.0/16"}],
        Tags=[{"Key": "a", "Value": "b"}],
    )
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    after = await cloud.resources()
    assert {key: each["PhysicalResourceId"] for key, each in after.items()} == {
        key: each["PhysicalResourceId"] for key, each in before.items()
    }
    assert stack["Parameters"][0]["ParameterValue"] == "10.0.0.0/16"
    assert stack["Tags"] == []
    vpcs = await cloud.apis.call("ec2", "DescribeVpcs", {"Filters": [{"Name": "isDefault", "Values": ["false"]}]})
    assert [each["VpcId"] for each in vpcs["Vpcs"]] == [before["Vpc"]["PhysicalResourceId"]]


async def test_an_in_place_change_is_taken_back_when_another_resource_fails(cloud: Any) -> None:
    other = "  Other: {Type: AWS::Logs::LogGroup, DependsOn: Group, Properties: {LogGroupName: /other}}\n"
    await cloud.create(GROUP)
    cloud.broken = lambda op, params: (
        AwsError("X", "No.") if params.get("logGroupName") == "/other" and op == "CreateLogGroup" else None
    )
    stack = await cloud.update(GROUP.replace("7", "14") + other)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    assert [each["retentionInDays"] for each in cloud.made("PutRetentionPolicy")] == [7, 14, 7]
    assert set(await cloud.resources()) == {"Group"}


async def test_a_removed_resource_goes_and_a_retained_one_stays(cloud: Any) -> None:
    kept = "  Kept: {Type: AWS::Logs::LogGroup, DeletionPolicy: Retain, Properties: {LogGroupName: /kept}}\n"
    lost = "  Lost: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /lost}}\n"
    await cloud.create(GROUP + kept + lost)
    stack = await cloud.update(GROUP)
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    groups = (await cloud.apis.call("logs", "DescribeLogGroups", {}))["logGroups"]
    assert [each["logGroupName"] for each in groups] == ["/g", "/kept"]
    events = await cloud.events()
    assert "Kept DELETE_SKIPPED" in events
    assert "Lost DELETE_COMPLETE" in events


async def test_stack_tags_reach_resources_and_follow_an_update(cloud: Any) -> None:
    await cloud.create(GROUP, Tags=[{"Key": "team", "Value": "a"}])
    assert cloud.made("CreateLogGroup")[0]["tags"]["team"] == "a"
    assert cloud.made("CreateLogGroup")[0]["tags"]["aws:cloudformation:logical-id"] == "Group"
    await cloud.update(GROUP, Tags=[{"Key": "team", "Value": "b"}, {"Key": "more", "Value": "c"}])
    assert cloud.made("TagResource")[0]["tags"] == {"team": "b", "more": "c"}
    await cloud.update(GROUP, Tags=[{"Key": "team", "Value": "b"}])
    assert cloud.made("UntagResource")[0]["tagKeys"] == ["more"]


async def test_an_export_is_imported_and_kept_while_in_use(cloud: Any) -> None:
    await cloud.create(NETWORK)
    user = (
        "Resources:\n  Subnet:\n    Type: AWS::EC2::Subnet\n"
        "    Properties: {VpcId: !ImportValue s-vpc, CidrBlock: 10.0.9.0/24}\n"
    )
    assert (await cloud.create(user, StackName="user"))["StackStatus"] == "CREATE_COMPLETE"
    assert (await cloud.cf("ListExports"))["Exports"][0]["Name"] == "s-vpc"
    assert (await cloud.cf("ListImports", ExportName="s-vpc"))["Imports"] == ["user"]
    with pytest.raises(AwsError, match="Export s-vpc cannot be deleted as it is in use by user"):
        await cloud.cf("DeleteStack", StackName="s")
    await cloud.cf("DeleteStack", StackName="user")
    await asyncio.wait_for(cloud.engine.stop(), 30)


async def test_what_would_be_ignored_is_refused_by_name(cloud: Any) -> None:
    with pytest.raises(AwsError, match=r"CreateStack: the parameter DisableValidation .* not supported"):
        await cloud.cf("CreateStack", StackName="s", TemplateBody=GROUP, DisableValidation=True)
    with pytest.raises(AwsError, match="CreateStackSet"):
        await cloud.cf("CreateStackSet", StackSetName="s")
    with pytest.raises(AwsError, match="CreateGeneratedTemplate"):
        await cloud.cf("CreateGeneratedTemplate", GeneratedTemplateName="s")


async def test_a_second_stack_of_the_name_is_refused(cloud: Any) -> None:
    await cloud.create(GROUP)
    with pytest.raises(AwsError, match=r"Stack \[s\] already exists") as caught:
        await cloud.create(GROUP)
    assert caught.value.code == "AlreadyExistsException"


async def test_a_protected_stack_is_not_deleted(cloud: Any) -> None:
    await cloud.create(GROUP, EnableTerminationProtection=True)
    with pytest.raises(AwsError, match="TerminationProtection is enabled"):
        await cloud.cf("DeleteStack", StackName="s")


async def test_a_change_set_shows_the_changes_and_makes_them(cloud: Any) -> None:
    await cloud.cf("CreateChangeSet", StackName="s", ChangeSetName="c1", ChangeSetType="CREATE", TemplateBody=GROUP)
    assert (await cloud.cf("DescribeStacks", StackName="s"))["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    shown = await cloud.cf("DescribeChangeSet", StackName="s", ChangeSetName="c1")
    assert shown["Status"] == "CREATE_COMPLETE"
    assert [each["ResourceChange"]["Action"] for each in shown["Changes"]] == ["Add"]
    await cloud.cf("ExecuteChangeSet", StackName="s", ChangeSetName="c1")
    assert (await cloud.settled("s"))["StackStatus"] == "CREATE_COMPLETE"
    renamed = GROUP.replace("/g", "/h")
    await cloud.cf("CreateChangeSet", StackName="s", ChangeSetName="c2", TemplateBody=renamed)
    change = (await cloud.cf("DescribeChangeSet", StackName="s", ChangeSetName="c2"))["Changes"][0]["ResourceChange"]
    assert (change["Action"], change["Replacement"]) == ("Modify", "True")
    assert change["Details"][0]["Target"] == {
        "Attribute": "Properties", "Name": "LogGroupName", "RequiresRecreation": "Always",
    }  # fmt: skip
    await cloud.cf("ExecuteChangeSet", StackName="s", ChangeSetName="c2")
    assert (await cloud.settled("s"))["StackStatus"] == "UPDATE_COMPLETE"
    groups = (await cloud.apis.call("logs", "DescribeLogGroups", {}))["logGroups"]
    assert [each["logGroupName"] for each in groups] == ["/h"]


async def test_a_change_set_without_changes_fails_in_the_words_that_deploy_looks_for(cloud: Any) -> None:
    await cloud.create(GROUP)
    await cloud.cf("CreateChangeSet", StackName="s", ChangeSetName="c", TemplateBody=GROUP)
    shown = await cloud.cf("DescribeChangeSet", StackName="s", ChangeSetName="c")
    assert shown["Status"] == "FAILED"
    assert shown["StatusReason"].startswith("The submitted information didn't contain changes.")
    with pytest.raises(AwsError, match="cannot be executed"):
        await cloud.cf("ExecuteChangeSet", StackName="s", ChangeSetName="c")


async def test_a_template_can_be_read_back_and_summed_up(cloud: Any) -> None:
    await cloud.create(NETWORK)
    assert (await cloud.cf("GetTemplate", StackName="s"))["TemplateBody"] == NETWORK
    summary = await cloud.cf("GetTemplateSummary", TemplateBody=NETWORK)
    assert summary["ResourceTypes"] == ["AWS::EC2::InternetGateway", "AWS::EC2::Subnet", "AWS::EC2::VPC"]
    assert {each["ParameterKey"]: each["NoEcho"] for each in summary["Parameters"]}["Secret"] is True
    assert len((await cloud.cf("ListStacks"))["StackSummaries"]) == 1


async def test_a_dynamic_reference_reaches_the_call_and_no_document(cloud: Any) -> None:
    await cloud.apis.call("secretsmanager", "CreateSecret", {"Name": "p", "SecretString": '{"key": "very-secret"}'})
    template = (
        "Resources:\n  P:\n    Type: AWS::SSM::Parameter\n"
        "    Properties: {Name: p, Type: String, Value: '{{resolve:secretsmanager:p:SecretString:key}}'}\n"
    )
    assert (await cloud.create(template))["StackStatus"] == "CREATE_COMPLETE"
    assert cloud.made("PutParameter")[0]["Value"] == "very-secret"
    documents = str(cloud.documents._documents)
    assert "{{resolve:secretsmanager:p:SecretString:key}}" in documents
    (kind,) = [kind for kind in cloud.documents._documents if kind.startswith("cloudformation/resource")]
    assert "{{resolve" in str(dict(cloud.documents.list(kind))["P"]["properties"])


@pytest.mark.parametrize(
    ("asked", "carried"),
    [
        ({"DeploymentConfig": {"Mode": "STANDARD", "DisableRollback": False}}, True),
        ({"DeploymentConfig": {"Mode": "EXPRESS"}}, True),
        ({"ImportExistingResources": True, "IncludeNestedStacks": True}, True),
        ({"DeploymentMode": "REVERT_DRIFT"}, False),
    ],
)
async def test_a_request_is_refused_for_what_would_be_done_differently(
    cloud: Any, asked: dict[str, Any], carried: bool
) -> None:
    given = {"StackName": "s", "ChangeSetName": "c", "ChangeSetType": "CREATE", "TemplateBody": GROUP, **asked}
    if carried:
        assert (await cloud.cf("CreateChangeSet", **given))["Id"]
    else:
        with pytest.raises(AwsError, match=next(iter(asked))):
            await cloud.cf("CreateChangeSet", **given)


RULE = """
Resources:
  Rule:
    Type: AWS::EC2::SecurityGroupIngress
    Properties: {GroupId: !ImportValue group, IpProtocol: tcp, FromPort: 80, ToPort: 80, CidrIp: 10.0.0.0/8}
"""
SHARED = """
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: 10.0.0.0/16}}
  Group: {Type: AWS::EC2::SecurityGroup, Properties: {GroupDescription: g, VpcId: !Ref Vpc}}
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: {Name: web, Port: 80, Protocol: HTTP, VpcId: !Ref Vpc, TargetType: ip}
Outputs:
  Group: {Value: !Ref Group, Export: {Name: group}}
  Vpc: {Value: !Ref Vpc, Export: {Name: vpc}}
"""


async def test_what_another_stack_has_is_not_taken_for_what_a_refused_call_would_have_made(cloud: Any) -> None:
    await cloud.create(SHARED, StackName="shared")
    await cloud.create(RULE, StackName="first")
    targets = SHARED.split("Outputs:", maxsplit=1)[0].replace("!Ref Vpc", "!ImportValue vpc")
    targets = "Resources:\n" + targets[targets.index("  Targets:") :]
    for name, template in (("second", RULE), ("third", targets)):
        assert (await cloud.create(template, StackName=name))["StackStatus"] == "ROLLBACK_COMPLETE"
    groups = (await cloud.apis.call("elbv2", "DescribeTargetGroups", {}))["TargetGroups"]
    assert [each["TargetGroupName"] for each in groups] == ["web"]
    group = (await cloud.resources("shared"))["Group"]["PhysicalResourceId"]
    (shown,) = (await cloud.apis.call("ec2", "DescribeSecurityGroups", {"GroupIds": [group]}))["SecurityGroups"]
    assert [each["FromPort"] for each in shown["IpPermissions"]] == [80]
