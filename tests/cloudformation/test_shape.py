from __future__ import annotations

from typing import Any

import pytest

from netflux.cloudformation.intrinsics import UNKNOWN
from netflux.cloudformation.shape import Uncarried, fit
from netflux.controlplane.protocol import models


def shape(service: str, operation: str) -> Any:
    return models.operation_model(service, operation).input_shape


def test_names_differ_in_case_and_texts_become_numbers() -> None:
    given = {
        "Family": "f",
        "Cpu": 512,
        "ContainerDefinitions": [
            {
                "Name": "c",
                "Memory": "256",
                "Essential": "false",
                "LogConfiguration": {"LogDriver": "awslogs", "Options": {"awslogs-group": "g"}},
            }
        ],
    }
    assert fit(given, shape("ecs", "RegisterTaskDefinition"), {}) == {
        "family": "f",
        "cpu": "512",
        "containerDefinitions": [
            {
                "name": "c",
                "memory": 256,
                "essential": False,
                "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "g"}},
            }
        ],
    }


def test_lists_get_their_count() -> None:
    config = shape("cloudfront", "CreateDistribution").members["DistributionConfig"]
    assert fit({"Aliases": ["a", "b"]}, config, {}) == {"Aliases": {"Quantity": 2, "Items": ["a", "b"]}}
    assert fit({"Aliases": []}, config, {}) == {"Aliases": {"Quantity": 0}}


def test_documents_become_json_and_tags_become_a_map() -> None:
    assert fit({"PolicyDocument": {"Version": "x"}}, shape("iam", "CreatePolicy"), {}) == {
        "PolicyDocument": '{"Version":"x"}'
    }
    assert fit({"tags": [{"Key": "a", "Value": 1}]}, shape("logs", "CreateLogGroup"), {}) == {"tags": {"a": "1"}}


def test_a_name_that_the_call_lacks_is_told_with_its_path() -> None:
    with pytest.raises(Uncarried) as caught:
        fit({"ContainerDefinitions": [{"Nope": 1}]}, shape("ecs", "RegisterTaskDefinition"), {})
    assert caught.value.path == "ContainerDefinitions[0].Nope"


def test_what_is_not_evaluated_yet_stays() -> None:
    given = {"Cpu": {"Ref": "Cpu"}, "Family": UNKNOWN}
    assert fit(given, shape("ecs", "RegisterTaskDefinition"), {}) == {"cpu": {"Ref": "Cpu"}, "family": UNKNOWN}


@pytest.mark.parametrize(("name", "value"), [("Memory", "much"), ("Essential", "maybe")])
def test_a_value_that_does_not_fit_is_named(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=rf"ContainerDefinitions\[0\].{name} must be"):
        fit({"ContainerDefinitions": [{name: value}]}, shape("ecs", "RegisterTaskDefinition"), {})
