"""What an operation needs to be allowed: its actions, each with the resources that it is about.

"Actions, resources, and condition keys for AWS services", Service Authorization Reference. The action of an operation
has the operation's name unless a service's table says otherwise; an operation that no table knows is decided on `*`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netflux.controlplane.authorization.template import Place, fill, values

EVERYTHING = "*"


@dataclass(frozen=True)
class Need:
    """One action on one resource.

    Attributes:
        action: e.g. `secretsmanager:GetSecretValue`.
        resource: ARN, or `*`.
        context: condition keys in lower case that this action carries besides those of the request.
    """

    action: str
    resource: str
    context: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Service:
    """A service's table.

    Attributes:
        prefix: IAM's name of the service.
        parameters: templates tried in order where an operation has none of its own; the first that makes anything is
            its resource.
        every: all of the templates that make anything are resources, each of which must be allowed.
        operations: by operation, the templates of its resources; none for `*`.
        actions: by operation, the names of its actions where they are not its own.
        passes: by operation, parameters with a role's ARN and the service that the role is passed to.
        also: by operation, a parameter that asks for one more action where it is there, the action, and its template;
            an empty one for the operation's own resources.
        keys: condition keys in lower case, with the parameter that they are of, or a template.
        unscoped: beginnings of operations that have no resource but `*`.
        regional: whether ARNs name the region.
        owned: whether ARNs name the account.
    """

    prefix: str
    parameters: Sequence[str] = ()
    every: bool = False
    operations: Mapping[str, Sequence[str]] = field(default_factory=dict)
    actions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    passes: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    also: Mapping[str, Sequence[tuple[str, str, str]]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)
    unscoped: tuple[str, ...] = ()
    regional: bool = True
    owned: bool = True

    def place(self, region: str, account: str) -> Place:
        """Where its resources are."""
        return Place(self.prefix, region if self.regional else "", account if self.owned else "")

    def needs(self, operation: str, params: Mapping[str, Any], place: Place) -> Iterator[Need]:
        """All that must be allowed for the call."""
        context = {key: found for key, path in self.keys.items() if (found := _texts(path, params, place))}
        for action in self.actions.get(operation, (operation,)):
            name = action if ":" in action else f"{self.prefix}:{action}"
            for resource in self.resources(operation, params, place):
                yield Need(name, resource, context)
        for parameter, action, template in self.also.get(operation, ()):
            if params.get(parameter):
                own = fill(template, params, place) if template else self.resources(operation, params, place)
                yield from (Need(f"{self.prefix}:{action}", resource, context) for resource in own)
        for path, principal in self.passes.get(operation, ()):
            for role in values(params, path):
                yield Need("iam:PassRole", role, {"iam:passedtoservice": (principal,)})

    def resources(self, operation: str, params: Mapping[str, Any], place: Place) -> list[str]:
        """The ARNs that the call is about."""
        own = self.operations.get(operation)
        if own is not None:
            found = [arn for template in own for arn in fill(template, params, place)]
            return [*dict.fromkeys(found)] or [EVERYTHING]
        if operation.startswith(self.unscoped):
            return [EVERYTHING]
        found = []
        for template in self.parameters:
            made = [*fill(template, params, place)]
            if made and not self.every:
                return [*dict.fromkeys(made)]
            found += made
        return [*dict.fromkeys(found)] or [EVERYTHING]


def _texts(written: str, params: Mapping[str, Any], place: Place) -> tuple[str, ...]:
    return tuple(fill(written, params, place) if "{" in written else values(params, written))
