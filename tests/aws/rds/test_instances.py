"""DB instances with a real PostgreSQL behind them."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from typing import Any

import psycopg
import pytest

from netflux.errors import AwsError

Region = Any
"""conftest's."""


def connect(region: Region, **params: Any) -> psycopg.Connection[Any]:
    wanted: dict[str, Any] = {
        "host": region.address(),
        "port": 5432,
        "user": "postgres",
        "password": "correct-horse",
        "dbname": "postgres",
        "sslmode": "require",
        "connect_timeout": 5,
        "autocommit": True,
    }
    return psycopg.connect(**{**wanted, **params})


async def test_an_instance_is_available_when_its_master_user_can_log_in(region: Region) -> None:
    created = await region.create(DBName="movies")
    assert created["DBInstanceStatus"] == "creating"
    assert "Endpoint" not in created
    found = await region.until("available")
    endpoint = found["Endpoint"]
    assert endpoint["Address"].startswith("netflux-db.c")
    assert region.endpoints.find(endpoint["Address"], 5432).host == region.address()
    assert region.endpoints.hosts() == {endpoint["Address"]: region.address()}
    with connect(region, dbname="movies") as connection:
        assert connection.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()").fetchone() == (True,)
        connection.execute("CREATE TABLE movie (id int PRIMARY KEY)")
        role = connection.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolcanlogin FROM pg_roles"
            " WHERE rolname = 'postgres'"
        ).fetchone()
        assert role == (False, True, True, False, True)
        assert connection.execute("SELECT pg_has_role('rds_superuser', 'member')").fetchone() == (True,)
        version = connection.execute("SHOW server_version").fetchone()
    assert version is not None
    assert found["EngineVersion"] == version[0].split()[0]


async def test_a_wrong_password_and_a_connection_without_tls_are_refused(region: Region) -> None:
    await region.create()
    await region.until("available")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        connect(region, password="wrong-horse")
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba.conf entry for host .* no encryption"):
        connect(region, sslmode="disable")


async def test_no_password_is_on_disk(region: Region) -> None:
    await region.create()
    await region.until("available")
    await region.stop()
    for path in region.directory.rglob("*"):
        if path.is_file():
            assert b"correct-horse" not in path.read_bytes(), path
    await region.restart()


async def test_a_managed_password_is_the_one_in_the_secret(region: Region) -> None:
    created = await region.create(ManageMasterUserPassword=True)
    assert created["MasterUserSecret"]["SecretStatus"] == "creating"
    found = await region.until("available")
    arn = found["MasterUserSecret"]["SecretArn"]
    assert found["MasterUserSecret"]["SecretStatus"] == "active"
    assert ":secret:rds!db-" in arn
    value = await region.apis.call("secretsmanager", "GetSecretValue", {"SecretId": arn})
    secret = json.loads(value["SecretString"])
    connect(region, password=secret["password"], user=secret["username"]).close()
    await region.rds(
        "ModifyDBInstance", DBInstanceIdentifier="netflux-db", RotateMasterUserPassword=True, ApplyImmediately=True
    )
    await region.until("available")
    value = await region.apis.call("secretsmanager", "GetSecretValue", {"SecretId": arn})
    rotated = json.loads(value["SecretString"])["password"]
    assert rotated != secret["password"]
    connect(region, password=rotated).close()
    await region.rds("DeleteDBInstance", DBInstanceIdentifier="netflux-db", SkipFinalSnapshot=True)
    await gone(region)
    with pytest.raises(AwsError, match="ResourceNotFoundException"):
        await region.apis.call("secretsmanager", "DescribeSecret", {"SecretId": arn})


async def test_a_new_password_is_set_without_an_outage(region: Region) -> None:
    await region.create()
    await region.until("available")
    with connect(region) as held:
        changed = await region.rds(
            "ModifyDBInstance", DBInstanceIdentifier="netflux-db", MasterUserPassword="another-horse"
        )
        assert changed["DBInstance"]["DBInstanceStatus"] == "resetting-master-credentials"
        await region.until("available")
        held.execute("SELECT 1")
    connect(region, password="another-horse").close()
    with pytest.raises(psycopg.OperationalError):
        connect(region)


