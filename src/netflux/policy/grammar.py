"""What IAM asks of a policy before it is kept, in IAM's words and in the order in which it looks.

"Grammar of the IAM JSON policy language" and "IAM JSON policy elements reference" in the IAM User Guide. A role's trust
policy is read by another reader, which names the field (`document.parse`); this module adds which actions it may have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from netflux.decoding import json
from netflux.policy.condition import known_operator
from netflux.policy.document import (
    POLICY_FIELDS,
    STATEMENT_FIELDS,
    VERSIONS,
    Policy,
    PolicyError,
    parse,
)

_SYNTAX = PolicyError("Syntax errors in policy.")
_LEGACY = PolicyError("The policy failed legacy parsing")
_PARTITIONS = frozenset(
    {"aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc", "*"}
)
_VENDOR = re.compile(r"[A-Za-z0-9.-]+")
_SID = re.compile("[0-9A-Za-z]*")
_IAM_PATHS = (
    "user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/",
    "sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/",
)  # fmt: skip
_REGIONAL_S3 = ("accesspoint/", "job/", "storage-lens", "async-request/", "access-grants/", "*")
_DATE = re.compile(
    r"-?(\d{1,9})(?:-(\d{1,2})(?:-(\d{1,2}))?)?"
    r"(?:t(?:(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.\d{1,9})?(?:z|[+-]\d{2}(?::\d{2})?)?)?)?)?)?"
)
_PARTS = 4
"""Of an ARN behind its partition: service, region, account, resource."""
_MOST = (292278993, 12, 31, 23, 59, 59)
_LEAST = (0, 1, 1, 0, 0, 0)
_LATEST = 2**63 - 1
_TRUST_ACTIONS = frozenset(
    {"assumerole", "assumerolewithsaml", "assumerolewithwebidentity", "tagsession", "setsourceidentity", "setcontext"}
)
"""What a trust policy is about ["Actions defined by AWS STS", Service Authorization Reference]: whose resource is the
role. Wildcards over these are taken.
"""


def identity(text: str, *, managed: bool) -> Policy:
    """The policy of a user, group or role.

    Args:
        text: JSON.
        managed: whether it is a managed policy, which must name the version 2012-10-17.

    Raises:
        PolicyError: in the words of MalformedPolicyDocument.
    """
    raw = _raw(text)
    statements = _statements(raw)
    for statement in statements:
        _syntax(statement)
    if managed and raw.get("Version") != "2012-10-17":
        raise PolicyError("Policy document must be version 2012-10-17 or greater.")
    resources = [*_resources(statements)]
    wrong = next(filter(None, map(_resource, resources)), None)
    if not all(_legacy(statement) for statement in statements) or (wrong is None and not all(map(_old, resources))):
        raise _LEGACY
    _identified(statements)
    if not all(statement.get("Action") or statement.get("NotAction") is not None for statement in statements):
        raise PolicyError("Policy statement must contain actions.")
    if wrong is not None:
        raise PolicyError(wrong)
    for statement in statements:
        for action in [*_texts(statement.get("Action")), *_texts(statement.get("NotAction"))]:
            _action(action)
    if not all([*_texts(statement.get("Resource")), *_texts(statement.get("NotResource"))] for statement in statements):
        raise PolicyError("Policy statement must contain resources.")
    if any("Principal" in statement or "NotPrincipal" in statement for statement in statements):
        raise PolicyError("Policy document should not specify a principal.")
    return parse(text, needs_principal=False)


def trust(text: str) -> Policy:
    """The policy that says who may assume a role.

    Raises:
        PolicyError: in the words of MalformedPolicyDocument.
    """
    policy = parse(text, needs_principal=True, needs_resource=False)
    for statement in policy.statements:
        if statement.not_actions or statement.not_principals:
            raise PolicyError(f"Has prohibited field {'NotAction' if statement.not_actions else 'NotPrincipal'}")
        if not all(_assumes(action) for action in statement.actions):
            raise PolicyError("AssumeRole policy may only specify STS AssumeRole actions.")
    return policy


def _assumes(action: str) -> bool:
    vendor, _, name = action.lower().partition(":")
    return vendor == "sts" and (name in _TRUST_ACTIONS or any(_begins(known, name) for known in _TRUST_ACTIONS))


def _begins(known: str, pattern: str) -> bool:
    """Whether a pattern with a wildcard can mean the action."""
    fixed, star, _ = pattern.partition("*")
    return bool(star) and known.startswith(fixed)


def _raw(text: str) -> dict[str, Any]:
    try:
        raw = json.value(text)
    except ValueError as error:
        raise _SYNTAX from error
    if not isinstance(raw, dict) or set(raw) - POLICY_FIELDS:
        raise _SYNTAX
    if ("Version" in raw and raw["Version"] not in VERSIONS) or not isinstance(raw.get("Id", ""), str):
        raise _SYNTAX
    return raw


def _statements(raw: dict[str, Any]) -> list[dict[str, Any]]:
    found = raw.get("Statement")
    statements = [found] if isinstance(found, dict) else found
    if not isinstance(statements, list) or not statements or not all(isinstance(one, dict) for one in statements):
        raise _SYNTAX
    return statements


def _syntax(statement: dict[str, Any]) -> None:
    if set(statement) - STATEMENT_FIELDS:
        raise _SYNTAX
    effect = statement.get("Effect")
    if not isinstance(effect, str) or effect.lower() not in ("allow", "deny"):
        raise _SYNTAX
    for name in ("Action", "Resource", "Principal"):
        if name in statement and f"Not{name}" in statement:
            raise _SYNTAX
    for name in ("Action", "NotAction", "Resource", "NotResource"):
        value = statement.get(name, "")
        nulls = name.endswith("Resource")
        if not isinstance(value, str) and not (
            isinstance(value, list) and all(isinstance(one, str) or (nulls and one is None) for one in value)
        ):
            raise _SYNTAX
    if not isinstance(statement.get("Sid", ""), str):
        raise _SYNTAX
    _conditions(statement.get("Condition", {}))


def _conditions(raw: Any) -> None:
    if not isinstance(raw, dict):
        raise _SYNTAX
    for operator, block in raw.items():
        if not isinstance(block, dict) or (block and not known_operator(operator)):
            raise _SYNTAX
        for value in block.values():
            values = value if isinstance(value, list) else [value]
            if not all(isinstance(one, str | bool | int | float) for one in values):
                raise _SYNTAX


def _legacy(statement: dict[str, Any]) -> bool:
    """Effect's case counts, and dates are dates or seconds."""
    if statement["Effect"] not in ("Allow", "Deny"):
        return False
    for operator, block in statement.get("Condition", {}).items():
        if operator.rpartition(":")[2].startswith("Date"):
            for value in block.values():
                if not all(_date(str(one)) for one in (value if isinstance(value, list) else [value])):
                    return False
    return True


