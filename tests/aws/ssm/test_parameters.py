"""Parameters: what is told of them, what overwriting keeps, how they are read, and how they go."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netflux import names
from netflux.aws.ssm.api import SsmApi
from netflux.controlplane.call import Call
from netflux.controlplane.operation import declaration
from netflux.errors import AwsError, Unsupported
from netflux.policy.evaluate import Principal
from tests.aws.ssm.conftest import Store

ARN = f"arn:aws:ssm:{names.REGION}:{names.ACCOUNT}:parameter"
ROOT = f"arn:aws:iam::{names.ACCOUNT}:root"
SAM = f"arn:aws:iam::{names.ACCOUNT}:user/sam"
SENT = {
    "put_parameter": "Name Description Value Type KeyId Overwrite AllowedPattern Tags Tier Policies DataType",
    "label_parameter_version": "Name ParameterVersion Labels",
    "unlabel_parameter_version": "Name ParameterVersion Labels",
    "add_tags_to_resource": "ResourceType ResourceId Tags",
    "remove_tags_from_resource": "ResourceType ResourceId TagKeys",
}
"""Members that the tests of this folder send and find again."""


@pytest.mark.parametrize("operation", SENT)
def test_the_round_trip_leaves_no_carried_member_out(operation: str) -> None:
    declared = declaration(getattr(SsmApi, operation))
    assert declared is not None
    assert {*declared.carries} == {*SENT[operation].split()}


async def test_every_member_that_is_sent_is_told_again(store: Store) -> None:
    key = (await store.apis.call("kms", "CreateKey", {}))["KeyMetadata"]["Arn"]
    policy = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2030-12-02T21:34:33.000Z"}}
    made = await store.put(
        "/prod/db", "secret", Type="SecureString", Description="d", KeyId=key, AllowedPattern="[a-z]+", Tier="Advanced",
        Policies=json.dumps([policy]), DataType="text", Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}],
    )  # fmt: skip
    assert made == {"Version": 1, "Tier": "Advanced"}
    await store.restart()
    [told] = (await store("DescribeParameters"))["Parameters"]
    [shown] = told.pop("Policies")
    assert (json.loads(shown["PolicyText"]), shown["PolicyType"], shown["PolicyStatus"]) == (
        policy, "Expiration", "Pending",
    )  # fmt: skip
    assert told == {
        "Name": "/prod/db", "ARN": f"{ARN}/prod/db", "Type": "SecureString", "KeyId": key, "Description": "d",
        "AllowedPattern": "[a-z]+", "Version": 1, "Tier": "Advanced", "DataType": "text", "LastModifiedUser": ROOT,
        "LastModifiedDate": store.clock.now(),
    }  # fmt: skip
    tags = (await store("ListTagsForResource", ResourceType="Parameter", ResourceId="/prod/db"))["TagList"]
    assert tags == [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}]
    read = (await store("GetParameter", Name="/prod/db", WithDecryption=True))["Parameter"]
    assert read == {
        "Name": "/prod/db", "ARN": f"{ARN}/prod/db", "Type": "SecureString", "Value": "secret", "Version": 1,
        "DataType": "text", "LastModifiedDate": store.clock.now(),
    }  # fmt: skip


async def test_what_an_overwriting_request_leaves_out_stays(store: Store) -> None:
    policy = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2030-12-02T21:34:33.000Z"}}
    await store.put("p", Description="d", AllowedPattern="[a-z]+", Tier="Advanced", Policies=json.dumps([policy]))
    [before] = (await store("DescribeParameters"))["Parameters"]
    store.clock.pass_by(minutes=1)
    assert await store("PutParameter", Name="p", Value="w", Overwrite=True) == {"Version": 2, "Tier": "Advanced"}
    [after] = (await store("DescribeParameters"))["Parameters"]
    assert after == {**before, "Version": 2, "LastModifiedDate": store.clock.now()}
    changed: dict[str, Any] = {"Description": "", "AllowedPattern": "", "Policies": "[{}]", "Type": "SecureString"}
    await store("PutParameter", Name="p", Value="w", Overwrite=True, **changed)
    [last] = (await store("DescribeParameters"))["Parameters"]
    assert "Description" not in last
    assert "AllowedPattern" not in last
    assert (last["Policies"], last["Type"], last["KeyId"]) == ([], "SecureString", "alias/aws/ssm")


async def test_who_put_a_version_is_told(store: Store) -> None:
    key = store.plane.keys.issue(Principal("AWS", SAM, names.ACCOUNT))
    call = Call("ssm", "PutParameter", names.REGION, names.ACCOUNT, access_key=key.access_key)
    await store.apis.handle(call, {"Name": "p", "Value": "v", "Type": "String"})
    [told] = (await store("DescribeParameters"))["Parameters"]
    assert told["LastModifiedUser"] == SAM
    tags = [{"Key": "aws:mine", "Value": ""}]
    with pytest.raises(AwsError, match="reserved"):
        await store.apis.handle(call, {"Name": "q", "Value": "v", "Type": "String", "Tags": tags})


async def test_a_secure_value_is_told_as_ciphertext_to_who_does_not_decrypt_it(store: Store) -> None:
    await store.put("p", "plain-text", Type="SecureString")
    await store.put("p", "plain-text-2", Type="SecureString", Overwrite=True)
    for operation, params in (
        ("GetParameter", {"Name": "p"}), ("GetParameters", {"Names": ["p"]}), ("GetParametersByPath", {"Path": "/"}),
        ("GetParameterHistory", {"Name": "p"}),
    ):  # fmt: skip
        assert "plain-text" not in str(await store(operation, **params))
        assert "plain-text" in str(await store(operation, **params, WithDecryption=True))
    values = [one["Value"] for one in (await store("GetParameterHistory", Name="p"))["Parameters"]]
    assert len({*values}) == 2


async def test_a_parameter_is_read_by_name_arn_version_and_label(store: Store) -> None:
    for value in "abc":
        await store.put("/x/y", value, Overwrite=True)
    await store("LabelParameterVersion", Name="/x/y", ParameterVersion=2, Labels=["good"])

    async def read(name: str) -> tuple[str, str | None]:
        found = (await store("GetParameter", Name=name))["Parameter"]
        return found["Value"], found.get("Selector")

    assert await read("/x/y") == ("c", None)
    assert await read("/x/y:1") == ("a", ":1")
    assert await read("/x/y:good") == ("b", ":good")
    assert await read(f"{ARN}/x/y") == ("c", None)
    assert await read(f"{ARN}/x/y:3") == ("c", ":3")
    asked = ["/x/y:1", "/x/y", "/x/y:9", "/x/y:bad", "/nobody", "/x/y"]
    told = await store("GetParameters", Names=asked)
    assert [one["Value"] for one in told["Parameters"]] == ["a", "c"]
    assert told["InvalidParameters"] == ["/x/y:9", "/x/y:bad", "/nobody"]


@pytest.mark.parametrize(("made", "asked"), [("/one", "one"), ("one", "/one")])
async def test_a_name_of_one_level_is_the_same_with_a_slash_before_it(store: Store, made: str, asked: str) -> None:
    await store.put(made)
    assert (await store("GetParameter", Name=asked))["Parameter"]["Name"] == made
    await store("AddTagsToResource", ResourceType="Parameter", ResourceId=asked, Tags=[{"Key": "a", "Value": "b"}])
    assert await store("DeleteParameters", Names=[asked]) == {"DeletedParameters": [asked], "InvalidParameters": []}
    assert await store.described() == []


async def test_a_tier_is_chosen_by_what_a_parameter_needs(store: Store) -> None:
    assert (await store.put("a"))["Tier"] == "Standard"
    assert (await store.put("b", Tier="Intelligent-Tiering"))["Tier"] == "Standard"
    assert (await store.put("b", "x" * 5000, Tier="Intelligent-Tiering", Overwrite=True))["Tier"] == "Advanced"
    assert (await store.put("b", Tier="Intelligent-Tiering", Overwrite=True))["Tier"] == "Advanced"
    policy = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2030-12-02T21:34:33.000Z"}}
    assert (await store.put("c", Tier="Intelligent-Tiering", Policies=json.dumps([policy])))["Tier"] == "Advanced"
    assert (await store.put("a", Tier="Advanced", Overwrite=True))["Tier"] == "Advanced"


async def test_the_oldest_of_a_hundred_versions_makes_room(store: Store) -> None:
    for number in range(101):
        await store.put("p", f"v{number}", Overwrite=True)
    found: list[dict[str, Any]] = []
    params: dict[str, Any] = {"Name": "p"}
    while "NextToken" in params or not found:
        page = await store("GetParameterHistory", **params)
        found += page["Parameters"]
        params = {"Name": "p", "MaxResults": 30}
        if "NextToken" not in page:
            break
        params["NextToken"] = page["NextToken"]
    assert [one["Version"] for one in found] == [*range(2, 102)]
    assert await store("DeleteParameter", Name="p") == {}
    assert len(store.kept.versions) == 0


async def test_what_deletes_many_tells_what_was_not_there(store: Store) -> None:
    await store.put("a")
    await store.put("/b/c")
    told = await store("DeleteParameters", Names=["a", "/b/c", "d"])
    assert told == {"DeletedParameters": ["a", "/b/c"], "InvalidParameters": ["d"]}


async def test_a_parameter_goes_when_its_time_has_come(store: Store) -> None:
    policy = {"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": "2026-01-01T15:00:00+01:00"}}
    await store.put("/a/b", Tier="Advanced", Policies=json.dumps([policy]))
    await store.put("/a/b", "w", Overwrite=True)
    await store.put("c")
    [key] = await store.expiration.keys()
    store.clock.pass_by(hours=1)
    assert (await store.expiration.reconcile(key)).requeue_after == 3600
    store.clock.pass_by(hours=1)
    assert (await store.expiration.reconcile(key)).requeue_after is None
    assert (await store.described(), len(store.kept.versions)) == (["c"], 0)
    assert await store.expiration.keys() == []


@pytest.mark.parametrize(
    ("named", "params"),
    [
        ("DataType", {"DataType": "aws:ec2:image", "Value": "ami-12345678"}),
        ("NoChangeNotification", {"Tier": "Advanced", "Policies": '[{"Type": "NoChangeNotification"}]'}),
        ("a look-ahead", {"AllowedPattern": "(?!x).*"}),
    ],
)
async def test_what_can_not_be_true_here_is_refused_by_name(store: Store, named: str, params: dict[str, Any]) -> None:
    with pytest.raises(Unsupported, match=named):
        await store("PutParameter", **{"Name": "p", "Value": "v", "Type": "String", **params})


async def test_the_rest_of_systems_manager_is_refused_by_name(store: Store) -> None:
    for operation, params in (
        ("GetServiceSetting", {"SettingId": "/ssm/parameter-store/default-parameter-tier"}),
        ("ListDocuments", {}),
        ("ListTagsForResource", {"ResourceType": "Document", "ResourceId": "d"}),
        ("GetParameter", {"Name": "/aws/reference/secretsmanager/db"}),
        ("GetParameters", {"Names": ["/aws/reference/secretsmanager/db"]}),
        ("DescribeParameters", {"Shared": True}),
    ):
        with pytest.raises(Unsupported, match=f"ssm:{operation}"):
            await store(operation, **params)


async def test_aws_s_own_parameters_are_told(store: Store) -> None:
    image = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    told = (await store("GetParameter", Name=image))["Parameter"]
    assert told["Value"].startswith("ami-")
    assert told["ARN"] == f"arn:aws:ssm:{names.REGION}::parameter{image}"
    assert (await store("GetParameter", Name=told["ARN"]))["Parameter"] == told
    recommended = "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended"
    [whole, identity] = (await store("GetParameters", Names=[recommended, f"{recommended}/image_id"]))["Parameters"]
    assert json.loads(whole["Value"])["image_id"] == identity["Value"]
    place = "/aws/service/global-infrastructure/regions/us-west-1"
    below = (await store("GetParametersByPath", Path=place))["Parameters"]
    assert f"{place}/longName" in [one["Name"] for one in below]
    with pytest.raises(AwsError, match="not found"):
        await store("GetParameter", Name="/aws/service/nothing/here")
    assert await store.described() == []
