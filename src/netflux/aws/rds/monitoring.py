"""What a DB instance may tell of itself: Enhanced Monitoring, exported logs, Performance Insights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.rds import secret
from netflux.aws.rds.part import combination, invalid
from netflux.controlplane.call import Caller
from netflux.errors import AwsError

_INTERVALS = (0, 1, 5, 10, 15, 30, 60)
"""Seconds ["CreateDBInstance", Amazon RDS API Reference]."""
_LOGS = ("postgresql", "upgrade", "iam-db-auth-error")
"""Logs of PostgreSQL ["Publishing PostgreSQL logs to Amazon CloudWatch Logs", Amazon RDS User Guide]. Only the first
has anything in it here: nothing is upgraded in place, and no one logs in through IAM."""
_RETENTION = (7, *(31 * months for months in range(1, 24)), 731)
"""Days of Performance Insights ["Pricing and data retention for Performance Insights", Amazon RDS User Guide]."""
_INSIGHTS = ("PerformanceInsightsKMSKeyId", "PerformanceInsightsRetentionPeriod")


def settings(request: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """The members of the DBInstance shape that a request brings about.

    Args:
        before: those that the instance has.
    """
    made = {name: request[name] for name in ("MonitoringInterval", "MonitoringRoleArn") if name in request}
    changes = request.get("CloudwatchLogsExportConfiguration") or {}
    logs = [*before.get("EnabledCloudwatchLogsExports", ()), *request.get("EnableCloudwatchLogsExports", ())]
    logs = [*logs, *changes.get("EnableLogTypes", ())]
    kept = sorted({*logs} - {*changes.get("DisableLogTypes", ())})
    if kept or before.get("EnabledCloudwatchLogsExports"):
        made["EnabledCloudwatchLogsExports"] = kept
    return {**made, **_insights(request, before)}


def _insights(request: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    on = request.get("EnablePerformanceInsights", before.get("PerformanceInsightsEnabled", False))
    given = {name: request[name] for name in _INSIGHTS if name in request}
    if given and not on and "EnablePerformanceInsights" not in request:
        raise combination(f"{' and '.join(given)} can't be specified when Performance Insights is not enabled.")
    if not on:
        return {"PerformanceInsightsEnabled": False} if before.get("PerformanceInsightsEnabled") else {}
    return {
        "PerformanceInsightsEnabled": True,
        "PerformanceInsightsRetentionPeriod": before.get("PerformanceInsightsRetentionPeriod", 7),
        **given,
    }


def check(told: Mapping[str, Any]) -> None:
    """AwsError for what RDS would refuse.

    Args:
        told: the instance's settings, as they would be.
    """
    interval = told.get("MonitoringInterval", 0)
    if interval not in _INTERVALS:
        raise invalid(f"Invalid MonitoringInterval: {interval}. Valid values are {', '.join(map(str, _INTERVALS))}.")
    if interval and not told.get("MonitoringRoleArn"):
        raise combination(
            "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0."
        )
    unknown = [name for name in told.get("EnabledCloudwatchLogsExports", ()) if name not in _LOGS]
    if unknown:
        raise combination(f"You cannot use the log types '{', '.join(unknown)}' with engine postgres.")
    days = told.get("PerformanceInsightsRetentionPeriod", 7)
    if days not in _RETENTION:
        raise invalid(f"Invalid Performance Insights retention period: {days}. Use 7, 731, or months of 31 days.")


async def check_named(apis: Caller, request: Mapping[str, Any]) -> None:
    """Whether the role and the key that a request names are there."""
    await secret.check_key(apis, str(request.get("PerformanceInsightsKMSKeyId", "")))
    role = str(request.get("MonitoringRoleArn", ""))
    if not role:
        return
    try:
        await apis.call("iam", "GetRole", {"RoleName": role.rpartition("/")[2]})
    except AwsError as error:
        raise invalid(
            "IAM role ARN value is invalid or does not include the required permissions for: ENHANCED_MONITORING "
            f"({role}: {error.message})"
        ) from error
