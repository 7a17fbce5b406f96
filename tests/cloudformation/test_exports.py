"""Outputs and exports are part of an update, and what another stack uses stays."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.errors import AwsError

GROUP = """
Parameters:
  Days: {Type: Number, Default: 7}
Resources:
  Group: {Type: AWS::Logs::LogGroup, Properties: {RetentionInDays: !Ref Days}}
"""
EXPORTING = GROUP + "Outputs:\n  Name: {Value: !Ref Group, Export: {Name: name}}\n"
USING = """
Resources:
  P: {Type: AWS::SSM::Parameter, Properties: {Name: p, Type: String, Value: !ImportValue name}}
"""
FOURTEEN = [{"ParameterKey": "Days", "ParameterValue": "14"}]


async def test_an_export_alone_is_an_executable_change(cloud: Any) -> None:
    await cloud.create(GROUP)
    await cloud.cf("CreateChangeSet", StackName="s", ChangeSetName="c", TemplateBody=EXPORTING)
    told = await cloud.cf("DescribeChangeSet", StackName="s", ChangeSetName="c")
    assert (told["Status"], told["ExecutionStatus"], told["Changes"]) == ("CREATE_COMPLETE", "AVAILABLE", [])
    await cloud.cf("ExecuteChangeSet", StackName="s", ChangeSetName="c")
    assert (await cloud.settled("s"))["Outputs"][0]["ExportName"] == "name"
    with pytest.raises(AwsError, match="No updates"):
        await cloud.update(EXPORTING)
    assert (await cloud.update(GROUP))["StackStatus"] == "UPDATE_COMPLETE"
    assert (await cloud.cf("ListExports"))["Exports"] == []


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (GROUP, "Export name cannot be deleted as it is in use by user"),
        (EXPORTING.replace("!Ref Group", "another"), "Export name cannot be updated as it is in use by user"),
    ],
)
async def test_an_export_that_another_stack_uses_takes_the_whole_update_back(
    cloud: Any, template: str, said: str
) -> None:
    await cloud.create(EXPORTING)
    await cloud.create(USING, StackName="user")
    stack = await cloud.update(template, Parameters=FOURTEEN)
    assert stack["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    assert said in [event.get("ResourceStatusReason") for event in events]
    assert stack["Outputs"][0]["ExportName"] == "name"
    assert [each["retentionInDays"] for each in cloud.made("PutRetentionPolicy")] == [7, 14, 7]
    with pytest.raises(AwsError, match="cannot be deleted as it is in use by user"):
        await cloud.cf("DeleteStack", StackName="s")


async def test_what_a_stack_is_about_to_use_stays_meanwhile(cloud: Any) -> None:
    await cloud.create(EXPORTING)
    deleted: list[AwsError] = []

    async def delete() -> None:
        try:
            await cloud.cf("DeleteStack", StackName="s")
        except AwsError as error:
            deleted.append(error)

    whole = cloud.apis.call

    async def call(service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        if operation == "PutParameter":
            await delete()
        answer: dict[str, Any] = await whole(service, operation, params)
        return answer

    cloud.apis.call = call
    assert (await cloud.create(USING, StackName="user"))["StackStatus"] == "CREATE_COMPLETE"
    assert "in use by user" in deleted[0].message


async def test_an_import_of_nothing_ends_the_stack_in_its_words(cloud: Any) -> None:
    await cloud.create(USING)
    events = (await cloud.cf("DescribeStackEvents", StackName="s"))["StackEvents"]
    assert "No export named name found. Rollback requested by user." in [
        event.get("ResourceStatusReason") for event in events
    ]


async def test_another_stacks_output_is_found_without_an_export_and_holds_nothing(cloud: Any) -> None:
    weak = USING.replace("!ImportValue name", "{'Fn::GetStackOutput': {StackName: first, OutputName: Name}}")
    await cloud.create(EXPORTING, StackName="first")
    group = (await cloud.resources("first"))["Group"]["PhysicalResourceId"]
    assert (await cloud.create(weak))["StackStatus"] == "CREATE_COMPLETE"
    assert cloud.made("PutParameter")[0]["Value"] == group
    stack = await cloud.settled("first")
    await cloud.cf("DeleteStack", StackName="first")
    assert (await cloud.settled(stack["StackId"]))["StackStatus"] == "DELETE_COMPLETE"


async def test_an_output_of_another_region_is_refused(cloud: Any) -> None:
    there = "{'Fn::GetStackOutput': {StackName: first, OutputName: Name, Region: eu-west-1}}"
    with pytest.raises(AwsError, match="another region or account"):
        await cloud.create(USING.replace("!ImportValue name", there))
