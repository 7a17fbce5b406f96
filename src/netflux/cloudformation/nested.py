"""Stacks inside stacks: who made a nested stack, and how many there may be, for a template may contain itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from netflux.cloudformation.store import Stack, Store
from netflux.controlplane.call import Call
from netflux.errors import AwsError

DEPTH = 10
"""Stacks inside one another; AWS publishes no number."""
RESOURCES = 2500
"""Of a stack with all that is nested in it: "CloudFormation quotas", nested stacks."""
_MARK = "Nested-In-"


def token(parent: str) -> str:
    """The ClientRequestToken by which a call from inside names the stack that it is made for.

    Args:
        parent: the stack's id.
    """
    return _MARK + parent.rsplit("/", 1)[1]


def parent_of(store: Store, call: Call, request: Mapping[str, Any]) -> Stack | None:
    """The stack that wants this one; None for a client's own."""
    given = str(request.get("ClientRequestToken") or "")
    if call.access_key is not None or not given.startswith(_MARK):
        return None
    return next((stack for stack in store.stacks() if stack.key == given.removeprefix(_MARK)), None)


def lineage(store: Store, stack: Stack) -> Iterator[Stack]:
    """The stack, its parent, and so on to the root."""
    by_id = {each.id: each for each in store.stacks()}
    found: Stack | None = stack
    while found is not None:
        yield found
        found = by_id.get(str(found.shown.get("ParentId", "")))


def shown(store: Store, parent: Stack, resources: int) -> dict[str, Any]:
    """What a new nested stack tells of its parents.

    Args:
        resources: of the new stack.

    Raises AwsError ValidationError when it is too deep, or one of too many.
    """
    line = list(lineage(store, parent))
    root = line[-1].id
    if len(line) >= DEPTH:
        raise AwsError(
            "ValidationError",
            f"Stacks can be nested {DEPTH} deep, and {line[-1].name} goes deeper. Look whether a template contains "
            "itself by its TemplateURL.",
        )
    family = [each for each in store.stacks() if each.live and root in (each.id, each.shown.get("RootId"))]
    count = resources + sum((each.source.described or {}).get("Resources", 0) for each in family)
    if count > RESOURCES:
        raise AwsError(
            "ValidationError",
            f"Number of resources of {line[-1].name} and the stacks in it, {count}, is greater than maximum allowed, "
            f"{RESOURCES}",
        )
    return {"ParentId": parent.id, "RootId": root}
