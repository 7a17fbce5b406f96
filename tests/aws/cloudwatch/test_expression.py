"""Metric math beside Python's own arithmetic."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.aws.cloudwatch.expression import parse
from netflux.errors import AwsError

VALUES = {"m1": 6.0, "errors": 3.0, "none": None, "zero": 0.0}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("100 * errors / m1", 50.0),
        ("m1-errors-1", 2.0),
        ("m1/errors/2", 1.0),
        ("(m1 + errors) * 2 ^ 2", 36.0),
        ("2^3^2", 512.0),
        ("-errors ^ 2", -9.0),
        ("2 ^ -1", 0.5),
        ("m1 - -errors", 9.0),
        ("m1 / zero", None),
        ("m1 + none", None),
        ("FILL(none, 0) + m1", 6.0),
        ("FILL(errors, -1)", 3.0),
        ("FILL(m1 / zero, -1)", -1.0),
        ("10 ^ 999", None),
        ("(-m1) ^ 0.5", None),
        (".5", 0.5),
    ],
)
def test_arithmetic_of_what_is_known(text: str, value: float | None) -> None:
    assert parse(text).value(VALUES) == value


@pytest.mark.parametrize("text", ["", "m1 +", "(m1", "m1)", "m1 m1", "m1 % 2", "FILL(m1)", "M1 + 1e", "m1 ** 2"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(AwsError):
        parse(text)


def test_functions_that_are_not_there_are_named() -> None:
    with pytest.raises(AwsError, match="ANOMALY_DETECTION_BAND of a metric math expression"):
        parse("ANOMALY_DETECTION_BAND(m1, 2)")
    with pytest.raises(AwsError, match="FILL of a metric math expression with anything but a number"):
        parse("FILL(m1, REPEAT)")


def test_names_are_those_of_the_queries_that_are_used() -> None:
    assert parse("100*(errors/m1)+FILL(slow,0)").names == {"errors", "m1", "slow"}


SUMS = st.recursive(
    st.sampled_from(["m1", "errors", "2", "0.5"]),
    lambda part: st.tuples(part, st.sampled_from("+-*/"), part).map(
        lambda found: f"({found[0]} {found[1]} {found[2]})"
    ),
    max_leaves=12,
)


@given(SUMS)
def test_any_sum_is_pythons(text: str) -> None:
    try:
        wanted = eval(text, {}, {"m1": 6.0, "errors": 3.0})  # made of numbers and operators above
    except ZeroDivisionError:
        wanted = None
    assert parse(text).value(VALUES) == wanted


@pytest.mark.parametrize("text", ["(" * 500 + "a" + ")" * 500, "-" * 900 + "1", "1^" * 500 + "1", "9" * 1000])
def test_what_is_deeper_or_larger_than_any_formula_is_refused(text: str) -> None:
    with pytest.raises(AwsError) as refused:
        parse(text)
    assert refused.value.code == "ValidationError"


def test_a_long_sum_is_no_deep_one() -> None:
    assert parse("+".join("a" * 500)).value({"a": 1.0}) == 500.0
    assert parse("2^9999^99999").value({}) is None
