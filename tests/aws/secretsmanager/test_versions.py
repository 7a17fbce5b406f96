"""Values of secrets and the labels that move between them."""

from __future__ import annotations

import itertools

import pytest

from netflux.errors import AwsError
from netflux.resources.secretsmanager import Version, labelled
from tests.aws.secretsmanager.conftest import Manager, Watch

A, B, C = "a" * 32, "b" * 32, "c" * 32


async def _two(manager: Manager) -> None:
    await manager("CreateSecret", Name="s", SecretString="one", ClientRequestToken=A)
    manager.clock.pass_by(seconds=1)
    await manager("PutSecretValue", SecretId="s", SecretString="two", ClientRequestToken=B)


async def test_a_new_value_is_current_and_the_one_before_is_previous(manager: Manager) -> None:
    await _two(manager)
    assert await manager.stages("s") == {A: ["AWSPREVIOUS"], B: ["AWSCURRENT"]}
    assert (await manager("GetSecretValue", SecretId="s"))["SecretString"] == "two"
    before = await manager("GetSecretValue", SecretId="s", VersionStage="AWSPREVIOUS")
    assert (before["SecretString"], before["VersionId"]) == ("one", A)
    manager.clock.pass_by(seconds=1)
    await manager("UpdateSecret", SecretId="s", SecretString="three", ClientRequestToken=C)
    assert await manager.stages("s") == {B: ["AWSPREVIOUS"], C: ["AWSCURRENT"]}
    listed = await manager("ListSecretVersionIds", SecretId="s")
    assert [one["VersionId"] for one in listed["Versions"]] == [B, C]
    listed = await manager("ListSecretVersionIds", SecretId="s", IncludeDeprecated=True)
    assert [one["VersionId"] for one in listed["Versions"]] == [A, B, C]
    assert (await manager("GetSecretValue", SecretId="s", VersionId=A))["VersionStages"] == []


async def test_a_pending_value_becomes_current_when_the_label_moves(manager: Manager) -> None:
    await _two(manager)
    pending = {"SecretId": "s", "SecretString": "three", "ClientRequestToken": C, "VersionStages": ["AWSPENDING"]}
    assert (await manager("PutSecretValue", **pending))["VersionStages"] == ["AWSPENDING"]
    move = {"SecretId": "s", "VersionStage": "AWSCURRENT", "RemoveFromVersionId": B, "MoveToVersionId": C}
    await manager("UpdateSecretVersionStage", **move)
    assert await manager.stages("s") == {B: ["AWSPREVIOUS"], C: ["AWSCURRENT", "AWSPENDING"]}
    await manager("UpdateSecretVersionStage", SecretId="s", VersionStage="AWSPENDING", RemoveFromVersionId=C)
    assert await manager.stages("s") == {B: ["AWSPREVIOUS"], C: ["AWSCURRENT"]}
    await manager("UpdateSecretVersionStage", SecretId="s", VersionStage="MINE", MoveToVersionId=A)
    assert (await manager.stages("s"))[A] == ["MINE"]


async def test_the_first_value_is_current_whatever_its_labels(manager: Manager) -> None:
    await manager("CreateSecret", Name="s")
    put = await manager("PutSecretValue", SecretId="s", SecretString="x", VersionStages=["MINE"])
    assert sorted(put["VersionStages"]) == ["AWSCURRENT", "MINE"]


async def test_a_call_with_the_same_token_and_value_again_changes_nothing(manager: Manager) -> None:
    made = await manager("CreateSecret", Name="s", SecretString="one", ClientRequestToken=A)
    assert await manager("CreateSecret", Name="s", SecretString="one", ClientRequestToken=A) == made
    put = await manager("PutSecretValue", SecretId="s", SecretBinary=b"two", ClientRequestToken=B)
    again = {"SecretId": "s", "SecretBinary": b"two", "ClientRequestToken": B}
    assert (await manager("UpdateSecret", **again))["VersionId"] == B
    changed = (await manager("DescribeSecret", SecretId="s"))["LastChangedDate"]
    manager.clock.pass_by(hours=1)
    assert await manager("PutSecretValue", SecretId="s", SecretBinary=b"two", ClientRequestToken=B) == put
    assert (await manager("DescribeSecret", SecretId="s"))["LastChangedDate"] == changed


