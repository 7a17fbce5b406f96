"""Secrets: what is told of them, how they are found, and how they go."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from netflux.aws.secretsmanager.api import SecretsManagerApi
from netflux.aws.secretsmanager.search import words
from netflux.controlplane.operation import declaration
from netflux.errors import AwsError
from tests.aws.secretsmanager.conftest import Manager

TOKEN = "t" * 32
POLICY = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", '
    '"Principal": {"AWS": "arn:aws:iam::000000000000:root"}, "Action": "secretsmanager:*", "Resource": "*"}]}'
)
PUBLIC = POLICY.replace('{"AWS": "arn:aws:iam::000000000000:root"}', '"*"')


async def test_every_member_that_is_sent_is_told_again(manager: Manager) -> None:
    key = (await manager.apis.call("kms", "CreateKey", {}))["KeyMetadata"]["Arn"]
    made = await manager(
        "CreateSecret", Name="/prod/db", ClientRequestToken=TOKEN, Description="d", KmsKeyId=key, SecretString="text",
        Tags=[{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}],
    )  # fmt: skip
    told = await manager("DescribeSecret", SecretId=made["ARN"])
    assert told == {
        "ARN": made["ARN"], "Name": "/prod/db", "Description": "d", "KmsKeyId": key,
        "Tags": [{"Key": "a", "Value": "b"}, {"Key": "c", "Value": ""}], "VersionIdsToStages": {TOKEN: ["AWSCURRENT"]},
        "CreatedDate": manager.clock.now(), "LastChangedDate": manager.clock.now(),
    }  # fmt: skip
    value = await manager("GetSecretValue", SecretId="/prod/db")
    assert (value["SecretString"], value["VersionId"]) == ("text", TOKEN)
    created = told["CreatedDate"]
    manager.clock.pass_by(minutes=1)
    await manager("UpdateSecret", SecretId="/prod/db", Description="e", KmsKeyId="alias/aws/secretsmanager")
    told = await manager("DescribeSecret", SecretId="/prod/db")
    assert (told["Description"], told["CreatedDate"], told["LastChangedDate"]) == ("e", created, manager.clock.now())
    assert "KmsKeyId" not in told
    [version] = (await manager("ListSecretVersionIds", SecretId="/prod/db"))["Versions"]
    assert version["KmsKeyIds"] == ["DefaultEncryptionKey"]
    updated = await manager("UpdateSecret", SecretId="/prod/db", SecretBinary=b"\x01", ClientRequestToken="u" * 32)
    assert updated["VersionId"] == "u" * 32
    assert (await manager("GetSecretValue", SecretId="/prod/db"))["SecretBinary"] == b"\x01"


SENT = {
    "create_secret": "Name ClientRequestToken Description KmsKeyId SecretBinary SecretString Tags",
    "update_secret": "SecretId ClientRequestToken Description KmsKeyId SecretBinary SecretString",
    "put_secret_value": "SecretId ClientRequestToken SecretBinary SecretString VersionStages",
    "update_secret_version_stage": "SecretId VersionStage RemoveFromVersionId MoveToVersionId",
    "put_resource_policy": "SecretId ResourcePolicy BlockPublicPolicy",
    "tag_resource": "SecretId Tags",
    "untag_resource": "SecretId TagKeys",
}
"""Members that the tests here and of versions send and find again."""


@pytest.mark.parametrize("operation", SENT)
def test_no_member_that_is_carried_is_left_out_of_these_tests(operation: str) -> None:
    declared = declaration(getattr(SecretsManagerApi, operation))
    assert declared is not None
    assert {*declared.carries} == {*SENT[operation].split()}


async def test_tags_and_policies_are_put_told_and_taken_away(manager: Manager) -> None:
    await manager("CreateSecret", Name="s", Tags=[{"Key": "a", "Value": "1"}])
    await manager("TagResource", SecretId="s", Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}])
    tags = (await manager("DescribeSecret", SecretId="s"))["Tags"]
    assert tags == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": "3"}]
    await manager("UntagResource", SecretId="s", TagKeys=["a", "unknown"])
    assert (await manager("DescribeSecret", SecretId="s"))["Tags"] == [{"Key": "b", "Value": "3"}]
    await manager("PutResourcePolicy", SecretId="s", ResourcePolicy=POLICY, BlockPublicPolicy=True)
    assert (await manager("GetResourcePolicy", SecretId="s"))["ResourcePolicy"] == POLICY
    await manager("DeleteResourcePolicy", SecretId="s")
    assert "ResourcePolicy" not in await manager("GetResourcePolicy", SecretId="s")
    checked = [
        (await manager("ValidateResourcePolicy", SecretId="s", ResourcePolicy=text))["PolicyValidationPassed"]
        for text in (POLICY, PUBLIC)
    ]
    assert checked == [True, False]


async def test_a_secret_is_found_by_name_arn_and_partial_arn(manager: Manager) -> None:
    arn = (await manager("CreateSecret", Name="a/b-c"))["ARN"]
    assert re.fullmatch(r"arn:aws:secretsmanager:us-east-1:\d{12}:secret:a/b-c-[A-Za-z0-9]{6}", arn)
    other = (await manager("CreateSecret", Name="a/b"))["ARN"]
    found = [(await manager("DescribeSecret", SecretId=one))["ARN"] for one in ("a/b-c", arn, arn[:-7], other[:-7])]
    assert found == [arn, arn, arn, other]


async def test_a_secret_goes_at_its_date_and_not_before(manager: Manager) -> None:
    arn = (await manager("CreateSecret", Name="s", SecretString="x"))["ARN"]
    await manager("CreateSecret", Name="stays")
    date = (await manager("DeleteSecret", SecretId="s", RecoveryWindowInDays=7))["DeletionDate"]
    assert date == manager.clock.now() + timedelta(days=7)
    assert (await manager("DescribeSecret", SecretId="s"))["DeletedDate"] == date
    assert [one["Name"] for one in (await manager("ListSecrets"))["SecretList"]] == ["stays"]
    planned = (await manager("ListSecrets", IncludePlannedDeletion=True))["SecretList"]
    assert [one["Name"] for one in planned] == ["s", "stays"]
    manager.clock.pass_by(days=6, hours=23)
    await manager.restart()
    assert await manager.deletion.keys() == [arn]
    assert (await manager.deletion.reconcile(arn)).requeue_after == 3600
    manager.clock.pass_by(hours=1)
    await manager.deletion.reconcile(arn)
    with pytest.raises(AwsError, match="can't find"):
        await manager("DescribeSecret", SecretId="s")
    assert await manager.deletion.keys() == []
    assert len(manager.kept.versions) == 0
    assert (await manager("CreateSecret", Name="s"))["ARN"] != arn


async def test_a_secret_is_restored_or_deleted_for_good(manager: Manager) -> None:
    arn = (await manager("CreateSecret", Name="s", SecretString="x"))["ARN"]
    manager.clock.pass_by(days=1)
    assert (await manager("DeleteSecret", SecretId="s"))["DeletionDate"] == manager.clock.now() + timedelta(days=30)
    await manager("RestoreSecret", SecretId="s")
    assert (await manager("GetSecretValue", SecretId="s"))["SecretString"] == "x"
    manager.clock.pass_by(days=31)
    assert (await manager.deletion.reconcile(arn)).requeue_after is None
    assert (await manager("GetSecretValue", SecretId="s"))["SecretString"] == "x"
    assert (await manager("DeleteSecret", SecretId="s", ForceDeleteWithoutRecovery=True))["ARN"] == arn
    assert len(manager.kept.secrets) == 0
    gone = await manager("DeleteSecret", SecretId="s", ForceDeleteWithoutRecovery=True)
    assert (gone["Name"], gone["ARN"]) == ("s", arn[:-7])


FILTERS = [
    ([("name", ["prod"])], ["prod/Db", "prod/cache"]),
    ([("name", ["prod", "test"])], ["prod/Db", "prod/cache", "test/db"]),
    ([("name", ["PROD"])], []),
    ([("name", ["!prod"])], ["test/db"]),
    ([("description", ["my DESCR"])], ["prod/Db"]),
    ([("description", ["basic"])], ["prod/Db"]),
    ([("tag-key", ["tea"])], ["test/db"]),
    ([("tag-value", ["Blu"])], ["test/db"]),
    ([("tag-value", ["blu"])], []),
    ([("owning-service", ["rds"])], []),
    ([("primary-region", ["us-east-1"])], []),
    ([("all", ["DB"])], ["prod/Db", "test/db"]),
    ([("all", ["blue"])], ["test/db"]),
    ([("all", ["testTeam"])], ["test/db"]),
    ([("all", ["testCache"])], []),
    ([("all", ["+"])], []),
    ([("description", ["basic", "!basic"])], ["prod/Db", "prod/cache", "test/db"]),
    ([("name", ["prod"]), ("all", ["db"])], ["prod/Db"]),
]


@pytest.mark.parametrize(("filters", "names"), FILTERS)
async def test_a_list_has_what_its_filters_ask_for(
    manager: Manager, filters: list[tuple[str, list[str]]], names: list[str]
) -> None:
    await manager("CreateSecret", Name="prod/Db", Description="My basic description")
    await manager("CreateSecret", Name="prod/cache")
    await manager("CreateSecret", Name="test/db", Tags=[{"Key": "team", "Value": "Blue"}])
    given: list[dict[str, Any]] = [{"Key": key, "Values": values} for key, values in filters]
    assert [one["Name"] for one in (await manager("ListSecrets", Filters=given))["SecretList"]] == names


def test_words_end_where_the_kind_of_character_changes() -> None:
    assert words("SecretOne16d6bf 892Database") == ["secret", "one", "16d", "6bf", "892", "database"]
    assert words("credsDatabase#892 My_Secret HTTPServer") == [
        "creds",
        "database",
        "892",
        "my",
        "secret",
        "http",
        "server",
    ]


async def test_a_list_is_sorted_and_comes_in_pages(manager: Manager) -> None:
    for name in ("b", "c", "a"):
        await manager("CreateSecret", Name=name, SecretString=name)
        manager.clock.pass_by(days=1)
    await manager("GetSecretValue", SecretId="c")
    await manager("UpdateSecret", SecretId="b", Description="d")

    async def order(**params: Any) -> str:
        return "".join(one["Name"] for one in (await manager("ListSecrets", **params))["SecretList"])

    assert await order() == "bca"
    assert await order(SortOrder="desc") == "acb"
    assert await order(SortBy="name") == "abc"
    assert await order(SortBy="last-changed-date") == "cab"
    assert await order(SortBy="last-accessed-date", SortOrder="desc") == "cba"
    first = await manager("ListSecrets", MaxResults=2)
    rest = await manager("ListSecrets", MaxResults=2, NextToken=first["NextToken"])
    assert [one["Name"] for page in (first, rest) for one in page["SecretList"]] == ["b", "c", "a"]
    assert "NextToken" not in rest
    assert first["SecretList"][0]["SecretVersionsToStages"]


async def test_a_password_has_every_kind_that_it_must_have(manager: Manager) -> None:
    for _ in range(50):
        made = (await manager("GetRandomPassword", PasswordLength=4, IncludeSpace=True))["RandomPassword"]
        assert len(made) == 4
        assert all(re.search(kind, made) for kind in ("[a-z]", "[A-Z]", "[0-9]", r"[^\w ]|_"))
    spaced = (await manager("GetRandomPassword", PasswordLength=4096, IncludeSpace=True))["RandomPassword"]
    assert " " in spaced
    long = (await manager("GetRandomPassword"))["RandomPassword"]
    assert (len(long), " " in long) == (32, False)
    wanted = {"ExcludePunctuation": True, "ExcludeUppercase": True, "ExcludeNumbers": True, "PasswordLength": 4096}
    few = (await manager("GetRandomPassword", **wanted, ExcludeCharacters="defghijklmnopqrstuvwxyz"))["RandomPassword"]
    assert (len(few), {*few}) == (4096, {"a", "b", "c"})
    loose = {"PasswordLength": 1, "RequireEachIncludedType": False}
    assert len((await manager("GetRandomPassword", **loose))["RandomPassword"]) == 1


async def test_a_secret_that_is_not_there_is_a_client_error_like_any_other(manager: Manager) -> None:
    with pytest.raises(AwsError, match="ResourceNotFoundException") as caught:
        await manager("DescribeSecret", SecretId="none")
    assert caught.value.status == 400
