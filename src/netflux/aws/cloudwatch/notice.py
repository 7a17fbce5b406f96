"""What is told of an alarm's change of state: to topics, to functions, to EventBridge. Pure."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from netflux.aws.cloudwatch.alarm import Json
from netflux.aws.happening import Happening
from netflux.resources.cloudwatch import Alarm

_PLACES = {
    "us-east-1": "US East (N. Virginia)", "us-east-2": "US East (Ohio)", "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)", "eu-west-1": "EU (Ireland)", "eu-west-2": "Europe (London)",
    "eu-west-3": "Europe (Paris)", "eu-central-1": "EU (Frankfurt)", "eu-north-1": "Europe (Stockholm)",
    "ap-northeast-1": "Asia Pacific (Tokyo)", "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)", "ap-south-1": "Asia Pacific (Mumbai)",
    "ca-central-1": "Canada (Central)", "sa-east-1": "South America (Sao Paulo)",
}  # fmt: skip
_COUNTED = ("Period", "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator", "Threshold")
_LONGEST_SUBJECT = 100


def subject(before: Alarm, after: Alarm) -> str:
    """Of the message to a topic."""
    region = before.arn.split(":")[3]
    return f'{after.state}: "{after.name}" in {_PLACES.get(region, region)}'[:_LONGEST_SUBJECT]


def message(before: Alarm, after: Alarm) -> str:
    """What topics get, as JSON ("Notifying users on alarm changes", CloudWatch User Guide)."""
    given, (_, _, _, region, account, *_) = after.configuration, after.arn.split(":")
    told: Json = {
        "AlarmName": after.name,
        "AlarmDescription": given.get("AlarmDescription"),
        **({"AlarmRule": given["AlarmRule"]} if after.composite else {}),
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": _moment(after.configured),
        "NewStateValue": after.state,
        "NewStateReason": after.reason,
        "StateChangeTime": _moment(after.updated),
        "Region": _PLACES.get(region, region),
        "AlarmArn": after.arn,
        "OldStateValue": before.state,
        **{name: given.get(name, []) for name in ("OKActions", "AlarmActions", "InsufficientDataActions")},
        **({} if after.composite else {"Trigger": _trigger(given)}),
    }
    return json.dumps(told)


def data(before: Alarm, after: Alarm) -> Json:
    """What functions get as `alarmData` and EventBridge as an event's detail ("Alarm events and EventBridge")."""
    return {
        "alarmName": after.name,
        "state": _state(after),
        "previousState": _state(before),
        "configuration": _configuration(after),
    }


def invocation(before: Alarm, after: Alarm) -> str:
    """What functions get, as JSON ("Lambda action", CloudWatch User Guide)."""
    _, _, _, region, account, *_ = after.arn.split(":")
    told = {"source": "aws.cloudwatch", "alarmArn": after.arn, "accountId": account, "time": _moment(after.updated)}
    return json.dumps({**told, "region": region, "alarmData": data(before, after)})


def happening(before: Alarm, after: Alarm) -> Happening:
    """What EventBridge gets."""
    return Happening("aws.cloudwatch", "CloudWatch Alarm State Change", data(before, after), (after.arn,))


def _trigger(given: Json) -> Json:
    counted = {name: given[name] for name in _COUNTED if name in given}
    rest = {
        "TreatMissingData": given.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": given.get("EvaluateLowSampleCountPercentile", ""),
    }
    if "Metrics" in given:
        return {**counted, **rest, "Metrics": given["Metrics"]}
    extended = given.get("ExtendedStatistic")
    return {
        "MetricName": given["MetricName"],
        "Namespace": given["Namespace"],
        "StatisticType": "ExtendedStatistic" if extended else "Statistic",
        **({"ExtendedStatistic": extended} if extended else {"Statistic": _shouted(given["Statistic"])}),
        "Unit": given.get("Unit"),
        "Dimensions": [{"value": one["Value"], "name": one["Name"]} for one in given.get("Dimensions") or ()],
        **counted,
        **rest,
    }


def _shouted(statistic: str) -> str:
    return {"SampleCount": "SAMPLE_COUNT"}.get(statistic, statistic.upper())


def _state(alarm: Alarm) -> Json:
    told = {"value": alarm.state, "reason": alarm.reason, "timestamp": _moment(alarm.updated)}
    return told | ({"reasonData": alarm.reasonData} if alarm.reasonData else {})


def _configuration(alarm: Alarm) -> Json:
    given = alarm.configuration
    described = {"description": given["AlarmDescription"]} if given.get("AlarmDescription") else {}
    if alarm.composite:
        return {"alarmRule": given["AlarmRule"], **described}
    if "Metrics" not in given:
        stat = given.get("Statistic") or given.get("ExtendedStatistic")
        return {"metrics": [_metric(str(alarm.name), given, given["Period"], stat)], **described}
    metrics = [
        _metric(one["Id"], one["MetricStat"]["Metric"], one["MetricStat"]["Period"], one["MetricStat"]["Stat"],
                returned=one.get("ReturnData", True))
        if "MetricStat" in one
        else {"id": one["Id"], "expression": one["Expression"], "returnData": one.get("ReturnData", True)}
        for one in given["Metrics"]
    ]  # fmt: skip
    return {"metrics": metrics, **described}


def _metric(key: str, named: Json, period: int, stat: Any, *, returned: bool = True) -> Json:
    metric = {
        "namespace": named["Namespace"],
        "name": named["MetricName"],
        "dimensions": {one["Name"]: one["Value"] for one in named.get("Dimensions") or ()},
    }
    return {"id": key, "metricStat": {"metric": metric, "period": period, "stat": stat}, "returnData": returned}


def _moment(text: str) -> str:
    """As `2026-11-29T02:10:00.000+0000`."""
    moment = datetime.fromisoformat(text)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}{moment:%z}"
