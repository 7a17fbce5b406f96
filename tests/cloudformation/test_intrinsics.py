from __future__ import annotations

from typing import Any

import pytest

from netflux.cloudformation.intrinsics import REMOVED, UNKNOWN, Environment
from netflux.errors import AwsError

ATTRIBUTES = {("Db", "Endpoint.Address"): "db.local", ("Db", "Endpoint.Port"): 5432}
ENV = Environment(
    parameters={"Name": "x", "List": ["a", "b"], "Env": "prod"},
    pseudo={"AWS::Region": "us-east-1", "AWS::AccountId": "000000000000"},
    mappings={"M": {"us-east-1": {"size": "big"}}},
    conditions={
        "Prod": {"Fn::Equals": [{"Ref": "Env"}, "prod"]},
        "Test": {"Fn::Not": [{"Condition": "Prod"}]},
        "Both": {"Fn::And": [{"Condition": "Prod"}, {"Condition": "Test"}]},
        "Any": {"Fn::Or": [{"Condition": "Prod"}, {"Condition": "Test"}]},
    },
    exports={"net-vpc": "vpc-1"},
    reference=lambda name: UNKNOWN if name == "New" else f"{name}-id",
    attribute=lambda name, attribute: UNKNOWN if name == "New" else ATTRIBUTES[(name, attribute)],
)


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"Ref": "Name"}, "x"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Ref": "Vpc"}, "Vpc-id"),
        ({"Fn::GetAtt": ["Db", "Endpoint.Address"]}, "db.local"),
        ({"Fn::Sub": "jdbc://${Db.Endpoint.Address}:${Db.Endpoint.Port}/${Name}"}, "jdbc://db.local:5432/x"),
        ({"Fn::Sub": "${!Literal}-${AWS::AccountId}"}, "${Literal}-000000000000"),
        ({"Fn::Sub": ["${A}${Name}", {"A": {"Ref": "Env"}}]}, "prodx"),
        ({"Fn::Join": ["-", ["a", {"Ref": "Name"}, 3]]}, "a-x-3"),
        ({"Fn::Join": [",", {"Ref": "List"}]}, "a,b"),
        ({"Fn::Select": ["1", {"Ref": "List"}]}, "b"),
        ({"Fn::Split": [",", "a,b"]}, ["a", "b"]),
        ({"Fn::FindInMap": ["M", {"Ref": "AWS::Region"}, "size"]}, "big"),
        ({"Fn::FindInMap": ["M", "nowhere", "size", {"DefaultValue": "small"}]}, "small"),
        ({"Fn::If": ["Prod", 1, 2]}, 1),
        ({"Fn::If": ["Test", 1, 2]}, 2),
        ({"Fn::If": ["Both", 1, 2]}, 2),
        ({"Fn::If": ["Any", 1, 2]}, 1),
        ({"Fn::ImportValue": {"Fn::Sub": "net-vpc"}}, "vpc-1"),
        ({"Fn::GetAZs": ""}, ["us-east-1a", "us-east-1b", "us-east-1c"]),
        ({"Fn::Cidr": ["10.0.0.0/16", 2, 8]}, ["10.0.0.0/24", "10.0.1.0/24"]),
        ({"Fn::Base64": "hi"}, "aGk="),
        ({"Fn::ToJsonString": {"a": [1]}}, '{"a":[1]}'),
        ({"Fn::Equals": [1, "1"]}, True),
        ({"a": {"Ref": "AWS::NoValue"}, "b": 1}, {"b": 1}),
        ([1, {"Fn::If": ["Test", 2, {"Ref": "AWS::NoValue"}]}], [1]),
        ({"Ref": "AWS::NoValue"}, REMOVED),
        ({"Ref": "Name", "Other": 1}, {"Ref": "Name", "Other": 1}),
        ({"Condition": {"StringEquals": {}}}, {"Condition": {"StringEquals": {}}}),
        (True, True),
    ],
)
def test_a_function_gives_its_value(given: Any, value: Any) -> None:
    assert ENV.value(given) == value


@pytest.mark.parametrize(
    "given",
    [
        {"Ref": "New"},
        {"Fn::GetAtt": ["New", "Arn"]},
        {"Fn::Sub": "${New}-x"},
        {"Fn::Join": ["", ["a", {"Ref": "New"}]]},
        {"Fn::Select": [0, {"Ref": "New"}]},
        {"Fn::Base64": {"Ref": "New"}},
    ],
)
def test_what_a_new_resource_will_give_is_unknown(given: Any) -> None:
    assert ENV.value(given) is UNKNOWN


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Fn::FindInMap": ["M", "eu", "size"]}, "Unable to get mapping for M::eu::size"),
        ({"Fn::ImportValue": "lost"}, "No export named lost found."),
        ({"Fn::Select": [7, ["a"]]}, "cannot select nonexistent value at index 7"),
        ({"Fn::If": ["Lost", 1, 2]}, "Unresolved condition dependency Lost"),
        ({"Fn::Transform": {"Name": "x"}}, "the function Fn::Transform is not supported by Netflux"),
        ({"Fn::Cidr": ["10.0.0.0/30", 8, 1]}, "cannot make 8 blocks"),
    ],
)
def test_a_function_that_fails_says_why(given: Any, words: str) -> None:
    with pytest.raises(AwsError) as caught:
        ENV.value(given)
    assert words in caught.value.message
