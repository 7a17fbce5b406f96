"""Policy documents as requests bring them: held to IAM's grammar and sizes, in MalformedPolicyDocument's words."""

from __future__ import annotations

import re

from netflux.aws.iam import errors, quotas
from netflux.aws.iam.tables import Tables
from netflux.errors import AwsError
from netflux.policy import grammar
from netflux.policy.document import PolicyError

_ACCOUNT = re.compile("[0-9]{12}")
_SERVICE = re.compile(r"[a-z0-9.-]+\.(amazonaws\.com(\.cn)?|amazon\.com|aws\.internal)")
_WEB = frozenset({"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"})
_ARN = re.compile(
    r"arn:aws[a-z-]*:(iam|sts)::([0-9]{12}):"
    r"(root|user/.+|role/.+|assumed-role/.+|federated-user/.+|oidc-provider/.+|saml-provider/.+)"
)


def managed(text: str) -> None:
    """A managed policy's document; AwsError when it is none."""
    _identity(text, managed_one=True)
    if quotas.size(text) > quotas.POLICY_SIZE:
        raise errors.exceeded("PolicySize", quotas.POLICY_SIZE)


def inline(text: str) -> None:
    """An inline policy's document; AwsError when it is none."""
    _identity(text, managed_one=False)


def trust(text: str, tables: Tables) -> None:
    """A role's trust policy; AwsError when it is none, or names a user or role of this account that is not there.

    ["Specify a principal", AWS JSON policy elements: IAM looks users and roles up when the policy is saved.]
    """
    try:
        policy = grammar.trust(text)
    except PolicyError as error:
        raise _malformed(error) from error
    for statement in policy.statements:
        for kind, name in statement.principals.entries if statement.principals is not None else ():
            if not _there(kind, name, tables):
                raise AwsError("MalformedPolicyDocument", f'Invalid principal in policy: "{kind.upper()}":"{name}"')
    if quotas.size(text) > quotas.TRUST_SIZE:
        raise errors.exceeded("ACLSizePerRole", quotas.TRUST_SIZE)


def _there(kind: str, name: str, tables: Tables) -> bool:
    """Whether a role can trust the principal."""
    if name == "*":
        return kind == "AWS"
    match kind:
        case "Service":
            return _SERVICE.fullmatch(name) is not None
        case "Federated":
            match = _ARN.fullmatch(name)
            return name in _WEB or (match is not None and "-provider/" in name)
        case "AWS":
            return _ACCOUNT.fullmatch(name) is not None or _known(name, tables)
    return False


def _known(arn: str, tables: Tables) -> bool:
    match = _ARN.fullmatch(arn)
    if match is None or "-provider/" in match.group(3):
        return False
    noun = match.group(3).partition("/")[0]
    if match.group(2) != tables.account or noun not in ("user", "role"):
        return True
    return (tables.users.table if noun == "user" else tables.roles.table).has("arn", arn)


def _identity(text: str, *, managed_one: bool) -> None:
    try:
        grammar.identity(text, managed=managed_one)
    except PolicyError as error:
        raise _malformed(error) from error


def _malformed(error: PolicyError) -> AwsError:
    return AwsError("MalformedPolicyDocument", str(error))
