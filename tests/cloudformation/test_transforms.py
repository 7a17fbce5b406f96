"""Transforms and macros: what they make of templates, what they may do, and how they fail."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netflux.cloudformation.intrinsics import UNKNOWN, Environment
from netflux.cloudformation.syntax import read
from netflux.cloudformation.transforms.language import extended
from netflux.errors import AwsError
from tests.cloudformation.functions import ARN, Functions

EXPAND = ["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
LOOP = """
Transform: AWS::LanguageExtensions
Parameters:
  Names: {Type: CommaDelimitedList, Default: "one,two"}
Resources:
  Fn::ForEach::Groups:
    - Name
    - !Ref Names
    - Group${Name}:
        Type: AWS::Logs::LogGroup
        Properties: {LogGroupName: !Sub "/loop/${Name}", RetentionInDays: 7}
Outputs:
  Count: {Value: !Length [a, b, c]}
  Fn::ForEach::Told:
    - Name
    - !Ref Names
    - Arn${Name}: {Value: !GetAtt [!Sub "Group${Name}", Arn]}
"""


def _extended(text: str, **parameters: Any) -> dict[str, Any]:
    sections = read(text)
    pseudo = {"AWS::Region": "us-east-1", "AWS::StackName": "s"}
    env = Environment(
        parameters=parameters, pseudo=pseudo, mappings=sections.get("Mappings", {}),
        conditions=sections.get("Conditions", {}), reference=lambda _logical: UNKNOWN,
        attribute=lambda _logical, _name: UNKNOWN,
    )  # fmt: skip
    return extended(sections, env)


def _resources(text: str, **parameters: Any) -> dict[str, Any]:
    found: dict[str, Any] = _extended(f"Resources:\n{text}", **parameters)["Resources"]
    return found


async def _groups(cloud: Any) -> list[str]:
    answer = await cloud.apis.call("logs", "DescribeLogGroups", {})
    return sorted(group["logGroupName"] for group in answer["logGroups"])


async def test_a_loop_makes_what_the_parameters_list(cloud: Any) -> None:
    stack = await cloud.create(LOOP, Capabilities=EXPAND)
    assert stack["StackStatus"] == "CREATE_COMPLETE"
    assert await _groups(cloud) == ["/loop/one", "/loop/two"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert outputs["Count"] == "3"
    assert ":/loop/one" in outputs["Arnone"]
    original = await cloud.cf("GetTemplate", StackName="s")
    assert original == {"TemplateBody": LOOP, "StagesAvailable": ["Original", "Processed"]}
    processed = (await cloud.cf("GetTemplate", StackName="s", TemplateStage="Processed"))["TemplateBody"]
    assert sorted(json.loads(processed)["Resources"]) == ["Groupone", "Grouptwo"]
    assert "Transform" not in json.loads(processed)


async def test_a_previous_template_is_transformed_anew(cloud: Any) -> None:
    await cloud.create(LOOP, Capabilities=EXPAND)
    names = [{"ParameterKey": "Names", "ParameterValue": "two,three"}]
    await cloud.cf("UpdateStack", StackName="s", UsePreviousTemplate=True, Parameters=names, Capabilities=EXPAND)
    assert (await cloud.settled("s"))["StackStatus"] == "UPDATE_COMPLETE"
    assert await _groups(cloud) == ["/loop/three", "/loop/two"]


async def test_a_direct_call_acknowledges_transforms_and_a_change_set_shows_them(cloud: Any) -> None:
    with pytest.raises(AwsError, match=r"Requires capabilities : \[CAPABILITY_AUTO_EXPAND\]") as caught:
        await cloud.create(LOOP)
    assert caught.value.code == "InsufficientCapabilitiesException"
    await cloud.cf("CreateChangeSet", StackName="s", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=LOOP)
    found = await cloud.cf("DescribeChangeSet", StackName="s", ChangeSetName="c")
    assert sorted(each["ResourceChange"]["LogicalResourceId"] for each in found["Changes"]) == ["Groupone", "Grouptwo"]
    processed = await cloud.cf("GetTemplate", StackName="s", ChangeSetName="c", TemplateStage="Processed")
    assert "Groupone" in processed["TemplateBody"]


async def test_a_summary_tells_transforms_without_doing_them(cloud: Any) -> None:
    found = await cloud.cf("GetTemplateSummary", TemplateBody=LOOP)
    assert found["DeclaredTransforms"] == ["AWS::LanguageExtensions"]
    assert "CAPABILITY_AUTO_EXPAND" in found["Capabilities"]
    told = await cloud.cf("ValidateTemplate", TemplateBody=LOOP)
    assert told["DeclaredTransforms"] == ["AWS::LanguageExtensions"]
    assert [each["ParameterKey"] for each in told["Parameters"]] == ["Names"]


def test_loops_in_loops_replace_in_keys_values_and_references() -> None:
    made = _resources(
        """
  Fn::ForEach::Outer:
    - Env
    - [dev, prod]
    - Fn::ForEach::Inner:
        - Zone
        - [a, !Ref Extra]
        - Queue${Env}${Zone}:
            Type: AWS::SQS::Queue
            Properties: {QueueName: !Sub "${Env}-${Zone}-${AWS::Region}", Tags: [{Key: env, Value: !Ref Env}]}
