"""What IAM refuses of policy documents."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "iam"

GRAMMAR = "Grammar of the IAM JSON policy language"
VERSION = "IAM JSON policy elements: Version"
SID = "IAM JSON policy elements: Sid"
EFFECT = "IAM JSON policy elements: Effect"
PRINCIPAL = "AWS JSON policy elements: Principal"
ACTION = "IAM JSON policy elements: Action"
RESOURCE = "IAM JSON policy elements: Resource"
CONDITION = "IAM JSON policy elements: Condition operators"
STS = "Actions defined by AWS STS"


def document(*statements: Mapping[str, Any], **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [*statements], **more})


ALLOW = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::bucket/*"}
GOOD = document(ALLOW)
TRUSTED = {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
TRUST = document(TRUSTED)


def _put(rule: str, statement: Mapping[str, Any] | str, says: str, page: str = GRAMMAR) -> Rule:
    text = statement if isinstance(statement, str) else document(statement)
    params = {"RoleName": "app", "PolicyName": "p", "PolicyDocument": text}
    return Rule(rule, "PutRolePolicy", params, "MalformedPolicyDocument", page, says)


def _trusts(rule: str, statement: Mapping[str, Any] | str, says: str, page: str = PRINCIPAL) -> Rule:
    text = statement if isinstance(statement, str) else document(statement)
    params = {"RoleName": "new", "AssumeRolePolicyDocument": text}
    return Rule(rule, "CreateRole", params, "MalformedPolicyDocument", page, says)


def _managed(rule: str, text: str, says: str) -> Rule:
    params = {"PolicyName": "new", "PolicyDocument": text}
    return Rule(rule, "CreatePolicy", params, "MalformedPolicyDocument", VERSION, says)


DOCUMENTS = [
    _put("A policy is JSON.", "no json", "Syntax errors in policy."),
    _put("A policy is an object.", "[]", "Syntax errors in policy."),
    _put("A policy has a Statement.", '{"Version": "2012-10-17"}', "Syntax errors in policy."),
    _put("A policy has a statement at least.", document(), "Syntax errors in policy."),
    _put("A policy has Version, Id and Statement only.", document(ALLOW, Comment="x"), "Syntax errors in policy."),
    _put("A version is one of two.", document(ALLOW, Version="2013-10-17"), "Syntax errors in policy.", VERSION),
    _put("A statement has no elements of its own making.", ALLOW | {"Comment": "x"}, "Syntax errors in policy."),
    _put("A statement has an Effect.", {"Action": "s3:Get*", "Resource": "*"}, "Syntax errors in policy.", EFFECT),
    _put("An effect is Allow or Deny.", ALLOW | {"Effect": "Maybe"}, "Syntax errors in policy.", EFFECT),
    _put("An effect's case counts.", ALLOW | {"Effect": "allow"}, "The policy failed legacy parsing", EFFECT),
    _put(
        "A statement has actions.",
        {"Effect": "Allow", "Resource": "*"},
        "Policy statement must contain actions.",
        ACTION,
    ),
    _put("A list of actions is not empty.", ALLOW | {"Action": []}, "Policy statement must contain actions.", ACTION),
    _put("Action and NotAction exclude each other.", ALLOW | {"NotAction": "s3:*"}, "Syntax errors", ACTION),
    _put("An action names its service.", ALLOW | {"Action": "GetObject"}, "must be prefaced by a vendor", ACTION),
    _put("An action has one colon.", ALLOW | {"Action": "s3:Get:Object"}, "only one colon", ACTION),
    _put("A service's prefix has no spaces.", ALLOW | {"Action": "s 3:Get"}, "Vendor s 3 is not valid", ACTION),
    _put("Actions are texts.", ALLOW | {"Action": {"a": "b"}}, "Syntax errors in policy.", ACTION),
    _put(
        "A statement has resources.",
        {"Effect": "Allow", "Action": "s3:*"},
        "Policy statement must contain resources.",
        RESOURCE,
    ),
    _put("A resource is an ARN or `*`.", ALLOW | {"Resource": "bucket"}, "must be in ARN format", RESOURCE),
    _put("A resource is not empty.", ALLOW | {"Resource": ""}, 'Resource  must be in ARN format or "*".', RESOURCE),
    _put(
        "An ARN's partition is one of AWS's.",
        ALLOW | {"Resource": "arn:moon:s3:::b"},
        'Partition "moon" is not valid',
        RESOURCE,
    ),
    _put("An ARN has six parts.", ALLOW | {"Resource": "arn:aws:s3::bucket"}, "legacy parsing", RESOURCE),
    _put(
        "A bucket's ARN has no region.",
        ALLOW | {"Resource": "arn:aws:s3:us-east-1::bucket"},
        "can not contain region",
        RESOURCE,
    ),
    _put(
        "IAM's ARNs have no region.",
        ALLOW | {"Resource": "arn:aws:iam:us-east-1::role/r"},
        "cannot contain region",
        RESOURCE,
    ),
    _put(
        "IAM's ARNs name a kind of IAM's.",
        ALLOW | {"Resource": "arn:aws:iam::123456789012:robot"},
        "IAM resource path must",
        RESOURCE,
    ),
    _put("Resource and NotResource exclude each other.", ALLOW | {"NotResource": "*"}, "Syntax errors", RESOURCE),
    _put(
        "An identity's policy names no principal.",
        ALLOW | {"Principal": "*"},
        "should not specify a principal",
        PRINCIPAL,
    ),
    _put("A Sid is letters and digits.", ALLOW | {"Sid": "a b"}, "must be alpha-numeric", SID),
    _put(
        "A Sid is the only one of its policy.",
        document(ALLOW | {"Sid": "a"}, ALLOW | {"Sid": "a"}),
        "must be unique",
        SID,
    ),
    _put(
        "An operator is one of IAM's.", ALLOW | {"Condition": {"StringIs": {"aws:a": "b"}}}, "Syntax errors", CONDITION
    ),
    _put(
        "A date is ISO 8601 or seconds.",
        ALLOW | {"Condition": {"DateLessThan": {"aws:CurrentTime": "soon"}}},
        "legacy",
        CONDITION,
    ),
    _put("An operator has keys.", ALLOW | {"Condition": {"Bool": "true"}}, "Syntax errors", CONDITION),
    _managed("A managed policy names the version.", json.dumps({"Statement": ALLOW}), "2012-10-17 or greater"),
    _managed(
        "A managed policy's version is 2012-10-17.", document(ALLOW, Version="2008-10-17"), "2012-10-17 or greater"
    ),
    Rule(
        "A new version is held to the same.",
        "CreatePolicyVersion",
        {"PolicyArn": "{policy}", "PolicyDocument": "x"},
        "MalformedPolicyDocument",
        GRAMMAR,
        "Syntax errors",
    ),
]

TRUSTS = [
    _trusts(
        "A trust policy names whom it trusts, not whom it does not.",
        {"Effect": "Deny", "NotPrincipal": {"AWS": "123456789012"}, "Action": "sts:AssumeRole"},
        "Has prohibited field NotPrincipal",
        "AWS JSON policy elements: NotPrincipal",
    ),
    _trusts("A trust policy is JSON.", "x", "invalid Json", GRAMMAR),
    _trusts(
        "A trust policy has a Statement.", '{"Version": "2012-10-17"}', "Missing required field Statement", GRAMMAR
    ),
    _trusts(
        "A trust policy has a principal.",
        {"Effect": "Allow", "Action": "sts:AssumeRole"},
        "Missing required field Principal",
    ),
    _trusts("A trust policy has no resource.", TRUSTED | {"Resource": "*"}, "Has prohibited field Resource"),
    _trusts(
        "A trust policy is about AssumeRole.",
        TRUSTED | {"Action": "s3:GetObject"},
        "may only specify STS AssumeRole actions",
        STS,
    ),
    _trusts(
        "A service is named by its host name.",
        TRUSTED | {"Principal": {"Service": "ecs"}},
        'Invalid principal in policy: "SERVICE":"ecs"',
    ),
    _trusts(
        "A role that is trusted is there.",
        TRUSTED | {"Principal": {"AWS": "arn:aws:iam::123456789012:role/nobody"}},
        "Invalid principal in policy",
    ),
    _trusts(
        "A user who is trusted is there.",
        TRUSTED | {"Principal": {"AWS": "arn:aws:iam::123456789012:user/nobody"}},
        "Invalid principal in policy",
    ),
    _trusts(
        "A principal is an ARN or an account.", TRUSTED | {"Principal": {"AWS": "sam"}}, "Invalid principal in policy"
    ),
    _trusts(
        "A principal is of one of four kinds.", TRUSTED | {"Principal": {"Robot": "x"}}, "Invalid principal in policy"
    ),
    _trusts(
        "A federated principal is a provider.",
        TRUSTED | {"Principal": {"Federated": "example.com"}},
        "Invalid principal in policy",
    ),
    _trusts(
        "A wildcard stands alone.", TRUSTED | {"Principal": {"AWS": "arn:aws:iam::123456789012:role/*"}}, "wildcard"
    ),
    _trusts("A trust policy's effect is Allow or Deny.", TRUSTED | {"Effect": "Maybe"}, "Effect", EFFECT),
    Rule(
        "Another trust policy is held to the same.",
        "UpdateAssumeRolePolicy",
        {"RoleName": "app", "PolicyDocument": document(TRUSTED | {"Resource": "*"})},
        "MalformedPolicyDocument",
        "UpdateAssumeRolePolicy",
        "Has prohibited field Resource",
    ),
]

RULES = [*DOCUMENTS, *TRUSTS]


def register(_plane: Plane, _apis: Apis) -> None:
    """The plane has IAM."""


async def prepare(apis: Apis) -> dict[str, str]:
    await apis.call("iam", "CreateRole", {"RoleName": "app", "AssumeRolePolicyDocument": TRUST})
    made = await apis.call("iam", "CreatePolicy", {"PolicyName": "policy", "PolicyDocument": GOOD})
    return {"policy": made["Policy"]["Arn"]}
