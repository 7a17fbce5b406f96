"""Snapshots: copies of a real PostgreSQL's data, and instances that are made of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from netflux.errors import AwsError

Region = Any
"""conftest's."""
RESTORED = {
    "DBInstanceIdentifier": "restored", "DBSnapshotIdentifier": "kept", "DBSubnetGroupName": "db",
    "DBInstanceClass": "db.t4g.small",
}  # fmt: skip


def connect(region: Region, identifier: str = "netflux-db", **params: Any) -> psycopg.Connection[Any]:
    wanted = {"user": "postgres", "password": "correct-horse", "dbname": "postgres", "sslmode": "require", **params}
    return psycopg.connect(host=region.address(identifier), port=5432, connect_timeout=5, autocommit=True, **wanted)


def rows(region: Region, identifier: str = "netflux-db", **params: Any) -> list[int]:
    with connect(region, identifier, **params) as connection:
        return [row[0] for row in connection.execute("SELECT id FROM movie ORDER BY id").fetchall()]


async def available(region: Region, **params: Any) -> None:
    await region.create(**params)
    await region.until("available")
    with connect(region) as connection:
        connection.execute("CREATE TABLE movie (id int)")
        connection.execute("INSERT INTO movie VALUES (1), (2)")


async def take(region: Region, identifier: str = "kept", **params: Any) -> dict[str, Any]:
    wanted = {"DBSnapshotIdentifier": identifier, "DBInstanceIdentifier": "netflux-db", **params}
    return dict((await region.rds("CreateDBSnapshot", **wanted))["DBSnapshot"])


async def gone(region: Region, identifier: str = "netflux-db") -> None:
    end = time.monotonic() + 30
    while region.instances.get(identifier) is not None:
        assert time.monotonic() < end, region.loop.failures()
        await asyncio.sleep(0.02)