""",
        Extra="b",
    )
    assert sorted(made) == ["Queuedeva", "Queuedevb", "Queueproda", "Queueprodb"]
    assert made["Queueprodb"]["Properties"] == {
        "QueueName": {"Fn::Sub": "prod-b-${AWS::Region}"}, "Tags": [{"Key": "env", "Value": "prod"}],
    }  # fmt: skip


def test_a_loop_inside_properties_and_with_signs_that_names_cannot_have() -> None:
    made = _resources("""
  Fn::ForEach::Hosts:
    - Host
    - ["a.example.com"]
    - "Record&{Host}":
        Type: AWS::X::Y
        Properties:
          Name: ${Host}
          Fn::ForEach::Sizes: [Size, [1, 2], {"Size${Size}": "${Host}-${Size}"}]
""")
    assert made == {
        "Recordaexamplecom": {
            "Type": "AWS::X::Y",
            "Properties": {"Name": "a.example.com", "Size1": "a.example.com-1", "Size2": "a.example.com-2"},
        }
    }


def test_a_collection_comes_out_of_a_mapping_by_the_outer_loops_value() -> None:
    made = _extended(
        """
Mappings:
  Zones: {dev: {Names: [a]}, prod: {Names: [a, b]}}
Conditions:
  Fn::ForEach::C: [Env, [dev, prod], {"Is${Env}": !Equals [!Ref Stage, !Ref Env]}]
Resources:
  Fn::ForEach::Outer:
    - Env
    - [dev, prod]
    - Fn::ForEach::Inner:
        - Zone
        - !FindInMap [Zones, !Ref Env, Names]
        - Bucket${Env}${Zone}:
            Type: AWS::S3::Bucket
            Condition: "Is${Env}"
            DeletionPolicy: !If [Isdev, Delete, Retain]
""",
        Stage="prod",
    )
    assert sorted(made["Resources"]) == ["Bucketdeva", "Bucketproda", "Bucketprodb"]
    assert made["Resources"]["Bucketprodb"]["Condition"] == "Isprod"
    assert made["Resources"]["Bucketdeva"]["DeletionPolicy"] == "Retain"
    assert made["Conditions"]["Isdev"] == {"Fn::Equals": [{"Ref": "Stage"}, "dev"]}


def test_lengths_and_json_are_values_where_parameters_decide_them() -> None:
    made = _resources(
        """
  One:
    Type: AWS::SSM::Parameter
    Properties:
      Value: !Length [!Ref Names, x]
      Count: {"Fn::Length": !Ref Names}
      Known: {"Fn::ToJsonString": {a: !Ref Names}}
      Later: {"Fn::ToJsonString": {a: !Ref Other}}
