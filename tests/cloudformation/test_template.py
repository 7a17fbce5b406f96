from __future__ import annotations

import pytest

from netflux.cloudformation.template import parse
from netflux.errors import AwsError

BUCKET = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n"


def test_a_declaration_has_its_attributes() -> None:
    template = parse(BUCKET + "    DependsOn: C\n    DeletionPolicy: Retain\n  C:\n    Type: AWS::S3::Bucket\n")
    assert template.resources["B"].depends_on == ("C",)
    assert template.resources["B"].deletion_policy == "Retain"
    assert template.resources["C"].deletion_policy is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("", "Template body must not be empty"),
        ("Description: x\n", "At least one Resources member must be defined."),
        (BUCKET + "Extra: 1\n", "Invalid template property or properties [Extra]"),
        (BUCKET + "Transform: AWS::Serverless-2016-10-31\n", "the section Transform is not supported by Netflux"),
        ("AWSTemplateFormatVersion: '2011'\n" + BUCKET, "2011 is not a supported value"),
        ("Resources:\n  B: {}\n", "Every Resources object must contain a Type member"),
        (BUCKET + "    Foo: 1\n", "Invalid template resource property 'Foo'"),
        (BUCKET + "    DeletionPolicy: Keep\n", "Unrecognized DeletionPolicy Keep"),
        (BUCKET + "Outputs:\n  O: {Description: x}\n", "Every Outputs member must contain a Value object"),
        ("Resources:\n  a-b: {Type: AWS::S3::Bucket}\n", "a-b is non alphanumeric"),
    ],
)
def test_what_is_wrong_is_named(body: str, words: str) -> None:
    with pytest.raises(AwsError) as caught:
        parse(body)
    assert words in caught.value.message
