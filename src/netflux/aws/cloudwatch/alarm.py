"""A metric alarm's document: made from a request, shown on the wire, read as a condition."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from netflux.aws.cloudwatch import query
from netflux.aws.cloudwatch.decide import COMPARISONS, INSUFFICIENT, Condition, Verdict, reason_data
from netflux.aws.cloudwatch.series import PERCENTILE, STATISTICS, Metric
from netflux.controlplane.records.kinds import Kind
from netflux.errors import AwsError, Unsupported

Json = dict[str, Any]

KIND = "cloudwatch.alarm"
_KEPT = 100  # items of an alarm's history; CloudWatch keeps those of 30 days
_MISSING = ("missing", "ignore", "breaching", "notBreaching")
_SHOWN = (
    "AlarmName", "AlarmDescription", "ActionsEnabled", "OKActions", "AlarmActions", "InsufficientDataActions",
    "MetricName", "Namespace", "Statistic", "Dimensions", "Period", "Unit", "EvaluationPeriods", "DatapointsToAlarm",
    "Threshold", "ComparisonOperator", "TreatMissingData", "ExtendedStatistic", "EvaluateLowSampleCountPercentile",
    "Metrics",
)  # fmt: skip
_POLICY = ":scalingPolicy:"


def made(request: Json, arn: str, before: Json | None, now: str) -> Json:
    """The document of an accepted alarm: a new one begins without data, an old one keeps its state."""
    check(request)
    configuration = {key: request[key] for key in _SHOWN if request.get(key) is not None}
    configuration["ActionsEnabled"] = request.get("ActionsEnabled", True)
    begun: Json = {
        "state": INSUFFICIENT, "reason": "Unchecked: Initial alarm creation", "reasonData": None, "updated": now,
        "history": [], "arn": arn, "tags": {one["Key"]: one["Value"] for one in request.get("Tags", [])},
    }  # fmt: skip
    return {**(before or begun), "configuration": configuration, "configured": now}


def check(request: Json) -> None:
    """Raises for what CloudWatch refuses, and for what can't be evaluated here."""
    for name in ("OKActions", "InsufficientDataActions"):
        if request.get(name):
            raise Unsupported(f"{name} of a CloudWatch alarm", "AlarmActions of a scaling policy are carried out.")
    for action in request.get("AlarmActions", []):
        if _POLICY not in action:
            raise Unsupported(f"the alarm action {action}", "The ARN of a scaling policy is carried out.")
    _check_metric(request)
    _check_counts(request)


def _check_metric(request: Json) -> None:
    if request.get("Metrics"):
        _check_metrics(request)
    else:
        _must_have(request, "MetricName", "Namespace", "Period", "Threshold", "EvaluationPeriods")
        _check_statistic(request)
    period = query.watched(request).period
    if request["ComparisonOperator"] not in COMPARISONS:
        raise Unsupported(f"ComparisonOperator {request['ComparisonOperator']}", "Anomaly detection is not there.")
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
    if name not in (None, *STATISTICS):
        raise Unsupported(f"Statistic {name} of a CloudWatch alarm")
    if extended is not None and PERCENTILE.fullmatch(extended) is None:
        raise Unsupported(f"ExtendedStatistic {extended} of a CloudWatch alarm", "Use a percentile, from p0 to p100.")
    few = request.get("EvaluateLowSampleCountPercentile", "evaluate")
    if few != "evaluate":
        raise Unsupported(f"EvaluateLowSampleCountPercentile {few} of a CloudWatch alarm", "It is always evaluated.")


def _check_counts(request: Json) -> None:
    needed, periods = request.get("DatapointsToAlarm", 1), request["EvaluationPeriods"]
    if not 1 <= needed <= periods:
        raise AwsError("ValidationError", "DatapointsToAlarm must be at least 1 and at most EvaluationPeriods")
    if request.get("TreatMissingData", "missing") not in _MISSING:
        raise AwsError("ValidationError", f"TreatMissingData must be one of {', '.join(_MISSING)}")


def condition(body: Json) -> Condition:
    """When the alarm is in ALARM."""
    configuration = body["configuration"]
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


def judged(body: Json, verdict: Verdict, now: datetime) -> Json:
    """The document after an evaluation; the same when the state is."""
    if verdict.state == body["state"]:
        return body
    configuration = body["configuration"]
    name = None if "Metrics" in configuration else query.statistic(configuration)
    data = reason_data(verdict, condition(body), name, query.watched(configuration).period, now)
    return moved(body, verdict.state, verdict.reason, data, now.isoformat())


def moved(body: Json, state: str, reason: str, data: str | None, now: str) -> Json:
    """The document in another state."""
    item = {"from": body["state"], "to": state, "reason": reason, "at": now}
    history = [item, *body["history"]][:_KEPT]
    return {**body, "state": state, "reason": reason, "reasonData": data, "updated": now, "history": history}


def shown(body: Json) -> Json:
    """The shape MetricAlarm."""
    lists: Json = {name: [] for name in ("OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions")}
    shape = {
        **lists, **body["configuration"], "AlarmArn": body["arn"], "StateValue": body["state"],
        "AlarmConfigurationUpdatedTimestamp": datetime.fromisoformat(body["configured"]),
        "StateReason": body["reason"], "StateReasonData": body["reasonData"],
        "StateUpdatedTimestamp": datetime.fromisoformat(body["updated"]),
        "StateTransitionedTimestamp": datetime.fromisoformat(body["updated"]),
    }  # fmt: skip
    return {key: value for key, value in shape.items() if value is not None}


STORED = Kind(
    KIND,
    {
        "configuration": (dict,), "arn": (str,), "state": (str,), "reason": (str,), "updated": (str,),
        "configured": (str,), "history": (list,), "tags": (dict,),
    },
    read=shown,
    remedy="Make it anew: aws cloudwatch put-metric-alarm --alarm-name {key}.",
)  # fmt: skip
"""An alarm's document."""