""",
        Names=["a", "b"],
    )
    properties = made["One"]["Properties"]
    assert (properties["Value"], properties["Count"], properties["Known"]) == (2, 2, '{"a":["a","b"]}')
    assert properties["Later"] == {"Fn::ToJsonString": {"a": {"Ref": "Other"}}}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("  Fn::ForEach::A: [Name, [a], []]", "an alphanumeric identifier"),
        ("  Fn::ForEach::A: [Name, [a]]", "takes a name, a collection and a map"),
        ("  Fn::ForEach::A: [Name, !GetAtt X.Y, {R: {}}]", "parameters and mappings alone decide"),
        ("  Fn::ForEach::A: [Name, [a, b], {R: {}}]", "is made twice"),
        ("  Fn::ForEach::A: [Names, [a], {R: {}}]", "a parameter's"),
        ("  R: {Type: A, Properties: {X: !Length x}}", "Fn::Length takes a list"),
        ("  R: {Type: A, Properties: {X: !ToJsonString x}}", "takes a map or a list"),
    ],
)  # fmt: skip
def test_a_loop_that_is_none_is_refused_by_name(text: str, words: str) -> None:
    with pytest.raises(AwsError, match=words):
        _extended(f"Parameters: {{Names: {{Type: String}}}}\nResources:\n{text}")


def test_loops_that_stand_for_more_than_a_machine_has_are_refused() -> None:
    many = json.dumps([str(number) for number in range(100)])
    text = '"R${A}x${B}x${C}x${D}": {Type: "AWS::X::Y"}'
    for name in "DCBA":
        text = f'"Fn::ForEach::L{name}": [{name}, {many}, {{{text}}}]'
    with pytest.raises(AwsError, match="more than 100000 values"):
        _extended(f"Resources: {{{text}}}")
    empty = "{}"
    for name in "DCBA":
        empty = f'{{"Fn::ForEach::L{name}": [{name}, {many}, {empty}]}}'
    with pytest.raises(AwsError, match="more than 100000 values"):
        _extended(f"Resources: {empty}")


SAM = """
AWSTemplateFormatVersion: "2010-09-09"
Transform: AWS::Serverless-2016-10-31
Parameters:
  Stage: {Type: String, Default: live}
Globals:
  Function: {Timeout: 9, Runtime: python3.12}
Resources:
  Hello:
    Type: AWS::Serverless::Function
    Properties:
      Handler: index.handler
      InlineCode: "def handler(event, context): return 1"
      Policies: [AmazonS3ReadOnlyAccess]
      Environment: {Variables: {STAGE: !Ref Stage}}
"""


async def test_sams_own_translator_makes_functions_and_roles(cloud: Any) -> None:
    made = await _translated(cloud, SAM)
    assert sorted(made["Resources"]) == ["Hello", "HelloRole"]
    properties = made["Resources"]["Hello"]["Properties"]
    assert (properties["Timeout"], properties["Code"]["ZipFile"]) == (9, "def handler(event, context): return 1")
    policies = made["Resources"]["HelloRole"]["Properties"]["ManagedPolicyArns"]
    assert "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" in policies
    assert "Globals" not in made


async def _translated(cloud: Any, text: str) -> dict[str, Any]:
    from netflux.cloudformation.transforms.expansion import Wanted

    transforms = cloud.engine._checks.transforms
    sections, _ = await transforms.outlined(text)
    known = cloud.engine._examiner.known("us-east-1", "s")
    processed = await transforms.processed(text, sections, Wanted(cloud.apis.call, {"Stage": "live"}, known))
    made: dict[str, Any] = json.loads(processed.text)
    return made


async def test_what_sam_refuses_is_told_in_its_words(cloud: Any) -> None:
    with pytest.raises(
        AwsError, match="Transform AWS::Serverless-2016-10-31 failed with: Invalid Serverless"
    ) as caught:
        await cloud.create(SAM.replace("      Handler: index.handler\n", ""), Capabilities=EXPAND)
    assert "[Hello]" in caught.value.message


async def test_an_application_of_the_serverless_repository_is_refused_by_name(cloud: Any) -> None:
    text = SAM + "  App:\n    Type: AWS::Serverless::Application\n    Properties: {Location: {ApplicationId: a}}\n"
    with pytest.raises(AwsError, match="Resource App: there is no Serverless Application Repository here"):
        await cloud.create(text, Capabilities=EXPAND)


INCLUDED = """
Parameters:
  Bucket: {Type: String, Default: snippets}
