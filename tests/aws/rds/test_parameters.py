"""Parameter groups: PostgreSQL has their values, when RDS says that it has."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from netflux.aws.rds.configuration import digest, reloaded, same, text
from netflux.aws.rds.installation import installations
from netflux.resources.rds import Parameter

Region = Any
"""conftest's."""

FAMILY = f"postgres{installations()[0].major}"


async def _group(region: Region) -> None:
    await region.rds(
        "CreateDBParameterGroup", DBParameterGroupName="mine", DBParameterGroupFamily=FAMILY, Description="d"
    )


async def _set(region: Region, name: str, value: str, method: str = "immediate") -> None:
    parameter = {"ParameterName": name, "ParameterValue": value, "ApplyMethod": method}
    await region.rds("ModifyDBParameterGroup", DBParameterGroupName="mine", Parameters=[parameter])
    region.loop.poke("rds", "netflux-db")


async def _synced(region: Region, status: str = "in-sync") -> None:
    def told(instance: dict[str, Any]) -> bool:
        [group] = instance["DBParameterGroups"]
        return bool(group["DBParameterGroupName"] == "mine" and group["ParameterApplyStatus"] == status)

    await region.until_it(told)


def _show(region: Region, name: str, tls: str = "require") -> str:
    where = {"host": region.address(), "port": 5432, "user": "postgres", "dbname": "postgres"}
    with psycopg.connect(**where, password="correct-horse", sslmode=tls) as connection:
        [value] = connection.execute(f"SHOW {name}").fetchone() or [""]
    return str(value)


async def test_an_instance_has_the_parameters_of_its_group(region: Region) -> None:
    await _group(region)
    await _set(region, "work_mem", "8192")
    await region.create(DBParameterGroupName="mine")
    await region.until("available")
    await _synced(region)
    assert _show(region, "work_mem") == "8MB"
    await _set(region, "work_mem", "16384")
    await _synced(region)
    assert _show(region, "work_mem") == "16MB"
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        _show(region, "work_mem", "disable")
    await _set(region, "rds.force_ssl", "0")
    await _synced(region)
    assert _show(region, "work_mem", "disable") == "16MB"


async def test_a_static_parameter_waits_for_a_reboot(region: Region) -> None:
    await _group(region)
    await region.create()
    await region.until("available")
    await _set(region, "work_mem", "8192")
    await region.rds("ModifyDBInstance", DBInstanceIdentifier="netflux-db", DBParameterGroupName="mine")
    await _synced(region, "pending-reboot")
    await region.rds("RebootDBInstance", DBInstanceIdentifier="netflux-db")
    await region.until("available")
    await _synced(region)
    assert _show(region, "work_mem") == "8MB"
    await _set(region, "max_connections", "50", "pending-reboot")
    await _synced(region, "pending-reboot")
    assert _show(region, "max_connections") == "100"
    await region.rds("RebootDBInstance", DBInstanceIdentifier="netflux-db")
    await region.until("available")
    await _synced(region)
    assert _show(region, "max_connections") == "50"
    reset = [{"ParameterName": "work_mem", "ApplyMethod": "immediate"}]
    await region.rds("ResetDBParameterGroup", DBParameterGroupName="mine", Parameters=reset)
    region.loop.poke("rds", "netflux-db")
    await _synced(region)
    assert _show(region, "work_mem") == "4MB"


async def test_parameters_are_told_with_what_they_may_be(region: Region) -> None:
    await _group(region)
    await _set(region, "work_mem", "8192")
    told = await region.rds("DescribeDBParameters", DBParameterGroupName="mine", Source="user")
    [parameter] = told["Parameters"]
    expected = {"ParameterName": "work_mem", "ParameterValue": "8192", "Source": "user", "ApplyType": "dynamic"}
    expected |= {"DataType": "integer", "AllowedValues": "64-2147483647", "ApplyMethod": "immediate"}
    assert {key: parameter[key] for key in expected} == expected
    names, marker = [], ""
    while True:
        page = await region.rds("DescribeDBParameters", DBParameterGroupName=f"default.{FAMILY}", **_after(marker))
        names += [one["ParameterName"] for one in page["Parameters"]]
        marker = page.get("Marker", "")
        if not marker:
            break
    assert names == sorted(names)
    assert {"work_mem", "wal_level", "timezone", "rds.force_ssl"} <= {*names}
    defaults = await region.rds("DescribeEngineDefaultParameters", DBParameterGroupFamily=FAMILY)
    assert len(defaults["EngineDefaults"]["Parameters"]) == 100


def _after(marker: str) -> dict[str, str]:
    return {"Marker": marker} if marker else {}


async def test_a_copy_has_the_parameters_of_its_source(region: Region) -> None:
    await _group(region)
    await _set(region, "work_mem", "8192")
    await region.rds(
        "CopyDBParameterGroup", SourceDBParameterGroupIdentifier="mine", TargetDBParameterGroupIdentifier="other",
        TargetDBParameterGroupDescription="c", Tags=[{"Key": "k", "Value": "v"}],
    )  # fmt: skip
    told = await region.rds("DescribeDBParameters", DBParameterGroupName="other", Source="user")
    assert [one["ParameterValue"] for one in told["Parameters"]] == ["8192"]
    [group] = (await region.rds("DescribeDBParameterGroups", DBParameterGroupName="other"))["DBParameterGroups"]
    assert (group["Description"], group["DBParameterGroupFamily"]) == ("c", FAMILY)
    tags = await region.rds("ListTagsForResource", ResourceName=group["DBParameterGroupArn"])
    assert tags["TagList"] == [{"Key": "k", "Value": "v"}]
    await region.rds("ResetDBParameterGroup", DBParameterGroupName="mine", ResetAllParameters=True)
    assert (await region.rds("DescribeDBParameters", DBParameterGroupName="mine", Source="user"))["Parameters"] == []


NOW, LATER = "immediate", "pending-reboot"
CASES = [
    ({}, {"a": Parameter("1", NOW)}, {"a": "1"}),
    ({}, {"a": Parameter("1", LATER)}, {}),
    ({}, {"a": Parameter("1", LATER, static=True)}, {}),
    ({"a": Parameter("1", NOW)}, {"a": Parameter("2", NOW)}, {"a": "2"}),
    ({"a": Parameter("1", NOW)}, {"a": Parameter("2", LATER)}, {"a": "1"}),
    ({"a": Parameter("1", NOW)}, {"a": Parameter("1", LATER)}, {"a": "1"}),
    ({"a": Parameter("1", NOW)}, {}, {}),
    ({"a": Parameter("1", LATER)}, {}, {}),
    ({"a": Parameter("1", LATER, static=True)}, {}, {"a": "1"}),
]


@pytest.mark.parametrize(("has", "wanted", "expected"), CASES)
def test_what_a_reload_brings(has: Any, wanted: Any, expected: dict[str, str]) -> None:
    found = reloaded(has, wanted)
    assert {name: one.value for name, one in found.items()} == expected
    assert same(reloaded(found, wanted), found)


def test_values_are_quoted_and_the_text_says_which_they_are() -> None:
    given = {"b": Parameter("it's \\n", NOW), "rds.force_ssl": Parameter("0", NOW), "a": Parameter("1", NOW)}
    assert text(given).splitlines() == ["a = '1'", "b = 'it''s \\\\n'", f"netflux.parameters = '{digest(given)}'"]
    assert digest(given) != digest({"a": Parameter("1", NOW)})
