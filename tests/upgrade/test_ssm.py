"""Parameters of release 0.1, which were moto's, are records afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from netflux.errors import UserError
from netflux.upgrade import ssm
from netflux.upgrade.release import due, take_over
from tests.controlplane.plane import Plane

EXPIRATION = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2040-12-02T21:34:33.000Z"}}


async def furnish(plane: Plane) -> None:
    async def call(operation: str, **params: Any) -> None:
        await plane.moto.call("ssm", operation, params)

    tags = [{"Key": "k", "Value": "v"}]
    await call(
        "PutParameter", Name="/a/b", Value="0", Type="String", Description="d", Tags=tags, AllowedPattern="[0-9]*"
    )
    for number in range(1, 60):
        await call("PutParameter", Name="/a/b", Value=str(number), Overwrite=True)
    await call("LabelParameterVersion", Name="/a/b", ParameterVersion=3, Labels=["three"])
    await call("PutParameter", Name="top", Value="x,y", Type="StringList")
    await call("PutParameter", Name="secret", Value="plain", Type="SecureString", KeyId="alias/own")
    await call("PutParameter", Name="default", Value="own", Type="SecureString")
    policy = json.dumps([EXPIRATION])
    await call("PutParameter", Name="going", Value="x", Type="String", Tier="Advanced", Policies=policy)
    await plane.moto.call("ssm", "GetParameters", {"Names": ["/aws/service/global-infrastructure/regions/us-east-1"]})
    await call("PutParameter", Name="last", Value="x", Type="String")


async def test_parameters_with_versions_labels_and_tags_are_taken_over(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    apis = await plane.start()
    await furnish(plane)
    for _ in range(2):
        await ssm.adopt(plane.moto, plane.documents)

    async def told(operation: str, **params: Any) -> dict[str, Any]:
        return await apis.call("ssm", operation, params)

    found = {one["Name"]: one for one in (await told("DescribeParameters", MaxResults=50))["Parameters"]}
    assert {*found} == {"/a/b", "top", "secret", "default", "going", "last"}
    one = found["/a/b"]
    assert (one["Version"], one["Description"], one["AllowedPattern"], one["Tier"]) == (60, "d", "[0-9]*", "Standard")
    assert (await told("GetParameter", Name="/a/b:three"))["Parameter"]["Value"] == "2"
    assert (await told("GetParameter", Name="/a/b:1"))["Parameter"]["Value"] == "0"
    listed = await told("ListTagsForResource", ResourceType="Parameter", ResourceId="/a/b")
    assert listed["TagList"] == [{"Key": "k", "Value": "v"}]
    assert (found["secret"]["KeyId"], found["default"]["KeyId"]) == ("alias/own", "alias/aws/ssm")
    assert (await told("GetParameter", Name="default", WithDecryption=True))["Parameter"]["Value"] == "own"
    assert (await told("GetParameter", Name="top"))["Parameter"]["Type"] == "StringList"
    [policy] = found["going"]["Policies"]
    assert json.loads(policy["PolicyText"]) == EXPIRATION
    kept = plane.documents.table(ssm.Parameters(plane.documents).parameters.schema).get("going")
    assert kept is not None
    assert kept.current.expires == datetime(2040, 12, 2, 21, 34, 33, tzinfo=UTC)
    plane.stop()


async def test_what_moto_has_left_is_taken_over_once_whatever_the_directory_s_format(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    await plane.start()
    assert not due(plane.moto)
    await furnish(plane)
    apis = await plane.restart()
    assert due(plane.moto)
    await take_over(plane.moto, plane.documents)
    assert not due(plane.moto)
    assert plane.documents.get("moto/version", "ssm") is None
    apis = await plane.restart()
    told = await apis.call("ssm", "GetParameter", {"Name": "secret"})
    assert told["Parameter"]["Value"] != "plain"
    plane.stop()


@pytest.mark.parametrize("spoil", ["version", "bytes"])
async def test_what_can_not_be_read_is_told_and_not_deleted(tmp_path: Path, spoil: str) -> None:
    plane = Plane(tmp_path)
    await plane.start()
    await furnish(plane)
    [(place, body)] = plane.documents.blobs("moto/ssm/")
    if spoil == "version":
        plane.documents.put("moto/version", "ssm", {"moto": "4.0.0"})
    else:
        body = b"no pickle"
        plane.documents.put_blob(place, body)
    await plane.restart()
    with pytest.raises(UserError, match="can't be read"):
        await take_over(plane.moto, plane.documents)
    assert plane.documents.blobs("moto/ssm/") == [(place, body)]
    plane.stop()


@pytest.mark.parametrize("given", ["never", "2040-12-02T21:34:33"])
async def test_a_time_that_moto_took_and_aws_refuses_ends_nothing(tmp_path: Path, given: str) -> None:
    plane = Plane(tmp_path)
    await plane.start()
    policy = json.dumps([{**EXPIRATION, "Attributes": {"Timestamp": given}}])
    params = {"Name": "p", "Value": "x", "Type": "String", "Tier": "Advanced", "Policies": policy}
    await plane.moto.call("ssm", "PutParameter", params)
    await ssm.adopt(plane.moto, plane.documents)
    [kept] = ssm.Parameters(plane.documents).parameters
    assert (kept.current.expires, len(kept.current.policies)) == (None, 1)
    plane.stop()
