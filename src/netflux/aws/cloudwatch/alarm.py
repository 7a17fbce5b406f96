"""A metric alarm: made from a request, shown on the wire, read as a condition. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from netflux.aws.cloudwatch import query
from netflux.aws.cloudwatch.decide import INSUFFICIENT, Condition, Verdict, reason_data
from netflux.aws.cloudwatch.series import PERCENTILE, STATISTICS, Metric
from netflux.errors import AwsError, Unsupported
from netflux.resources.cloudwatch import Alarm

Json = dict[str, Any]

KEPT = 100  # items of an alarm's history; CloudWatch keeps those of 30 days
_MISSING = ("missing", "ignore", "breaching", "notBreaching")
_SHOWN = (
    "AlarmName", "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions",
    "MetricName", "Namespace", "Statistic", "Dimensions", "Period", "Unit", "EvaluationPeriods", "DatapointsToAlarm",
    "Threshold", "ComparisonOperator", "TreatMissingData", "ExtendedStatistic", "EvaluateLowSampleCountPercentile",
    "Metrics",
)  # fmt: skip


def made(request: Json, before: Alarm | None, begun: Alarm) -> Alarm:
    """The accepted alarm: a new one begins without data, an old one keeps its state and its tags.

    Args:
        request: PutMetricAlarm's.
        before: the alarm of that name.
        begun: a new one's ARN, tags and time.
    """
    check(request)
    if before is not None and before.composite:
        raise AwsError("ValidationError", f"A composite alarm named {before.name} exists: choose another name.")
    configuration = {key: request[key] for key in _SHOWN if request.get(key) is not None}
    configuration["ActionsEnabled"] = request.get("ActionsEnabled", True)
    return replace(before or begun, configuration=configuration, configured=begun.configured)


def begun(arn: str, tags: dict[str, str], now: str) -> Alarm:
    """A new alarm, before its first minute."""
    return Alarm({}, arn, INSUFFICIENT, "Unchecked: Initial alarm creation", now, now, tags=tags)


def check(request: Json) -> None:
    """Raises for what CloudWatch refuses, and for what can't be evaluated here."""
    _check_metric(request)
    _check_counts(request)


def _check_metric(request: Json) -> None:
    if request.get("Metrics"):
        _check_metrics(request)
    else:
        _must_have(request, "MetricName", "Namespace", "Period", "Threshold", "EvaluationPeriods")
        _check_statistic(request)
    period = query.watched(request).period
    if period < 60 or period % 60:
        raise Unsupported(f"Period {period} of a CloudWatch alarm", "Use a multiple of 60 seconds.")
    if period * request["EvaluationPeriods"] > 604800:
        raise AwsError("ValidationError", "Metrics cannot be checked across more than a week (604800 seconds)")


def _check_metrics(request: Json) -> None:
    _must_have(request, "Threshold", "EvaluationPeriods")
    for name in query.OF_ONE_METRIC:
        if request.get(name):
            raise AwsError("ValidationError", f"The parameters Metrics and {name} can't be used together")
    query.check(request["Metrics"])
    for one in request["Metrics"]:
        stat = one.get("MetricStat", {}).get("Stat", STATISTICS[0])
        if stat not in STATISTICS and PERCENTILE.fullmatch(stat) is None:
            raise Unsupported(f"Stat {stat} of a CloudWatch alarm")


def _must_have(request: Json, *names: str) -> None:
    for name in names:
        if request.get(name) is None:
            raise AwsError("ValidationError", f"The parameter {name} is required for this alarm")


def _check_statistic(request: Json) -> None:
    name, extended = request.get("Statistic"), request.get("ExtendedStatistic")
    if (name is None) == (extended is None):
        raise AwsError(
            "InvalidParameterCombination", "Either Statistic or ExtendedStatistic must be specified, and not both"
        )
    if extended is not None and PERCENTILE.fullmatch(extended) is None:
        raise Unsupported(f"ExtendedStatistic {extended} of a CloudWatch alarm", "Use a percentile, from p0 to p100.")


def _check_counts(request: Json) -> None:
    needed, periods = request.get("DatapointsToAlarm", 1), request["EvaluationPeriods"]
    if not 1 <= needed <= periods:
        raise AwsError("ValidationError", "DatapointsToAlarm must be at least 1 and at most EvaluationPeriods")
    if request.get("TreatMissingData", "missing") not in _MISSING:
        raise AwsError("ValidationError", f"TreatMissingData must be one of {', '.join(_MISSING)}")


def condition(alarm: Alarm) -> Condition:
    """When the alarm is in ALARM."""
    configuration = alarm.configuration
    periods = configuration["EvaluationPeriods"]
    return Condition(
        configuration["ComparisonOperator"],
        float(configuration["Threshold"]),
        periods,
        configuration.get("DatapointsToAlarm", periods),
        configuration.get("TreatMissingData", "missing"),
    )


def metric(named: Mapping[str, Any]) -> Metric:
    """The metric that a request or a configuration names."""
    dimensions = frozenset((one["Name"], one["Value"]) for one in named.get("Dimensions") or ())
    return Metric(named["Namespace"], named["MetricName"], dimensions)


def judged(alarm: Alarm, verdict: Verdict, now: datetime) -> Alarm:
    """The alarm after an evaluation; the same when the state is."""
    if verdict.state == alarm.state:
        return alarm
    configuration = alarm.configuration
    name = None if "Metrics" in configuration else query.statistic(configuration)
    data = reason_data(verdict, condition(alarm), name, query.watched(configuration).period, now)
    return moved(alarm, verdict.state, verdict.reason, data, now.isoformat())


def moved(alarm: Alarm, state: str, reason: str, data: str | None, now: str) -> Alarm:
    """The alarm in another state."""
    item = {"from": alarm.state, "to": state, "reason": reason, "at": now}
    history = (item, *alarm.history)[:KEPT]
    return replace(alarm, state=state, reason=reason, reasonData=data, updated=now, history=history)


def shown(alarm: Alarm) -> Json:
    """The shape MetricAlarm, or CompositeAlarm."""
    lists: Json = {name: [] for name in ("OKActions", "AlarmActions", "InsufficientDataActions")}
    if not alarm.composite:
        lists["Dimensions"] = []
    shape = {
        **lists, **alarm.configuration, "AlarmArn": alarm.arn, "StateValue": alarm.state,
        "AlarmConfigurationUpdatedTimestamp": datetime.fromisoformat(alarm.configured),
        "StateReason": alarm.reason, "StateReasonData": alarm.reasonData,
        "StateUpdatedTimestamp": datetime.fromisoformat(alarm.updated),
        "StateTransitionedTimestamp": datetime.fromisoformat(alarm.updated),
    }  # fmt: skip
    return {key: value for key, value in shape.items() if value is not None}
