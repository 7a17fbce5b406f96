"""CloudWatch: metric alarms."""

from __future__ import annotations

from netflux.cloudformation.types.table import Read, Row, Step, Tagging

_PROPERTIES = (
    "ActionsEnabled", "AlarmActions", "AlarmDescription", "ComparisonOperator", "DatapointsToAlarm", "Dimensions",
    "EvaluateLowSampleCountPercentile", "EvaluationPeriods", "ExtendedStatistic", "InsufficientDataActions",
    "MetricName", "Metrics", "Namespace", "OKActions", "Period", "Statistic", "Threshold", "ThresholdMetricId",
    "TreatMissingData", "Unit",
)  # fmt: skip
_ALARM = Row(
    type="AWS::CloudWatch::Alarm",
    service="cloudwatch",
    create=Step("PutMetricAlarm"),
    id="$new.AlarmName",
    read=Read("DescribeAlarms", {"AlarmNames": ["$id"]}, "$response.MetricAlarms.0"),
    attributes={"Arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"},
    update=(Step("PutMetricAlarm", _PROPERTIES, always=("AlarmName", *_PROPERTIES)),),  # it replaces all of an alarm
    delete=(Step("DeleteAlarms", params={"AlarmNames": ["$id"]}),),
    gone=("ResourceNotFound", "ResourceNotFoundException"),
    named="AlarmName",
    name_length=255,
    tags=Tagging("TagResource", "UntagResource", {"ResourceARN": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"}),
)

ROWS = (_ALARM,)
