"""Why a verdict is as it is, for people: the statement that decides, those that almost allow, and what would. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from netflux.policy.condition import Condition, holds
from netflux.policy.document import Statement
from netflux.policy.evaluate import Request, applies
from netflux.policy.verdict import Kind, Source, Verdict, Why


@dataclass(frozen=True)
class Near:
    """A statement that would allow the request but for one thing.

    Attributes:
        number: of the statement in its policy, from 1.
        lacks: what keeps it from speaking of the request.
    """

    source: Source
    number: int
    lacks: str


def near(sources: Iterable[Source], request: Request) -> Iterator[Near]:
    """Allowing statements that fail by their resources or their conditions alone."""
    for source in sources:
        for number, statement in enumerate(source.policy.statements, 1):
            if statement.allow and not applies(statement, request):
                lacks = _lacks(statement, request)
                if lacks:
                    yield Near(source, number, lacks)


def _lacks(statement: Statement, request: Request) -> str:
    anywhere = replace(statement, resources=("*",), not_resources=False)
    if applies(anywhere, request):
        listed = ", ".join(statement.resources)
        return f"it is for {'all but ' if statement.not_resources else ''}{listed}, and not for {request.resource}"
    failing = [condition for condition in statement.conditions if not holds(condition, request.context)]
    if failing and applies(replace(statement, conditions=()), request):
        return "; ".join(_unmet(condition, request) for condition in failing)
    return ""


def _unmet(condition: Condition, request: Request) -> str:
    given = request.context.get(condition.key)
    asked = f"{condition.operator} {condition.key} {', '.join(condition.values)}"
    said = f"it is {', '.join(given)}" if given else "the request has no such key here"
    return f"its condition {asked} is not met: {said}"


def decided(verdict: Verdict) -> str:
    """Which statement decides, in a sentence."""
    if verdict.why is Why.ADMINISTRATOR:
        return "The principal is the account's administrator."
    if verdict.source is None:
        return f"No {(verdict.kind or Kind.IDENTITY).value} allows it."
    statement = verdict.statement
    named = f" ({statement.sid})" if statement is not None and statement.sid else ""
    does = "allows" if verdict.allowed else "denies"
    return f"Statement {verdict.number}{named} of {where(verdict.source)} {does} it."


def where(source: Source) -> str:
    """A policy and who has it."""
    name = f"{source.kind.value} {source.name}" if source.name else source.kind.value
    return f"the {name} of {source.holder}"


def snippet(verdict: Verdict) -> dict[str, Any] | None:
    """A policy that would allow the request; None where none would, since another one denies it, or it is allowed."""
    if verdict.why is not Why.SILENT:
        return None
    request = verdict.request
    statement: dict[str, Any] = {"Effect": "Allow", "Action": request.action, "Resource": request.resource}
    if verdict.kind in (Kind.TRUST, Kind.RESOURCE):
        principal = request.principal
        statement["Principal"] = {principal.kind: principal.role or principal.name}
    if verdict.kind is Kind.TRUST:
        del statement["Resource"]
    return {"Version": "2012-10-17", "Statement": [statement]}


def advice(verdict: Verdict) -> str:
    """Where that policy goes."""
    if verdict.why is Why.DENIED and verdict.source is not None:
        return f"Change {where(verdict.source)}: an explicit deny is stronger than any allow."
    if verdict.why is not Why.SILENT:
        return ""
    principal = verdict.request.principal
    holder = principal.role or principal.name
    if verdict.kind is Kind.IDENTITY:
        return f"Add to a policy of {holder}:"
    if verdict.kind is Kind.SESSION:
        return "Give the session a policy that has:"
    return f"Add to the {(verdict.kind or Kind.IDENTITY).value} of {_limited(verdict, holder)}:"


def _limited(verdict: Verdict, holder: str) -> str:
    return holder if verdict.kind is Kind.BOUNDARY else verdict.request.resource
