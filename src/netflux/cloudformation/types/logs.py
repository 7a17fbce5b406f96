"""CloudWatch Logs: log groups."""

from __future__ import annotations

from netflux.cloudformation.types.table import Find, Row, Step, Tagging

_GROUP = Row(
    type="AWS::Logs::LogGroup",
    service="logs",
    create=Step("CreateLogGroup", ("LogGroupName", "LogGroupClass", "KmsKeyId", "Tags")),
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

ROWS = (_GROUP,)
