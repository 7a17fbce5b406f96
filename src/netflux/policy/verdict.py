"""All policies that concern a request, judged together, with the statement that decides.

"Policy evaluation logic" and "How permissions boundaries, session policies and resource policies combine", IAM User
Guide, for principals of the resource's own account. Pure.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from netflux.policy.document import Policy, Statement
from netflux.policy.evaluate import Named, Principal, Request, applies, named


class Kind(enum.Enum):
    """What a policy is to a request, in the words of AWS's refusals."""

    IDENTITY = "identity-based policy"
    BOUNDARY = "permissions boundary"
    SESSION = "session policy"
    RESOURCE = "resource-based policy"
    TRUST = "role trust policy"


@dataclass(frozen=True)
class Source:
    """A policy and where it stands.

    Attributes:
        kind: what it is to the request.
        name: ARN of a managed policy, name of an inline one; empty for policies without a name.
        holder: ARN of the user, group, role or resource that has it.
        policy: the document.
    """

    kind: Kind
    name: str
    holder: str
    policy: Policy


class Why(enum.Enum):
    """What a verdict stands on."""

    ADMINISTRATOR = "the account's administrator"
    ALLOWED = "an allow"
    DENIED = "an explicit deny"
    SILENT = "no allow"


@dataclass(frozen=True)
class Verdict:
    """Whether a request is allowed, and by what.

    Attributes:
        request: what was asked.
        why: what the verdict stands on.
        kind: of policy that decides; with `SILENT`, the kind of which none allows.
        source: the policy that decides; None with `SILENT` and for administrators.
        number: of the deciding statement in its policy, from 1; 0 where there is none.
    """

    request: Request
    why: Why
    kind: Kind | None = None
    source: Source | None = None
    number: int = 0

    @property
    def allowed(self) -> bool:
        """Whether the request may be carried out."""
        return self.why in (Why.ALLOWED, Why.ADMINISTRATOR)

    @property
    def statement(self) -> Statement | None:
        """The one that decides."""
        return self.source.policy.statements[self.number - 1] if self.source is not None else None

    @property
    def reason(self) -> str:
        """Why it is refused, as AWS says it: "Troubleshoot access denied error messages", IAM User Guide."""
        kind = self.kind or Kind.IDENTITY
        if self.why is Why.DENIED:
            return f"with an explicit deny in {_article(kind)} {kind.value}"
        return f"because no {kind.value} allows the {self.request.action} action"


def administrator(request: Request) -> Verdict:
    """The verdict on a request of whoever may do everything."""
    return Verdict(request, Why.ADMINISTRATOR)


def judge(sources: Iterable[Source], request: Request, *, resource_decides: bool = False) -> Verdict:
    """The verdict.

    Args:
        sources: every policy that concerns the request.
        request: what is asked.
        resource_decides: an identity's policies count only where the resource's names the principal or its account:
            roles' trust policies, and keys of KMS.
    """
    found = [*sources]
    matching = [*_matching(found, request)]
    for source, number, statement in matching:
        if not statement.allow:
            return Verdict(request, Why.DENIED, source.kind, source, number)
    allows: dict[Kind, tuple[Source, int]] = {}
    for source, number, _ in matching:
        allows.setdefault(source.kind, (source, number))
    best, grant = _granted(matching, request.principal)
    if resource_decides and best is Named.NOT:
        return Verdict(request, Why.SILENT, _of_the_resource(found))
    if grant is not None and best is Named.ITSELF:
        return Verdict(request, Why.ALLOWED, grant[0].kind, *grant)
    chosen = allows.get(Kind.IDENTITY) or (grant if best is Named.BY_ROLE else None)
    if chosen is None:
        return Verdict(request, Why.SILENT, Kind.IDENTITY)
    for kind in (Kind.BOUNDARY, Kind.SESSION):
        if kind not in allows and any(source.kind is kind for source in found):
            return Verdict(request, Why.SILENT, kind)
    return Verdict(request, Why.ALLOWED, chosen[0].kind, *chosen)


Match = tuple[Source, int, Statement]


def _matching(sources: Iterable[Source], request: Request) -> Iterator[Match]:
    for source in sources:
        for number, statement in enumerate(source.policy.statements, 1):
            if applies(statement, request):
                yield source, number, statement


def _granted(matching: Iterable[Match], principal: Principal) -> tuple[Named, tuple[Source, int] | None]:
    """How the resource's own policy names the principal in what it allows it, at best."""
    best: tuple[Named, tuple[Source, int] | None] = Named.NOT, None
    for source, number, statement in matching:
        if source.kind not in (Kind.RESOURCE, Kind.TRUST) or statement.principals is None:
            continue
        how = Named.ITSELF if statement.not_principals else named(statement.principals, principal)
        if how > best[0]:
            best = how, (source, number)
    return best


def _of_the_resource(sources: Iterable[Source]) -> Kind:
    return Kind.TRUST if any(source.kind is Kind.TRUST for source in sources) else Kind.RESOURCE


def _article(kind: Kind) -> str:
    return "an" if kind is Kind.IDENTITY else "a"
