"""What DB instances tell: PostgreSQL's log and the machine's figures, load in Performance Insights."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.controlplane.plane import with_iam

from netflux.aws.logs.api import LogsApi
from netflux.aws.logs.store import Store
from netflux.aws.rds import insights, logexport, osmetrics
from netflux.aws.rds.osmetrics import Sample
from netflux.errors import AwsError

Region = Any
"""conftest's."""
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
         "Principal": {"Service": "monitoring.rds.amazonaws.com"}}]}  # fmt: skip


async def monitored(region: Region, **params: Any) -> dict[str, Any]:
    region.apis.register(LogsApi(Store(region.directory / "logs", region.documents), region.clock, region.apis))
    with_iam(region.apis, region.documents)
    document = json.dumps(TRUST)
    made = {"RoleName": "monitoring", "AssumeRolePolicyDocument": document}
    role = (await region.apis.call("iam", "CreateRole", made))["Role"]["Arn"]
    await region.create(MonitoringRoleArn=role, **params)
    return dict(await region.until("available"))


async def events(region: Region, group: str, stream: str, least: int) -> list[str]:
    wanted = {"logGroupName": group, "logStreamName": stream, "startFromHead": True}
    end = time.monotonic() + 20
    while True:
        try:
            found = (await region.apis.call("logs", "GetLogEvents", wanted))["events"]
        except AwsError:
            found = []
        if len(found) >= least:
            return [one["message"] for one in found]
        assert time.monotonic() < end, region.loop.failures()
        await asyncio.sleep(0.05)


async def test_the_log_is_exported_and_the_system_is_monitored(region: Region) -> None:
    told = await monitored(region, MonitoringInterval=1, EnableCloudwatchLogsExports=["postgresql"])
    assert told["MonitoringInterval"] == 1
    assert told["EnabledCloudwatchLogsExports"] == ["postgresql"]
    assert told["EnhancedMonitoringResourceArn"].endswith(f":log-stream:{told['DbiResourceId']}")
    metrics = json.loads((await events(region, "RDSOSMetrics", told["DbiResourceId"], 2))[-1])
    assert (metrics["engine"], metrics["instanceID"]) == ("POSTGRES", "netflux-db")
    assert metrics["memory"]["total"] > metrics["memory"]["free"] > 0
    names = [one["name"] for one in metrics["processList"]]
    assert names.count("postgres") == len(names) > 3
    assert metrics["tasks"]["total"] == len(names)
    with (
        pytest.raises(psycopg.Error),
        psycopg.connect(
            host=region.address(), user="postgres", password="correct-horse", dbname="postgres", sslmode="require"
        ) as connection,
    ):
        connection.execute("SELECT 'what nobody has' / 0")
    group = "/aws/rds/instance/netflux-db/postgresql"
    end, log = time.monotonic() + 20, list[str]()
    while "what nobody has" not in "".join(log):
        assert time.monotonic() < end
        await asyncio.sleep(0.05)
        log = await events(region, group, "netflux-db.0", 1)
    assert len(log) == len({*log})
    off = {"DBInstanceIdentifier": "netflux-db", "MonitoringInterval": 0,
           "CloudwatchLogsExportConfiguration": {"DisableLogTypes": ["postgresql"]}}  # fmt: skip
    changed = (await region.rds("ModifyDBInstance", **off))["DBInstance"]
    assert (changed["MonitoringInterval"], changed["EnabledCloudwatchLogsExports"]) == (0, [])
    assert await region.telemetry.keys() == []


