"""Identities, policies and sessions of release 0.1."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from netflux import names
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.moto import managedpolicies
from netflux.controlplane.protocol import models
from netflux.upgrade import iam
from tests.aws.iam.pem import CERTIFICATE, KEY, PUBLIC_KEY
from tests.aws.iam.trips import METADATA
from tests.controlplane.plane import Plane
from tests.rules.iamdocuments import GOOD, TRUST, TRUSTED, document

READ = "arn:aws:iam::aws:policy/ReadOnlyAccess"
OIDC = f"arn:aws:iam::{names.ACCOUNT}:oidc-provider/id.example.com"
TAGS = [{"Key": "k", "Value": "v"}]


@pytest.fixture
async def plane(tmp_path: Path) -> AsyncIterator[Plane]:
    made = Plane(tmp_path)
    await made.start()
    yield made
    made.stop()


def with_one_of_awss_policies() -> None:
    """Release 0.1 gave moto those of AWS's policies that somebody asked for."""
    from moto.backends import get_backend
    from moto.iam.models import AWSManagedPolicy

    found = managedpolicies.get(READ)
    assert found is not None
    backend = get_backend("iam")[names.ACCOUNT]["aws"]
    data = {"Path": "/", "DefaultVersionId": found.version, "Document": json.loads(found.document)}
    dates = {"CreateDate": found.created.isoformat(), "UpdateDate": found.updated.isoformat()}
    backend.managed_policies[READ] = AWSManagedPolicy.from_data(found.name, names.ACCOUNT, "us-east-1", data | dates)


async def fill(plane: Plane) -> tuple[str, str]:
    """An access key and its secret, of an account with one of each."""

    async def moto(operation: str, **params: Any) -> dict[str, Any]:
        return await plane.moto.call("iam", operation, params)

    await plane.moto._run(with_one_of_awss_policies)
    own = await moto("CreatePolicy", PolicyName="own", Path="/p/", PolicyDocument=GOOD, Description="d", Tags=TAGS)
    arn = own["Policy"]["Arn"]
    await moto(
        "CreatePolicyVersion",
        PolicyArn=arn,
        PolicyDocument=document({"Effect": "Deny", "Action": "s3:*", "Resource": "*"}),
        SetAsDefault=True,
    )
    await moto("CreateGroup", GroupName="staff", Path="/g/")
    await moto("PutGroupPolicy", GroupName="staff", PolicyName="in", PolicyDocument=GOOD)
    await moto("AttachGroupPolicy", GroupName="staff", PolicyArn=arn)
    await moto("CreateUser", UserName="sam", Path="/u/", Tags=TAGS)
    await moto("AddUserToGroup", UserName="sam", GroupName="staff")
    await moto("PutUserPolicy", UserName="sam", PolicyName="in", PolicyDocument=GOOD)
    await moto("AttachUserPolicy", UserName="sam", PolicyArn=arn)
    await moto("CreateLoginProfile", UserName="sam", Password="Aa1!aaaa", PasswordResetRequired=False)
    key = (await moto("CreateAccessKey", UserName="sam"))["AccessKey"]
    await moto("UploadSigningCertificate", UserName="sam", CertificateBody=CERTIFICATE)
    await moto("UploadSSHPublicKey", UserName="sam", SSHPublicKeyBody=PUBLIC_KEY)
    role = {"RoleName": "app", "Path": "/r/", "AssumeRolePolicyDocument": TRUST, "Description": "d"}
    await moto("CreateRole", **role, MaxSessionDuration=7200, PermissionsBoundary=arn, Tags=TAGS)
    await moto("PutRolePolicy", RoleName="app", PolicyName="in", PolicyDocument=GOOD)
    await moto("AttachRolePolicy", RoleName="app", PolicyArn=READ)
    await moto("CreateServiceLinkedRole", AWSServiceName="autoscaling.amazonaws.com")
    await moto("CreateInstanceProfile", InstanceProfileName="box", Path="/i/", Tags=TAGS)
    await moto("AddRoleToInstanceProfile", InstanceProfileName="box", RoleName="app")
    await moto(
        "CreateOpenIDConnectProvider", Url="https://id.example.com", ClientIDList=["a"], ThumbprintList=["a" * 40]
    )
    await moto("CreateSAMLProvider", Name="saml", SAMLMetadataDocument=METADATA)
    await moto("UploadServerCertificate", ServerCertificateName="web", CertificateBody=CERTIFICATE, PrivateKey=KEY)
    await moto("CreateAccountAlias", AccountAlias="mine")
    await moto("UpdateAccountPasswordPolicy", MinimumPasswordLength=12, AllowUsersToChangePassword=True)
    return key["AccessKeyId"], key["SecretAccessKey"]


