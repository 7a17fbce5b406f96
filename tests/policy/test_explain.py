"""What people are told of a verdict."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.policy.evaluate import Request, account_root
from netflux.policy.explain import advice, decided, near, snippet
from netflux.policy.verdict import Kind, Source, administrator, judge
from tests.policy.test_verdict import (
    ACCOUNT,
    READ,
    ROLE,
    SECRET,
    SESSION,
    allow,
    boundary,
    deny,
    identity,
    session,
    source,
)

REQUEST = Request(SESSION, READ, SECRET)


@pytest.mark.parametrize(
    ("sources", "told"),
    [
        ([], "No identity-based policy allows it."),
        ([identity(allow(Sid="Read"))], f"Statement 1 (Read) of the identity-based policy own of {ROLE} allows it."),
        ([identity(allow(), deny())], f"Statement 2 of the identity-based policy own of {ROLE} denies it."),
        ([identity(allow()), boundary(allow("s3:*"))], "No permissions boundary allows it."),
    ],
)
def test_the_statement_that_decides_is_named(sources: list[Source], told: str) -> None:
    assert decided(judge(sources, REQUEST)) == told


def test_the_administrator_is_named() -> None:
    told = decided(administrator(Request(account_root(ACCOUNT), READ, SECRET)))
    assert told == "The principal is the account's administrator."


@pytest.mark.parametrize(
    ("statement", "lacks"),
    [
        (allow(resource="arn:aws:s3:::x"), f"it is for arn:aws:s3:::x, and not for {SECRET}"),
        (
            {"Effect": "Allow", "Action": READ, "NotResource": SECRET},
            f"it is for all but {SECRET}, and not for {SECRET}",
        ),
        (
            allow(Condition={"StringEquals": {"aws:ResourceTag/stage": "prod"}}),
            "its condition StringEquals aws:resourcetag/stage prod is not met: the request has no such key here",
        ),
        (
            allow(Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}),
            "its condition StringEquals aws:requestedregion eu-west-1 is not met: it is us-east-1",
        ),
    ],
)
def test_a_statement_that_almost_allows_says_what_it_lacks(statement: dict[str, Any], lacks: str) -> None:
    request = Request(SESSION, READ, SECRET, {"aws:requestedregion": ("us-east-1",)})
    assert [one.lacks for one in near([identity(statement)], request)] == [lacks]


@pytest.mark.parametrize("statement", [allow("s3:*"), deny(), allow()])
def test_others_are_not_near(statement: dict[str, Any]) -> None:
    assert not [*near([identity(statement)], REQUEST)]


@pytest.mark.parametrize(
    ("sources", "where"),
    [
        ([], f"Add to a policy of {ROLE}:"),
        ([identity(allow()), boundary(allow("s3:*"))], f"Add to the permissions boundary of {ROLE}:"),
        ([identity(allow()), session(allow("s3:*"))], "Give the session a policy that has:"),
    ],
)
def test_what_would_allow_it_is_a_policy_with_a_place(sources: list[Source], where: str) -> None:
    verdict = judge(sources, REQUEST)
    assert advice(verdict) == where
    assert snippet(verdict) == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": READ, "Resource": SECRET}],
    }


def test_what_is_advised_does_allow_it() -> None:
    """The statement is put where the advice says."""
    for sources in ([], [identity(allow()), boundary(allow("s3:*"))], [identity(allow()), session(allow("s3:*"))]):
        verdict = judge(sources, REQUEST)
        told = snippet(verdict)
        assert told is not None
        assert verdict.kind is not None
        assert judge([*sources, source(verdict.kind, *told["Statement"])], REQUEST).allowed


def test_a_trust_policy_is_advised_for_a_role() -> None:
    request = Request(SESSION, "sts:AssumeRole", ROLE)
    trusting = source(Kind.TRUST, {"Effect": "Allow", "Principal": {"AWS": ROLE + "2"}, "Action": "sts:AssumeRole"})
    verdict = judge([trusting], request, resource_decides=True)
    told = snippet(verdict)
    assert advice(verdict) == f"Add to the role trust policy of {ROLE}:"
    assert told is not None
    assert told["Statement"] == [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": ROLE}}]


def test_no_policy_helps_against_an_explicit_deny() -> None:
    verdict = judge([identity(deny())], REQUEST)
    assert snippet(verdict) is None
    assert advice(verdict).startswith(f"Change the identity-based policy own of {ROLE}: an explicit deny")
