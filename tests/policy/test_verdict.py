"""All of a request's policies together: cases of the IAM User Guide's pages, by their titles."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from netflux.policy.document import parse
from netflux.policy.evaluate import ANONYMOUS, Principal, Request, account_root
from netflux.policy.verdict import Kind, Source, Verdict, Why, administrator, judge

ACCOUNT = "123456789012"
USER = Principal("AWS", f"arn:aws:iam::{ACCOUNT}:user/team/ana", ACCOUNT)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/service/app"
SESSION = Principal("AWS", f"arn:aws:sts::{ACCOUNT}:assumed-role/app/s1", ACCOUNT, ROLE)
ECS = Principal("Service", "ecs-tasks.amazonaws.com")
SECRET = f"arn:aws:secretsmanager:us-east-1:{ACCOUNT}:secret:prod/db-Ab12Cd"
READ = "secretsmanager:GetSecretValue"

Statement = Mapping[str, Any]


def allow(action: Any = READ, resource: Any = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action: Any = READ, resource: Any = "*", **more: Any) -> Statement:
    return {**allow(action, resource, **more), "Effect": "Deny"}


def source(kind: Kind, *statements: Statement, name: str = "own", version: str = "2012-10-17") -> Source:
    principals = kind in (Kind.RESOURCE, Kind.TRUST)
    text = json.dumps({"Version": version, "Statement": [*statements]})
    return Source(kind, name, ROLE, parse(text, needs_principal=principals, needs_resource=kind is not Kind.TRUST))


def identity(*statements: Statement) -> Source:
    return source(Kind.IDENTITY, *statements)


def boundary(*statements: Statement) -> Source:
    return source(Kind.BOUNDARY, *statements)


def session(*statements: Statement) -> Source:
    return source(Kind.SESSION, *statements)


def resource(principal: Any, *more: Statement, **changes: Any) -> Source:
    return source(Kind.RESOURCE, allow(Principal=principal, **changes), *more)


def decided(
    sources: Sequence[Source],
    principal: Principal = SESSION,
    action: str = READ,
    on: str = SECRET,
    **context: Any,
) -> Verdict:
    return judge(sources, Request(principal, action, on, context.get("context", {})))


NOBODY = [deny(Principal="*")]

LOGIC: list[tuple[str, Sequence[Source], Principal, bool, Kind | None]] = [
    # "Policy evaluation logic": within one account
    ("no policy at all", [], SESSION, False, Kind.IDENTITY),
    ("an identity policy allows", [identity(allow())], SESSION, True, Kind.IDENTITY),
    (
        "an identity policy of another action",
        [identity(allow("secretsmanager:PutSecretValue"))],
        SESSION,
        False,
        Kind.IDENTITY,
    ),
    ("an identity policy of another resource", [identity(allow(resource=f"{SECRET}x"))], SESSION, False, Kind.IDENTITY),
    ("an explicit deny beside an allow", [identity(allow(), deny())], SESSION, False, Kind.IDENTITY),
    ("an explicit deny in another policy", [identity(allow()), identity(deny())], SESSION, False, Kind.IDENTITY),
    ("a deny of something else", [identity(allow(), deny("s3:*"))], SESSION, True, Kind.IDENTITY),
    # "Identity-based policies and resource-based policies"
    ("the resource's policy names the role", [resource({"AWS": ROLE})], SESSION, True, Kind.RESOURCE),
    ("the resource's policy names the session", [resource({"AWS": SESSION.name})], SESSION, True, Kind.RESOURCE),
    ("the resource's policy names the user", [resource({"AWS": USER.name})], USER, True, Kind.RESOURCE),
    ("the resource's policy names everybody", [resource("*")], USER, True, Kind.RESOURCE),
    ("the resource's policy names the account", [resource({"AWS": ACCOUNT})], USER, False, Kind.IDENTITY),
    ("the account, and an identity policy", [resource({"AWS": ACCOUNT}), identity(allow())], USER, True, Kind.IDENTITY),
    ("the resource's policy names another role", [resource({"AWS": f"{ROLE}2"})], SESSION, False, Kind.IDENTITY),
    (
        "the resource's policy denies the role",
        [identity(allow()), source(Kind.RESOURCE, deny(Principal={"AWS": ROLE}))],
        SESSION,
        False,
        Kind.RESOURCE,
    ),
    (
        "the resource's policy denies everybody",
        [identity(allow()), source(Kind.RESOURCE, *NOBODY)],
        USER,
        False,
        Kind.RESOURCE,
    ),
    ("the resource's policy names a service", [resource({"Service": ECS.name})], ECS, True, Kind.RESOURCE),
    ("a service that is not named", [resource({"Service": "ec2.amazonaws.com"})], ECS, False, Kind.IDENTITY),
    ("nobody asks, everybody may", [resource("*")], ANONYMOUS, True, Kind.RESOURCE),
    ("nobody asks, the account may", [resource({"AWS": ACCOUNT})], ANONYMOUS, False, Kind.IDENTITY),
    # "Permissions boundaries for IAM entities"
    (
        "identity and boundary allow",
        [identity(allow()), boundary(allow("secretsmanager:*"))],
        USER,
        True,
        Kind.IDENTITY,
    ),
    ("the boundary does not allow", [identity(allow()), boundary(allow("s3:*"))], USER, False, Kind.BOUNDARY),
    ("the boundary alone allows nothing", [boundary(allow())], USER, False, Kind.IDENTITY),
    ("the boundary denies", [identity(allow()), boundary(allow("*"), deny())], USER, False, Kind.BOUNDARY),
    (
        "a user named by the resource, beyond the boundary",
        [resource({"AWS": USER.name}), boundary(allow("s3:*"))],
        USER,
        True,
        Kind.RESOURCE,
    ),
    (
        "a role named by the resource, within the boundary",
        [resource({"AWS": ROLE}), boundary(allow())],
        SESSION,
        True,
        Kind.RESOURCE,
    ),
    (
        "a role named by the resource, beyond the boundary",
        [resource({"AWS": ROLE}), boundary(allow("s3:*"))],
        SESSION,
        False,
        Kind.BOUNDARY,
    ),
    (
        "a session named by the resource, beyond the boundary",
        [resource({"AWS": SESSION.name}), boundary(allow("s3:*"))],
        SESSION,
        True,
        Kind.RESOURCE,
    ),
    (
        "a user named by the resource, denied by the boundary",
        [resource({"AWS": USER.name}), boundary(deny())],
        USER,
        False,
        Kind.BOUNDARY,
    ),
    # "Session policies"
    ("identity and session policy allow", [identity(allow("*")), session(allow())], SESSION, True, Kind.IDENTITY),
    ("the session policy does not allow", [identity(allow("*")), session(allow("s3:*"))], SESSION, False, Kind.SESSION),
    ("the session policy alone allows nothing", [session(allow())], SESSION, False, Kind.IDENTITY),
    (
        "two session policies, one allows",
        [identity(allow("*")), session(allow("s3:*")), session(allow())],
        SESSION,
        True,
        Kind.IDENTITY,
    ),
    ("the session policy denies", [identity(allow("*")), session(allow("*"), deny())], SESSION, False, Kind.SESSION),
    (
        "a role named by the resource, beyond the session policy",
        [resource({"AWS": ROLE}), session(allow("s3:*"))],
        SESSION,
        False,
        Kind.SESSION,
    ),
    (
        "a session named by the resource, beyond its policy",
        [resource({"AWS": SESSION.name}), session(allow("s3:*"))],
        SESSION,
        True,
        Kind.RESOURCE,
    ),
    ("all three allow", [identity(allow()), boundary(allow()), session(allow())], SESSION, True, Kind.IDENTITY),
    (
        "all three, the boundary not",
        [identity(allow()), boundary(allow("s3:*")), session(allow())],
        SESSION,
        False,
        Kind.BOUNDARY,
    ),
]


@pytest.mark.parametrize(
    ("sources", "principal", "allowed", "kind"), [case[1:] for case in LOGIC], ids=[c[0] for c in LOGIC]
)
def test_policy_evaluation_logic(
    sources: Sequence[Source], principal: Principal, allowed: bool, kind: Kind | None
) -> None:
    verdict = decided(sources, principal)
    assert (verdict.allowed, verdict.kind) == (allowed, kind)


ELEMENTS: list[tuple[str, Statement, dict[str, Any], bool]] = [
    # "IAM JSON policy elements: Action, NotAction, Resource, NotResource"
    ("actions ignore case", allow("SecretsManager:getsecretvalue"), {}, True),
    ("a wildcard in an action", allow("secretsmanager:Get*"), {}, True),
    ("a question mark in an action", allow("secretsmanager:GetSecretValu?"), {}, True),
    ("all actions of a service", allow("secretsmanager:*"), {}, True),
    ("another service's", allow("s3:*"), {}, False),
    ("all actions", allow("*"), {}, True),
    ("all but another action", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, {}, True),
    ("all but this action", {"Effect": "Allow", "NotAction": READ, "Resource": "*"}, {}, False),
    ("a resource's wildcard for its suffix", allow(resource=f"{SECRET[:-6]}??????"), {}, True),
    ("a shorter suffix", allow(resource=f"{SECRET[:-6]}?????"), {}, False),
    ("a prefix of names", allow(resource=f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:prod/*"), {}, True),
    ("resources heed case", allow(resource=SECRET.upper()), {}, False),
    ("a list of resources", allow(resource=["arn:aws:s3:::x", SECRET]), {}, True),
    ("all but another resource", {"Effect": "Allow", "Action": READ, "NotResource": "arn:aws:s3:::x"}, {}, True),
    ("all but this resource", {"Effect": "Allow", "Action": READ, "NotResource": SECRET}, {}, False),
    # "IAM policy elements: Variables and tags"
    (
        "a variable",
        allow(resource="arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/stage}/*"),
        {"aws:principaltag/stage": ["prod"]},
        True,
    ),
    (
        "a variable of another value",
        allow(resource="arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/stage}/*"),
        {"aws:principaltag/stage": ["test"]},
        False,
    ),
    ("a variable without a value", allow(resource="arn:aws:secretsmanager:*:*:secret:${aws:username}*"), {}, False),
    (
        "a variable's default",
        allow(resource="arn:aws:secretsmanager:*:*:secret:${aws:PrincipalTag/stage, 'prod'}/*"),
        {},
        True,
    ),
    ("a star that is one", allow(resource="arn:aws:secretsmanager:*:*:secret:${*}"), {}, False),
    # "IAM JSON policy elements: Condition operators"
    (
        "StringEquals",
        allow(Condition={"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "us-east-1"]}}),
        {"aws:requestedregion": ["us-east-1"]},
        True,
    ),
    (
        "StringEquals heeds case",
        allow(Condition={"StringEquals": {"aws:username": "Ana"}}),
        {"aws:username": ["ana"]},
        False,
    ),
    (
        "StringEqualsIgnoreCase",
        allow(Condition={"StringEqualsIgnoreCase": {"aws:username": "Ana"}}),
        {"aws:username": ["ana"]},
        True,
    ),
    (
        "StringNotEquals of another",
        allow(Condition={"StringNotEquals": {"aws:username": "bo"}}),
        {"aws:username": ["ana"]},
        True,
    ),
    ("StringNotEquals without the key", allow(Condition={"StringNotEquals": {"aws:username": "bo"}}), {}, True),
    ("StringLike", allow(Condition={"StringLike": {"aws:userid": "AROA*:s?"}}), {"aws:userid": ["AROAX:s1"]}, True),
    ("StringNotLike", allow(Condition={"StringNotLike": {"aws:userid": "AROA*"}}), {"aws:userid": ["AROAX:s1"]}, False),
    ("a key that is not there", allow(Condition={"StringEquals": {"aws:username": "ana"}}), {}, False),
    (
        "StringEqualsIfExists without the key",
        allow(Condition={"StringEqualsIfExists": {"aws:username": "ana"}}),
        {},
        True,
    ),
    (
        "StringEqualsIfExists with another value",
        allow(Condition={"StringEqualsIfExists": {"aws:username": "ana"}}),
        {"aws:username": ["bo"]},
        False,
    ),
    (
        "two keys, both met",
        allow(Condition={"StringEquals": {"a:x": "1", "a:y": "2"}}),
        {"a:x": ["1"], "a:y": ["2"]},
        True,
    ),
    (
        "two keys, one met",
        allow(Condition={"StringEquals": {"a:x": "1", "a:y": "2"}}),
        {"a:x": ["1"], "a:y": ["3"]},
        False,
    ),
    (
        "two operators, one met",
        allow(Condition={"StringEquals": {"a:x": "1"}, "Bool": {"a:y": "true"}}),
        {"a:x": ["1"], "a:y": ["false"]},
        False,
    ),
    (
        "NumericLessThanEquals",
        allow(Condition={"NumericLessThanEquals": {"s3:max-keys": "10"}}),
        {"s3:max-keys": ["10"]},
        True,
    ),
    ("NumericGreaterThan", allow(Condition={"NumericGreaterThan": {"s3:max-keys": 10}}), {"s3:max-keys": ["9"]}, False),
    (
        "NumericEquals of no number",
        allow(Condition={"NumericEquals": {"s3:max-keys": "10"}}),
        {"s3:max-keys": ["ten"]},
        False,
    ),
    (
        "DateLessThan",
        allow(Condition={"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}),
        {"aws:currenttime": ["2026-11-28T12:00:00Z"]},
        True,
    ),
    (
        "DateGreaterThan in epoch seconds",
        allow(Condition={"DateGreaterThan": {"aws:EpochTime": "1900000000"}}),
        {"aws:epochtime": ["1795867200"]},
        False,
    ),
    ("Bool", allow(Condition={"Bool": {"aws:SecureTransport": "true"}}), {"aws:securetransport": ["true"]}, True),
    (
        "Bool of a JSON boolean",
        allow(Condition={"Bool": {"aws:SecureTransport": True}}),
        {"aws:securetransport": ["false"]},
        False,
    ),
    (
        "IpAddress",
        allow(Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        {"aws:sourceip": ["203.0.113.9"]},
        True,
    ),
    (
        "NotIpAddress",
        allow(Condition={"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
        {"aws:sourceip": ["203.0.113.9"]},
        False,
    ),
    (
        "IpAddress of version 6",
        allow(Condition={"IpAddress": {"aws:SourceIp": "2001:db8::/32"}}),
        {"aws:sourceip": ["2001:db8::1"]},
        True,
    ),
    (
        "ArnLike",
        allow(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/service/*"}}),
        {"aws:principalarn": [ROLE]},
        True,
    ),
    (
        "ArnEquals takes wildcards",
        allow(Condition={"ArnEquals": {"aws:PrincipalArn": "arn:aws:iam::*:role/*"}}),
        {"aws:principalarn": [ROLE]},
        True,
    ),
    (
        "ArnLike's wildcard stays in its part",
        allow(Condition={"ArnLike": {"aws:PrincipalArn": "arn:aws:*:role/service/app"}}),
        {"aws:principalarn": [ROLE]},
        False,
    ),
    ("ArnNotLike", allow(Condition={"ArnNotLike": {"aws:PrincipalArn": ROLE}}), {"aws:principalarn": [ROLE]}, False),
    ("Null of an absent key", allow(Condition={"Null": {"aws:TokenIssueTime": "true"}}), {}, True),
    (
        "Null of a present key",
        allow(Condition={"Null": {"aws:TokenIssueTime": "true"}}),
        {"aws:tokenissuetime": ["x"]},
        False,
    ),
    ("BinaryEquals", allow(Condition={"BinaryEquals": {"k:b": "QmluYXJ5"}}), {"k:b": ["QmluYXJ5"]}, True),
    # "Set operators for multivalued context keys"
    (
        "ForAllValues within",
        allow(Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}),
        {"aws:tagkeys": ["b"]},
        True,
    ),
    (
        "ForAllValues beyond",
        allow(Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}),
        {"aws:tagkeys": ["b", "c"]},
        False,
    ),
    ("ForAllValues of nothing", allow(Condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}}), {}, True),
    (
        "ForAnyValue of one",
        allow(Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}),
        {"aws:tagkeys": ["c", "a"]},
        True,
    ),
    (
        "ForAnyValue of none",
        allow(Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}),
        {"aws:tagkeys": ["c"]},
        False,
    ),
    ("ForAnyValue of nothing", allow(Condition={"ForAnyValue:StringEquals": {"aws:TagKeys": ["a"]}}), {}, False),
    (
        "ForAnyValue with a negated operator",
        allow(Condition={"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]}}),
        {"aws:tagkeys": ["a", "b"]},
        True,
    ),
    (
        "a variable in a condition",
        allow(Condition={"StringEquals": {"aws:ResourceTag/owner": "${aws:username}"}}),
        {"aws:username": ["ana"], "aws:resourcetag/owner": ["ana"]},
        True,
    ),
]


@pytest.mark.parametrize(
    ("statement", "context", "allowed"), [case[1:] for case in ELEMENTS], ids=[c[0] for c in ELEMENTS]
)
def test_elements_of_policies(statement: Statement, context: dict[str, Any], allowed: bool) -> None:
    assert decided([identity(statement)], context=context).allowed is allowed


@pytest.mark.parametrize(
    ("sources", "principal", "allowed", "kind"),
    [
        (
            [source(Kind.TRUST, {"Effect": "Allow", "Principal": {"Service": ECS.name}, "Action": "sts:AssumeRole"})],
            ECS,
            True,
            Kind.TRUST,
        ),
        (
            [source(Kind.TRUST, {"Effect": "Allow", "Principal": {"Service": ECS.name}, "Action": "sts:AssumeRole"})],
            USER,
            False,
            Kind.TRUST,
        ),
        (
            [source(Kind.TRUST, {"Effect": "Allow", "Principal": {"AWS": USER.name}, "Action": "sts:AssumeRole"})],
            USER,
            True,
            Kind.TRUST,
        ),
        (
            [source(Kind.TRUST, {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})],
            USER,
            False,
            Kind.IDENTITY,
        ),
        (
            [
                source(Kind.TRUST, {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}),
                identity(allow("sts:AssumeRole", ROLE)),
            ],
            USER,
            True,
            Kind.IDENTITY,
        ),
        (
            [
                source(Kind.TRUST, {"Effect": "Allow", "Principal": {"Service": ECS.name}, "Action": "sts:AssumeRole"}),
                identity(allow("*")),
            ],
            USER,
            False,
            Kind.TRUST,
        ),
        (
            [
                source(Kind.TRUST, {"Effect": "Deny", "Principal": {"AWS": USER.name}, "Action": "sts:*"}),
                identity(allow("*")),
            ],
            USER,
            False,
            Kind.TRUST,
        ),
        ([identity(allow("*"))], USER, False, Kind.RESOURCE),
    ],
)
def test_who_may_assume_a_role(
    sources: Sequence[Source], principal: Principal, allowed: bool, kind: Kind | None
) -> None:
    """ "IAM role trust policies": an identity's own policies are not enough."""
    verdict = judge(sources, Request(principal, "sts:AssumeRole", ROLE), resource_decides=True)
    assert (verdict.allowed, verdict.kind) == (allowed, kind)