async def deleted(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not holds():
        assert time.monotonic() < end
        await asyncio.sleep(0.02)


def files(region: Region) -> list[Path]:
    return [*(region.directory / "snapshots").glob("*/data/PG_VERSION")]


async def test_a_restored_instance_has_the_rows_of_the_snapshot_and_its_password(region: Region) -> None:
    await available(region, CopyTagsToSnapshot=True, Tags=[{"Key": "team", "Value": "films"}])
    begun = await take(region)
    assert (begun["Status"], begun["PercentProgress"]) == ("creating", 0)
    told = await region.until_snapshot("kept")
    assert (told["SnapshotType"], told["PercentProgress"], told["DBInstanceIdentifier"]) == (
        "manual",
        100,
        "netflux-db",
    )
    assert told["FullSnapshotSizeInBytes"] > 1_000_000
    assert told["TagList"] == [{"Key": "team", "Value": "films"}]
    await region.until("available")
    with connect(region) as connection:
        connection.execute("INSERT INTO movie VALUES (3)")
    made = (await region.rds("RestoreDBInstanceFromDBSnapshot", **RESTORED))["DBInstance"]
    assert (made["DBInstanceStatus"], made["MasterUsername"]) == ("creating", "postgres")
    with pytest.raises(AwsError, match="being restored"):
        await region.rds("DeleteDBSnapshot", DBSnapshotIdentifier="kept")
    found = await region.until("available", "restored")
    assert (found["DBInstanceClass"], found["AllocatedStorage"]) == ("db.t4g.small", 20)
    assert rows(region, "restored") == [1, 2]
    assert rows(region) == [1, 2, 3]
    events = (await region.rds("DescribeEvents", SourceType="db-snapshot", SourceIdentifier="kept"))["Events"]
    assert [one["Message"] for one in events] == ["Creating manual snapshot", "Manual snapshot created"]


async def test_the_final_snapshot_has_the_last_row_and_the_instance_is_gone_after_it(region: Region) -> None:
    await available(region)
    final = {"DBInstanceIdentifier": "netflux-db", "FinalDBSnapshotIdentifier": "kept"}
    assert (await region.rds("DeleteDBInstance", **final))["DBInstance"]["DBInstanceStatus"] == "deleting"
    await gone(region)
    assert (await region.snapshot("kept"))["Status"] == "available"
    assert not (region.directory / "databases" / "netflux-db").exists()
    await region.rds("RestoreDBInstanceFromDBSnapshot", **RESTORED)
    await region.until("available", "restored")
    assert rows(region, "restored") == [1, 2]


async def test_a_snapshot_survives_the_region_and_its_instance(region: Region) -> None:
    await available(region)
    await take(region)
    await region.until_snapshot("kept")
    await region.rds("DeleteDBInstance", DBInstanceIdentifier="netflux-db", SkipFinalSnapshot=True)
    await gone(region)
    await region.stop()
    await region.restart()
    managed = {**RESTORED, "ManageMasterUserPassword": True}
    await region.rds("RestoreDBInstanceFromDBSnapshot", **managed)
    found = await region.until("available", "restored")
    secret = {"SecretId": found["MasterUserSecret"]["SecretArn"]}
    value = await region.apis.call("secretsmanager", "GetSecretValue", secret)
    assert rows(region, "restored", password=value["SecretString"].split('"password": "')[1].split('"')[0]) == [1, 2]


async def test_a_snapshot_that_the_regions_end_interrupts_is_taken_after_all(region: Region) -> None:
    await available(region)
    begun = await take(region)
    await region.stop()
    assert begun["Status"] == "creating"
    await region.restart()
    await region.until_snapshot("kept")
    await region.rds("RestoreDBInstanceFromDBSnapshot", **RESTORED)
    await region.until("available", "restored")
    assert rows(region, "restored") == [1, 2]


async def test_a_copy_stays_when_its_source_is_deleted_with_its_files(region: Region) -> None:
    await available(region)
    await take(region, Tags=[{"Key": "a", "Value": "1"}])
    source = await region.until_snapshot("kept")
    copy = {"SourceDBSnapshotIdentifier": source["DBSnapshotArn"], "TargetDBSnapshotIdentifier": "copy"}
    copied = (await region.rds("CopyDBSnapshot", **copy, CopyTags=True))["DBSnapshot"]
    assert copied["SourceDBSnapshotIdentifier"] == source["DBSnapshotArn"]
    copied = await region.until_snapshot("copy")
    assert copied["TagList"] == [{"Key": "a", "Value": "1"}]
    assert len(files(region)) == 2
    await region.rds("DeleteDBSnapshot", DBSnapshotIdentifier="kept")
    with pytest.raises(AwsError, match="DBSnapshotNotFound"):
        await region.snapshot("kept")
    await deleted(lambda: len(files(region)) == 1)
    await region.rds("RestoreDBInstanceFromDBSnapshot", **{**RESTORED, "DBSnapshotIdentifier": "copy"})
    await region.until("available", "restored")
    assert rows(region, "restored") == [1, 2]


async def test_a_stopped_instance_has_its_snapshot_from_before_it_stopped(region: Region) -> None:
    await available(region)
    await region.rds("StopDBInstance", DBInstanceIdentifier="netflux-db", DBSnapshotIdentifier="kept")
    await region.until("stopped")
    assert (await region.snapshot("kept"))["Status"] == "available"
    await region.rds("DeleteDBInstance", DBInstanceIdentifier="netflux-db", FinalDBSnapshotIdentifier="last")
    await gone(region)
    assert (await region.snapshot("last"))["Status"] == "available"
    await region.rds("RestoreDBInstanceFromDBSnapshot", **{**RESTORED, "DBSnapshotIdentifier": "last"})
    await region.until("available", "restored")
    assert rows(region, "restored") == [1, 2]


async def test_the_daily_window_has_a_snapshot_that_goes_with_the_instance(region: Region) -> None:
    now: datetime = region.clock.now()
    begin, end = now - timedelta(minutes=5), now + timedelta(minutes=25)
    later = f"{now + timedelta(hours=6):%H:%M}-{now + timedelta(hours=7):%H:%M}"
    maintenance = "-".join(f"{now + timedelta(days=3, hours=6):%a}:{one}" for one in later.split("-"))
    windows = {"PreferredBackupWindow": f"{begin:%H:%M}-{end:%H:%M}", "PreferredMaintenanceWindow": maintenance}
    await available(region, BackupRetentionPeriod=1, **windows)
    region.loop.poke_all("rds")

    async def automated() -> list[dict[str, Any]]:
        return list((await region.rds("DescribeDBSnapshots", SnapshotType="automated"))["DBSnapshots"])

    limit = time.monotonic() + 15
    while not (found := await automated()) or found[0]["Status"] != "available":
        assert time.monotonic() < limit
        await asyncio.sleep(0.02)
    assert found[0]["DBSnapshotIdentifier"].startswith("rds:netflux-db-")
    with pytest.raises(AwsError, match="InvalidDBSnapshotState"):
        await region.rds("DeleteDBSnapshot", DBSnapshotIdentifier=found[0]["DBSnapshotIdentifier"])
    await region.until("available")
    await region.rds("DeleteDBInstance", DBInstanceIdentifier="netflux-db", SkipFinalSnapshot=True)
    assert await automated() == []
    await deleted(lambda: not files(region))


async def test_files_of_which_nothing_is_known_stay(region: Region) -> None:
    unknown = region.directory / "snapshots" / "snap-unknown" / "data"
    unknown.mkdir(parents=True)
    (unknown / "PG_VERSION").write_text("17")
    await available(region)
    await take(region)
    await region.until_snapshot("kept")
    await region.rds("DeleteDBSnapshot", DBSnapshotIdentifier="kept")
    await deleted(lambda: files(region) == [unknown / "PG_VERSION"])
