"""Which documents IAM takes; those that it refuses are in tests/rules/iamdocuments.py."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netflux.policy import grammar
from netflux.policy.document import PolicyError

ALLOW: dict[str, Any] = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


def text(*statements: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements], **more})


@pytest.mark.parametrize(
    "statement",
    [
        {"NotAction": "iam:*", "Effect": "Deny", "NotResource": ["arn:aws:s3:::a", None]},
        ALLOW | {"Sid": ""},
        ALLOW | {"Action": ["s3:Get*", "EC2:describe*", "*"]},
        ALLOW | {"Resource": "arn:aws:iam::123456789012:role/${aws:username}"},
        ALLOW | {"Resource": ["arn:aws:iam::*:*", "arn:*:s3:::bucket", "arn:aws:iam::123456789012:r*"]},
        ALLOW | {"Resource": "arn:aws:s3:us-east-1:123456789012:accesspoint/a/object/*"},
        ALLOW | {"Condition": {"ForAllValues:StringLikeIfExists": {"aws:TagKeys": ["a", "b*"]}}},
        ALLOW | {"Condition": {"Bool": {"aws:SecureTransport": True}, "Null": {"aws:a": "false"}}},
        ALLOW | {"Condition": {"NumericLessThan": {"s3:max-keys": 10}}},
    ],
)
def test_what_iam_takes(statement: dict[str, Any]) -> None:
    grammar.identity(text(statement), managed=True)


@pytest.mark.parametrize(
    ("date", "taken"),
    [
        ("2026-11-28T20:00:00Z", True), ("2026-11-28T20:00:00.123+01:00", True), ("2026-11-28", True), ("2026", True),
        ("1764360000", True), (str(2**63 - 1), True), ("-0044-03-15", True),
        (str(2**63), False), ("2026-13-01", False), ("2026-11-32", False), ("2026-11-28T24:00", False),
        ("2026-11-28T20:60", False), ("tomorrow", False), ("2026-11-28T20:00:00.1234567890Z", False), ("", False),
    ],
)  # fmt: skip
def test_a_date_is_one_of_iso_8601_or_a_number_of_seconds(date: str, taken: bool) -> None:
    document = text(ALLOW | {"Condition": {"DateLessThan": {"aws:CurrentTime": date}}})
    if taken:
        grammar.identity(document, managed=True)
    else:
        with pytest.raises(PolicyError, match="The policy failed legacy parsing"):
            grammar.identity(document, managed=True)


@pytest.mark.parametrize(
    "action", ["sts:AssumeRole", "STS:assumeRole", ["sts:AssumeRole", "sts:TagSession"], "sts:*", "sts:Assume*"]
)
def test_a_trust_policy_is_about_assuming_the_role(action: Any) -> None:
    statement = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": action}
    assert grammar.trust(text(statement)).statements[0].allow


@pytest.mark.parametrize("action", ["s3:GetObject", "*", "sts:GetCallerIdentity", "sts", "stsx:AssumeRole"])
def test_a_trust_policy_is_about_nothing_else(action: str) -> None:
    with pytest.raises(PolicyError, match="may only specify STS AssumeRole actions"):
        grammar.trust(text({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": action}))


def test_the_first_fault_in_iams_order_is_told() -> None:
    """Syntax, version, legacy, Sids, actions, resources, prefixes: however the document has them."""
    faults = [
        (ALLOW | {"Effect": "x"}, "Syntax errors"),
        (ALLOW | {"Effect": "allow"}, "legacy parsing"),
        (ALLOW | {"Sid": "a b"}, "alpha-numeric"),
        ({"Effect": "Allow", "Resource": "*"}, "must contain actions"),
        (ALLOW | {"Resource": "x"}, "ARN format"),
        (ALLOW | {"Action": "x"}, "prefaced by a vendor"),
        ({"Effect": "Allow", "Action": "s3:*"}, "must contain resources"),
        (ALLOW | {"Principal": "*"}, "not specify a principal"),
    ]
    for place, (_, says) in enumerate(faults):
        with pytest.raises(PolicyError, match=says):
            grammar.identity(text(*(statement for statement, _ in reversed(faults[place:]))), managed=True)
