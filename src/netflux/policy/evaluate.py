"""Whether policies allow a request: "Policy evaluation logic" in the IAM User Guide."""

from __future__ import annotations

import enum
import functools
from collections.abc import Sequence
from dataclasses import dataclass, field

from netflux.policy.condition import Context, holds, like, substitute
from netflux.policy.document import Policy, Principals, Statement


class Decision(enum.Enum):
    """What the documents say together; a deny is stronger than any allow."""

    ALLOW = "allow"
    DENY = "explicit deny"
    SILENT = "implicit deny"


@dataclass(frozen=True)
class Principal:
    """Who asks.

    Attributes:
        kind: `AWS` for an account, user, role or session, `Service`, or `Anonymous`.
        name: the ARN, the service's name such as `cloudfront.amazonaws.com`, or empty.
        account: twelve digits for kind `AWS`, else empty.
        role: of a session, the ARN of its role, by which policies name it as well.
        canonical: its canonical user id, by which bucket policies name it as well; empty where it has none.
    """

    kind: str
    name: str = ""
    account: str = ""
    role: str = ""
    canonical: str = ""

    @property
    def is_root(self) -> bool:
        """Whether it is the account itself."""
        return self.kind == "AWS" and bool(self.account) and self.name == f"arn:aws:iam::{self.account}:root"


ANONYMOUS = Principal("Anonymous")


def account_root(account: str) -> Principal:
    """The account itself, which may do everything that no resource policy denies."""
    return Principal("AWS", f"arn:aws:iam::{account}:root", account)


@dataclass(frozen=True)
class Request:
    """What is asked.

    Attributes:
        principal: who asks.
        action: e.g. `s3:GetObject`.
        resource: ARN.
        context: condition keys in lower case with their values.
    """

    principal: Principal
    action: str
    resource: str
    context: Context = field(default_factory=dict)


def decide(policies: Sequence[Policy], request: Request) -> Decision:
    """Deny if any statement denies, else allow if any allows, else silent."""
    effects = {statement.allow for policy in policies for statement in policy.statements if applies(statement, request)}
    if False in effects:
        return Decision.DENY
    return Decision.ALLOW if True in effects else Decision.SILENT


def applies(statement: Statement, request: Request) -> bool:
    """Whether the statement speaks of this request."""
    return (
        _principal(statement, request.principal)
        and _action(statement, request.action)
        and _resource(statement, request)
        and all(holds(condition, request.context) for condition in statement.conditions)
    )


def _principal(statement: Statement, principal: Principal) -> bool:
    if statement.principals is None:
        return True
    return (named(statement.principals, principal) is not Named.NOT) != statement.not_principals


class Named(enum.IntEnum):
    """How a Principal element speaks of somebody, the more exact the higher."""

    NOT = 0
    BY_ACCOUNT = 1
    BY_ROLE = 2
    ITSELF = 3


def named(principals: Principals, principal: Principal) -> Named:
    """How the element names the principal.

    `*` names whoever asks: "AWS JSON policy elements: Principal", IAM User Guide.
    """
    return max((_entry(kind, name, principal) for kind, name in principals.entries), default=Named.NOT)


def _entry(kind: str, name: str, principal: Principal) -> Named:
    if kind == "Service":
        return Named.ITSELF if principal.kind == "Service" and name in {"*", principal.name} else Named.NOT
    if kind == "CanonicalUser":
        return Named.ITSELF if principal.canonical and name == principal.canonical else Named.NOT
    if kind != "AWS":
        return Named.NOT
    if name in {"*", principal.name}:
        return Named.ITSELF
    if principal.role and name == principal.role:
        return Named.BY_ROLE
    return Named.BY_ACCOUNT if _is_account(name, principal) else Named.NOT


def _is_account(name: str, principal: Principal) -> bool:
    """An account's id or root ARN stands for everyone in it."""
    if principal.kind != "AWS" or not principal.account:
        return False
    return name in {principal.account, f"arn:aws:iam::{principal.account}:root"}


def _action(statement: Statement, action: str) -> bool:
    exact, starts, patterns = _sorted(statement.actions)
    name = action.lower()
    found = name in exact or name.startswith(starts) or any(like(name, pattern) for pattern in patterns)
    return found != statement.not_actions


@functools.lru_cache(maxsize=1000)
def _sorted(actions: tuple[str, ...]) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    """Actions without wildcards, beginnings of those that end in `*`, all others: AWS's own policies list thousands."""
    names = [action.lower() for action in actions]
    plain = frozenset(name for name in names if not set("*?[") & set(name))
    starts = tuple(name[:-1] for name in names if name.endswith("*") and not set("*?[") & set(name[:-1]))
    known = plain | {f"{start}*" for start in starts}
    return plain, starts, tuple(name for name in names if name not in known)


def _resource(statement: Statement, request: Request) -> bool:
    patterns = (substitute(pattern, request.context) for pattern in statement.resources)
    found = any(pattern is not None and like(request.resource, pattern) for pattern in patterns)
    return found != statement.not_resources
