"""Every member that a create or modify operation carries is told again by the operation that describes the noun."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

import pytest
from botocore import xform_name

from netflux.aws.iam.api import IamApi
from netflux.controlplane import operation as operations
from netflux.controlplane.apis import Apis
from netflux.controlplane.protocol import models
from tests.aws.iam.pem import CERTIFICATE, KEY, PUBLIC_KEY
from tests.aws.iam.trips import DOCUMENTS, ENDING, METADATA, NOT_HERE, OTHER, POLICY, RENAMED, TRIPS, Trip
from tests.controlplane.plane import Plane
from tests.rules.iamdocuments import GOOD, TRUST


def test_no_operation_and_no_member_is_left_out() -> None:
    handled = {name for name in models.service_model("iam").operation_names if hasattr(IamApi, xform_name(name))}
    changing = {name for name in handled if not name.startswith(ENDING)}
    assert changing - {trip.call for trip in TRIPS} == NOT_HERE
    for trip in TRIPS:
        declared = operations.declaration(getattr(IamApi, xform_name(trip.call)))
        assert declared is not None
        assert set(trip.params) == set(declared.carries), trip.call


@pytest.mark.parametrize("trip", TRIPS, ids=lambda trip: trip.call)
async def test_what_is_sent_is_told_again(plane: Plane, trip: Trip) -> None:
    apis = await plane.start()
    made = await prepare(apis)
    params = {key: made.get(value, value) if isinstance(value, str) else value for key, value in trip.params.items()}
    await apis.call("iam", trip.call, params)
    apis = await plane.restart()
    told = [*leaves("", await apis.call("iam", trip.read, trip.asked))]
    for member, value in (leaf for name, given in params.items() for leaf in leaves(name, given)):
        if member in trip.unsaid or trip.asked.get(member) == value:
            continue
        assert found(member, value, told) != (member in trip.gone), (member, value, told)


def leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from leaves(key, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(name, inner)
    else:
        yield name, value


def found(member: str, value: Any, told: list[tuple[str, Any]]) -> bool:
    wanted = RENAMED.get(member, member)
    for name, answered in told:
        if member in DOCUMENTS and name in DOCUMENTS and unquote(answered) == value:
            return True
        inside = wanted in ("RoleName", "Path", "Arn") and member != wanted and str(value) in str(answered)
        if name == wanted and (answered == value or inside):
            return True
        if member == "Url" and name == "Url" and f"https://{answered}" == value:
            return True
    return False


async def prepare(apis: Apis) -> dict[str, str]:
    """One of each noun, and the ids of those that have none of their own."""

    async def iam(operation: str, **params: Any) -> dict[str, Any]:
        return await apis.call("iam", operation, params)

    kept = [{"Key": "Kept", "Value": "x"}]
    for name in ("user", "login"):
        await iam("CreateUser", UserName=name, Tags=kept)
    await iam("CreateGroup", GroupName="group")
    await iam("CreateRole", RoleName="role", AssumeRolePolicyDocument=TRUST, Tags=kept)
    await iam("CreateInstanceProfile", InstanceProfileName="profile", Tags=kept)
    await iam("CreatePolicy", PolicyName="policy", PolicyDocument=GOOD, Tags=kept)
    await iam("CreatePolicyVersion", PolicyArn=POLICY, PolicyDocument=OTHER)
    await iam("CreateLoginProfile", UserName="login", Password="Aa1!aaaa")
    await iam(
        "UploadServerCertificate", ServerCertificateName="certificate", CertificateBody=CERTIFICATE, PrivateKey=KEY,
        Tags=kept,
    )  # fmt: skip
    await iam("CreateOpenIDConnectProvider", Url="https://id.example.com", ClientIDList=["one"], Tags=kept)
    await iam("CreateSAMLProvider", Name="saml", SAMLMetadataDocument=METADATA, Tags=kept)
    key = await iam("CreateAccessKey", UserName="user")
    ssh = await iam("UploadSSHPublicKey", UserName="login", SSHPublicKeyBody=PUBLIC_KEY)
    signing = await iam("UploadSigningCertificate", UserName="login", CertificateBody=CERTIFICATE)
    return {
        "{key}": key["AccessKey"]["AccessKeyId"],
        "{ssh}": ssh["SSHPublicKey"]["SSHPublicKeyId"],
        "{signing}": signing["Certificate"]["CertificateId"],
    }
