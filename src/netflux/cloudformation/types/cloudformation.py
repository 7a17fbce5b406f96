"""CloudFormation itself: nested stacks, and what CDK writes into its templates for its authors' statistics."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from netflux.cloudformation.fetched import fetched
from netflux.cloudformation.nested import token
from netflux.cloudformation.types.table import Caller, Facts, Failed, Properties, Read, Row, Step, Verdict, Waiting
from netflux.errors import AwsError

_NEVER_BEFORE_ALL_ELSE = 6 * 3600.0
"""Seconds: each resource inside has its own shorter time."""
_BODY = "TemplateBody"


async def _with_body(call: Caller, properties: Properties) -> Properties:
    """The template's text is part of what is wanted: new text at the same address is a change, and what is gone back
    to is the text of then.
    """
    return properties | {_BODY: await fetched(call, str(properties["TemplateURL"]))}


def _name(facts: Facts) -> str:
    """`parent-Logical-ABCDEF123456`, at most 128 characters."""
    suffix = facts.token.replace("-", "")[:12].upper()
    parent = facts.stack.split("/")[1]
    return f"{parent[:57]}-{facts.logical[:57]}-{suffix}"


def _asked(facts: Facts) -> dict[str, Any]:
    given = facts.new.get("Parameters", {})
    for key, value in given.items():
        if isinstance(value, list | dict):
            raise AwsError(
                "ValidationError",
                f"Value of property Parameters must be an object with String properties: {key} isn't.",
            )
    texts = {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in given.items()}
    made: dict[str, Any] = {
        _BODY: facts.new[_BODY],
        "Parameters": [{"ParameterKey": key, "ParameterValue": text} for key, text in texts.items()],
        "Capabilities": list(facts.capabilities),
        "Tags": [{"Key": each["Key"], "Value": str(each["Value"])} for each in facts.new.get("Tags", [])],
    }
    if "NotificationARNs" in facts.new:
        made["NotificationARNs"] = facts.new["NotificationARNs"]
    return made


def _create(facts: Facts) -> list[dict[str, Any]]:
    limit = {"TimeoutInMinutes": int(facts.new["TimeoutInMinutes"])} if "TimeoutInMinutes" in facts.new else {}
    return [_asked(facts) | limit | {"StackName": _name(facts), "ClientRequestToken": token(facts.stack)}]


def _update(facts: Facts) -> list[dict[str, Any]]:
    return [_asked(facts) | {"StackName": facts.id}]


def _whole(stack: Any, _wanted: Properties) -> Verdict:
    status, reason = stack["StackStatus"], stack.get("StackStatusReason", "")
    if status in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        return None
    if _moving(stack):
        return Waiting(f"the nested stack is in {status}")
    verb = "updated" if status.startswith("UPDATE") else "created"
    why = reason or f"`aws cloudformation describe-stack-events --stack-name {stack['StackId']}` tells why."
    return Failed(f"Embedded stack {stack['StackId']} was not successfully {verb}: {status}. {why}")


def _moving(stack: Any) -> bool:
    return bool(stack["StackStatus"].endswith("_IN_PROGRESS"))


def _busy(stack: Any) -> bool:
    """A creation may be given up by a deletion; all else is waited for."""
    return _moving(stack) and stack["StackStatus"] != "CREATE_IN_PROGRESS"


def _over(stack: Any) -> bool:
    if stack["StackStatus"] == "DELETE_FAILED":
        raise AwsError(
            "NotStabilized",
            f"Embedded stack {stack['StackId']} was not successfully deleted: {stack.get('StackStatusReason', '')}",
        )
    return bool(stack["StackStatus"] == "DELETE_COMPLETE")


async def _by_name(call: Caller, facts: Facts, _known: Collection[str]) -> str | None:
    for stack in (await call("cloudformation", "DescribeStacks", {}))["Stacks"]:
        if stack["StackName"] == _name(facts):
            return str(stack["StackId"])
    return None


def _outputs(facts: Facts) -> dict[str, Any]:
    return {f"Outputs.{each['OutputKey']}": each["OutputValue"] for each in facts.item.get("Outputs", [])}


_PROPERTIES = ("TemplateURL", _BODY, "Parameters", "Tags", "NotificationARNs")

_STACK = Row(
    type="AWS::CloudFormation::Stack",
    service="cloudformation",
    create=Step("CreateStack", (*_PROPERTIES, "TimeoutInMinutes"), build=_create),
    id="$response.StackId",
    read=Read("DescribeStacks", {"StackName": "$id"}, "$response.Stacks.0"),
    attributes={"StackId": "$id"},
    outputs=_outputs,
    expand=_with_body,
    update=(
        Step(
            "UpdateStack",
            _PROPERTIES,
            build=_update,
            defaults={"Parameters": {}, "Tags": [], "NotificationARNs": []},
            same="No updates are to be performed.",
        ),
    ),
    consumed=("TimeoutInMinutes",),
    delete=(Step("DeleteStack", params={"StackName": "$id"}),),
    stable=_whole,
    busy=_busy,
    over=_over,
    seek=_by_name,
    seconds=_NEVER_BEFORE_ALL_ELSE,
)

_METADATA = Row(
    type="AWS::CDK::Metadata",
    service="cloudformation",
    create=Step("", ("Analytics", "Modules")),
    id="{logical}-{token}",
    update=(Step("", ("Analytics", "Modules")),),
    delete=(),
)

ROWS = (_STACK, _METADATA)
