"""What STS refuses."""

from __future__ import annotations

from typing import Any

from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.iamdocuments import GOOD, TRUST, TRUSTED, document
from tests.rules.rule import Rule

SERVICE = "sts"

_ROLE = "arn:aws:iam::123456789012:role/app"


def _assume(rule: str, code: str, says: str = "", page: str = "AssumeRole", **params: Any) -> Rule:
    return Rule(rule, "AssumeRole", {"RoleArn": _ROLE, "RoleSessionName": "one", **params}, code, page, says)


RULES = [
    _assume(
        "A role is there.",
        "AccessDenied",
        "is not authorized to perform: sts:AssumeRole on resource",
        RoleArn=f"{_ROLE}s",
    ),
    _assume("A role's ARN has its path.", "AccessDenied", RoleArn="arn:aws:iam::123456789012:role/other/app"),
    _assume("A role's ARN is one of its account.", "AccessDenied", RoleArn="arn:aws:iam::210987654321:role/app"),
    _assume("A role's ARN has twenty characters at least.", "ValidationError", RoleArn="app"),
    _assume("A session's name has two characters at least.", "ValidationError", RoleSessionName="a"),
    _assume("A session's name has no spaces.", "ValidationError", RoleSessionName="a b"),
    _assume("A session's name has 64 characters at most.", "ValidationError", RoleSessionName="a" * 65),
    _assume("A session lasts a quarter of an hour at least.", "ValidationError", DurationSeconds=899),
    _assume("A session lasts twelve hours at most.", "ValidationError", DurationSeconds=43201),
    _assume(
        "A session lasts no longer than its role lets it.",
        "ValidationError",
        "exceeds the MaxSessionDuration set for this role",
        DurationSeconds=7200,
    ),
    _assume("A session policy is one.", "MalformedPolicyDocument", "Syntax errors", Policy="x"),
    _assume(
        "A session policy names no principal.",
        "MalformedPolicyDocument",
        "should not specify a principal",
        Policy=document(TRUSTED | {"Resource": "*"}),
    ),
    _assume(
        "A session's managed policies are there.",
        "ValidationError",
        PolicyArns=[{"arn": "arn:aws:iam::123456789012:policy/nobody"}],
    ),
    _assume(
        "A session has ten managed policies at most.",
        "ValidationError",
        "10",
        "IAM and AWS STS quotas",
        PolicyArns=[{"arn": "{policy}"}] * 11,
    ),
    _assume(
        "A session's tags have fifty keys at most.",
        "ValidationError",
        page="Pass session tags in AWS STS",
        Tags=[{"Key": f"k{n}", "Value": "x"} for n in range(51)],
    ),
    _assume(
        "A session tag's key stands once, whatever its case.",
        "ValidationError",
        page="Pass session tags in AWS STS",
        Tags=[{"Key": "a", "Value": "x"}, {"Key": "A", "Value": "x"}],
    ),
    _assume("An external id has two characters at least.", "ValidationError", ExternalId="a"),
    _assume("A source identity has two characters at least.", "ValidationError", SourceIdentity="a"),
    Rule(
        "A session of a user lasts a quarter of an hour at least.",
        "GetSessionToken",
        {"DurationSeconds": 899},
        "ValidationError",
        "GetSessionToken",
    ),
    Rule(
        "A session of a user lasts 36 hours at most.",
        "GetSessionToken",
        {"DurationSeconds": 129601},
        "ValidationError",
        "GetSessionToken",
    ),
    Rule(
        "A federated user's name has two characters at least.",
        "GetFederationToken",
        {"Name": "a"},
        "ValidationError",
        "GetFederationToken",
    ),
    Rule(
        "A federated user's name has 32 characters at most.",
        "GetFederationToken",
        {"Name": "a" * 33},
        "ValidationError",
        "GetFederationToken",
    ),
    Rule(
        "A federated user's policy is one.",
        "GetFederationToken",
        {"Name": "guest", "Policy": "x"},
        "MalformedPolicyDocument",
        "GetFederationToken",
    ),
    Rule(
        "A message that is decoded was encoded here.",
        "DecodeAuthorizationMessage",
        {"EncodedMessage": "x"},
        "InvalidAuthorizationMessageException",
        "DecodeAuthorizationMessage",
    ),
    Rule(
        "An access key's id has sixteen characters at least.",
        "GetAccessKeyInfo",
        {"AccessKeyId": "AKIA"},
        "ValidationError",
        "GetAccessKeyInfo",
    ),
    Rule("Who asks has a key.", "GetCallerIdentity", {}, "MissingAuthenticationToken", "GetCallerIdentity"),
]


def register(_plane: Plane, _apis: Apis) -> None:
    """The plane has STS."""


async def prepare(apis: Apis) -> dict[str, str]:
    await apis.call("iam", "CreateRole", {"RoleName": "app", "AssumeRolePolicyDocument": TRUST})
    made = await apis.call("iam", "CreatePolicy", {"PolicyName": "policy", "PolicyDocument": GOOD})
    return {"policy": made["Policy"]["Arn"]}