Resources:
  One:
    Type: AWS::SSM::Parameter
    Properties:
      Type: String
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: !Sub "s3://${Bucket}/value.yaml"}}
"""


async def _snippet(cloud: Any, text: str) -> None:
    await cloud.apis.call("s3", "CreateBucket", {"Bucket": "snippets"})
    await cloud.apis.call("s3", "PutObject", {"Bucket": "snippets", "Key": "value.yaml", "Body": text.encode()})


async def test_a_piece_of_template_comes_out_of_a_bucket(cloud: Any) -> None:
    await _snippet(cloud, "Value: included\nName: told\n")
    assert (await cloud.create(INCLUDED, Capabilities=EXPAND))["StackStatus"] == "CREATE_COMPLETE"
    told = await cloud.apis.call("ssm", "GetParameter", {"Name": "told"})
    assert told["Parameter"]["Value"] == "included"


async def test_a_whole_templates_include_joins_its_sections(cloud: Any) -> None:
    await _snippet(cloud, "Resources:\n  Two: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: x}}\n")
    text = """
Transform: {Name: AWS::Include, Parameters: {Location: s3://snippets/value.yaml}}
Resources:
  One: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: y}}
"""
    await cloud.create(text, Capabilities=EXPAND)
    assert sorted(await cloud.resources()) == ["One", "Two"]


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("s3://nowhere/value.yaml", r"Transform AWS::Include failed with: S3 bucket \[nowhere\] does not exist\."),
        ("s3://snippets/other.yaml", "Transform AWS::Include failed with: .*other.yaml"),
        ("nothing", "Transform AWS::Include failed with: "),
        ("s3://snippets", "is not a valid S3 uri"),
    ],
)
async def test_what_can_not_be_included_fails_by_name(cloud: Any, location: str, words: str) -> None:
    await _snippet(cloud, "Value: included\n")
    with pytest.raises(AwsError, match=words):
        await cloud.create(INCLUDED.replace('!Sub "s3://${Bucket}/value.yaml"', location), Capabilities=EXPAND)


DEFINED = f"""
Resources:
  Macro: {{Type: AWS::CloudFormation::Macro, Properties: {{Name: Upper, FunctionName: "{ARN}"}}}}
Outputs:
  Named: {{Value: !Ref Macro}}
"""
USED = """
Transform: Upper
Parameters:
  Word: {Type: String, Default: given}
  Words: {Type: CommaDelimitedList, Default: "a,b"}
Resources:
  One:
    Type: AWS::SSM::Parameter
    Properties:
      Type: String
      Fn::Transform: {Name: Upper, Parameters: {Word: !Ref Word, Times: 2}}
      Value: x
