"""CloudWatch: metric alarms, composite alarms, dashboards."""

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
    update=(Step("PutMetricAlarm", _PROPERTIES, always=("AlarmName", *_PROPERTIES), whole=True),),
    delete=(Step("DeleteAlarms", params={"AlarmNames": ["$id"]}),),
    gone=("ResourceNotFound", "ResourceNotFoundException"),
    named="AlarmName",
    name_length=255,
    tags=Tagging("TagResource", "UntagResource", {"ResourceARN": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"}),
)

_OF_COMPOSITE = (
    "ActionsEnabled", "AlarmActions", "AlarmDescription", "AlarmRule", "InsufficientDataActions", "OKActions",
)  # fmt: skip
_COMPOSITE = Row(
    type="AWS::CloudWatch::CompositeAlarm",
    service="cloudwatch",
    create=Step("PutCompositeAlarm", ("AlarmName", *_OF_COMPOSITE, "Tags")),
    id="$new.AlarmName",
    read=Read(
        "DescribeAlarms", {"AlarmNames": ["$id"], "AlarmTypes": ["CompositeAlarm"]}, "$response.CompositeAlarms.0"
    ),
    attributes={"Arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"},
    update=(Step("PutCompositeAlarm", _OF_COMPOSITE, always=("AlarmName", *_OF_COMPOSITE), whole=True),),
    delete=(Step("DeleteAlarms", params={"AlarmNames": ["$id"]}),),
    gone=("ResourceNotFound", "ResourceNotFoundException"),
    named="AlarmName",
    name_length=255,
    tags=Tagging("TagResource", "UntagResource", {"ResourceARN": "arn:aws:cloudwatch:{region}:{account}:alarm:{id}"}),
)
_DASHBOARD = Row(
    type="AWS::CloudWatch::Dashboard",
    service="cloudwatch",
    create=Step("PutDashboard"),
    id="$new.DashboardName",
    read=Read("GetDashboard", {"DashboardName": "$id"}, "$response"),
    update=(Step("PutDashboard", ("DashboardBody",), params={"DashboardName": "$id"}),),
    delete=(Step("DeleteDashboards", params={"DashboardNames": ["$id"]}),),
    gone=("ResourceNotFound", "ResourceNotFoundException", "DashboardNotFoundError"),
    named="DashboardName",
    name_length=255,
    tags=Tagging("TagResource", "UntagResource", {"ResourceARN": "arn:aws:cloudwatch::{account}:dashboard/{id}"}),
)

ROWS = (_ALARM, _COMPOSITE, _DASHBOARD)
