"""Tags of all nouns."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.errors import AwsError
from tests.controlplane.plane import Plane


@pytest.fixture
async def apis(tmp_path: Path) -> AsyncIterator[Apis]:
    plane = Plane(tmp_path)
    yield await plane.start()
    plane.stop()


async def _ec2(apis: Apis, operation: str, **params: Any) -> dict[str, Any]:
    return await apis.call("ec2", operation, params)


async def _asked(apis: Apis, operation: str, **params: Any) -> dict[str, Any]:
    """As a client with an access key."""
    return await apis.handle(Call("ec2", operation, apis.region, apis.account, access_key="AKIA"), params)


async def _of(apis: Apis, identity: str) -> dict[str, str]:
    told = await _ec2(apis, "DescribeTags", Filters=[{"Name": "resource-id", "Values": [identity]}])
    return {tag["Key"]: tag["Value"] for tag in told["Tags"]}


@pytest.mark.parametrize("key", ["aws:name", "AWS:name", "netflux:owner"])
async def test_a_client_can_not_give_or_take_tags_of_awss_own(apis: Apis, key: str) -> None:
    vpc = (await _ec2(apis, "CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
    for operation in ("CreateTags", "DeleteTags"):
        with pytest.raises(AwsError, match="reserved") as refused:
            await _asked(apis, operation, Resources=[vpc], Tags=[{"Key": key, "Value": ""}])
        assert refused.value.code == "InvalidParameterValue"
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": key, "Value": ""}]}]
    with pytest.raises(AwsError, match="reserved"):
        await _asked(apis, "CreateVpc", CidrBlock="10.0.0.0/16", TagSpecifications=tags)
    await _ec2(apis, "CreateTags", Resources=[vpc], Tags=[{"Key": key, "Value": "ours"}])
    assert await _of(apis, vpc) == {key: "ours"}


async def test_tags_are_added_replaced_and_taken_away(apis: Apis) -> None:
    vpc = (await _ec2(apis, "CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
    own = {"Key": "aws:cloudformation:stack-name", "Value": "s"}
    await _ec2(apis, "CreateTags", Resources=[vpc], Tags=[own, {"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    await _asked(apis, "CreateTags", Resources=[vpc], Tags=[{"Key": "a", "Value": "3"}])
    await _asked(apis, "DeleteTags", Resources=[vpc], Tags=[{"Key": "b", "Value": "another"}])
    assert await _of(apis, vpc) == {own["Key"]: "s", "a": "3", "b": "2"}
    await _asked(apis, "DeleteTags", Resources=[vpc], Tags=[{"Key": "b"}])
    assert await _of(apis, vpc) == {own["Key"]: "s", "a": "3"}
    await _asked(apis, "DeleteTags", Resources=[vpc])
    assert await _of(apis, vpc) == {own["Key"]: "s"}


async def test_a_missing_resource_leaves_the_others_untagged(apis: Apis) -> None:
    vpc = (await _ec2(apis, "CreateVpc", CidrBlock="10.0.0.0/16"))["Vpc"]["VpcId"]
    with pytest.raises(AwsError, match=r"InvalidSubnetID\.NotFound"):
        await _asked(apis, "CreateTags", Resources=[vpc, "subnet-0123"], Tags=[{"Key": "a", "Value": "1"}])
    assert await _of(apis, vpc) == {}


async def test_resources_are_found_by_their_tags(apis: Apis) -> None:
    vpcs = {}
    for name in ("app-1", "app-2", "db-1"):
        tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": name}]}]
        made = await _ec2(apis, "CreateVpc", CidrBlock="10.0.0.0/16", TagSpecifications=tags)
        vpcs[name] = made["Vpc"]["VpcId"]

    async def found(name: str, *values: str) -> list[str]:
        told = await _ec2(apis, "DescribeVpcs", Filters=[{"Name": name, "Values": [*values]}])
        return [one["VpcId"] for one in told["Vpcs"]]

    assert await found("tag:Name", "app-*") == [vpcs["app-1"], vpcs["app-2"]]
    assert await found("tag:Name", "*-?") == [*vpcs.values()]
    assert await found("tag:Name", "app-1", "db-1") == [vpcs["app-1"], vpcs["db-1"]]
    assert await found("tag:Name", "APP-1") == []
    assert await found("tag:name", "app-1") == []
    assert await found("tag-key", "Name") == [*vpcs.values()]
    assert await found("tag-value", "db-1") == [vpcs["db-1"]]


async def test_a_wildcard_can_be_meant_as_a_character(apis: Apis) -> None:
    tags = [{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "a*"}]}]
    vpc = (await _ec2(apis, "CreateVpc", CidrBlock="10.0.0.0/16", TagSpecifications=tags))["Vpc"]["VpcId"]
    for value, there in ((r"a\*", True), (r"\a\*", False), ("a?", True), (r"a\?", False)):
        told = await _ec2(apis, "DescribeVpcs", Filters=[{"Name": "tag:Name", "Values": [value]}])
        assert [one["VpcId"] for one in told["Vpcs"]] == ([vpc] if there else []), value
