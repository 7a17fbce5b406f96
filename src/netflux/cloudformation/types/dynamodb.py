"""DynamoDB: tables."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation.types.table import Facts, Read, Row, Step, Tagging, Verdict, Waiting

_INDEX = ("IndexName", "KeySchema", "Projection", "ProvisionedThroughput")
_RENAMES = {"SSEEnabled": "Enabled"}


def _indexes(properties: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {str(one["IndexName"]): one for one in properties.get("GlobalSecondaryIndexes") or ()}


def _numbers(given: dict[str, Any]) -> dict[str, Any]:
    made = {name: given[name] for name in _INDEX if name in given}
    if "ProvisionedThroughput" in made:
        made["ProvisionedThroughput"] = {name: int(value) for name, value in made["ProvisionedThroughput"].items()}
    return made


def _index_changes(facts: Facts) -> list[dict[str, Any]]:
    """One index a call, as UpdateTable takes them; one that differs is made anew."""
    before, after = _indexes(facts.old), _indexes(facts.new)
    gone = [name for name, one in before.items() if after.get(name) != one]
    added = [one for name, one in after.items() if before.get(name) != one]
    base = {"TableName": facts.id, "AttributeDefinitions": facts.new["AttributeDefinitions"]}
    return [
        *({"TableName": facts.id, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]} for name in gone),
        *({**base, "GlobalSecondaryIndexUpdates": [{"Create": _numbers(one)}]} for one in added),
    ]


def _active(item: dict[str, Any], _wanted: dict[str, Any]) -> Verdict:
    return None if item["TableStatus"] == "ACTIVE" else Waiting(f"the table is {item['TableStatus']}")


_TABLE = Row(
    type="AWS::DynamoDB::Table",
    service="dynamodb",
    create=Step(
        "CreateTable",
        ("AttributeDefinitions", "BillingMode", "DeletionProtectionEnabled", "GlobalSecondaryIndexes", "KeySchema",
         "LocalSecondaryIndexes", "ProvisionedThroughput", "SSESpecification", "TableClass", "TableName", "Tags"),
        renames=_RENAMES,
    ),
    id="$new.TableName",
    read=Read("DescribeTable", {"TableName": "$id"}, "$response.Table"),
    attributes={"Arn": "$item.TableArn"},
    update=(
        Step("UpdateTable", ("GlobalSecondaryIndexes",), build=_index_changes, defaults={"GlobalSecondaryIndexes": []}),
        Step(
            "UpdateTable",
            ("BillingMode", "ProvisionedThroughput", "DeletionProtectionEnabled", "SSESpecification", "TableClass",
             "AttributeDefinitions"),
            params={"TableName": "$id"},
            renames=_RENAMES,
            defaults={"BillingMode": "PROVISIONED", "DeletionProtectionEnabled": False, "TableClass": "STANDARD",
                      "SSESpecification": {"SSEEnabled": False}},
        ),
    ),
    stable=_active,
    delete=(Step("DeleteTable", params={"TableName": "$id"}),),
    gone=("ResourceNotFoundException",),
    named="TableName",
    name_length=255,
    tags=Tagging("TagResource", "UntagResource", {"ResourceArn": "$attributes.Arn"}),
)  # fmt: skip

ROWS = (_TABLE,)
