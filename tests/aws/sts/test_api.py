"""Whom a key stands for, and the sessions that it can have."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from netflux import names
from netflux.aws.sts.api import StsApi
from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication.sessions import SESSION
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from netflux.policy.evaluate import Principal
from tests.behaviours.bodies import TRUST
from tests.controlplane.plane import Plane

ROOT = {"UserId": names.ACCOUNT, "Account": names.ACCOUNT, "Arn": f"arn:aws:iam::{names.ACCOUNT}:root"}
ROLE = f"arn:aws:iam::{names.ACCOUNT}:role/team/app"


async def asked(apis: Apis, key: str | None, operation: str = "GetCallerIdentity", **params: Any) -> dict[str, Any]:
    call = Call("sts", operation, names.REGION, names.ACCOUNT, access_key=key)
    return await apis.handle(call, params)


async def role(apis: Apis, **more: Any) -> dict[str, Any]:
    params = {"RoleName": "app", "Path": "/team/", "AssumeRolePolicyDocument": TRUST, **more}
    made: dict[str, Any] = (await apis.call("iam", "CreateRole", params))["Role"]
    return made


async def sam(apis: Apis) -> tuple[dict[str, Any], str]:
    """A user and the id of a key."""
    user = (await apis.call("iam", "CreateUser", {"UserName": "sam"}))["User"]
    made = (await apis.call("iam", "CreateAccessKey", {"UserName": "sam"}))["AccessKey"]
    return user, made["AccessKeyId"]


async def test_a_key_that_nobody_issued_stands_for_the_account(plane: Plane) -> None:
    apis = await plane.start()
    for key in ("test", "AKIAIOSFODNN7EXAMPLE"):
        assert await asked(apis, key) == ROOT


async def test_a_users_key_stands_for_the_user(plane: Plane) -> None:
    apis = await plane.start()
    user, key = await sam(apis)
    assert await asked(apis, key) == {"UserId": user["UserId"], "Account": names.ACCOUNT, "Arn": user["Arn"]}
    assert (await apis.call("sts", "GetAccessKeyInfo", {"AccessKeyId": key}))["Account"] == names.ACCOUNT
    apis = await plane.restart()
    assert (await asked(apis, key))["Arn"] == user["Arn"]


async def test_a_key_of_the_regions_own_stands_for_what_it_was_issued_to(plane: Plane) -> None:
    apis = await plane.start()
    arn = f"arn:aws:sts::{names.ACCOUNT}:assumed-role/task/1"
    issued = plane.keys.issue(Principal("AWS", arn, names.ACCOUNT))
    assert (await asked(apis, issued.access_key))["Arn"] == arn


async def test_a_request_without_a_key_is_refused(plane: Plane) -> None:
    apis = await plane.start()
    with pytest.raises(AwsError) as error:
        await asked(apis, None)
    assert (error.value.code, error.value.status) == ("MissingAuthenticationToken", 403)


async def test_a_session_of_a_role_has_its_id_and_no_path(plane: Plane) -> None:
    apis = await plane.start()
    made = await role(apis, Tags=[{"Key": "team", "Value": "red"}, {"Key": "Stage", "Value": "one"}])
    params = {
        "RoleArn": ROLE,
        "RoleSessionName": "one",
        "SourceIdentity": "sam",
        "Tags": [{"Key": "Team", "Value": "blue"}],
    }
    found = await apis.call("sts", "AssumeRole", params)
    arn = f"arn:aws:sts::{names.ACCOUNT}:assumed-role/app/one"
    assert found["AssumedRoleUser"] == {"AssumedRoleId": f"{made['RoleId']}:one", "Arn": arn}
    assert found["SourceIdentity"] == "sam"
    credentials = found["Credentials"]
    left = credentials["Expiration"] - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    apis = await plane.restart()
    whole = {"UserId": f"{made['RoleId']}:one", "Account": names.ACCOUNT, "Arn": arn}
    assert await asked(apis, credentials["AccessKeyId"]) == whole
    key = plane.keys.known(credentials["AccessKeyId"])
    assert key is not None
    assert (key.token, key.secret) == (credentials["SessionToken"], credentials["SecretAccessKey"])
    (issued,) = key.context["aws:tokenissuetime"]
    assert datetime.fromisoformat(issued) == credentials["Expiration"] - timedelta(hours=1)
    assert key.context == {
        "aws:principaltag/team": ("blue",), "aws:principaltag/stage": ("one",), "aws:sourceidentity": ("sam",),
        "aws:tokenissuetime": (issued,),
    }  # fmt: skip
    assert key.principal.role == ROLE


async def test_session_policies_are_kept_with_the_session(plane: Plane) -> None:
    apis = await plane.start()
    await role(apis)
    own = '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}'
    aws = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    params = {"RoleArn": ROLE, "RoleSessionName": "one", "Policy": own, "PolicyArns": [{"arn": aws}]}
    found = await apis.call("sts", "AssumeRole", params)
    key = plane.keys.known(found["Credentials"]["AccessKeyId"])
    assert key is not None
    assert key.policies[0] == own
    assert "s3:Get*" in key.policies[1]
    assert key.issuer == ROOT["Arn"]


async def test_a_session_token_is_the_users_own_and_fresh_each_time(plane: Plane) -> None:
    apis = await plane.start()
    user, key = await sam(apis)
    one, two = [(await asked(apis, key, "GetSessionToken"))["Credentials"] for _ in range(2)]
    assert one["AccessKeyId"] != two["AccessKeyId"]
    assert (await asked(apis, one["AccessKeyId"]))["UserId"] == user["UserId"]
    own = (await apis.handle(Call("iam", "GetUser", names.REGION, names.ACCOUNT, access_key=one["AccessKeyId"]), {}))[
        "User"
    ]
    assert own["UserName"] == "sam"
    left = one["Expiration"] - datetime.now(UTC)
    assert timedelta(hours=11) < left <= timedelta(hours=12)
    roots = (await asked(apis, "test", "GetSessionToken", DurationSeconds=7200))["Credentials"]
    assert roots["Expiration"] - datetime.now(UTC) <= timedelta(hours=1)


async def test_a_federated_user_is_told_by_its_name(plane: Plane) -> None:
    apis = await plane.start()
    _, key = await sam(apis)
    found = await asked(apis, key, "GetFederationToken", Name="guest")
    arn = f"arn:aws:sts::{names.ACCOUNT}:federated-user/guest"
    assert found["FederatedUser"] == {"FederatedUserId": f"{names.ACCOUNT}:guest", "Arn": arn}
    assert (await asked(apis, found["Credentials"]["AccessKeyId"]))["Arn"] == arn


@pytest.mark.parametrize("operation", ["GetSessionToken", "GetFederationToken"])
async def test_a_session_gets_no_session_of_its_own(plane: Plane, operation: str) -> None:
    apis = await plane.start()
    await role(apis)
    session = (await apis.call("sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "one"}))["Credentials"]
    more = {"Name": "guest"} if operation == "GetFederationToken" else {}
    with pytest.raises(AwsError, match="with session credentials"):
        await asked(apis, session["AccessKeyId"], operation, **more)


async def test_a_session_assumes_another_role_for_an_hour_at_most(plane: Plane) -> None:
    apis = await plane.start()
    await role(apis, MaxSessionDuration=43200)
    first = {"RoleArn": ROLE, "RoleSessionName": "one", "DurationSeconds": 43200}
    session = (await apis.call("sts", "AssumeRole", first))["Credentials"]["AccessKeyId"]
    with pytest.raises(AwsError, match="1 hour session limit for roles assumed by role chaining"):
        await asked(apis, session, "AssumeRole", **first)


async def test_whom_a_role_trusts_is_asked_before_a_session_begins(plane: Plane) -> None:
    apis = await plane.start()
    await role(apis)

    def nobody(_call: Call, found: Any, request: Any) -> None:
        raise AwsError("AccessDenied", f"{found.name} {request['ExternalId']}")

    apis.register(StsApi(plane.documents, plane.keys, nobody))
    with pytest.raises(AwsError, match="AccessDenied: app ours"):
        await apis.call("sts", "AssumeRole", {"RoleArn": ROLE, "RoleSessionName": "one", "ExternalId": "ours"})
    assert len(plane.documents.table(SESSION)) == 0
