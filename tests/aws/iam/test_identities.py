"""Users, groups and roles: names, credentials, lists."""

from __future__ import annotations

import base64
import csv
import io
import json
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest

from netflux import names
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.errors import AwsError, Unsupported
from tests.aws.iam.pem import CERTIFICATE, PUBLIC_KEY
from tests.controlplane.plane import Plane
from tests.rules.iamdocuments import GOOD, TRUST, TRUSTED, document


async def iam(apis: Apis, operation: str, **params: Any) -> dict[str, Any]:
    return await apis.call("iam", operation, params)


async def asked(apis: Apis, key: str, operation: str, **params: Any) -> dict[str, Any]:
    return await apis.handle(Call("iam", operation, names.REGION, names.ACCOUNT, access_key=key), params)


async def test_names_are_found_whatever_their_case_and_told_as_they_were_given(plane: Plane) -> None:
    apis = await plane.start()
    await iam(apis, "CreateUser", UserName="Sam")
    assert (await iam(apis, "GetUser", UserName="sAM"))["User"]["UserName"] == "Sam"
    await iam(apis, "UpdateUser", UserName="sam", NewUserName="SAM")
    assert (await iam(apis, "ListUsers"))["Users"][0]["Arn"] == f"arn:aws:iam::{names.ACCOUNT}:user/SAM"


async def test_a_user_with_another_name_keeps_id_groups_and_keys(plane: Plane) -> None:
    apis = await plane.start()
    user = (await iam(apis, "CreateUser", UserName="old"))["User"]
    await iam(apis, "CreateGroup", GroupName="g")
    await iam(apis, "AddUserToGroup", GroupName="g", UserName="old")
    key = (await iam(apis, "CreateAccessKey", UserName="old"))["AccessKey"]["AccessKeyId"]
    await iam(apis, "UpdateUser", UserName="old", NewUserName="new", NewPath="/team/")
    found = (await asked(apis, key, "GetUser"))["User"]
    assert (found["UserId"], found["UserName"]) == (user["UserId"], "new")
    assert found["Arn"].endswith(":user/team/new")
    assert [each["UserName"] for each in (await iam(apis, "GetGroup", GroupName="g"))["Users"]] == ["new"]
    assert [each["GroupName"] for each in (await iam(apis, "ListGroupsForUser", UserName="new"))["Groups"]] == ["g"]


