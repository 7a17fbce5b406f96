"""What CloudWatch refuses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from netflux.aws.cloudwatch.api import CloudWatchApi
from netflux.aws.cloudwatch.ground import Ground
from netflux.aws.cloudwatch.series import Series
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "cloudwatch"

_API = "Amazon CloudWatch API Reference"
_DATA, _ALARM, _DESCRIBE = f"PutMetricData, {_API}", f"PutMetricAlarm, {_API}", f"DescribeAlarms, {_API}"
_NOW = datetime.now(UTC)


def _data(**changes: Any) -> dict[str, Any]:
    return {"Namespace": "Mine", "MetricData": [{"MetricName": "m", **changes}]}


def _alarm(**changes: Any) -> dict[str, Any]:
    alarm = {
        "AlarmName": "a", "MetricName": "m", "Namespace": "Mine", "Statistic": "Average", "Period": 60,
        "EvaluationPeriods": 1, "Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold", **changes,
    }  # fmt: skip
    return {name: value for name, value in alarm.items() if value is not None}


def _statistics(**changes: Any) -> dict[str, Any]:
    return {
        "Namespace": "Mine", "MetricName": "m", "StartTime": _NOW - timedelta(hours=1), "EndTime": _NOW, "Period": 60,
        "Statistics": ["Sum"], **changes,
    }  # fmt: skip


def _queries(*queries: dict[str, Any]) -> dict[str, Any]:
    return {"MetricDataQueries": [*queries], "StartTime": _NOW - timedelta(hours=1), "EndTime": _NOW}


_EXPRESSION = {"Id": "a", "Expression": "1"}
_STATISTICS, _QUERY, _DASHBOARD = f"GetMetricStatistics, {_API}", f"GetMetricData, {_API}", f"PutDashboard, {_API}"
_NOBODY = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:nobody"

RULES = [
    Rule("Namespaces that begin with AWS/ are AWS's own.", "PutMetricData",
         {**_data(Value=1.0), "Namespace": "AWS/ECS"}, "InvalidParameterValue", _DATA, "AWS/"),
    Rule("A namespace does not begin with a colon.", "PutMetricData", {**_data(Value=1.0), "Namespace": ":mine"},
         "ValidationError", _DATA),
    Rule("A metric is of the past two weeks.", "PutMetricData",
         _data(Value=1.0, Timestamp=_NOW - timedelta(days=15)), "InvalidParameterValue", _DATA, "two weeks"),
    Rule("A metric is not of the future.", "PutMetricData", _data(Value=1.0, Timestamp=_NOW + timedelta(hours=3)),
         "InvalidParameterValue", _DATA),
    Rule("A value is a number of a size.", "PutMetricData", _data(Value=2.0**361), "InvalidParameterValue", _DATA),
    Rule("A metric has one value or several.", "PutMetricData", _data(Value=1.0, Values=[1.0]),
         "InvalidParameterCombination", _DATA),
    Rule("Each value has a count.", "PutMetricData", _data(Values=[1.0, 2.0], Counts=[1.0]), "InvalidParameterValue",
         _DATA),
    Rule("A metric has 150 values at most.", "PutMetricData", _data(Values=[1.0] * 151), "InvalidParameterValue",
         _DATA),
    Rule("A count is above 0.", "PutMetricData", _data(Values=[1.0], Counts=[0.0]), "InvalidParameterValue", _DATA),
    Rule("A metric of an entity is not kept here.", "PutMetricData",
         {"Namespace": "Mine", "EntityMetricData": [{"MetricData": [{"MetricName": "m", "Value": 1.0}]}]},
         "UnsupportedOperation", _DATA, "EntityMetricData"),
    Rule("An alarm's window is its period here.", "PutMetricAlarm", _alarm(EvaluationWindow={"SlidingWindow": {}}),
         "UnsupportedOperation", _ALARM, "EvaluationWindow"),
    Rule("An alarm is evaluated from its first minute on here.", "PutMetricAlarm",
         _alarm(WarmUpConfiguration={"WarmUpPeriodDurationInMinutes": 5}), "UnsupportedOperation", _ALARM,
         "WarmUpConfiguration"),
    Rule("An alarm is not on PromQL here.", "PutMetricAlarm",
         _alarm(EvaluationCriteria={"PromQLCriteria": {"Query": "up"}}), "UnsupportedOperation", _ALARM,
         "EvaluationCriteria"),
    Rule("An alarm is evaluated every minute here.", "PutMetricAlarm", _alarm(EvaluationInterval=60),
         "UnsupportedOperation", _ALARM, "EvaluationInterval"),
    Rule("An alarm's action gets no tags here.", "PutMetricAlarm",
         _alarm(ActionConfiguration={"AlarmTagsPropagation": {"Enabled": True}}), "UnsupportedOperation", _ALARM,
         "ActionConfiguration"),
    Rule("An alarm on anomalies is not evaluated here.", "PutMetricAlarm", _alarm(ThresholdMetricId="t"),
         "UnsupportedOperation", _ALARM, "ThresholdMetricId"),
    Rule("An alarm has a statistic.", "PutMetricAlarm", _alarm(Statistic=None), "InvalidParameterCombination", _ALARM),
    Rule("An alarm has one statistic.", "PutMetricAlarm", _alarm(ExtendedStatistic="p90"),
         "InvalidParameterCombination", _ALARM),
    Rule("An alarm has a threshold.", "PutMetricAlarm", _alarm(Threshold=None), "ValidationError", _ALARM),
    Rule("An alarm looks at a week at most.", "PutMetricAlarm", _alarm(Period=86400, EvaluationPeriods=8),
         "ValidationError", _ALARM, "week"),
    Rule("An alarm needs no more datapoints than it looks at.", "PutMetricAlarm", _alarm(DatapointsToAlarm=2),
         "ValidationError", _ALARM),
    Rule("Missing data are treated in one of four ways.", "PutMetricAlarm", _alarm(TreatMissingData="guess"),
         "ValidationError", _ALARM),
    Rule("A comparison is one of the known ones.", "PutMetricAlarm", _alarm(ComparisonOperator="Like"),
         "ValidationError", _ALARM),
    Rule("A metric and Metrics are two ways to say it.", "PutMetricAlarm",
         _alarm(Metrics=[{"Id": "m1", "Expression": "1"}]), "ValidationError", _ALARM),
    Rule("A page's token is one that an answer gave.", "DescribeAlarms", {"NextToken": "nonsense"},
         "InvalidNextToken", _DESCRIBE),
    Rule("A page of the history has a token that an answer gave.", "DescribeAlarmHistory", {"NextToken": "nonsense"},
         "InvalidNextToken", f"DescribeAlarmHistory, {_API}"),
    Rule("A page has 100 alarms at most.", "DescribeAlarms", {"MaxRecords": 101}, "ValidationError", _DESCRIBE),
    Rule("An alarm that is deleted is there.", "DeleteAlarms", {"AlarmNames": ["nobody"]}, "ResourceNotFound",
         f"DeleteAlarms, {_API}"),
    Rule("An alarm whose state is set is there.", "SetAlarmState",
         {"AlarmName": "nobody", "StateValue": "OK", "StateReason": "r"}, "ResourceNotFound",
         f"SetAlarmState, {_API}"),
    Rule("A state is one of three.", "SetAlarmState", {"AlarmName": "kept", "StateValue": "BAD", "StateReason": "r"},
         "ValidationError", f"SetAlarmState, {_API}"),
    Rule("A metric has a value.", "PutMetricData", _data(), "MissingParameter", _DATA),
    Rule("Data are put of a metric.", "PutMetricData", {"Namespace": "Mine"}, "MissingParameter", _DATA),
    Rule("Statistics have a sample.", "PutMetricData",
         _data(StatisticValues={"SampleCount": 0, "Sum": 0, "Minimum": 0, "Maximum": 0}), "InvalidParameterValue",
         _DATA),
    Rule("A least value is not above the most.", "PutMetricData",
         _data(StatisticValues={"SampleCount": 1, "Sum": 1, "Minimum": 2, "Maximum": 1}), "InvalidParameterValue",
         _DATA),
    Rule("A value is told in one way.", "PutMetricData",
         _data(Value=1.0, StatisticValues={"SampleCount": 1, "Sum": 1, "Minimum": 1, "Maximum": 1}),
         "InvalidParameterCombination", _DATA),
    Rule("A unit is one of CloudWatch's.", "PutMetricData", _data(Value=1.0, Unit="Litres"), "ValidationError", _DATA),
    Rule("A metric has 30 dimensions at most.", "PutMetricData",
         _data(Value=1.0, Dimensions=[{"Name": f"n{number}", "Value": "v"} for number in range(31)]),
         "ValidationError", _DATA),
    Rule("Statistics are of a span that ends after its beginning.", "GetMetricStatistics",
         _statistics(StartTime=_NOW), "InvalidParameterValue", _STATISTICS, "StartTime"),
    Rule("A period is whole minutes.", "GetMetricStatistics", _statistics(Period=61), "InvalidParameterValue",
         _STATISTICS),
    Rule("Statistics are asked for.", "GetMetricStatistics", _statistics(Statistics=[]), "ValidationError",
         _STATISTICS),
    Rule("Statistics or percentiles are asked for.", "GetMetricStatistics", _statistics(ExtendedStatistics=["p90"]),
         "InvalidParameterCombination", _STATISTICS),
    Rule("Statistics have 1,440 datapoints at most.", "GetMetricStatistics",
         _statistics(StartTime=_NOW - timedelta(days=2)), "InvalidParameterCombination", _STATISTICS, "1,440"),
    Rule("Queries have ids of their own.", "GetMetricData", _queries(_EXPRESSION, _EXPRESSION), "ValidationError",
         _QUERY, "unique"),
    Rule("A query is of a metric or an expression.", "GetMetricData", _queries({"Id": "a"}), "ValidationError",
         _QUERY),
    Rule("An expression is of queries that are there.", "GetMetricData",
         _queries({"Id": "a", "Expression": "b + 1"}), "ValidationError", _QUERY, "no query"),
    Rule("Expressions do not need each other.", "GetMetricData",
         _queries({"Id": "a", "Expression": "b"}, {"Id": "b", "Expression": "a"}), "ValidationError", _QUERY,
         "circle"),
    Rule("An expression can be read.", "GetMetricData", _queries({"Id": "a", "Expression": "1 +"}), "ValidationError",
         _QUERY),
    Rule("A label is told as it was given here.", "GetMetricData", _queries({**_EXPRESSION, "Label": "${MAX}"}),
         "UnsupportedOperation", _QUERY, "dynamic label"),
    Rule("A page of data has a token that an answer gave.", "GetMetricData",
         {**_queries(_EXPRESSION), "NextToken": "nonsense"}, "InvalidNextToken", _QUERY),
    Rule("A page of metrics has a token that an answer gave.", "ListMetrics", {"NextToken": "nonsense"},
         "InvalidNextToken", f"ListMetrics, {_API}"),
    Rule("Alarms are listed by names or by a prefix.", "DescribeAlarms",
         {"AlarmNames": ["kept"], "AlarmNamePrefix": "k"}, "InvalidParameterCombination", _DESCRIBE),
    Rule("A composite alarm's rule looks at an alarm.", "PutCompositeAlarm", {"AlarmName": "a", "AlarmRule": "TRUE"},
         "ValidationError", f"PutCompositeAlarm, {_API}"),
    Rule("A composite alarm looks at alarms that are there.", "PutCompositeAlarm",
         {"AlarmName": "a", "AlarmRule": "ALARM(none)"}, "ValidationError", f"PutCompositeAlarm, {_API}"),
    Rule("A composite alarm has a name of its own.", "PutCompositeAlarm",
         {"AlarmName": "kept", "AlarmRule": "ALARM(kept)"}, "ValidationError", f"PutCompositeAlarm, {_API}"),
    Rule("No other alarm holds actions back here.", "PutCompositeAlarm",
         {"AlarmName": "a", "AlarmRule": "ALARM(kept)", "ActionsSuppressor": "kept"}, "UnsupportedOperation",
         f"PutCompositeAlarm, {_API}", "ActionsSuppressor"),
    Rule("An action is of the alarm's region.", "PutMetricAlarm",
         _alarm(OKActions=["arn:aws:sns:eu-west-1:123456789012:c"]), "ValidationError", _ALARM, "Invalid region"),
    Rule("An alarm stops nothing here.", "PutMetricAlarm", _alarm(OKActions=["arn:aws:automate:us-east-1:ec2:stop"]),
         "UnsupportedOperation", _ALARM, "OKActions"),
    Rule("A dashboard's body is JSON.", "PutDashboard", {"DashboardName": "d", "DashboardBody": "{"},
         "InvalidParameterInput", _DASHBOARD),
    Rule("A dashboard's body is an object.", "PutDashboard", {"DashboardName": "d", "DashboardBody": "[]"},
         "InvalidParameterInput", _DASHBOARD),
    Rule("A dashboard's name has no spaces.", "PutDashboard", {"DashboardName": "a b", "DashboardBody": "{}"},
         "InvalidParameterInput", _DASHBOARD),
    Rule("A dashboard that is read is there.", "GetDashboard", {"DashboardName": "nobody"}, "ResourceNotFound",
         f"GetDashboard, {_API}"),
    Rule("Dashboards that are deleted are there.", "DeleteDashboards", {"DashboardNames": ["board", "nobody"]},
         "ResourceNotFound", f"DeleteDashboards, {_API}"),
    Rule("What is tagged is there.", "TagResource", {"ResourceARN": _NOBODY, "Tags": []}, "ResourceNotFoundException",
         f"TagResource, {_API}"),
    Rule("What has tags is there.", "ListTagsForResource", {"ResourceARN": _NOBODY}, "ResourceNotFoundException",
         f"ListTagsForResource, {_API}"),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    ground = Ground(Series(), frozenset(), plane.documents, Clock())
    apis.register(CloudWatchApi(ground))


async def prepare(apis: Apis) -> dict[str, str]:
    await apis.call(SERVICE, "PutMetricAlarm", _alarm(AlarmName="kept"))
    await apis.call(SERVICE, "PutDashboard", {"DashboardName": "board", "DashboardBody": "{}"})
    return {}