def _date(text: str) -> bool:
    if text.isdecimal():
        return int(text) <= _LATEST
    match = _DATE.fullmatch(text.lower())
    return match is not None and all(
        least <= int(part) <= most for part, least, most in zip(match.groups(), _LEAST, _MOST, strict=True) if part
    )


def _identified(statements: list[dict[str, Any]]) -> None:
    sids = [statement["Sid"] for statement in statements if statement.get("Sid")]
    if len(sids) != len(set(sids)):
        raise PolicyError("Statement IDs (SID) in a single policy must be unique.")
    if not all(_SID.fullmatch(sid) for sid in sids):
        raise PolicyError(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
            "[0-9A-Za-z]*"
        )


def _texts(raw: Any) -> list[str]:
    return [one for one in (raw if isinstance(raw, list) else [raw]) if one is not None]


def _resources(statements: list[dict[str, Any]]) -> Iterator[str]:
    for statement in statements:
        yield from (*_texts(statement.get("Resource")), *_texts(statement.get("NotResource")))


def _resource(text: str) -> str | None:
    """What is wrong with a resource; None where it can be an ARN or is `*`."""
    if text == "*":
        return None
    if ":" not in text:
        return f'Resource {text} must be in ARN format or "*".'
    _, partition, *rest = text.split(":", 5)
    if partition not in _PARTITIONS and "${" not in partition:
        shown = [*rest, "*", "*", "*", "*"][:4] if any(rest) else ["*"] * 4
        return f'Partition "{partition}" is not valid for resource "arn:{partition}:{":".join(shown)}".'
    if not rest:
        return "Resource vendor must be fully qualified and cannot contain regexes."
    return _placed(text, rest) if len(rest) == _PARTS else None


def _placed(text: str, rest: list[str]) -> str | None:
    """What is wrong with the region or the path of an ARN, of which `rest` is what follows the partition."""
    service, region, _, name = rest
    if service == "iam" and region:
        return f"IAM resource {text} cannot contain region information."
    if service == "s3" and region and not name.startswith(_REGIONAL_S3):
        return f"Resource {text} can not contain region information."
    kind = name.partition("/")[0]
    if service == "iam" and not set("*?$") & set(kind) and not name.startswith(_IAM_PATHS):
        return f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.'
    return None


def _old(text: str) -> bool:
    """Whether an older reader takes the ARN too: its vendor is there, and so are all of its parts if one is empty."""
    parts = text.split(":")
    named = len(parts) < 3 or parts[2] != ""
    return text == "*" or (named and (len(parts) >= _PARTS + 2 or "" not in parts))


def _action(text: str) -> None:
    if text == "*":
        return
    vendor, colon, name = text.partition(":")
    if not colon:
        raise PolicyError("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
    if ":" in name:
        raise PolicyError("Actions/Condition can contain only one colon.")
    if not _VENDOR.fullmatch(vendor):
        raise PolicyError(f"Vendor {vendor} is not valid")
