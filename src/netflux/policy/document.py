"""A policy document as values, or the reason why it is none.

Grammar: "Grammar of the IAM JSON policy language" in the IAM User Guide. What can't be understood is refused when the
document is stored, since a condition that nobody evaluates would open or close a door in silence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netflux.decoding import json
from netflux.policy.condition import Condition, known_operator

POLICY_FIELDS = {"Version", "Id", "Statement"}
STATEMENT_FIELDS = {
    "Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition",
}  # fmt: skip
_PRINCIPAL_TYPES = {"AWS", "Service", "Federated", "CanonicalUser"}
VERSIONS = {"2008-10-17", "2012-10-17"}
_VARIABLES_SINCE = "2012-10-17"
"""Before that version `${aws:username}` is a plain text: "IAM policy elements: Variables and tags"."""


class PolicyError(Exception):
    """The document is no policy; the message names the part."""


@dataclass(frozen=True)
class Principals:
    """The Principal or NotPrincipal element: pairs of type (`AWS`, `Service`, …) and name; AWS `*` is anyone."""

    entries: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Statement:
    """One statement. Where the element's Not… form was used its `not_` flag is set; None: the element is absent."""

    sid: str
    allow: bool
    principals: Principals | None
    not_principals: bool
    actions: tuple[str, ...]
    not_actions: bool
    resources: tuple[str, ...]
    not_resources: bool
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Policy:
    """A whole document."""

    version: str
    statements: tuple[Statement, ...]


def parse(text: str, *, needs_principal: bool, needs_resource: bool = True) -> Policy:
    """Reads a document.

    Args:
        text: JSON.
        needs_principal: True for resource policies, whose statements must name principals; False for identity
            policies, whose statements must not.
        needs_resource: False for roles' trust policies, whose resource is the role.

    Raises:
        PolicyError: it can't be read, or says something that has no meaning here.
    """
    try:
        raw = json.value(text)
    except ValueError as error:
        raise PolicyError("This policy contains invalid Json") from error
    if not isinstance(raw, dict):
        raise PolicyError("Policies must be JSON objects")
    _only(raw, POLICY_FIELDS)
    version = raw.get("Version", "2008-10-17")
    if version not in VERSIONS:
        raise PolicyError(f"The policy must contain a valid version string, not {version!r}")
    statements = raw.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise PolicyError("Missing required field Statement")
    variables = version >= _VARIABLES_SINCE
    return Policy(version, tuple(_statement(item, needs_principal, needs_resource, variables) for item in statements))


def _statement(raw: object, needs_principal: bool, needs_resource: bool, variables: bool) -> Statement:
    if not isinstance(raw, dict):
        raise PolicyError("Statement must be a JSON object")
    _only(raw, STATEMENT_FIELDS)
    effect = str(raw.get("Effect")).capitalize()
    if effect not in {"Allow", "Deny"}:
        raise PolicyError("Missing or invalid field Effect: it must be Allow or Deny")
    principal, not_principal = _one_of(raw, "Principal", required=needs_principal)
    action, not_action = _one_of(raw, "Action", required=True)
    resource, not_resource = _one_of(raw, "Resource", required=needs_resource)
    if resource is not None and not needs_resource:
        raise PolicyError(f"Has prohibited field {'NotResource' if not_resource else 'Resource'}")
    if principal is not None and not needs_principal:
        raise PolicyError("Policy document should not specify a principal")
    return Statement(
        sid=str(raw.get("Sid", "")),
        allow=effect == "Allow",
        principals=None if principal is None else Principals(tuple(_principals(principal))),
        not_principals=not_principal,
        actions=_strings(action, "Action"),
        not_actions=not_action,
        resources=_literal(_strings("*" if resource is None else _present(resource), "Resource"), variables),
        not_resources=not_resource,
        conditions=tuple(
            replace(one, values=_literal(one.values, variables)) for one in _conditions(raw.get("Condition", {}))
        ),
    )


def _one_of(raw: dict[str, Any], name: str, *, required: bool) -> tuple[Any, bool]:
    plain, negated = raw.get(name), raw.get(f"Not{name}")
    if plain is not None and negated is not None:
        raise PolicyError(f"A statement can't have both {name} and Not{name}")
    if plain is None and negated is None and required:
        raise PolicyError(f"Missing required field {name}")
    return (plain, False) if negated is None else (negated, True)


def _principals(raw: object) -> Iterator[tuple[str, str]]:
    if raw == "*":
        yield "AWS", "*"
        return
    if not isinstance(raw, dict) or not raw:
        raise PolicyError("Invalid principal in policy")
    for kind, names in raw.items():
        if kind not in _PRINCIPAL_TYPES:
            raise PolicyError(f"Invalid principal in policy: unknown type {kind}")
        for name in _strings(names, "Principal"):
            if "*" in name and name != "*":
                raise PolicyError(f"Invalid principal in policy: {name} (a wildcard must stand alone)")
            yield kind, name


def _conditions(raw: object) -> Iterator[Condition]:
    if not isinstance(raw, dict):
        raise PolicyError("Condition must be a JSON object")
    for operator, block in raw.items():
        if not isinstance(block, dict):
            raise PolicyError(f"Condition {operator} must be a JSON object")
        if block and not known_operator(operator):
            raise PolicyError(f"Unknown Condition operator {operator}")
        for key, values in block.items():
            yield Condition(operator, key.lower(), _values(values, f"Condition {operator} {key}"))


def _values(raw: object, where: str) -> tuple[str, ...]:
    items = raw if isinstance(raw, list) else [raw]
    if not all(isinstance(item, str | bool | int | float) for item in items):
        raise PolicyError(f"{where} must be a string or a list of strings")
    return tuple(str(item).lower() if isinstance(item, bool) else str(item) for item in items)


def _strings(raw: object, where: str) -> tuple[str, ...]:
    items: Sequence[object] = raw if isinstance(raw, list) else [raw]
    if not items or not all(isinstance(item, str) and item for item in items):
        raise PolicyError(f"{where} must be a string or a list of strings")
    return tuple(str(item) for item in items)


def _present(raw: Any) -> Any:
    """IAM takes nulls in a list of resources, and they say nothing."""
    return [item for item in raw if item is not None] if isinstance(raw, list) else raw


def _literal(texts: tuple[str, ...], variables: bool) -> tuple[str, ...]:
    """The texts; where the document's version has no variables, `${` stands for itself."""
    return texts if variables else tuple(text.replace("${", "${$}{") for text in texts)


def _only(raw: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(raw) - known)
    if unknown:
        raise PolicyError(f"Unknown field {unknown[0]}")