"""


def _answered(event: dict[str, Any], fragment: Any) -> dict[str, Any]:
    return {"requestId": event["requestId"], "status": "success", "fragment": fragment}


async def test_a_macro_gets_what_is_beside_it_and_then_the_whole_template(cloud: Any) -> None:
    functions = Functions(cloud)
    functions.macro = lambda event: _answered(
        event, event["fragment"] | {"Name": "macro"} if "Type" in event["fragment"] else event["fragment"]
    )
    stack = await cloud.create(DEFINED, StackName="m")
    assert stack["Outputs"][0]["OutputValue"] == "Upper"
    assert (await cloud.create(USED, Capabilities=EXPAND))["StackStatus"] == "CREATE_COMPLETE"
    inner, outer = functions.events
    assert inner["fragment"] == {"Type": "String", "Value": "x"}
    assert inner["params"] == {"Word": "given", "Times": 2}
    assert inner["transformId"] == "000000000000::Upper"
    assert inner["templateParameterValues"] == {"Word": "given", "Words": ["a", "b"]}
    assert (inner["region"], inner["accountId"]) == ("us-east-1", "000000000000")
    assert outer["params"] == {}
    assert sorted(outer["fragment"]) == ["Parameters", "Resources"]
    assert outer["fragment"]["Resources"]["One"]["Properties"]["Name"] == "macro"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"status": "failed", "errorMessage": "a test"}, "Transform 000000000000::Upper failed with: a test"),
        ({"status": "failed"}, "Transform 000000000000::Upper failed without an error message."),
        ({"requestId": "x", "status": "success", "fragment": {}}, "malformed response from transform 0+::Upper"),
        ({"status": "success"}, "Received malformed response from transform 0+::Upper"),
        ({"status": "success", "fragment": "text"}, "unsupported structure"),
    ],
)  # fmt: skip
async def test_a_macro_that_fails_is_told_in_awss_words(cloud: Any, answer: dict[str, Any], words: str) -> None:
    functions = Functions(cloud)
    functions.macro = lambda event: {"requestId": event["requestId"]} | answer
    await cloud.create(DEFINED, StackName="m")
    with pytest.raises(AwsError, match=words):
        await cloud.create(USED, Capabilities=EXPAND)


async def test_what_a_macro_makes_is_held_to_a_templates_limits(cloud: Any) -> None:
    functions = Functions(cloud)
    functions.macro = lambda event: _answered(event, {"Resources": {}, "Description": "x" * 1_000_001})
    await cloud.create(DEFINED, StackName="m")
    with pytest.raises(AwsError, match=r"malformed response|may not exceed"):
        await cloud.create(USED, Capabilities=EXPAND)


async def test_transforms_that_are_not_there_are_refused(cloud: Any) -> None:
    with pytest.raises(AwsError, match="No transform named 000000000000::Upper found"):
        await cloud.create(USED, Capabilities=EXPAND)
    with pytest.raises(AwsError, match="AWS::CodeDeployBlueGreen is not supported by Netflux"):
        await cloud.create(USED.replace("Transform: Upper", "Transform: AWS::CodeDeployBlueGreen").replace(
            "      Fn::Transform: {Name: Upper, Parameters: {Word: !Ref Word, Times: 2}}\n", ""
        ), Capabilities=EXPAND)  # fmt: skip
    with pytest.raises(AwsError, match="Key Name of transform definition must be a string"):
        await cloud.create(USED.replace("Transform: Upper", "Transform: [{Name: {Ref: Word}}]"), Capabilities=EXPAND)


async def test_a_nested_stacks_template_is_transformed_as_well(cloud: Any) -> None:
    await _snippet(cloud, LOOP)
    text = """
Resources:
  Inner:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: https://s3.us-east-1.amazonaws.com/snippets/value.yaml, Parameters: {Names: a}}
"""
    assert (await cloud.create(text, Capabilities=EXPAND))["StackStatus"] == "CREATE_COMPLETE"
    assert await _groups(cloud) == ["/loop/a"]
    assert (await cloud.create(text, StackName="t"))["StackStatus"] == "ROLLBACK_COMPLETE"


async def test_a_change_set_whose_transform_fails_stays_and_says_why(cloud: Any) -> None:
    made = await cloud.cf(
        "CreateChangeSet", StackName="s", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=INCLUDED
    )
    found = await cloud.cf("DescribeChangeSet", ChangeSetName=made["Id"])
    assert (found["Status"], found["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert found["StatusReason"] == "Transform AWS::Include failed with: S3 bucket [snippets] does not exist."
    assert (await cloud.cf("GetTemplate", ChangeSetName=made["Id"]))["TemplateBody"] == INCLUDED
    with pytest.raises(AwsError, match="cannot be executed"):
        await cloud.cf("ExecuteChangeSet", ChangeSetName=made["Id"])
