"""Parameter and option groups: the default ones that instances tell are there, and no others that nobody made."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.errors import AwsError

Region = Any
"""conftest's."""


async def test_the_groups_that_an_instance_tells_are_there(region: Region) -> None:
    made = await region.create()
    (option,), (parameter,) = made["OptionGroupMemberships"], made["DBParameterGroups"]
    told = await region.apis.call("rds", "DescribeOptionGroups", {"OptionGroupName": option["OptionGroupName"]})
    assert [one["OptionGroupName"] for one in told["OptionGroupsList"]] == [option["OptionGroupName"]]
    wanted = {"DBParameterGroupName": parameter["DBParameterGroupName"]}
    told = await region.apis.call("rds", "DescribeDBParameterGroups", wanted)
    assert [one["DBParameterGroupName"] for one in told["DBParameterGroups"]] == [parameter["DBParameterGroupName"]]


async def test_groups_that_are_not_there_are_awss_errors(region: Region) -> None:
    for operation, member, code in (
        ("DescribeOptionGroups", "OptionGroupName", "OptionGroupNotFoundFault"),
        ("DescribeDBParameterGroups", "DBParameterGroupName", "DBParameterGroupNotFound"),
    ):
        with pytest.raises(AwsError) as told:
            await region.apis.call("rds", operation, {member: "nope"})
        assert told.value.code == code


async def test_a_group_that_was_made_is_listed_beside_the_default_ones(region: Region) -> None:
    group = {"DBParameterGroupName": "mine", "DBParameterGroupFamily": "postgres17", "Description": "d"}
    await region.apis.call("rds", "CreateDBParameterGroup", group)
    told = (await region.apis.call("rds", "DescribeDBParameterGroups", {}))["DBParameterGroups"]
    names = [one["DBParameterGroupName"] for one in told]
    assert "mine" in names
    assert any(name.startswith("default.postgres") for name in names)