def test_a_variable_of_the_older_version_is_a_plain_text() -> None:
    older = source(Kind.IDENTITY, allow(resource="arn:aws:s3:::${aws:username}"), version="2008-10-17")
    context = {"aws:username": ["ana"]}
    assert not decided([older], on="arn:aws:s3:::ana", context=context).allowed
    assert decided([older], on="arn:aws:s3:::${aws:username}", context=context).allowed


def test_a_verdict_names_its_statement() -> None:
    sources = [identity(allow("s3:*")), source(Kind.IDENTITY, allow("s3:*"), allow(Sid="Read"), name="second")]
    verdict = decided(sources)
    assert verdict.source is not None
    assert verdict.statement is not None
    assert (verdict.source.name, verdict.number, verdict.statement.sid) == ("second", 2, "Read")


def test_silence_has_no_statement() -> None:
    verdict = decided([identity(allow("s3:*"))])
    assert (verdict.why, verdict.source, verdict.statement) == (Why.SILENT, None, None)


@pytest.mark.parametrize(
    ("sources", "reason"),
    [
        ([], f"because no identity-based policy allows the {READ} action"),
        ([identity(allow()), boundary(allow("s3:*"))], f"because no permissions boundary allows the {READ} action"),
        ([identity(allow()), session(allow("s3:*"))], f"because no session policy allows the {READ} action"),
        ([identity(deny())], "with an explicit deny in an identity-based policy"),
        ([identity(allow()), boundary(deny())], "with an explicit deny in a permissions boundary"),
        ([identity(allow()), session(deny())], "with an explicit deny in a session policy"),
        ([source(Kind.RESOURCE, *NOBODY)], "with an explicit deny in a resource-based policy"),
    ],
)
def test_reasons_are_aws_words(sources: Sequence[Source], reason: str) -> None:
    """ "Troubleshoot access denied error messages"."""
    assert decided(sources).reason == reason


def test_the_administrator_needs_no_policy() -> None:
    verdict = administrator(Request(account_root(ACCOUNT), READ, SECRET))
    assert verdict.allowed
    assert verdict.why is Why.ADMINISTRATOR