async def test_lists_tell_less_than_get_does(plane: Plane) -> None:
    apis = await plane.start()
    more = {"Tags": [{"Key": "a", "Value": "b"}], "PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    await iam(apis, "CreateUser", UserName="u", **more)
    await iam(apis, "CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST, **more)
    for noun, lists in (("User", "ListUsers"), ("Role", "ListRoles")):
        told = (await iam(apis, f"Get{noun}", **{f"{noun}Name": noun[0].lower()}))[noun]
        (listed,) = (await iam(apis, lists))[f"{noun}s"]
        assert {"Tags", "PermissionsBoundary"} <= told.keys()
        assert listed.keys() == told.keys() - {"Tags", "PermissionsBoundary"}


async def test_lists_come_in_pages_below_a_path(plane: Plane) -> None:
    apis = await plane.start()
    for number in range(5):
        await iam(apis, "CreateGroup", GroupName=f"g{number}", Path="/odd/" if number % 2 else "/even/")
    first = await iam(apis, "ListGroups", MaxItems=2, PathPrefix="/even/")
    assert (first["IsTruncated"], [each["GroupName"] for each in first["Groups"]]) == (True, ["g0", "g2"])
    last = await iam(apis, "ListGroups", MaxItems=2, PathPrefix="/even/", Marker=first["Marker"])
    assert (last["IsTruncated"], [each["GroupName"] for each in last["Groups"]]) == (False, ["g4"])
    assert "Marker" not in last


async def test_a_role_trusts_a_role_that_is_there(plane: Plane) -> None:
    apis = await plane.start()
    first = (await iam(apis, "CreateRole", RoleName="a", AssumeRolePolicyDocument=TRUST))["Role"]["Arn"]
    trust = document(TRUSTED | {"Principal": {"AWS": [first, names.ACCOUNT, "*"]}})
    await iam(apis, "CreateRole", RoleName="b", AssumeRolePolicyDocument=trust)


async def test_a_description_that_is_not_given_stays_and_a_duration_is_an_hour(plane: Plane) -> None:
    apis = await plane.start()
    role = {"RoleName": "r", "AssumeRolePolicyDocument": TRUST, "Description": "d", "MaxSessionDuration": 7200}
    await iam(apis, "CreateRole", **role)
    await iam(apis, "UpdateRole", RoleName="r")
    found = (await iam(apis, "GetRole", RoleName="r"))["Role"]
    assert (found["Description"], found["MaxSessionDuration"]) == ("d", 3600)


async def test_a_tag_in_another_case_replaces_the_one_before(plane: Plane) -> None:
    apis = await plane.start()
    await iam(apis, "CreateUser", UserName="u", Tags=[{"Key": "Team", "Value": "red"}])
    await iam(apis, "TagUser", UserName="u", Tags=[{"Key": "team", "Value": "blue"}])
    assert (await iam(apis, "ListUserTags", UserName="u"))["Tags"] == [{"Key": "team", "Value": "blue"}]
    await iam(apis, "UntagUser", UserName="u", TagKeys=["TEAM", "other"])
    assert (await iam(apis, "ListUserTags", UserName="u"))["Tags"] == []


async def test_a_service_linked_role_has_its_services_policy_and_goes_by_its_own_call(plane: Plane) -> None:
    apis = await plane.start()
    role = (await iam(apis, "CreateServiceLinkedRole", AWSServiceName="ecs.amazonaws.com"))["Role"]
    assert role["Arn"].endswith(":role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")
    (trust,) = json.loads(unquote(role["AssumeRolePolicyDocument"]))["Statement"]
    assert trust == {
        "Action": ["sts:AssumeRole"], "Effect": "Allow", "Principal": {"Service": ["ecs.amazonaws.com"]},
    }  # fmt: skip
    (policy,) = (await iam(apis, "ListAttachedRolePolicies", RoleName=role["RoleName"]))["AttachedPolicies"]
    assert policy["PolicyName"] == "AmazonECSServiceRolePolicy"
    task = (await iam(apis, "DeleteServiceLinkedRole", RoleName=role["RoleName"]))["DeletionTaskId"]
    status = await iam(apis, "GetServiceLinkedRoleDeletionStatus", DeletionTaskId=task)
    assert status == {"Status": "SUCCEEDED"}
    assert (await iam(apis, "ListRoles"))["Roles"] == []
    with pytest.raises(Unsupported, match=r"A service-linked role of nobody\.amazonaws\.com"):
        await iam(apis, "CreateServiceLinkedRole", AWSServiceName="nobody.amazonaws.com")


def test_every_service_linked_role_has_a_policy_that_aws_publishes() -> None:
    from netflux.aws.iam.linkedroles import LINKED
    from netflux.controlplane.moto import managedpolicies

    named = {f"arn:aws:iam::aws:policy/aws-service-role/{one.policy}" for one in LINKED.values()}
    assert named <= managedpolicies.index().keys()


async def test_a_user_changes_the_password_by_the_one_before(plane: Plane) -> None:
    apis = await plane.start()
    await iam(apis, "CreateUser", UserName="u")
    await iam(apis, "CreateLoginProfile", UserName="u", Password="Aa1!aaaa", PasswordResetRequired=True)
    key = (await iam(apis, "CreateAccessKey", UserName="u"))["AccessKey"]["AccessKeyId"]
    with pytest.raises(AwsError, match="The old password was incorrect"):
        await asked(apis, key, "ChangePassword", OldPassword="Xx1!xxxx", NewPassword="Bb1!bbbb")
    await asked(apis, key, "ChangePassword", OldPassword="Aa1!aaaa", NewPassword="Bb1!bbbb")
    told = (await iam(apis, "GetLoginProfile", UserName="u"))["LoginProfile"]
    assert told["PasswordResetRequired"] is False
    await iam(apis, "UpdateAccountPasswordPolicy", PasswordReusePrevention=2)
    with pytest.raises(AwsError, match="lets users not change passwords"):
        await asked(apis, key, "ChangePassword", OldPassword="Bb1!bbbb", NewPassword="Cc1!cccc")
    await iam(apis, "UpdateAccountPasswordPolicy", PasswordReusePrevention=2, AllowUsersToChangePassword=True)
    with pytest.raises(AwsError, match="should not have been used before"):
        await asked(apis, key, "ChangePassword", OldPassword="Bb1!bbbb", NewPassword="Aa1!aaaa")
    rows = [str(row) for row in plane.documents._db.execute("SELECT body FROM document")]
    assert not any("Bb1!bbbb" in row for row in rows)


@pytest.mark.parametrize(
    ("asks", "password", "says"),
    [
        ("RequireSymbols", "aaaaaaA1", "symbols"),
        ("RequireNumbers", "aaaaaaA!", "one number"),
        ("RequireUppercaseCharacters", "aaaaaa1!", "one uppercase"),
        ("RequireLowercaseCharacters", "AAAAAA1!", "one lowercase"),
    ],
)
async def test_a_password_is_what_the_accounts_policy_asks(plane: Plane, asks: str, password: str, says: str) -> None:
    apis = await plane.start()
    await iam(apis, "CreateUser", UserName="u")
    await iam(apis, "UpdateAccountPasswordPolicy", **{asks: True})
    with pytest.raises(AwsError, match=says):
        await iam(apis, "CreateLoginProfile", UserName="u", Password=password)
    await iam(apis, "DeleteAccountPasswordPolicy")
    await iam(apis, "CreateLoginProfile", UserName="u", Password=password)


async def test_the_report_has_a_line_for_each_user(plane: Plane) -> None:
    apis = await plane.start()
    for name in ("a", "b"):
        await iam(apis, "CreateUser", UserName=name)
    await iam(apis, "CreateLoginProfile", UserName="a", Password="Aa1!aaaa")
    await iam(apis, "UpdateAccountPasswordPolicy", MaxPasswordAge=30)
    await iam(apis, "CreateAccessKey", UserName="b")
    await iam(apis, "UploadSigningCertificate", UserName="b", CertificateBody=CERTIFICATE)
    assert (await iam(apis, "GenerateCredentialReport"))["State"] == "STARTED"
    assert (await iam(apis, "GenerateCredentialReport"))["State"] == "COMPLETE"
    report = await iam(apis, "GetCredentialReport")
    one, two = csv.DictReader(io.StringIO(report["Content"].decode()))
    assert (one["user"], one["password_enabled"], one["access_key_1_active"]) == ("a", "true", "false")
    assert one["password_next_rotation"] > one["password_last_changed"]
    assert (two["access_key_1_active"], two["access_key_2_active"], two["cert_1_active"]) == ("true", "false", "true")
    assert two["password_last_changed"] == "N/A"


async def test_a_report_is_made_anew_after_four_hours(plane: Plane, monkeypatch: pytest.MonkeyPatch) -> None:
    from netflux.aws.iam import report

    apis = await plane.start()
    await iam(apis, "GenerateCredentialReport")
    monkeypatch.setattr(report, "_KEPT", timedelta(0))
    with pytest.raises(AwsError, match="ReportExpired"):
        await iam(apis, "GetCredentialReport")
    assert (await iam(apis, "GenerateCredentialReport"))["State"] == "STARTED"


async def test_a_public_key_is_told_in_either_encoding(plane: Plane) -> None:
    apis = await plane.start()
    await iam(apis, "CreateUser", UserName="u")
    key = (await iam(apis, "UploadSSHPublicKey", UserName="u", SSHPublicKeyBody=PUBLIC_KEY))["SSHPublicKey"]
    assert len(key["Fingerprint"].split(":")) == 16
    told = {"UserName": "u", "SSHPublicKeyId": key["SSHPublicKeyId"]}
    pem = (await iam(apis, "GetSSHPublicKey", **told, Encoding="PEM"))["SSHPublicKey"]["SSHPublicKeyBody"]
    assert pem.startswith("-----BEGIN PUBLIC KEY-----")
    await iam(apis, "CreateUser", UserName="v")
    again = (await iam(apis, "UploadSSHPublicKey", UserName="v", SSHPublicKeyBody=pem))["SSHPublicKey"]
    assert again["Fingerprint"] == key["Fingerprint"]
    other = {"UserName": "v", "SSHPublicKeyId": again["SSHPublicKeyId"], "Encoding": "SSH"}
    ssh = (await iam(apis, "GetSSHPublicKey", **other))["SSHPublicKey"]["SSHPublicKeyBody"]
    assert base64.b64decode(ssh.split()[1]) == base64.b64decode(PUBLIC_KEY.split()[1])
    with pytest.raises(AwsError, match="DuplicateSSHPublicKey"):
        await iam(apis, "UploadSSHPublicKey", UserName="v", SSHPublicKeyBody=PUBLIC_KEY)


async def test_an_alias_replaces_the_one_before(plane: Plane) -> None:
    apis = await plane.start()
    for name in ("first", "second"):
        await iam(apis, "CreateAccountAlias", AccountAlias=name)
    assert (await iam(apis, "ListAccountAliases"))["AccountAliases"] == ["second"]


async def test_a_call_that_is_refused_half_way_leaves_nothing(plane: Plane) -> None:
    apis = await plane.start()
    before = [*plane.documents._db.execute("SELECT * FROM document")]
    with pytest.raises(AwsError, match="NoSuchEntity"):
        await iam(apis, "CreateUser", UserName="u", PermissionsBoundary=f"arn:aws:iam::{names.ACCOUNT}:policy/nobody")
    assert [*plane.documents._db.execute("SELECT * FROM document")] == before
    await iam(apis, "CreateUser", UserName="u")
    await iam(apis, "PutUserPolicy", UserName="u", PolicyName="p", PolicyDocument=GOOD)
    await iam(apis, "DeleteUserPolicy", UserName="u", PolicyName="p")
    await iam(apis, "DeleteUser", UserName="u")
    assert (await iam(apis, "ListUsers"))["Users"] == []


@pytest.mark.parametrize("operation", ["CreateVirtualMFADevice", "GetAccessKeyLastUsed"])
async def test_what_is_not_here_is_refused_by_name(plane: Plane, operation: str) -> None:
    apis = await plane.start()
    params: dict[str, dict[str, Any]] = {
        "CreateVirtualMFADevice": {"VirtualMFADeviceName": "m"},
        "GetAccessKeyLastUsed": {"AccessKeyId": "AKIAIOSFODNN7EXAMPLE"},
    }
    with pytest.raises(Unsupported, match=f"iam:{operation}"):
        await iam(apis, operation, **params[operation])


async def test_an_instance_profile_without_tags_tells_an_empty_list(plane: Plane) -> None:
    apis = await plane.start()
    made = (await iam(apis, "CreateInstanceProfile", InstanceProfileName="p"))["InstanceProfile"]
    told = (await iam(apis, "GetInstanceProfile", InstanceProfileName="p"))["InstanceProfile"]
    assert made["Tags"] == told["Tags"] == []
