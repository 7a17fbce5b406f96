"""Import: resources that are there become a stack's, and are looked up for it."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.errors import AwsError

ONE = """
Resources:
  Told: {Type: AWS::SSM::Parameter, DeletionPolicy: Delete, Properties: {Name: told, Type: String, Value: a}}
"""
GROUP = "  Group: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: /new}}\n"


def _wanted(logical: str = "Told", name: str = "told", kind: str = "AWS::SSM::Parameter") -> dict[str, Any]:
    return {"ResourceType": kind, "LogicalResourceId": logical, "ResourceIdentifier": {"Name": name}}


async def _parameter(cloud: Any, name: str = "told", value: str = "a") -> None:
    await cloud.apis.call("ssm", "PutParameter", {"Name": name, "Value": value, "Type": "String"})


async def _change_set(cloud: Any, template: str = ONE, *wanted: dict[str, Any]) -> dict[str, Any]:
    made = await cloud.cf(
        "CreateChangeSet", StackName="s", ChangeSetName="c", ChangeSetType="IMPORT", TemplateBody=template,
        ResourcesToImport=list(wanted) or [_wanted()],
    )  # fmt: skip
    found: dict[str, Any] = await cloud.cf("DescribeChangeSet", ChangeSetName=made["Id"])
    return found


async def test_what_is_there_becomes_a_new_stacks_and_goes_with_it(cloud: Any) -> None:
    await _parameter(cloud)
    found = await _change_set(cloud)
    (change,) = found["Changes"]
    assert (change["ResourceChange"]["Action"], change["ResourceChange"]["PhysicalResourceId"]) == ("Import", "told")
    await cloud.cf("ExecuteChangeSet", ChangeSetName=found["ChangeSetId"])
    stack = await cloud.settled("s")
    assert stack["StackStatus"] == "IMPORT_COMPLETE"
    assert await cloud.events() == [
        "s REVIEW_IN_PROGRESS", "s IMPORT_IN_PROGRESS", "Told IMPORT_IN_PROGRESS", "Told IMPORT_COMPLETE",
        "s IMPORT_COMPLETE",
    ]  # fmt: skip
    assert cloud.made("PutParameter") == [{"Name": "told", "Value": "a", "Type": "String"}]
    assert (await cloud.update(ONE.replace("Value: a", "Value: b")))["StackStatus"] == "UPDATE_COMPLETE"
    await cloud.cf("DeleteStack", StackName="s")
    await cloud.settled(stack["StackId"])
    with pytest.raises(AwsError):
        await cloud.apis.call("ssm", "GetParameter", {"Name": "told"})


async def test_a_stack_takes_in_more_and_nothing_else_may_change(cloud: Any) -> None:
    await cloud.create("Resources:\n" + GROUP)
    await _parameter(cloud)
    with pytest.raises(AwsError, match=r"modified resources \[Group\] in your template that are not being imported"):
        await _change_set(cloud, ONE)
    with pytest.raises(AwsError, match=r"modified resources \[More\]"):
        await _change_set(cloud, ONE + GROUP + GROUP.replace("Group:", "More:").replace("/new", "/more"))
    with pytest.raises(AwsError, match=r"cannot modify or add \[Outputs\]"):
        await _change_set(cloud, ONE + GROUP + "Outputs:\n  A: {Value: b}\n")
    found = await _change_set(cloud, ONE + GROUP)
    await cloud.cf("ExecuteChangeSet", ChangeSetName=found["ChangeSetId"])
    assert (await cloud.settled("s"))["StackStatus"] == "IMPORT_COMPLETE"
    assert sorted(await cloud.resources()) == ["Group", "Told"]


async def test_what_is_not_there_is_refused_before_anything_is_made(cloud: Any) -> None:
    with pytest.raises(AwsError, match=r"Resource \[Told\] with the identifier \{Name=told\} does not exist"):
        await _change_set(cloud)
    assert (await cloud.cf("ListStacks"))["StackSummaries"] == []


async def test_what_goes_between_look_and_execution_takes_the_import_back(cloud: Any) -> None:
    await _parameter(cloud)
    found = await _change_set(cloud)
    await cloud.apis.call("ssm", "DeleteParameter", {"Name": "told"})
    await cloud.cf("ExecuteChangeSet", ChangeSetName=found["ChangeSetId"])
    assert (await cloud.settled("s"))["StackStatus"] == "IMPORT_ROLLBACK_COMPLETE"
    assert await cloud.resources() == {}


@pytest.mark.parametrize(
    ("template", "wanted", "words"),
    [
        (ONE.replace(" DeletionPolicy: Delete,", ""), _wanted(), r"\[Told\] must have DeletionPolicy attribute"),
        (ONE, _wanted("Other"), r"Resource \[Other\] of the type AWS::SSM::Parameter to import is not in the template"),
        ("Resources:\n" + GROUP.replace("Properties", "DeletionPolicy: Retain, Properties"),
         _wanted("Group", "/new", "AWS::Logs::LogGroup"), r"\[AWS::Logs::LogGroup\] are not supported for Import"),
    ],
)  # fmt: skip
async def test_what_can_not_be_imported_is_refused(
    cloud: Any, template: str, wanted: dict[str, Any], words: str
) -> None:
    await _parameter(cloud)
    with pytest.raises(AwsError, match=words):
        await _change_set(cloud, template, wanted)


async def test_a_resource_is_in_one_stack_only(cloud: Any) -> None:
    await cloud.create(ONE, StackName="t")
    with pytest.raises(AwsError, match="already belongs to stack"):
        await _change_set(cloud)
    with pytest.raises(AwsError, match="ResourcesToImport is required"):
        await cloud.cf("CreateChangeSet", StackName="s", ChangeSetName="c", ChangeSetType="IMPORT", TemplateBody=ONE)
    with pytest.raises(AwsError, match="is for change sets of the type IMPORT"):
        await cloud.cf(
            "CreateChangeSet", StackName="t", ChangeSetName="c", TemplateBody=ONE, ResourcesToImport=[_wanted()]
        )


async def test_a_template_that_says_otherwise_than_the_resource_has_drifted(cloud: Any) -> None:
    await _parameter(cloud, value="other")
    found = await _change_set(cloud)
    await cloud.cf("ExecuteChangeSet", ChangeSetName=found["ChangeSetId"])
    await cloud.settled("s")
    answer = await cloud.cf("DetectStackResourceDrift", StackName="s", LogicalResourceId="Told")
    (difference,) = answer["StackResourceDrift"]["PropertyDifferences"]
    assert (difference["ExpectedValue"], difference["ActualValue"]) == ("a", "other")


async def test_a_summary_tells_by_which_properties_resources_are_named(cloud: Any) -> None:
    found = (await cloud.cf("GetTemplateSummary", TemplateBody=ONE + GROUP))["ResourceIdentifierSummaries"]
    assert found == [
        {"ResourceType": "AWS::SSM::Parameter", "LogicalResourceIds": ["Told"], "ResourceIdentifiers": ["Name"]}
    ]
