"""CloudWatch Logs: groups, streams, filters, resource policies."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation.shape import text
from netflux.cloudformation.types.table import Facts, Find, Read, Row, Step, Tagging


def _key(facts: Facts) -> list[dict[str, Any]]:
    key = facts.new.get("KmsKeyId")
    return [{"logGroupName": facts.id, "kmsKeyId": key}] if key else []


def _no_key(facts: Facts) -> list[dict[str, Any]]:
    return [] if facts.new.get("KmsKeyId") else [{"logGroupName": facts.id}]


def _for_ever(facts: Facts) -> list[dict[str, Any]]:
    return [] if "RetentionInDays" in facts.new else [{"logGroupName": facts.id}]


_GONE = ("ResourceNotFoundException",)
_GROUP = Row(
    type="AWS::Logs::LogGroup",
    service="logs",
    create=Step("CreateLogGroup", ("LogGroupName", "LogGroupClass", "KmsKeyId", "DeletionProtectionEnabled", "Tags")),
    id="$new.LogGroupName",
    find=Find(
        "DescribeLogGroups",
        "$response.logGroups",
        "$item.logGroupName",
        {"logGroupNamePrefix": "$new.LogGroupName"},
        {"logGroupName": "$new.LogGroupName"},
    ),
    attributes={"Arn": "arn:aws:logs:{region}:{account}:log-group:{id}:*"},
    also=(Step("PutRetentionPolicy", ("RetentionInDays",), params={"logGroupName": "$id"}),),
    update=(
        Step("AssociateKmsKey", ("KmsKeyId",), build=_key, defaults={"KmsKeyId": ""}),
        Step("DisassociateKmsKey", ("KmsKeyId",), build=_no_key, defaults={"KmsKeyId": ""}),
        Step("DeleteRetentionPolicy", ("RetentionInDays",), build=_for_ever, whole=True),
        Step(
            "PutLogGroupDeletionProtection",
            ("DeletionProtectionEnabled",),
            params={"logGroupIdentifier": "$id"},
            defaults={"DeletionProtectionEnabled": False},
        ),
    ),
    delete=(Step("DeleteLogGroup", params={"logGroupName": "$id"}),),
    gone=("ResourceNotFoundException",),
    named="LogGroupName",
    name_length=512,
    tags=Tagging(
        "TagResource",
        "UntagResource",
        {"resourceArn": "arn:aws:logs:{region}:{account}:log-group:{id}"},
        "tags",
        "tagKeys",
    ),
)

_STREAM = Row(
    type="AWS::Logs::LogStream",
    service="logs",
    create=Step("CreateLogStream"),
    id="$new.LogStreamName",
    read=Read(
        "DescribeLogStreams",
        {"logGroupName": "$new.LogGroupName", "logStreamNamePrefix": "$id"},
        "$response.logStreams.0",
    ),
    delete=(Step("DeleteLogStream", params={"logGroupName": "$new.LogGroupName", "logStreamName": "$id"}),),
    gone=_GONE,
    named="LogStreamName",
    name_length=512,
    unique=False,
)


def _metric_filter(facts: Facts) -> list[dict[str, Any]]:
    """Dimensions are a list in a template and a map in the call."""
    transformations = []
    for one in facts.new["MetricTransformations"]:
        made = {name[0].lower() + name[1:]: value for name, value in one.items()}
        made["metricValue"] = text(made["metricValue"])
        if "defaultValue" in made:
            made["defaultValue"] = float(made["defaultValue"])
        if "dimensions" in made:
            made["dimensions"] = {pair["Key"]: text(pair["Value"]) for pair in made["dimensions"]}
        transformations.append(made)
    return [
        {
            "logGroupName": facts.new["LogGroupName"],
            "filterName": facts.id or facts.new["FilterName"],
            "filterPattern": text(facts.new["FilterPattern"]),
            "metricTransformations": transformations,
        }
    ]


_OF_FILTER = {"logGroupName": "$new.LogGroupName", "filterName": "$id"}
_METRIC_FILTER = Row(
    type="AWS::Logs::MetricFilter",
    service="logs",
    create=Step(
        "PutMetricFilter",
        ("FilterName", "FilterPattern", "LogGroupName", "MetricTransformations"),
        build=_metric_filter,
    ),
    id="$new.FilterName",
    update=(Step("PutMetricFilter", ("FilterPattern", "MetricTransformations"), build=_metric_filter),),
    delete=(Step("DeleteMetricFilter", params=_OF_FILTER),),
    gone=_GONE,
    named="FilterName",
    name_length=512,
    unique=False,
)
_OF_SUBSCRIPTION = ("DestinationArn", "Distribution", "FilterPattern", "RoleArn")
_SUBSCRIPTION_FILTER = Row(
    type="AWS::Logs::SubscriptionFilter",
    service="logs",
    create=Step("PutSubscriptionFilter", ("FilterName", "LogGroupName", *_OF_SUBSCRIPTION)),
    id="$new.FilterName",
    update=(Step("PutSubscriptionFilter", _OF_SUBSCRIPTION, always=_OF_SUBSCRIPTION, params=_OF_FILTER, whole=True),),
    delete=(Step("DeleteSubscriptionFilter", params=_OF_FILTER),),
    gone=_GONE,
    named="FilterName",
    name_length=512,
    unique=False,
)


_RESOURCE_POLICY = Row(
    type="AWS::Logs::ResourcePolicy",
    service="logs",
    create=Step("PutResourcePolicy", ("PolicyName", "PolicyDocument")),
    id="$new.PolicyName",
    unique=False,
    update=(Step("PutResourcePolicy", ("PolicyDocument",), params={"policyName": "$id"}),),
    delete=(Step("DeleteResourcePolicy", params={"policyName": "$id"}),),
    gone=_GONE,
)

ROWS = (_GROUP, _STREAM, _METRIC_FILTER, _SUBSCRIPTION_FILTER, _RESOURCE_POLICY)
