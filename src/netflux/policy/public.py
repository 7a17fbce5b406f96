"""Whether a bucket policy is public: "The meaning of public" in the S3 User Guide's page on blocking public access."""

from __future__ import annotations

import ipaddress

from netflux.policy.condition import Condition
from netflux.policy.document import Policy, Statement

_NARROWING_KEYS = {
    "aws:principalorgid", "aws:principalorgpaths", "aws:principalaccount", "aws:principalarn", "aws:sourceaccount",
    "aws:sourcearn", "aws:sourceip", "aws:sourceowner", "aws:sourcevpc", "aws:sourcevpce", "aws:userid",
    "aws:sourceorgid", "aws:sourceorgpaths", "s3:dataaccesspointaccount", "s3:dataaccesspointarn",
    "s3:x-amz-server-side-encryption-aws-kms-key-id",
}  # fmt: skip
_NARROWING_OPERATORS = {
    "StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike", "IpAddress",
    "ForAnyValue:StringEquals", "ForAnyValue:StringLike",
}  # fmt: skip


def is_public(policy: Policy) -> bool:
    """True when a statement allows anyone, narrowed by no condition with a fixed value."""
    return any(_statement_is_public(statement) for statement in policy.statements)


def _statement_is_public(statement: Statement) -> bool:
    if not statement.allow or statement.principals is None:
        return False
    anyone = statement.not_principals or any(name == "*" for _, name in statement.principals.entries)
    return anyone and not any(_narrows(condition) for condition in statement.conditions)


def _narrows(condition: Condition) -> bool:
    if condition.key not in _NARROWING_KEYS or condition.operator not in _NARROWING_OPERATORS:
        return False
    if condition.key == "aws:sourceip":
        return all(_is_narrow_network(value) for value in condition.values)
    return all(_is_fixed(condition.key, value) for value in condition.values)


def _is_fixed(key: str, value: str) -> bool:
    """No wildcard and no policy variable; an ARN may have wildcards behind a fixed account or bucket."""
    if "${" in value:
        return False
    if key == "aws:sourcearn" and value.count(":") >= 5:
        account, resource = value.split(":", 5)[4:]
        return (bool(account) and not set("*?") & set(account)) or (not account and not set("*?") & set(resource))
    return not set("*?") & set(value)


def _is_narrow_network(value: str) -> bool:
    """AWS calls ranges wider than /8 (IPv4) and /32 (IPv6) public."""
    try:
        network = ipaddress.ip_network(value, strict=False)
    except ValueError:
        return False
    return network.prefixlen >= (8 if network.version == 4 else 32)