ASKED: tuple[tuple[str, dict[str, Any]], ...] = (
    ("GetUser", {"UserName": "sam"}), ("ListGroupsForUser", {"UserName": "sam"}), ("ListGroups", {}),
    ("GetUserPolicy", {"UserName": "sam", "PolicyName": "in"}), ("ListAttachedUserPolicies", {"UserName": "sam"}),
    ("GetGroupPolicy", {"GroupName": "staff", "PolicyName": "in"}),
    ("ListAttachedGroupPolicies", {"GroupName": "staff"}), ("ListAccessKeys", {"UserName": "sam"}),
    ("ListSigningCertificates", {"UserName": "sam"}), ("ListSSHPublicKeys", {"UserName": "sam"}),
    ("GetRolePolicy", {"RoleName": "app", "PolicyName": "in"}), ("ListAttachedRolePolicies", {"RoleName": "app"}),
    ("GetPolicy", {"PolicyArn": f"arn:aws:iam::{names.ACCOUNT}:policy/p/own"}),
    ("GetPolicyVersion", {"PolicyArn": f"arn:aws:iam::{names.ACCOUNT}:policy/p/own", "VersionId": "v1"}),
    ("GetOpenIDConnectProvider", {"OpenIDConnectProviderArn": OIDC}),
    ("ListAccountAliases", {}),
)  # fmt: skip


def told(answer: Any) -> Any:
    """An answer with its documents as they are, and without what one side tells as an empty list."""
    if isinstance(answer, dict):
        unsaid = ("IsTruncated", "PermissionsBoundaryUsageCount")
        return {key: told(value) for key, value in answer.items() if value not in ([], None) and key not in unsaid}
    if isinstance(answer, list):
        return [told(each) for each in answer]
    if isinstance(answer, datetime):
        return answer.astimezone(UTC).replace(microsecond=0)
    return unquote(answer) if isinstance(answer, str) else answer


async def test_what_was_there_is_told_again_by_records(plane: Plane) -> None:
    key, secret = await fill(plane)
    before = {name + str(params): await plane.moto.call("iam", name, params) for name, params in ASKED}
    for _ in range(2):
        await iam.adopt(plane.moto, plane.documents)
    apis = await plane.restart()
    after = {name + str(params): await apis.call("iam", name, params) for name, params in ASKED}
    assert told(after) == told(before)
    role = (await apis.call("iam", "GetRole", {"RoleName": "app"}))["Role"]
    assert (unquote(role["AssumeRolePolicyDocument"]), role["Description"], role["MaxSessionDuration"]) == (
        TRUST,
        "d",
        7200,
    )
    assert (role["Path"], role["Tags"]) == ("/r/", TAGS)
    assert role["PermissionsBoundary"]["PermissionsBoundaryArn"].endswith(":policy/p/own")
    linked = (await apis.call("iam", "ListRoles", {"PathPrefix": "/aws-service-role/"}))["Roles"]
    assert [each["RoleName"] for each in linked] == ["AWSServiceRoleForAutoScaling"]
    box = (await apis.call("iam", "GetInstanceProfile", {"InstanceProfileName": "box"}))["InstanceProfile"]
    assert ([each["RoleName"] for each in box["Roles"]], box["Tags"]) == (["app"], TAGS)
    policy = (await apis.call("iam", "GetAccountPasswordPolicy", {}))["PasswordPolicy"]
    assert policy["MinimumPasswordLength"] == 12
    assert len((await apis.call("iam", "ListSAMLProviders", {}))["SAMLProviderList"]) == 1
    web = await apis.call("iam", "GetServerCertificate", {"ServerCertificateName": "web"})
    assert web["ServerCertificate"]["CertificateBody"].strip() == CERTIFICATE.strip()
    known = plane.keys.known(key)
    assert known is not None
    assert (known.secret, known.principal.name) == (secret, f"arn:aws:iam::{names.ACCOUNT}:user/u/sam")
    await changed_password(apis, key)


async def changed_password(apis: Apis, key: str) -> None:
    """The password of the release before is the one that is asked for."""
    params = {"OldPassword": "Aa1!aaaa", "NewPassword": "Bb1!bbbbbbbb"}
    models.check_parameters(models.operation_model("iam", "ChangePassword"), params)
    await apis.handle(Call("iam", "ChangePassword", names.REGION, names.ACCOUNT, access_key=key), params)


async def test_sessions_go_on_until_they_end(plane: Plane) -> None:
    soon = datetime.now(UTC) + timedelta(hours=1)
    arn = f"arn:aws:sts::{names.ACCOUNT}:assumed-role/app/one"
    plane.documents.put(
        "sts.session", "ASIAOLD",
        {"secret": "s", "token": "t", "principal": ["AWS", arn, names.ACCOUNT], "expires": soon.isoformat()},
    )  # fmt: skip
    await iam.adopt(plane.moto, plane.documents)
    await plane.restart()
    found = plane.keys.known("ASIAOLD")
    assert found is not None
    assert (found.secret, found.token, found.principal.name, found.expires) == ("s", "t", arn, soon)
    assert plane.documents.list("sts.session") == []


async def test_an_account_without_anything_is_taken_over_as_it_is(plane: Plane) -> None:
    before = [*plane.documents._db.execute("SELECT kind FROM document")]
    await iam.adopt(plane.moto, plane.documents)
    assert [*plane.documents._db.execute("SELECT kind FROM document")] == before
    assert document(TRUSTED) == TRUST