async def test_other_security_groups_get_to_the_network_interface_before_they_are_active(region: Region) -> None:
    await region.create()
    vpc = (await region.until("available"))["DBSubnetGroup"]["VpcId"]
    made = {"GroupName": "other", "Description": "other", "VpcId": vpc}
    other = (await region.apis.call("ec2", "CreateSecurityGroup", made))["GroupId"]
    old = region.groups[0]
    wanted = {"DBInstanceIdentifier": "netflux-db", "VpcSecurityGroupIds": [other], "PubliclyAccessible": True}
    changed = (await region.rds("ModifyDBInstance", **wanted))["DBInstance"]
    states = {one["VpcSecurityGroupId"]: one["Status"] for one in changed["VpcSecurityGroups"]}
    assert states in ({other: "adding", old: "removing"}, {other: "active"})
    end = time.monotonic() + 15
    while (await region.describe())["VpcSecurityGroups"] != [{"VpcSecurityGroupId": other, "Status": "active"}]:
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
    condition = {
        "Filters": [{"Name": "private-ip-address", "Values": [region.network.of("rds/netflux-db").vpc_address]}]
    }
    (eni,) = (await region.apis.call("ec2", "DescribeNetworkInterfaces", condition))["NetworkInterfaces"]
    assert [group["GroupId"] for group in eni["Groups"]] == [other]
    assert region.network.of("rds/netflux-db").public_address
    assert (await region.describe())["DBInstanceStatus"] == "available"


