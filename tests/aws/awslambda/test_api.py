"""What is created, changed and put is found again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netflux import names
from netflux.errors import AwsError
from tests.aws.awslambda.world import ROLE, World, zipped

CODE = "def handler(e, c): return c.function_version\n"
ARN = f"arn:aws:lambda:{names.REGION}:{names.ACCOUNT}:function:"


async def test_a_functions_configuration_is_told_as_it_was_given(world: World) -> None:
    wanted: dict[str, Any] = {
        "Description": "d", "Timeout": 7, "MemorySize": 256, "Environment": {"Variables": {"OWN": "1"}},
        "TracingConfig": {"Mode": "Active"}, "EphemeralStorage": {"Size": 1024},
        "LoggingConfig": {"LogFormat": "Text", "LogGroup": "own"},
    }  # fmt: skip
    created = await world.call(
        "CreateFunction", FunctionName="f", Runtime="python3.12", Handler="index.handler", Role=ROLE,
        Code={"ZipFile": zipped(**{"index.py": CODE})}, Tags={"t": "v"}, Architectures=["arm64"], **wanted,
    )  # fmt: skip
    assert (created["State"], created["StateReasonCode"]) == ("Pending", "Creating")
    active = await world.active("f")
    found = await world.call("GetFunction", FunctionName="f")
    assert found["Tags"] == {"t": "v"}
    assert active == found["Configuration"]
    assert {name: active[name] for name in wanted} == wanted
    assert (active["Architectures"], active["Role"], active["Runtime"]) == (["arm64"], ROLE, "python3.12")
    changed = {"Description": "e", "Timeout": 8, "MemorySize": 512, "Environment": {"Variables": {}}}
    await world.call("UpdateFunctionConfiguration", FunctionName="f", **changed)
    after = await world.active("f")
    assert (after["Description"], after["Timeout"], after["MemorySize"]) == ("e", 8, 512)
    assert "Environment" not in after
    assert after["TracingConfig"] == {"Mode": "Active"}
    assert after["RevisionId"] != active["RevisionId"]
    assert [one["FunctionName"] for one in (await world.call("ListFunctions"))["Functions"]] == ["f"]
    await world.call("DeleteFunction", FunctionName="f")
    with pytest.raises(AwsError) as gone:
        await world.call("GetFunction", FunctionName="f")
    assert (gone.value.code, gone.value.message) == ("ResourceNotFoundException", f"Function not found: {ARN}f")


async def test_a_published_version_stays_as_it_was(world: World) -> None:
    await world.make("f", CODE, Timeout=5)
    first = await world.call("PublishVersion", FunctionName="f", Description="first")
    assert (first["Version"], first["FunctionArn"]) == ("1", f"{ARN}f:1")
    again = await world.call("PublishVersion", FunctionName="f", Description="first")
    assert again["Version"] == "1"
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Timeout=6)
    await world.active("f")
    assert (await world.call("PublishVersion", FunctionName="f"))["Version"] == "2"
    listed = (await world.call("ListVersionsByFunction", FunctionName="f"))["Versions"]
    assert [(one["Version"], one["Timeout"]) for one in listed] == [("$LATEST", 6), ("1", 5), ("2", 6)]
    assert await world.invoke("f", Qualifier="1") == "1"


async def test_an_alias_leads_to_its_versions_by_weight(world: World) -> None:
    await world.make("f", CODE)
    await world.call("PublishVersion", FunctionName="f")
    await world.call("UpdateFunctionConfiguration", FunctionName="f", Description="x")
    await world.active("f")
    await world.call("PublishVersion", FunctionName="f")
    made = await world.call("CreateAlias", FunctionName="f", Name="live", FunctionVersion="1", Description="d")
    assert (made["AliasArn"], made["FunctionVersion"]) == (f"{ARN}f:live", "1")
    assert await world.invoke("f:live") == "1"
    changed = await world.call(
        "UpdateAlias", FunctionName="f", Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 1.0}}
    )
    assert changed["RoutingConfig"] == {"AdditionalVersionWeights": {"2": 1.0}}
    assert changed == await world.call("GetAlias", FunctionName="f", Name="live")
    assert await world.invoke("f", Qualifier="live") == "2"
    with pytest.raises(AwsError) as used:
        await world.call("DeleteFunction", FunctionName="f", Qualifier="2")
    assert used.value.code == "ResourceConflictException"
    await world.call("DeleteAlias", FunctionName="f", Name="live")
    assert (await world.call("ListAliases", FunctionName="f"))["Aliases"] == []


async def test_a_policy_has_a_statement_for_each_permission(world: World) -> None:
    await world.make("f", CODE)
    given = {"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", "SourceArn": "arn:aws:s3:::b"}
    added = await world.call("AddPermission", FunctionName="f", StatementId="s", SourceAccount=names.ACCOUNT, **given)
    statement = {
        "Sid": "s", "Effect": "Allow", "Principal": {"Service": "s3.amazonaws.com"}, "Action": given["Action"],
        "Resource": f"{ARN}f",
        "Condition": {
            "StringEquals": {"AWS:SourceAccount": names.ACCOUNT}, "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"},
        },
    }  # fmt: skip
    assert json.loads(added["Statement"]) == statement
    policy = json.loads((await world.call("GetPolicy", FunctionName="f"))["Policy"])
    assert policy["Statement"] == [statement]
    await world.call("RemovePermission", FunctionName="f", StatementId="s")
    with pytest.raises(AwsError):
        await world.call("GetPolicy", FunctionName="f")


async def test_settings_of_a_function_are_told_again(world: World) -> None:
    made = await world.make("f", CODE)
    await world.call("TagResource", Resource=made["FunctionArn"], Tags={"a": "1", "b": "2"})
    await world.call("UntagResource", Resource=made["FunctionArn"], TagKeys=["a"])
    assert (await world.call("ListTags", Resource=made["FunctionArn"]))["Tags"] == {"b": "2"}
    await world.call("PutFunctionConcurrency", FunctionName="f", ReservedConcurrentExecutions=3)
    assert await world.call("GetFunctionConcurrency", FunctionName="f") == {"ReservedConcurrentExecutions": 3}
    limits = (await world.call("GetAccountSettings"))["AccountLimit"]
    assert (limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]) == (1000, 997)
    put = await world.call("PutFunctionEventInvokeConfig", FunctionName="f", MaximumEventAgeInSeconds=60)
    assert put == await world.call("GetFunctionEventInvokeConfig", FunctionName="f")
    assert (put["MaximumEventAgeInSeconds"], put["FunctionArn"]) == (60, f"{ARN}f:$LATEST")
    url = await world.call("CreateFunctionUrlConfig", FunctionName="f", AuthType="NONE", Cors={"AllowOrigins": ["*"]})
    assert url["FunctionUrl"].endswith(".lambda-url.us-east-1.localhost:9/")
    found = await world.call("GetFunctionUrlConfig", FunctionName="f")
    assert (found["AuthType"], found["Cors"]) == ("NONE", {"AllowOrigins": ["*"]})


async def test_a_layer_version_is_told_as_it_was_published(world: World) -> None:
    given = {"Description": "d", "CompatibleRuntimes": ["python3.12"], "LicenseInfo": "MIT"}
    made = await world.call("PublishLayerVersion", LayerName="l", Content={"ZipFile": zipped(a="x")}, **given)
    assert {name: made[name] for name in given} == given
    assert made["Version"] == 1
    assert made == await world.call("GetLayerVersion", LayerName="l", VersionNumber=1)
    await world.call("DeleteLayerVersion", LayerName="l", VersionNumber=1)
    again = await world.call("PublishLayerVersion", LayerName="l", Content={"ZipFile": zipped(a="x")})
    assert again["Version"] == 2
