from __future__ import annotations

import pytest

from netflux.cloudformation.syntax import read
from netflux.errors import AwsError


def test_short_tags_come_out_as_the_long_form() -> None:
    found = read(
        "A: !Ref X\nB: !GetAtt X.Endpoint.Port\nC: !Sub 'a${X}'\nD: !If [Prod, !Ref Y, 1]\nE: !Condition Prod\n"
    )
    assert found == {
        "A": {"Ref": "X"},
        "B": {"Fn::GetAtt": ["X", "Endpoint.Port"]},
        "C": {"Fn::Sub": "a${X}"},
        "D": {"Fn::If": ["Prod", {"Ref": "Y"}, 1]},
        "E": {"Condition": "Prod"},
    }


def test_long_and_short_get_att_are_one() -> None:
    assert read('{"A": {"Fn::GetAtt": "X.Arn"}}') == read("A: !GetAtt X.Arn")


def test_a_date_stays_text() -> None:
    assert read("AWSTemplateFormatVersion: 2010-09-09") == {"AWSTemplateFormatVersion": "2010-09-09"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("A: [1, 2\nB: 3\n", ["YAML not well-formed", "line 2"]),
        ("A:\n  B: 1\n  B: 2\n", ["the key B is given twice", "line 3"]),
        ("A: !Nope x\n", ["!Nope", "line 1"]),
        ('{"A": 1,\n "B" 2}', ["JSON not well-formed", "line 2, column 7"]),
        ("just text", ["unsupported structure"]),
        ("- a\n- b\n", ["unsupported structure"]),
    ],
)
def test_a_mistake_is_told_with_its_line(body: str, words: list[str]) -> None:
    with pytest.raises(AwsError) as caught:
        read(body)
    assert caught.value.code == "ValidationError"
    assert caught.value.message.startswith("Template format error: ")
    for word in words:
        assert word in caught.value.message
