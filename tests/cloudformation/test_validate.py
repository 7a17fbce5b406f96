from __future__ import annotations

import pytest

from netflux.cloudformation.template import parse
from netflux.cloudformation.types import rows
from netflux.cloudformation.validate import capabilities, check, check_capabilities, schema_of
from netflux.errors import AwsError


@pytest.mark.parametrize(
    ("resources", "words"),
    [
        ("A: {Type: AWS::Made::Up}", "Template format error: Unrecognized resource types: [AWS::Made::Up]"),
        (
            "A: {Type: AWS::Lambda::Function, Properties: {Role: r}}\n  B: {Type: AWS::S3::Bucket, DependsOn: C}",
            "Unresolved resource dependencies [C]",
        ),
        (
            "A: {Type: AWS::Lambda::Function, Properties: {Role: r, Nope: 1}}",
            "Resource A (AWS::Lambda::Function): Encountered unsupported property Nope",
        ),
        (
            "A: {Type: AWS::S3::Bucket, Properties: {Nope: 1}}",
            "Resource A (AWS::S3::Bucket): Encountered unsupported property Nope",
        ),
        (
            "A: {Type: AWS::ECS::TaskDefinition, Properties: {ContainerDefinitions: [{Name: c, Image: i, Foo: 1}]}}",
            "Encountered unsupported property ContainerDefinitions[0].Foo",
        ),
        ("A: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b}}", "Property PolicyDocument cannot be empty."),
        ("A: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Lost}}", "Unresolved resource dependencies [Lost]"),
        (
            "A: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Sub '${Lost.Arn}'}}",
            "Unresolved resource dependencies [Lost]",
        ),
        (
            "A: {Type: AWS::S3::Bucket}\n  B: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !GetAtt A.Nope}}",
            "resource A does not support attribute type Nope",
        ),
        (
            "A: {Type: AWS::S3::Bucket}\n  B: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !GetAtt A.DualStackDomainName}}",  # noqa: E501
            "Resource A (AWS::S3::Bucket): the attribute DualStackDomainName is not supported by Netflux",
        ),
        ("A: {Type: AWS::S3::Bucket, Condition: Lost}", "Unresolved condition dependency Lost"),
        (
            "A: {Type: AWS::S3::Bucket, DependsOn: B}\n  B: {Type: AWS::S3::Bucket, DependsOn: A}",
            "Circular dependency between resources: [A, B]",
        ),
        ("A: {Type: AWS::EC2::VPC, Properties: {VpcId: x}}", "Encountered read-only property VpcId"),
    ],
)
def test_a_mistake_is_named_before_anything_is_made(resources: str, words: str) -> None:
    with pytest.raises(AwsError) as caught:
        check(parse(f"Resources:\n  {resources}\n"), "us-east-1")
    assert caught.value.code == "ValidationError"
    assert words in caught.value.message


def test_all_mistakes_of_a_kind_are_told_at_once() -> None:
    with pytest.raises(AwsError) as caught:
        check(parse("Resources:\n  A: {Type: AWS::S3::Bucket, Properties: {X: 1, Y: 2}}\n"), "us-east-1")
    assert caught.value.message.count("Encountered unsupported property") == 2


ROLE = "Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {}\n"


def test_a_role_needs_a_capability_and_a_named_one_a_stronger_one() -> None:
    check_capabilities(parse(ROLE), ["CAPABILITY_IAM"])
    check_capabilities(parse(ROLE), ["CAPABILITY_NAMED_IAM"])
    named = parse(ROLE + "      RoleName: r\n")
    assert capabilities(named) == ("CAPABILITY_NAMED_IAM", ["AWS::IAM::Role"])
    with pytest.raises(AwsError, match=r"Requires capabilities : \[CAPABILITY_NAMED_IAM\]") as caught:
        check_capabilities(named, ["CAPABILITY_IAM"])
    assert caught.value.code == "InsufficientCapabilitiesException"
    check_capabilities(parse("Resources:\n  B: {Type: AWS::S3::Bucket}\n"), [])


@pytest.mark.parametrize("kind", sorted(rows()))
def test_every_row_is_a_type_that_aws_has_and_every_attribute_one_that_it_gives(kind: str) -> None:
    schema = schema_of("us-east-1", kind)
    for name in rows()[kind].attributes:
        assert name.split(".")[0] in schema.properties, name


@pytest.mark.parametrize("kind", sorted(rows()))
def test_every_property_that_a_row_names_exists(kind: str) -> None:
    row, schema = rows()[kind], schema_of("us-east-1", kind)
    named = {name for step in (row.create, *row.also, *row.update) for name in step.only or ()}
    derived = {"ResourceId", "ScalableDimension", "ServiceNamespace", "TemplateBody", "CreationPolicy"}
    assert named - derived <= set(schema.properties)
    assert set(row.consumed) - derived <= set(schema.properties)
    assert not row.named or row.named in schema.properties
