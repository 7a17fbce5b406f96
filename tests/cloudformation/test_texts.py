"""What CloudFormation says of a template in its own words, the same at every entry."""

# ruff: noqa: E501  (each text stands whole, as it is searched for)
from __future__ import annotations

from typing import Any

import pytest

from netflux.errors import AwsError

PARAMETER = "  P: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: %s}}\n"


def _value(value: str) -> str:
    return f"Resources:\n{PARAMETER % value}"


SKIPPED = """
Parameters:
  Made: {Type: String, Default: "no"}
Conditions:
  Wanted: !Equals [!Ref Made, "yes"]
Resources:
  G: {Type: AWS::Logs::LogGroup, Condition: Wanted}
"""
MAPPED = "Mappings: {Sizes: {A: {Small: x}}}\n" + _value("!FindInMap [Sizes, A, Large]")
STATIC = [
    (_value("{'Fn::GetAtt': [P]}"), "Template error: every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource attribute"),
    (_value("!Select [one, [a]]"), "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"),
    (_value("!Select [3, [a]]"), "Template error: Fn::Select requires a list argument with two elements: an integer index and a list"),
    (_value("!Split [a]"), "Template error: every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split or a function that returns a string to be split."),
    (_value("!Join [',']"), "Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined."),
    (_value("!FindInMap [A]"), "Template error: every Fn::FindInMap object requires three parameters, the map name, map key and the attribute for return value"),
    (_value("!Ref [A]"), "Template error: every Ref object must have a single String value."),
    (_value("!Sub [1]"), "Template error: One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first argument, and an optional second argument to specify a mapping of values to replace in the string"),
    (_value("!If [Nope, a, b]"), "Template error: unresolved condition dependency Nope in Fn::If"),
    (_value("!Ref Nope"), "Template format error: Unresolved resource dependencies [Nope] in the Resources block of the template"),
    (_value("a") + "Outputs: {O: {Value: !Ref Nope}}\n", "Template format error: Unresolved resource dependencies [Nope] in the Outputs block of the template"),
    (_value("a") + "Conditions: {C: !Equals [!Ref P, a]}\n", "Template format error: Unresolved dependencies [P]. Cannot reference resources in the Conditions block of the template"),
    (_value("a") + "Conditions: {C: !Equals [a]}\n", "Template error: every Fn::Equals object requires a list of 2 string parameters."),
    (_value("a") + "Conditions: {C: !Not [a, b]}\n", "Template error: every Fn::Not object requires one boolean parameter."),
    (_value("a") + "Mappings: {M: {A: x}}\n", "Template format error: Every Mappings member A must be a map"),
    (_value("a") + "Mappings: {M: {A: {B: {C: x}}}}\n", "Template format error: Every Mappings attribute must be a String or a List."),
    (_value("a") + "Outputs: {O: {}}\n", "Template format error: Every Outputs member must contain a Value object"),
    (_value("null"), "[/Resources/P/Properties/Value] 'null' values are not allowed in templates"),
    ("Resources: {P: {Properties: {}}}\n", "Template format error: [/Resources/P] Every Resources object must contain a Type member."),
    ("Resources: {P: {Type: AWS::S3::Bucket, Nope: 1}}\n", "Invalid template resource property 'Nope'"),
    ("Resources: ''\n", "Template format error: Any Resources member must be an object."),
    ("Resources: {a-b: {Type: AWS::S3::Bucket}}\n", "Template format error: Resource name a-b is non alphanumeric."),
    ("Resources:\n  A: [\n", "Template format error: YAML not well-formed. (line 3, column 1)"),
    ('{"Resources"="x"}', "Template format error: JSON not well-formed. (line 1, column 14)"),
]  # fmt: skip
WITH_PARAMETERS = [
    (SKIPPED + PARAMETER % "!Ref G", "Template format error: Unresolved resource dependencies [G] in the Resources block of the template"),
    (SKIPPED + PARAMETER % "!GetAtt G.Arn", "Template format error: Unresolved resource dependencies [G] in the Resources block of the template"),
    (SKIPPED + PARAMETER % "a" + "Outputs: {O: {Value: !Ref G}}\n", "Unresolved resource dependencies [G] in the Outputs block of the template"),
    (MAPPED, "Template error: Unable to get mapping for Sizes::A::Large"),
]  # fmt: skip


async def _said(cloud: Any, operation: str, **params: Any) -> str:
    with pytest.raises(AwsError) as caught:
        await cloud.cf(operation, **params)
    assert caught.value.code == "ValidationError"
    return caught.value.message


async def _at_every_entry(cloud: Any, template: str, *reading: str) -> set[str]:
    found = {await _said(cloud, operation, TemplateBody=template) for operation in reading}
    found.add(await _said(cloud, "CreateStack", StackName="n", TemplateBody=template))
    found.add(await _said(cloud, "UpdateStack", StackName="s", TemplateBody=template))
    for kind, name in (("CREATE", "n"), ("UPDATE", "s")):
        given = {"StackName": name, "ChangeSetName": "c", "ChangeSetType": kind, "TemplateBody": template}
        found.add(await _said(cloud, "CreateChangeSet", **given))
    return found


