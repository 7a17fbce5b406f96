"""Whom a key stands for."""

import pytest

from netflux import names
from netflux.aws.sts.api import StsApi
from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from netflux.policy.evaluate import Principal
from tests.controlplane.plane import Plane

ROOT = {"UserId": names.ACCOUNT, "Account": names.ACCOUNT, "Arn": f"arn:aws:iam::{names.ACCOUNT}:root"}


def asked_by(key: str | None) -> Call:
    return Call("sts", "GetCallerIdentity", names.REGION, names.ACCOUNT, access_key=key)


async def test_a_key_that_nobody_issued_stands_for_the_account(plane: Plane) -> None:
    await plane.start()
    api = StsApi(plane.moto, Keys())
    for key in ("test", "AKIAIOSFODNN7EXAMPLE"):
        assert await api.get_caller_identity(asked_by(key), {}) == ROOT


async def test_a_users_key_stands_for_the_user(plane: Plane) -> None:
    apis = await plane.start()
    user = (await apis.call("iam", "CreateUser", {"UserName": "sam"}))["User"]
    made = (await apis.call("iam", "CreateAccessKey", {"UserName": "sam"}))["AccessKey"]["AccessKeyId"]
    api = StsApi(plane.moto, Keys())
    answer = await api.get_caller_identity(asked_by(made), {})
    assert answer == {"UserId": user["UserId"], "Account": names.ACCOUNT, "Arn": user["Arn"]}
    assert await api.get_caller_identity(asked_by("AKIAIOSFODNN7EXAMPLE"), {}) == ROOT


async def test_a_key_of_the_regions_own_stands_for_what_it_was_issued_to(plane: Plane) -> None:
    await plane.start()
    keys = Keys()
    issued = keys.issue(Principal("AWS", f"arn:aws:sts::{names.ACCOUNT}:assumed-role/task/1", names.ACCOUNT))
    answer = await StsApi(plane.moto, keys).get_caller_identity(asked_by(issued.access_key), {})
    assert answer["Arn"] == f"arn:aws:sts::{names.ACCOUNT}:assumed-role/task/1"


async def test_a_request_without_a_key_is_refused(plane: Plane) -> None:
    await plane.start()
    with pytest.raises(AwsError) as error:
        await StsApi(plane.moto, Keys()).get_caller_identity(asked_by(None), {})
    assert (error.value.code, error.value.status) == ("MissingAuthenticationToken", 403)
