"""Managed and inline policies, and who has them."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

import pytest

from netflux import names
from netflux.controlplane.apis import Apis
from netflux.controlplane.moto import managedpolicies
from netflux.errors import AwsError
from tests.controlplane.plane import Plane
from tests.rules.iamdocuments import ALLOW, GOOD, TRUST, document

OWN = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


async def iam(apis: Apis, operation: str, **params: Any) -> dict[str, Any]:
    return await apis.call("iam", operation, params)


async def test_a_policy_needs_a_version_only_where_it_is_a_managed_one(plane: Plane) -> None:
    apis = await plane.start()
    await iam(apis, "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    old = json.dumps({"Statement": ALLOW})
    await iam(apis, "PutRolePolicy", RoleName="r", PolicyName="p", PolicyDocument=old)
    found = await iam(apis, "GetRolePolicy", RoleName="r", PolicyName="p")
    assert unquote(found["PolicyDocument"]) == old
    with pytest.raises(AwsError, match="Policy document must be version 2012-10-17 or greater"):
        await iam(apis, "CreatePolicy", PolicyName="p", PolicyDocument=old)


async def test_awss_own_policies_are_listed_read_and_attached_and_none_is_copied(plane: Plane) -> None:
    apis = await plane.start()
    await iam(apis, "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    await iam(apis, "AttachRolePolicy", RoleName="r", PolicyArn=OWN)
    apis = await plane.restart()
    attached = (await iam(apis, "ListAttachedRolePolicies", RoleName="r"))["AttachedPolicies"]
    assert attached == [{"PolicyName": "AmazonECSTaskExecutionRolePolicy", "PolicyArn": OWN}]
    policy = (await iam(apis, "GetPolicy", PolicyArn=OWN))["Policy"]
    assert (policy["AttachmentCount"], policy["Path"], policy["IsAttachable"]) == (1, "/service-role/", True)
    (version,) = (await iam(apis, "ListPolicyVersions", PolicyArn=OWN))["Versions"]
    asked = {"PolicyArn": OWN, "VersionId": version["VersionId"]}
    text = (await iam(apis, "GetPolicyVersion", **asked))["PolicyVersion"]["Document"]
    assert "ecr:GetAuthorizationToken" in json.loads(unquote(text))["Statement"][0]["Action"]
    used = await iam(apis, "ListPolicies", Scope="AWS", OnlyAttached=True)
    assert [each["Arn"] for each in used["Policies"]] == [OWN]
    assert OWN not in plane.documents.table_named("iam/policy")
    await iam(apis, "DetachRolePolicy", RoleName="r", PolicyArn=OWN)
    await iam(apis, "DeleteRole", RoleName="r")


async def test_all_of_awss_policies_come_in_pages(plane: Plane) -> None:
    apis = await plane.start()
    found, marker = [], {}
    while True:
        page = await iam(apis, "ListPolicies", Scope="AWS", MaxItems=1000, **marker)
        found += [policy["Arn"] for policy in page["Policies"]]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert found == [*managedpolicies.index()]
    assert len(found) > 1000


def test_the_data_of_awss_policies_is_read_as_it_is_published() -> None:
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    published = json.loads(aws_managed_policies_data)
    assert {entry.name for entry in managedpolicies.index().values()} == set(published)
    for arn, entry in managedpolicies.index().items():
        policy, said = managedpolicies.get(arn), published[entry.name]
        assert policy is not None
        assert (json.loads(policy.document), policy.version) == (said["Document"], said["DefaultVersionId"])
        assert arn == f"arn:aws:iam::aws:policy{said['Path']}{entry.name}"
    assert managedpolicies.get("arn:aws:iam::aws:policy/Nobody") is None


async def test_the_number_of_a_version_is_not_used_again(plane: Plane) -> None:
    apis = await plane.start()
    arn = (await iam(apis, "CreatePolicy", PolicyName="p", PolicyDocument=GOOD))["Policy"]["Arn"]
    two = (await iam(apis, "CreatePolicyVersion", PolicyArn=arn, PolicyDocument=GOOD))["PolicyVersion"]
    assert (two["VersionId"], two["IsDefaultVersion"]) == ("v2", False)
    await iam(apis, "DeletePolicyVersion", PolicyArn=arn, VersionId="v2")
    newest = {"PolicyArn": arn, "PolicyDocument": GOOD, "SetAsDefault": True}
    assert (await iam(apis, "CreatePolicyVersion", **newest))["PolicyVersion"]["VersionId"] == "v3"
    listed = (await iam(apis, "ListPolicyVersions", PolicyArn=arn))["Versions"]
    assert [(each["VersionId"], each["IsDefaultVersion"]) for each in listed] == [("v3", True), ("v1", False)]
    assert "Document" not in listed[0]
    assert (await iam(apis, "GetPolicy", PolicyArn=arn))["Policy"]["DefaultVersionId"] == "v3"


async def test_who_has_a_policy_and_whom_it_bounds_are_told_apart(plane: Plane) -> None:
    apis = await plane.start()
    arn = (await iam(apis, "CreatePolicy", PolicyName="p", PolicyDocument=GOOD))["Policy"]["Arn"]
    for name in ("a", "b"):
        await iam(apis, "CreateRole", RoleName=name, AssumeRolePolicyDocument=TRUST, Path=f"/{name}/")
    await iam(apis, "CreateUser", UserName="u", PermissionsBoundary=arn)
    await iam(apis, "CreateGroup", GroupName="g")
    await iam(apis, "AttachRolePolicy", RoleName="a", PolicyArn=arn)
    await iam(apis, "PutRolePermissionsBoundary", RoleName="a", PermissionsBoundary=arn)
    await iam(apis, "AttachRolePolicy", RoleName="b", PolicyArn=arn)
    await iam(apis, "AttachGroupPolicy", GroupName="g", PolicyArn=arn)
    policy = (await iam(apis, "GetPolicy", PolicyArn=arn))["Policy"]
    assert (policy["AttachmentCount"], policy["PermissionsBoundaryUsageCount"]) == (3, 2)

    async def using(**more: Any) -> tuple[list[str], ...]:
        told = await iam(apis, "ListEntitiesForPolicy", PolicyArn=arn, **more)
        return tuple([each[f"{kind}Name"] for each in told[f"Policy{kind}s"]] for kind in ("Group", "User", "Role"))

    assert await using() == (["g"], ["u"], ["a", "b"])
    assert await using(EntityFilter="Role") == ([], [], ["a", "b"])
    assert await using(PolicyUsageFilter="PermissionsBoundary") == ([], ["u"], ["a"])
    assert await using(PathPrefix="/b/") == ([], [], ["b"])


async def test_a_policy_that_is_attached_again_is_attached_once(plane: Plane) -> None:
    apis = await plane.start()
    await iam(apis, "CreateUser", UserName="u")
    for _ in range(2):
        await iam(apis, "AttachUserPolicy", UserName="u", PolicyArn=OWN)
    assert len((await iam(apis, "ListAttachedUserPolicies", UserName="u"))["AttachedPolicies"]) == 1


async def test_white_space_does_not_count_as_size(plane: Plane) -> None:
    apis = await plane.start()
    await iam(apis, "CreateUser", UserName="u")
    wide = document(ALLOW).replace(" ", " " * 400)
    assert len(wide) > 2048
    await iam(apis, "PutUserPolicy", UserName="u", PolicyName="p", PolicyDocument=wide)


async def test_everything_is_in_one_answer_with_its_documents(plane: Plane) -> None:
    apis = await plane.start()
    arn = (await iam(apis, "CreatePolicy", PolicyName="p", PolicyDocument=GOOD))["Policy"]["Arn"]
    await iam(apis, "CreateGroup", GroupName="g")
    await iam(apis, "CreateUser", UserName="u")
    await iam(apis, "AddUserToGroup", UserName="u", GroupName="g")
    await iam(apis, "PutUserPolicy", UserName="u", PolicyName="own", PolicyDocument=GOOD)
    await iam(apis, "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    await iam(apis, "AttachRolePolicy", RoleName="r", PolicyArn=OWN)
    await iam(apis, "CreateInstanceProfile", InstanceProfileName="i")
    await iam(apis, "AddRoleToInstanceProfile", InstanceProfileName="i", RoleName="r")
    told = await iam(apis, "GetAccountAuthorizationDetails")
    (user,), (group,), (role,) = told["UserDetailList"], told["GroupDetailList"], told["RoleDetailList"]
    assert (user["GroupList"], group["GroupName"]) == (["g"], "g")
    assert unquote(user["UserPolicyList"][0]["PolicyDocument"]) == GOOD
    assert unquote(role["AssumeRolePolicyDocument"]) == TRUST
    assert [each["InstanceProfileName"] for each in role["InstanceProfileList"]] == ["i"]
    assert [each["Arn"] for each in told["Policies"]] == [arn, OWN]
    assert unquote(told["Policies"][0]["PolicyVersionList"][0]["Document"]) == GOOD
    first = await iam(apis, "GetAccountAuthorizationDetails", MaxItems=2)
    assert (first["IsTruncated"], len(first["UserDetailList"]), len(first["GroupDetailList"])) == (True, 1, 1)
    only = await iam(apis, "GetAccountAuthorizationDetails", Filter=["LocalManagedPolicy"])
    assert [each["Arn"] for each in only["Policies"]] == [arn]
    assert only["RoleDetailList"] == []


async def test_the_summary_counts_what_there_is(plane: Plane) -> None:
    apis = await plane.start()
    before = (await iam(apis, "GetAccountSummary"))["SummaryMap"]
    await iam(apis, "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST)
    await iam(apis, "CreatePolicy", PolicyName="p", PolicyDocument=GOOD)
    after = (await iam(apis, "GetAccountSummary"))["SummaryMap"]
    grown = {name for name in after if after[name] != before[name]}
    assert grown == {"Roles", "Policies", "PolicyVersionsInUse"}
    assert after["RolePolicySizeQuota"] == 10240


async def test_the_600th_role_costs_what_the_tenth_does(plane: Plane) -> None:
    """In statements of the database, which no neighbour on the machine makes more."""
    apis = await plane.start()
    counts: list[int] = []
    for number in range(600):
        statements: list[str] = []
        plane.documents._db.set_trace_callback(statements.append)
        await iam(apis, "CreateRole", RoleName=f"r{number}", AssumeRolePolicyDocument=TRUST)
        await iam(apis, "AttachRolePolicy", RoleName=f"r{number}", PolicyArn=OWN)
        counts.append(len(statements))
    plane.documents._db.set_trace_callback(None)
    assert counts[9] == counts[-1]
    assert names.ACCOUNT in (await iam(apis, "GetRole", RoleName="r599"))["Role"]["Arn"]