async def test_the_hundred_and_first_value_takes_the_place_of_an_old_one_without_a_label(manager: Manager) -> None:
    tokens = [f"{number:032}" for number in range(101)]
    await manager("CreateSecret", Name="s", SecretString="0", ClientRequestToken=tokens[0])
    for token in tokens[1:100]:
        manager.clock.pass_by(seconds=1)
        await manager("PutSecretValue", SecretId="s", SecretString=token, ClientRequestToken=token)
    last = {"SecretId": "s", "SecretString": "x", "ClientRequestToken": tokens[100]}
    with pytest.raises(AwsError) as error:
        await manager("PutSecretValue", **last)
    assert error.value.code == "LimitExceededException"
    manager.clock.pass_by(hours=25)
    await manager("PutSecretValue", **last)
    listed = await manager("ListSecretVersionIds", SecretId="s", IncludeDeprecated=True)
    assert [one["VersionId"] for one in listed["Versions"]] == tokens[1:]


async def test_versions_and_values_are_there_after_a_restart(manager: Manager) -> None:
    await _two(manager)
    await manager("PutSecretValue", SecretId="s", SecretBinary=b"\x00\xff", ClientRequestToken=C)
    stages = await manager.stages("s")
    await manager.restart()
    assert await manager.stages("s") == stages
    assert (await manager("GetSecretValue", SecretId="s"))["SecretBinary"] == b"\x00\xff"


async def test_the_day_of_a_reading_is_told_and_a_full_disk_keeps_nobody_from_it(manager: Manager) -> None:
    await _two(manager)
    assert "LastAccessedDate" not in await manager("DescribeSecret", SecretId="s")
    await manager("GetSecretValue", SecretId="s")
    day = manager.clock.now().replace(hour=0, second=0)
    assert (await manager("DescribeSecret", SecretId="s"))["LastAccessedDate"] == day
    listed = (await manager("ListSecretVersionIds", SecretId="s"))["Versions"]
    assert [one.get("LastAccessedDate") for one in listed] == [None, day]
    manager.clock.pass_by(days=1)
    manager.plane.documents._db.execute("PRAGMA query_only=1")
    assert (await manager("GetSecretValue", SecretId="s"))["SecretString"] == "two"


async def test_a_batch_tells_what_it_can_not_read_beside_what_it_can(manager: Manager) -> None:
    await _two(manager)
    await manager("CreateSecret", Name="empty")
    batch = await manager("BatchGetSecretValue", SecretIdList=["s", "nobody", "empty"])
    assert [one["SecretString"] for one in batch["SecretValues"]] == ["two"]
    assert [(one["SecretId"], one["ErrorCode"]) for one in batch["Errors"]] == [
        ("nobody", "ResourceNotFoundException"),
        ("empty", "ResourceNotFoundException"),
    ]
    await manager("CreateSecret", Name="t", SecretString="three")
    filters = [{"Key": "name", "Values": ["s", "t"]}]
    first = await manager("BatchGetSecretValue", Filters=filters, MaxResults=1)
    rest = await manager("BatchGetSecretValue", Filters=filters, MaxResults=1, NextToken=first["NextToken"])
    assert [one["Name"] for page in (first, rest) for one in page["SecretValues"]] == ["s", "t"]
    assert "NextToken" not in rest


def test_every_label_is_on_one_version_after_any_moves() -> None:
    moment = Watch().now()
    labels = ("AWSCURRENT", "AWSPENDING", "MINE")
    for moves in itertools.product(itertools.product(labels, (A, B, C)), repeat=3):
        versions = {one: Version("s", one, moment) for one in (A, B, C)}
        for label, target in moves:
            before = {label: one.id for one in versions.values() for label in one.stages}
            versions |= {one.id: one for one in labelled(versions.values(), [label], target)}
            held = [label for one in versions.values() for label in one.stages]
            assert len(held) == len({*held})
            assert label in versions[target].stages
            if label == "AWSCURRENT" and before.get(label, target) != target:
                assert "AWSPREVIOUS" in versions[before[label]].stages