async def test_a_template_is_refused_in_the_same_words_everywhere_and_nothing_is_left(cloud: Any) -> None:
    await cloud.create(_value("a"))
    for template, text in STATIC:
        assert await _at_every_entry(cloud, template, "ValidateTemplate", "GetTemplateSummary") == {text}
    for template, text in WITH_PARAMETERS:
        assert await _at_every_entry(cloud, template) == {text}
    stacks = (await cloud.cf("DescribeStacks"))["Stacks"]
    assert [(stack["StackName"], stack["StackStatus"]) for stack in stacks] == [("s", "CREATE_COMPLETE")]
    assert (await cloud.cf("ListChangeSets", StackName="s"))["Summaries"] == []


async def test_a_dependency_on_what_is_left_out_is_none(cloud: Any) -> None:
    template = SKIPPED + "  H: {Type: AWS::Logs::LogGroup, DependsOn: G}\n"
    assert (await cloud.create(template))["StackStatus"] == "CREATE_COMPLETE"


async def test_types_that_are_unknown_are_warnings_where_they_are_asked_for_so(cloud: Any) -> None:
    template = "Resources: {A: {Type: AWS::Made::Up}}\n"
    said = await _said(cloud, "GetTemplateSummary", TemplateBody=template)
    assert said == "Template format error: Unrecognized resource types: [AWS::Made::Up]"
    warned = {"TreatUnrecognizedResourceTypesAsWarnings": True}
    found = await cloud.cf("GetTemplateSummary", TemplateBody=template, TemplateSummaryConfig=warned)
    assert found["Warnings"] == {"UnrecognizedResourceTypes": ["AWS::Made::Up"]}


async def test_stacks_and_change_sets_that_are_not_there_are_told_by_each_call_in_its_words(cloud: Any) -> None:
    await cloud.create(_value("a"))
    for operation, given, text in (
        ("DescribeChangeSet", {"StackName": "nope", "ChangeSetName": "c"}, "Stack [nope] does not exist"),
        ("DeleteChangeSet", {"StackName": "nope", "ChangeSetName": "c"}, "Stack [nope] does not exist"),
        ("DeleteChangeSet", {"ChangeSetName": "c"}, "StackName must be specified if ChangeSetName is not specified as an ARN."),
        ("DescribeStackEvents", {"StackName": "nope"}, "Stack [nope] does not exist"),
        ("DescribeStacks", {"StackName": "nope"}, "Stack with id nope does not exist"),
        ("DescribeStackResource", {"StackName": "nope", "LogicalResourceId": "P"}, "Stack 'nope' does not exist"),
        ("DescribeStackResource", {"StackName": "s", "LogicalResourceId": "Q"}, "Resource Q does not exist for stack s"),
        ("GetTemplate", {}, "StackName is required if ChangeSetName is not specified."),
        ("GetTemplate", {"ChangeSetName": "c"}, "StackName is a required parameter."),
        ("CreateStack", {"StackName": "t", "TemplateURL": "https://example.com/a"}, "TemplateURL must be a supported URL."),
        ("CreateStack", {"StackName": "t", "TemplateURL": "s3://b/a"}, "S3 error: Domain name specified in b is not a valid S3 domain"),
        ("UpdateStack", {"StackName": "s", "TemplateBody": _value("b"), "ResourceTypes": ["AWS::EC2::*"]}, "Resource type AWS::SSM::Parameter is not allowed by parameter ResourceTypes [AWS::EC2::*]"),
    ):  # fmt: skip
        assert await _said(cloud, operation, **given) == text
    assert await cloud.cf("DeleteChangeSet", StackName="s", ChangeSetName="c") == {}


async def test_a_change_sets_name_is_free_again_once_it_was_executed(cloud: Any) -> None:
    await cloud.create(_value("a"))
    for value in ("b", "c"):
        made = await cloud.cf("CreateChangeSet", StackName="s", ChangeSetName="c", TemplateBody=_value(value))
        await cloud.cf(
            "CreateChangeSet", StackName="s", ChangeSetName=f"other-{value}", TemplateBody=_value(value + "x")
        )
        await cloud.cf("ExecuteChangeSet", StackName="s", ChangeSetName="c")
        assert (await cloud.settled("s"))["StackStatus"] == "UPDATE_COMPLETE"
        assert (await cloud.cf("ListChangeSets", StackName="s"))["Summaries"] == []
        told = await cloud.cf("DescribeChangeSet", ChangeSetName=made["Id"])
        assert told["ExecutionStatus"] == "EXECUTE_COMPLETE"
    with pytest.raises(AwsError, match=r"execution status of \[EXECUTE_COMPLETE\]"):
        await cloud.cf("ExecuteChangeSet", StackName="s", ChangeSetName="c")


async def test_all_that_is_refused_is_told_at_once(cloud: Any) -> None:
    template = """
Resources:
  Group: {Type: AWS::AutoScaling::AutoScalingGroup, Properties: {MinSize: "1", MaxSize: "1"}}
  Other: {Type: AWS::Logs::LogGroup, Properties: {FieldIndexPolicies: [{}]}}
  Certificate:
    Type: AWS::CertificateManager::Certificate
    Properties: {DomainName: a.example, ValidationMethod: EMAIL}
"""
    said = await _said(cloud, "CreateStack", StackName="s", TemplateBody=template)
    for words in ("Group (AWS::AutoScaling::AutoScalingGroup)", "the property FieldIndexPolicies", "('EMAIL')"):
        assert words in said
    assert not cloud.calls