async def test_postgresql_killed_comes_back_with_its_rows_and_the_status_says_so_meanwhile(region: Region) -> None:
    await region.create()
    await region.until("available")
    with connect(region) as connection:
        connection.execute("CREATE TABLE kept (id int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    (child,) = region.children.running()
    os.kill(child.pid, signal.SIGKILL)
    await child.wait()
    await region.until("starting")
    await region.until("available")
    with connect(region) as connection:
        assert connection.execute("SELECT id FROM kept").fetchone() == (7,)
    events = (await region.rds("DescribeEvents", SourceIdentifier="netflux-db", SourceType="db-instance"))["Events"]
    seen = ("ended unexpectedly", "does not answer")  # which comes first is the watch's look or the process's end
    assert any(words in event["Message"] for event in events for words in seen)


async def test_stopped_means_that_no_one_can_connect_and_started_that_rows_are_there(region: Region) -> None:
    await region.create()
    await region.until("available")
    connect(region).execute("CREATE TABLE kept (id int)").connection.close()
    stopping = await region.rds("StopDBInstance", DBInstanceIdentifier="netflux-db")
    assert stopping["DBInstance"]["DBInstanceStatus"] == "stopping"
    stopped = await region.until("stopped")
    assert "Endpoint" in stopped
    assert region.endpoints.hosts() == {}
    with pytest.raises(psycopg.OperationalError, match="refused"):
        connect(region)
    with pytest.raises(AwsError, match="InvalidDBInstanceState"):
        await region.rds("RebootDBInstance", DBInstanceIdentifier="netflux-db")
    await region.rds("StartDBInstance", DBInstanceIdentifier="netflux-db")
    await region.until("available")
    connect(region).execute("SELECT * FROM kept").connection.close()


async def test_a_reboot_drops_sessions(region: Region) -> None:
    await region.create()
    await region.until("available")
    held = connect(region)
    rebooting = await region.rds("RebootDBInstance", DBInstanceIdentifier="netflux-db")
    assert rebooting["DBInstance"]["DBInstanceStatus"] == "rebooting"
    await region.until("available")
    with pytest.raises(psycopg.OperationalError):
        held.execute("SELECT 1")
    held.close()


async def test_a_deleted_instance_leaves_nothing(region: Region) -> None:
    await region.create(DeletionProtection=True)
    await region.until("available")
    with pytest.raises(AwsError, match="Cannot delete protected DB Instance"):
        await region.rds("DeleteDBInstance", DBInstanceIdentifier="netflux-db", SkipFinalSnapshot=True)
    await region.rds("ModifyDBInstance", DBInstanceIdentifier="netflux-db", DeletionProtection=False)
    with pytest.raises(AwsError, match="InvalidDBSubnetGroupStateFault"):
        await region.rds("DeleteDBSubnetGroup", DBSubnetGroupName="db")
    deleting = await region.rds("DeleteDBInstance", DBInstanceIdentifier="netflux-db", SkipFinalSnapshot=True)
    assert deleting["DBInstance"]["DBInstanceStatus"] == "deleting"
    await gone(region)
    assert region.children.running() == []
    assert not (region.directory / "databases" / "netflux-db").exists()
    assert region.network.of("rds/netflux-db") is None
    enis = await region.apis.call("ec2", "DescribeNetworkInterfaces", {})
    assert enis["NetworkInterfaces"] == []


async def test_a_region_that_starts_again_brings_its_instances_back(region: Region) -> None:
    await region.create()
    before = await region.until("available")
    connect(region).execute("CREATE TABLE kept (id int)").connection.close()
    await region.stop()
    again = await region.restart()
    assert (await again.describe())["DBInstanceStatus"] == "starting"
    after = await again.until("available")
    assert after["Endpoint"] == before["Endpoint"]
    connect(again).execute("SELECT * FROM kept").connection.close()


async def test_an_occupied_port_is_a_failure_with_its_reason_and_mends_itself(region: Region) -> None:
    created = await region.create()
    await region.until("available")
    await region.rds("StopDBInstance", DBInstanceIdentifier="netflux-db")
    await region.until("stopped")
    assert created["DBInstanceStatus"] == "creating"
    server = await asyncio.start_server(lambda _r, w: w.close(), region.address(), 5432)
    await region.rds("StartDBInstance", DBInstanceIdentifier="netflux-db")
    await region.until("failed")
    events = (await region.rds("DescribeEvents"))["Events"]
    assert any("could not" in event["Message"] for event in events)
    server.close()
    await server.wait_closed()
    await region.until("available")


async def test_files_that_are_gone_are_told_and_no_empty_database_takes_their_place(region: Region) -> None:
    await region.create()
    await region.until("available")
    connect(region).execute("CREATE TABLE kept (id int)").connection.close()
    await region.stop()
    data, copy = region.directory / "databases" / "netflux-db" / "data", region.directory / "copy"
    data.rename(copy)
    again = await region.restart()
    await again.until("failed")
    assert not data.exists()
    told = [failure.message for failure in again.loop.failures().values()]
    assert [f"its files are gone: {data} is missing" in one for one in told] == [True]
    copy.rename(data)
    await again.until("available")
    connect(again).execute("SELECT * FROM kept").connection.close()


async def test_a_damaged_cluster_fails_with_postgresqls_words_and_another_goes_on(region: Region) -> None:
    await region.create()
    await region.create(DBInstanceIdentifier="other")
    for identifier in ("netflux-db", "other"):
        await region.until("available", identifier)
    await region.stop()
    control = region.directory / "databases" / "netflux-db" / "data" / "global" / "pg_control"
    whole = control.read_bytes()
    control.write_bytes(b"\0" * len(whole))
    again = await region.restart()
    await again.until("failed")
    await again.until("available", "other")
    told = [failure.message for failure in again.loop.failures().values()]
    assert ["netflux-db" in one and "incompatible with server" in one for one in told] == [True]
    control.write_bytes(whole)
    await again.until("available")


async def gone(region: Region) -> None:
    end = time.monotonic() + 30
    while True:
        try:
            await region.describe()
        except AwsError as error:
            if error.code == "DBInstanceNotFound":
                return
            raise
        assert time.monotonic() < end
        await asyncio.sleep(0.02)
