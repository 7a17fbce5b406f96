"""What the survey of other people's templates decides before it asks a region."""

from __future__ import annotations

import pytest

from tests.survey import imports, page, values
from tests.survey.found import with_images

GROUND = {
    "Vpc": "vpc-1", "PublicSubnets": "subnet-1,subnet-2", "PublicSubnet2": "subnet-2", "SecurityGroup": "sg-1",
    "Word": "surveyed", "Port": "8080", "SsmParameter": "ground", "Zones": "a,b", "Domain": "example.test",
    "Number": "1",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "spec", "expected"),
    [
        ("Network", {"Type": "AWS::EC2::VPC::Id"}, "vpc-1"),
        ("Places", {"Type": "List<AWS::EC2::Subnet::Id>"}, "subnet-1,subnet-2"),
        ("Place", {"Type": "AWS::EC2::Subnet::Id"}, "subnet-1"),
        ("SubnetB", {"Type": "String"}, "subnet-2"),
        ("LoadBalancerSecurityGroup", {"Type": "String"}, "sg-1"),
        ("Enabled", {"Type": "String", "AllowedValues": [True, False]}, "true"),
        ("ContainerPort", {"Type": "Number", "MinValue": 9000}, "9000"),
        ("Account", {"Type": "String", "AllowedPattern": "[0-9]{12}"}, "123456789012"),
        ("Title", {"Type": "String", "MinLength": 12}, "surveyedxxxx"),
        ("Stated", {"Type": "String", "Default": "x"}, None),
        ("Optional", {"Type": "String", "Default": ""}, None),
    ],
)
def test_a_parameter_without_a_default_gets_what_a_person_would_give(name, spec, expected) -> None:
    assert values.value(name, spec, GROUND) == expected


def test_names_of_imports_are_told_by_parameters() -> None:
    content = {
        "Resources": {
            "A": {"X": {"Fn::ImportValue": {"Fn::Sub": "${Network}-Vpc"}}},
            "B": {"X": {"Fn::ImportValue": {"Fn::Join": [":", [{"Ref": "Network"}, "Subnets"]]}}},
            "C": {"X": {"Fn::ImportValue": {"Fn::Sub": "${Unknown}-Vpc"}}},
        }
    }
    assert imports.imported(content, {"Network": "base"}, "stack") == {"base-Vpc", "base:Subnets"}


def test_a_containers_image_is_replaced_and_told_its_ports() -> None:
    container = {
        "Image": "nginx",
        "Command": ["x"],
        "PortMappings": [{"ContainerPort": {"Ref": "Port"}}],
        "Name": "web",
    }
    content = {
        "Resources": {"T": {"Type": "AWS::ECS::TaskDefinition", "Properties": {"ContainerDefinitions": [container]}}}
    }
    properties = with_images(content, "ours", "role")["Resources"]["T"]["Properties"]
    [changed] = properties["ContainerDefinitions"]
    assert properties["ExecutionRoleArn"] == "role", "Fargate pulls from ECR by a role"
    assert changed["Image"] == "ours"
    assert changed["Environment"] == [{"Name": "SURVEY_PORT_0", "Value": {"Ref": "Port"}}]
    assert "Command" not in changed
    assert container["Image"] == "nginx", "the template is as it was"


def test_reasons_are_counted_without_the_names_of_their_template() -> None:
    one, two = (page.reason(f"Parameter '{name}' must be one of [{name}]") for name in ("A", "B"))
    assert one == two


def test_a_template_is_explained_where_all_its_reasons_are() -> None:
    known = page.kinds()
    broken = "Template format error: Unresolved resource dependencies [X] in the Resources block of the template"
    kind = page.explained([broken], known)
    assert kind is not None
    assert kind.name == "broken on AWS as well"
    assert page.explained([broken, "something else"], known) is None