async def test_performance_insights_tells_who_was_active_and_what_was_waited_for(region: Region) -> None:
    await region.create(EnablePerformanceInsights=True)
    told = await region.until("available")
    assert (told["PerformanceInsightsEnabled"], told["PerformanceInsightsRetentionPeriod"]) == (True, 7)
    login = f"host={region.address()} user=postgres password=correct-horse dbname=postgres sslmode=require"
    start = region.clock.now()
    wanted = {"ServiceType": "RDS", "Identifier": told["DbiResourceId"], "StartTime": start, "PeriodInSeconds": 60}
    query = {"Metric": "db.load.avg", "GroupBy": {"Group": "db.wait_event"}}
    connection = await psycopg.AsyncConnection.connect(login)
    sleeping = asyncio.create_task(connection.execute("SELECT pg_sleep(30)"))
    end = time.monotonic() + 20
    while True:
        asked = {**wanted, "EndTime": region.clock.now() + timedelta(seconds=60), "MetricQueries": [query]}
        found = (await region.apis.call("pi", "GetResourceMetrics", asked))["MetricList"]
        if len(found) > 1:
            break
        assert time.monotonic() < end, (found, region.loop.failures())
        await asyncio.sleep(0.05)
    connection.cancel()
    with pytest.raises(psycopg.errors.QueryCanceled):
        await sleeping
    await connection.close()
    assert found[0]["Key"] == {"Metric": "db.load.avg"}
    assert 0 < found[0]["DataPoints"][0]["Value"] <= 1
    waits = {"db.wait_event.name": "PgSleep", "db.wait_event.type": "Timeout"}
    assert waits in [one["Key"].get("Dimensions") for one in found]
    asked = {"ServiceType": "RDS", "Identifier": told["DbiResourceId"], "StartTime": start, "Metric": "db.load.avg",
             "EndTime": region.clock.now() + timedelta(seconds=60), "GroupBy": {"Group": "db.user", "Limit": 1},
             "Filter": {"db.wait_event.name": "PgSleep"}}  # fmt: skip
    [key] = (await region.apis.call("pi", "DescribeDimensionKeys", asked))["Keys"]
    assert key["Dimensions"] == {"db.user.name": "postgres"}
    off = {"DBInstanceIdentifier": "netflux-db", "EnablePerformanceInsights": False}
    assert (await region.rds("ModifyDBInstance", **off))["DBInstance"]["PerformanceInsightsEnabled"] is False
    with pytest.raises(AwsError, match="not enabled"):
        await region.apis.call("pi", "DescribeDimensionKeys", asked)


def test_load_is_the_mean_of_the_sessions_of_all_samples() -> None:
    one, other = (insights.Session("films", user, "psql", "CPU", "CPU", "SELECT 1") for user in ("a", "b"))
    samples = [insights.Sample(0, [one, other]), insights.Sample(10, [one]), insights.Sample(20, [])]
    assert insights.load(samples) == 1.0
    assert insights.load([]) is None
    assert [*insights.keys(samples, "db.user", 1)] == [{"db.user.name": "a"}]
    assert insights.load(insights.only(samples, "db.user", {"db.user.name": "b"})) == pytest.approx(1 / 3)


def test_a_messages_further_lines_are_part_of_it(tmp_path: Path) -> None:
    body = b"2026-11-29 02:00:00 UTC:a\n2026-11-29 02:00:01 UTC:b\n\tmore\n\n2026-11-29 02:00:02 UTC:c\n"
    assert logexport.messages(body) == [
        "2026-11-29 02:00:00 UTC:a", "2026-11-29 02:00:01 UTC:b\n\tmore\n", "2026-11-29 02:00:02 UTC:c",
    ]  # fmt: skip
    log = tmp_path / "postgresql.log"
    log.write_bytes(body + b"2026-11-29 02:00:03 UTC:unfinish")
    messages, place = logexport.unread(log)
    assert len(messages) == 3
    logexport.keep(log, place)
    log.write_bytes(body + b"2026-11-29 02:00:03 UTC:unfinished\n")
    assert logexport.unread(log)[0] == ["2026-11-29 02:00:03 UTC:unfinished"]
    log.rename(tmp_path / "postgresql.log.1")
    log.write_bytes(b"2026-11-29 02:00:04 UTC:new\n")
    assert logexport.unread(log)[0] == ["2026-11-29 02:00:04 UTC:new"]


def test_shares_and_rates_are_of_what_came_between_two_samples() -> None:
    cpu = {"user": 0, "nice": 0, "system": 0, "idle": 0, "wait": 0, "irq": 0, "softirq": 0, "steal": 0, "guest": 0}
    process = {"id": 7, "name": "postgres"}
    before = Sample(10.0, cpu, {7: 100}, {"eth0": (1000, 0)}, {"processList": [process]})
    later = {**cpu, "user": 30, "system": 10, "idle": 50, "wait": 10}
    now = Sample(12.0, later, {7: 150}, {"eth0": (3000, 500)}, {"processList": [process]})
    made = osmetrics.metrics(before, now)
    assert made["cpuUtilization"]["user"] == 30.0
    assert made["cpuUtilization"]["total"] == 40.0
    assert made["network"] == [{"interface": "eth0", "rx": 1000.0, "tx": 250.0}]
    assert made["processList"][0]["cpuUsedPc"] == 25.0
