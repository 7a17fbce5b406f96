"""Policy documents against requests."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netflux.policy.document import PolicyError, parse
from netflux.policy.evaluate import ANONYMOUS, Decision, Principal, Request, account_root, decide
from netflux.policy.public import is_public

ROOT = account_root("111111111111")
ROLE = Principal("AWS", "arn:aws:iam::111111111111:role/app", "111111111111")
CLOUDFRONT = Principal("Service", "cloudfront.amazonaws.com")
SOURCE = "arn:aws:cloudfront::1:distribution/E1"
OBJECT = "arn:aws:s3:::site/index.html"


def statement(**given: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*", **given}


def text(*statements: dict[str, Any], version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": [*statements]})


def outcome(*statements: dict[str, Any], principal: Principal = ANONYMOUS, **given: Any) -> Decision:
    policy = parse(text(*statements), needs_principal=True)
    context = given.pop("context", {})
    request = Request(principal, given.get("action", "s3:GetObject"), given.get("resource", OBJECT), context)
    return decide([policy], request)


@pytest.mark.parametrize(
    ("change", "principal", "decision"),
    [
        ({}, ANONYMOUS, Decision.ALLOW),
        ({"Principal": {"AWS": "*"}}, ANONYMOUS, Decision.ALLOW),
        ({"Principal": {"AWS": "111111111111"}}, ROLE, Decision.ALLOW),
        ({"Principal": {"AWS": "arn:aws:iam::111111111111:root"}}, ROLE, Decision.ALLOW),
        ({"Principal": {"AWS": ROLE.name}}, ROLE, Decision.ALLOW),
        ({"Principal": {"AWS": ROLE.name}}, ROOT, Decision.SILENT),
        ({"Principal": {"AWS": "111111111111"}}, ANONYMOUS, Decision.SILENT),
        ({"Principal": {"Service": CLOUDFRONT.name}}, CLOUDFRONT, Decision.ALLOW),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, CLOUDFRONT, Decision.SILENT),
        ({"Principal": {"Service": CLOUDFRONT.name}}, ROOT, Decision.SILENT),
        ({"Effect": "Deny"}, ROOT, Decision.DENY),
    ],
)
def test_principals(change: dict[str, Any], principal: Principal, decision: Decision) -> None:
    assert outcome(statement(**change), principal=principal) is decision


def test_not_principal_speaks_of_all_others() -> None:
    deny = statement(Effect="Deny", NotPrincipal={"AWS": ROLE.name})
    del deny["Principal"]
    assert outcome(deny, principal=ROLE) is Decision.SILENT
    assert outcome(deny, principal=ROOT) is Decision.DENY


def test_a_deny_is_stronger_than_an_allow() -> None:
    assert outcome(statement(), statement(Effect="Deny", Action="s3:*")) is Decision.DENY


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"Action": "s3:*"}, True),
        ({"Action": "S3:getobject"}, True),
        ({"Action": ["s3:PutObject", "s3:Get*"]}, True),
        ({"Action": "s3:GetObjectAcl"}, False),
        ({"Action": "*"}, True),
        ({"Resource": "arn:aws:s3:::site/*.html"}, True),
        ({"Resource": "arn:aws:s3:::site/index.htm?"}, True),
        ({"Resource": "arn:aws:s3:::SITE/*"}, False),
        ({"Resource": "arn:aws:s3:::site"}, False),
    ],
)
def test_actions_and_resources_match_by_wildcards(change: dict[str, Any], found: bool) -> None:
    assert (outcome(statement(**change)) is Decision.ALLOW) is found


def test_not_action_and_not_resource() -> None:
    others = statement(NotAction="s3:Delete*", NotResource="arn:aws:s3:::site/secret/*")
    del others["Action"], others["Resource"]
    assert outcome(others) is Decision.ALLOW
    assert outcome(others, action="s3:DeleteObject") is Decision.SILENT
    assert outcome(others, resource="arn:aws:s3:::site/secret/a") is Decision.SILENT


CONDITIONS = [
    ("StringEquals", {"aws:SourceArn": "a"}, {"aws:sourcearn": ["a"]}, True),
    ("StringEquals", {"aws:SourceArn": ["b", "a"]}, {"aws:sourcearn": ["a"]}, True),
    ("StringEquals", {"AWS:SourceArn": "a"}, {}, False),
    ("StringEqualsIfExists", {"aws:SourceArn": "a"}, {}, True),
    ("StringNotEquals", {"aws:x": "a"}, {}, True),
    ("StringNotEquals", {"aws:x": ["a", "b"]}, {"aws:x": ["b"]}, False),
    ("StringEqualsIgnoreCase", {"aws:x": "ABC"}, {"aws:x": ["abc"]}, True),
    ("StringLike", {"aws:x": "a*z"}, {"aws:x": ["a-z"]}, True),
    ("StringNotLike", {"aws:x": "a*"}, {"aws:x": ["abc"]}, False),
    ("ArnLike", {"aws:SourceArn": "arn:aws:cloudfront::1:distribution/*"}, {"aws:sourcearn": [SOURCE]}, True),
    ("ArnLike", {"aws:SourceArn": "arn:aws:*"}, {"aws:sourcearn": [SOURCE]}, False),
    ("Bool", {"aws:SecureTransport": "false"}, {"aws:securetransport": ["false"]}, True),
    ("Bool", {"aws:SecureTransport": False}, {"aws:securetransport": ["false"]}, True),
    ("IpAddress", {"aws:SourceIp": "10.0.0.0/8"}, {"aws:sourceip": ["10.2.3.4"]}, True),
    ("NotIpAddress", {"aws:SourceIp": "10.0.0.0/8"}, {"aws:sourceip": ["11.2.3.4"]}, True),
    ("IpAddress", {"aws:SourceIp": "10.0.0.0/8"}, {"aws:sourceip": ["not an address"]}, False),
    ("NumericLessThan", {"s3:max-keys": "10"}, {"s3:max-keys": ["9.5"]}, True),
    ("NumericGreaterThanEquals", {"s3:max-keys": 10}, {"s3:max-keys": ["9"]}, False),
    ("DateLessThan", {"aws:CurrentTime": "2030-01-01T00:00:00Z"}, {"aws:currenttime": ["2029-12-31T23:59:59Z"]}, True),
    ("DateGreaterThan", {"aws:EpochTime": "100"}, {"aws:epochtime": ["101"]}, True),
    ("Null", {"aws:x": "true"}, {}, True),
    ("Null", {"aws:x": "false"}, {}, False),
    ("ForAllValues:StringEquals", {"aws:TagKeys": ["a", "b"]}, {"aws:tagkeys": ["a", "c"]}, False),
    ("ForAllValues:StringEquals", {"aws:TagKeys": "a"}, {}, True),
    ("ForAnyValue:StringEquals", {"aws:TagKeys": ["a", "b"]}, {"aws:tagkeys": ["a", "c"]}, True),
    ("BinaryEquals", {"x": "aGk="}, {"x": ["aGk="]}, True),
    ("StringEquals", {"aws:x": "${aws:username}"}, {"aws:x": ["sam"], "aws:username": ["sam"]}, True),
    ("StringEquals", {"aws:x": "${aws:username}"}, {"aws:x": [""]}, False),
    ("StringLike", {"aws:x": "a${*}"}, {"aws:x": ["ab"]}, False),
    ("StringLike", {"aws:x": "a${*}"}, {"aws:x": ["a*"]}, True),
]  # fmt: skip


@pytest.mark.parametrize(("operator", "block", "context", "met"), CONDITIONS)
def test_conditions(operator: str, block: dict[str, Any], context: dict[str, list[str]], met: bool) -> None:
    decision = outcome(statement(Condition={operator: block}), context=context)
    assert (decision is Decision.ALLOW) is met


@pytest.mark.parametrize(
    "change",
    [
        {"Effect": "Permit"},
        {"Principal": {"AWS": "arn:aws:iam::*:root"}},
        {"Principal": None},
        {"Condition": {"StringSounds": {"a": "b"}}},
        {"Condition": {"ForMostValues:StringEquals": {"a": "b"}}},
        {"Condition": {"StringEquals": "x"}},
        {"NotAction": "s3:*"},
        {"Action": []},
        {"Extra": 1},
    ],
)
def test_what_cannot_be_understood_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(PolicyError):
        parse(text(statement(**change)), needs_principal=True)


def test_an_identity_policy_names_no_principal() -> None:
    with pytest.raises(PolicyError):
        parse(text(statement()), needs_principal=False)
    own = statement()
    del own["Principal"]
    policy = parse(text(own), needs_principal=False)
    assert decide([policy], Request(ROLE, "s3:GetObject", OBJECT)) is Decision.ALLOW


@pytest.mark.parametrize(
    ("change", "public"),
    [
        ({}, True),
        ({"Effect": "Deny"}, False),
        ({"Principal": {"AWS": "111111111111"}}, False),
        ({"Principal": {"Service": "cloudfront.amazonaws.com"}}, False),
        ({"Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}}}, False),
        ({"Condition": {"StringLike": {"aws:SourceVpc": "vpc-*"}}}, True),
        ({"Condition": {"StringNotEquals": {"aws:SourceVpc": "vpc-1"}}}, True),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}}, False),
        ({"Condition": {"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}}}, True),
        ({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}, True),
    ],
)
def test_what_is_public(change: dict[str, Any], public: bool) -> None:
    assert is_public(parse(text(statement(**change)), needs_principal=True)) is public
