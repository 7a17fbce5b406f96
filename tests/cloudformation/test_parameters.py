from __future__ import annotations

from typing import Any

import pytest

from netflux.cloudformation import parameters
from netflux.cloudformation.examiner import Examiner
from netflux.cloudformation.template import Template, parse
from netflux.errors import AwsError


def declared(text: str) -> Template:
    return parse(f"Parameters:\n{text}\nResources:\n  B: {{Type: AWS::S3::Bucket}}\n")


def given(**values: str) -> list[dict[str, Any]]:
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()]


def test_defaults_and_given_values_become_texts() -> None:
    template = declared(
        "  A: {Type: String, Default: x}\n  N: {Type: Number, Default: 2}\n  B: {Type: String, Default: true}"
    )
    assert parameters.texts(template, given(A="y"), {}) == {"A": "y", "N": "2", "B": "true"}


def test_parameters_without_a_value_are_named_together() -> None:
    with pytest.raises(AwsError, match=r"Parameters: \[A, B\] must have values"):
        parameters.texts(declared("  A: {Type: String}\n  B: {Type: String}"), [], {})


def test_an_unknown_parameter_is_named() -> None:
    with pytest.raises(AwsError, match=r"Parameters: \[Z\] do not exist in the template"):
        parameters.texts(declared("  A: {Type: String, Default: x}"), given(Z="1"), {})


def test_a_previous_value_is_taken_when_asked_for() -> None:
    asked = [{"ParameterKey": "A", "UsePreviousValue": True}]
    template = declared("  A: {Type: String, Default: x}")
    assert parameters.texts(template, asked, {"A": "old"}) == {"A": "old"}
    with pytest.raises(AwsError, match="usePreviousValue"):
        parameters.texts(template, asked, {})


def test_an_absent_parameter_falls_back_to_its_default_and_not_to_its_previous_value() -> None:
    assert parameters.texts(declared("  A: {Type: String, Default: x}"), [], {"A": "old"}) == {"A": "x"}


@pytest.mark.parametrize(
    ("declaration", "value", "words"),
    [
        ("{Type: String, AllowedValues: [a, b]}", "c", "Parameter 'A' must be one of AllowedValues"),
        ("{Type: String, AllowedPattern: '[a-z]+'}", "a1", "must match pattern"),
        (
            "{Type: String, AllowedPattern: '[a-z]+', ConstraintDescription: letters}",
            "1",
            "failed to satisfy constraint: letters",
        ),
        ("{Type: Number}", "x", "must be a number"),
        ("{Type: Number, MinValue: 2}", "1", "not less than 2"),
        ("{Type: Number, MaxValue: 2}", "3", "not greater than 2"),
        ("{Type: String, MinLength: 3}", "ab", "at least 3 characters"),
        ("{Type: String, MaxLength: 1}", "ab", "at most 1 characters"),
        ("{Type: List<Number>}", "1,x", "must be a number"),
    ],
)
def test_a_constraint_is_told_in_words(declaration: str, value: str, words: str) -> None:
    with pytest.raises(AwsError) as caught:
        parameters.texts(declared(f"  A: {declaration}"), given(A=value), {})
    assert words in caught.value.message


def test_lists_are_lists_to_ref() -> None:
    template = declared(
        "  A: {Type: CommaDelimitedList}\n  B: {Type: 'List<AWS::EC2::Subnet::Id>'}\n  C: {Type: String}"
    )
    values = {"A": "x, y", "B": "s1,s2", "C": "a,b"}
    assert parameters.references(template, values, {}) == {"A": ["x", "y"], "B": ["s1", "s2"], "C": "a,b"}


def test_a_pattern_that_makes_others_try_for_ever_is_decided() -> None:
    with pytest.raises(AwsError, match="must match pattern"):
        parameters.texts(declared("  A: {Type: String, AllowedPattern: '^(a+)+$'}"), given(A="a" * 4000 + "!"), {})


async def test_a_look_ahead_is_tried_beside_and_decides() -> None:
    template = declared("  A: {Type: String, AllowedPattern: '^(?!-)(?!.*--)[a-z-]{1,2000}$'}")
    examiner = Examiner("000000000000")
    assert await examiner.values(template, given(A="a-b"), {}) == {"A": "a-b"}
    with pytest.raises(AwsError, match="must match pattern"):
        await examiner.values(template, given(A="a--b"), {})
    examiner.stop()
    with pytest.raises(AwsError, match="The region stops") as refused:
        await examiner.values(template, given(A="a-b"), {})
    assert refused.value.status == 503


async def test_what_is_not_decided_in_time_is_told_by_its_cause() -> None:
    template = declared("  A: {Type: String, AllowedPattern: '^(?=a)(a+)+$'}")
    with pytest.raises(AwsError, match="a look-ahead, which can only be tried") as refused:
        await Examiner("000000000000").values(template, given(A="a" * 64 + "!"), {})
    assert refused.value.code == "ValidationError"


async def test_what_is_no_expression_in_any_engine_is_told() -> None:
    template = declared("  A: {Type: String, AllowedPattern: '(a'}")
    with pytest.raises(AwsError, match="is no regular expression"):
        await Examiner("000000000000").values(template, given(A="a"), {})


@pytest.mark.parametrize(
    ("declaration", "words"),
    [("{Type: 5}", "must contain a Type member"), ("{Type: Strung}", "Unrecognized parameter type"),
     ("{Type: String, Foo: 1}", "Invalid template parameter property 'Foo'"),
     ("{Type: String, AllowedValues: a}", "AllowedValues"), ("{Type: String, MinLength: x}", "MinLength"),
     ("{Type: String, Default: [a]}", "Every Default member must be a string")],
)  # fmt: skip
def test_a_parameter_that_cannot_be_declared_so_is_refused(declaration: str, words: str) -> None:
    with pytest.raises(AwsError, match=words):
        declared(f"  A: {declaration}")


def test_a_value_longer_than_aws_takes_is_refused() -> None:
    with pytest.raises(AwsError, match="at most 4096 bytes"):
        parameters.texts(declared("  A: {Type: String}"), given(A="é" * 2049), {})
    with pytest.raises(AwsError, match="must be a number"):
        parameters.texts(declared("  A: {Type: Number}"), given(A="nan"), {})
