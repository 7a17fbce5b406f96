"""IAM's resource types."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from tests.cloudformation.cloud import ACCOUNT, Cloud

TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
AWS = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OWN = f"arn:aws:iam::{ACCOUNT}:policy/team/own"


def template(**resources: Any) -> str:
    return json.dumps({"Resources": resources})


def role(**more: Any) -> dict[str, Any]:
    return {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "app", "AssumeRolePolicyDocument": TRUST, **more}}


def managed(**more: Any) -> dict[str, Any]:
    given = {"ManagedPolicyName": "own", "Path": "/team/", "PolicyDocument": READ, **more}
    return {"Type": "AWS::IAM::ManagedPolicy", "Properties": given}


async def iam(cloud: Cloud, operation: str, **params: Any) -> dict[str, Any]:
    return await cloud.apis.call("iam", operation, params)


async def attached(cloud: Cloud, name: str) -> list[str]:
    return [
        each["PolicyArn"] for each in (await iam(cloud, "ListAttachedRolePolicies", RoleName=name))["AttachedPolicies"]
    ]


async def test_a_managed_policy_with_a_path_is_read_changed_and_deleted(cloud: Cloud) -> None:
    made = await cloud.create(template(Role=role(), Policy=managed(Roles=[{"Ref": "Role"}])))
    assert made["StackStatus"] == "CREATE_COMPLETE"
    assert (await cloud.resources())["Policy"]["PhysicalResourceId"] == OWN
    assert await attached(cloud, "app") == [OWN]
    changed = {**READ, "Statement": [{**READ["Statement"][0], "Action": "s3:ListBucket"}]}  # type: ignore[index]
    await cloud.update(template(Role=role(), Policy=managed(PolicyDocument=changed)))
    assert await attached(cloud, "app") == []
    policy = (await iam(cloud, "GetPolicy", PolicyArn=OWN))["Policy"]
    version = await iam(cloud, "GetPolicyVersion", PolicyArn=OWN, VersionId=policy["DefaultVersionId"])
    assert json.loads(unquote(version["PolicyVersion"]["Document"])) == changed
    await cloud.cf("DeleteStack", StackName="s")
    await cloud.settled("s")
    assert (await iam(cloud, "ListPolicies", Scope="Local"))["Policies"] == []


async def test_a_policy_takes_more_than_five_changes(cloud: Cloud) -> None:
    await cloud.create(template(Policy=managed()))
    for number in range(6):
        changed = {**READ, "Statement": [{**READ["Statement"][0], "Resource": f"arn:aws:s3:::b{number}"}]}  # type: ignore[index]
        assert (await cloud.update(template(Policy=managed(PolicyDocument=changed))))[
            "StackStatus"
        ] == "UPDATE_COMPLETE"
    await cloud.cf("DeleteStack", StackName="s")
    await cloud.settled("s")
    assert (await iam(cloud, "ListPolicies", Scope="Local"))["Policies"] == []


async def test_a_role_is_changed_in_place_and_leaves_nothing(cloud: Cloud) -> None:
    inline = [{"PolicyName": "in", "PolicyDocument": READ}]
    first = role(Policies=inline, ManagedPolicyArns=[AWS], Description="d", Tags=[{"Key": "a", "Value": "b"}])
    await cloud.create(template(Role=first))
    assert await attached(cloud, "app") == [AWS]
    made = (await iam(cloud, "GetRole", RoleName="app"))["Role"]
    assert (made["Description"], made["Tags"]) == ("d", [{"Key": "a", "Value": "b"}])
    stack = await cloud.update(template(Role=role(MaxSessionDuration=7200)))
    assert stack["StackStatus"] == "UPDATE_COMPLETE"
    assert await attached(cloud, "app") == []
    changed = (await iam(cloud, "GetRole", RoleName="app"))["Role"]
    assert (changed["RoleId"], changed["MaxSessionDuration"], changed.get("Description")) == (
        made["RoleId"],
        7200,
        None,
    )
    assert "Tags" not in changed
    await cloud.cf("DeleteStack", StackName="s")
    await cloud.settled("s")
    assert (await iam(cloud, "ListRoles"))["Roles"] == []
