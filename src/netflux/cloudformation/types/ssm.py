"""Systems Manager: parameters."""

from __future__ import annotations

from netflux.cloudformation.types.table import Read, Row, Step, Tagging

_PARAMETER = Row(
    type="AWS::SSM::Parameter",
    service="ssm",
    create=Step("PutParameter"),
    id="$new.Name",
    read=Read("GetParameter", {"Name": "$id"}, "$response.Parameter"),
    attributes={"Type": "$item.Type", "Value": "$item.Value", "Arn": "$item.ARN"},
    update=(
        Step(
            "PutParameter",
            ("Value", "Type", "Description", "AllowedPattern", "Tier", "Policies", "DataType"),
            always=("Value", "Type"),
            params={"Name": "$id", "Overwrite": True},
            defaults={"Description": ""},
        ),
    ),
    delete=(Step("DeleteParameter", params={"Name": "$id"}),),
    gone=("ParameterNotFound",),
    named="Name",
    name_length=1011,
    named_after="CFN",
    tags=Tagging("AddTagsToResource", "RemoveTagsFromResource", {"ResourceType": "Parameter", "ResourceId": "$id"}),
)

ROWS = (_PARAMETER,)
