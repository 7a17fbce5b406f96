"""Stacks and their resources as documents: what is on disk is what a restarted region goes on from."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import Kind, kind

_STACK = "cloudformation/stack"


@dataclass(frozen=True)
class Source:
    """What a stack is made from.

    Attributes:
        resolved: what the parameters that name Systems Manager's were found to be, when the source was accepted.
        described: of the template its Description, the names of its NoEcho parameters and the number of its Resources,
            so that who lists stacks need not read their templates; None in what an earlier version stored.
        original: the template before its transforms; empty where it has none.
    """

    template: str
    parameters: dict[str, str]
    tags: dict[str, str]
    outputs: list[dict[str, Any]] = field(default_factory=list)
    described: dict[str, Any] | None = None
    resolved: dict[str, str] = field(default_factory=dict)
    original: str = ""

    @property
    def given(self) -> str:
        """The template as it was given."""
        return self.original or self.template


@dataclass(frozen=True)
class Operation:
    """What is being done to a stack. It is there from before the first call until after the last.

    Attributes:
        kind: create, update or delete.
        phase: apply, cleanup, rollback, rollback-cleanup or delete: where a restarted region goes on.
        previous: what an update goes back to when it fails.
        on_failure: ROLLBACK, DO_NOTHING or DELETE.
        skip: logical ids that a continued rollback leaves as they are.
        express: whether it ends when resources are configured, without waiting until they are ready.
        delete_new: whether a rollback deletes what it made although its deletion policy is Retain.
        actor: for whom its calls are made; nothing for the administrator.
        policy: the stack policy that an update is held to; empty for none.
        imports: physical ids of what an import takes in, by logical id.
    """

    kind: str
    token: str
    phase: str
    previous: Source | None = None
    on_failure: str = "ROLLBACK"
    retain: tuple[str, ...] = ()
    force: bool = False
    skip: tuple[str, ...] = ()
    express: bool = False
    delete_new: bool = False
    actor: tuple[str, ...] = ()
    policy: str = ""
    imports: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Stack:
    """A stack. Times are ISO 8601; `shown` holds what is only given back, such as notification ARNs.

    Attributes:
        imports: names of the exports that it uses, or is about to use.
        stable: what RollbackStack goes back to, while an update that failed is left as it is.
    """

    id: str
    name: str
    status: str
    created: str
    source: Source
    reason: str = ""
    updated: str = ""
    deleted: str = ""
    capabilities: tuple[str, ...] = ()
    imports: tuple[str, ...] = ()
    operation: Operation | None = None
    shown: dict[str, Any] = field(default_factory=dict)
    stable: Source | None = None

    @property
    def key(self) -> str:
        """The unique part of the id."""
        return self.id.rsplit("/", 1)[1]

    @property
    def live(self) -> bool:
        """Whether its name finds it."""
        return self.status != "DELETE_COMPLETE"


@dataclass(frozen=True)
class Resource:
    """A resource of a stack.

    Attributes:
        token: made up before the create call; the same for every attempt of it. Empty: nothing was tried yet.
        name: the name made up for it.
        properties: as last carried out: evaluated, with secrets still as references.
        attempt: the properties of an update under way.
        earlier: the properties before the operation whose token is with them, where the template alone doesn't tell
            them again (a nested stack's template may have changed at its address).
        configured: all of its calls are done; `complete`: it is stable as well.
        done: the token of the operation that brought it to what that operation wants.
        previous: the resource that this one replaces, until the clean-up.
        needs: logical ids that go after it.
        hidden: whether outputs mask its attributes (NoEcho of a custom resource's answer).
        described: what its service said of its properties when it was last made or changed.
        drift: what the last detection found; None since it was last made or changed.
    """

    logical: str
    type: str
    status: str = ""
    reason: str = ""
    physical: str = ""
    token: str = ""
    name: str = ""
    properties: dict[str, Any] = field(default_factory=dict)
    attempt: dict[str, Any] | None = None
    earlier: dict[str, Any] | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    configured: bool = False
    complete: bool = False
    done: str = ""
    previous: dict[str, Any] | None = None
    needs: tuple[str, ...] = ()
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    metadata: dict[str, Any] = field(default_factory=dict)
    updated: str = ""
    hidden: bool = False
    described: dict[str, Any] = field(default_factory=dict)
    drift: dict[str, Any] | None = None


def _stack(document: dict[str, Any]) -> Stack:
    operation = document.pop("operation")
    source = Source(**document.pop("source"))
    made = Operation(**_operation(operation)) if operation else None
    document["capabilities"] = tuple(document["capabilities"])
    document["imports"] = tuple(document["imports"])
    stable = document.pop("stable", None)
    return Stack(source=source, operation=made, stable=Source(**stable) if stable else None, **document)


def _operation(document: dict[str, Any]) -> dict[str, Any]:
    previous = document["previous"]
    texts = {name: tuple(document.get(name, ())) for name in ("retain", "skip", "actor")}
    return document | texts | {"previous": Source(**previous) if previous else None}


def resource_from(document: dict[str, Any]) -> Resource:
    """A resource as it was stored."""
    return Resource(**(document | {"needs": tuple(document["needs"])}))


_KINDS = (
    Kind(
        _STACK, {"id": (str,), "name": (str,), "status": (str,), "created": (str,), "source": (dict,)}, read=_stack,
        remedy="Its resources are kept. Put a copy of netflux.db back, or delete them one by one.",
    ),
    Kind(
        "cloudformation/resource/", {"logical": (str,), "type": (str,)}, read=resource_from,
        remedy="The resource {key} is there still, its stack does not know it. Put a copy of netflux.db back.",
    ),
    Kind(
        "cloudformation/leftover/", {"logical": (str,), "type": (str,)}, read=resource_from,
        remedy="Delete the resource yourself if it is there still.",
    ),
    kind(
        "cloudformation/event/", "It is an event only.", StackId=str, EventId=str, StackName=str, Timestamp=str,
        LogicalResourceId=str, ResourceType=str, ResourceStatus=str,
    ),
)  # fmt: skip


class Store:
    """Reads and writes stacks, resources, leftovers, events and change sets. A write is on disk when it returns."""

    def __init__(self, documents: Documents) -> None:
        documents.declare(*_KINDS)
        self._documents = documents
        self._counts: dict[str, int] = {}
        self._read: dict[str, tuple[str, Stack]] = {}

    def stacks(self) -> list[Stack]:
        """All stacks, deleted ones among them, oldest first."""
        bodies = self._documents.bodies(_STACK)
        self._read = {key: self._read[key] for key in bodies if key in self._read}
        return [self._of(key, body) for key, body in bodies.items()]

    def _of(self, key: str, body: str) -> Stack:
        """A stack has its whole template, so each state of it is read once."""
        known = self._read.get(key)
        if known is None or known[0] is not body:
            known = self._read[key] = (body, _stack(json.loads(body)))
        return known[1]

    def stack(self, name_or_id: str) -> Stack | None:
        """The stack with this id, or the live one with this name."""
        body = self._documents.bodies(_STACK).get(name_or_id)
        if body is not None:
            return self._of(name_or_id, body)
        return next((stack for stack in self.stacks() if stack.live and stack.name == name_or_id), None)

    def put_stack(self, stack: Stack) -> Stack:
        """Stores the stack."""
        self._documents.put(_STACK, stack.id, dataclasses.asdict(stack))
        return stack

    def resources(self, stack: Stack) -> dict[str, Resource]:
        """The stack's resources by logical id."""
        return {key: resource_from(each) for key, each in self._documents.list(f"cloudformation/resource/{stack.key}")}

    def resource(self, stack: Stack, logical: str) -> Resource | None:
        """One resource."""
        found = self._documents.get(f"cloudformation/resource/{stack.key}", logical)
        return resource_from(found) if found else None

    def put_resource(self, stack: Stack, resource: Resource) -> Resource:
        """Stores the resource."""
        self._documents.put(f"cloudformation/resource/{stack.key}", resource.logical, dataclasses.asdict(resource))
        return resource

    def drop_resource(self, stack: Stack, logical: str) -> None:
        """Forgets the resource."""
        self._documents.delete(f"cloudformation/resource/{stack.key}", logical)

    def leftovers(self, stack: Stack) -> dict[str, Resource]:
        """Resources that the stack no longer wants and that the clean-up deletes, by a key of their own."""
        return {key: resource_from(each) for key, each in self._documents.list(f"cloudformation/leftover/{stack.key}")}

    def put_leftover(self, stack: Stack, resource: Resource) -> None:
        """Stores a leftover; the same one twice is one."""
        key = f"{resource.logical}/{resource.token}"
        self._documents.put(f"cloudformation/leftover/{stack.key}", key, dataclasses.asdict(resource))

    def drop_leftover(self, stack: Stack, key: str) -> None:
        """Forgets a leftover."""
        self._documents.delete(f"cloudformation/leftover/{stack.key}", key)

    def add_event(self, stack: Stack, event: dict[str, Any]) -> None:
        """Appends an event to the stack's history."""
        kind = f"cloudformation/event/{stack.key}"
        if kind not in self._counts:
            self._counts[kind] = len(self._documents.list(kind))
        self._counts[kind] += 1
        self._documents.put(kind, f"{self._counts[kind]:08d}", event)

    def events(self, stack: Stack) -> Iterator[dict[str, Any]]:
        """The stack's events, newest first."""
        for _, event in reversed(self._documents.list(f"cloudformation/event/{stack.key}")):
            yield event

    def change_sets(self, stack: Stack) -> dict[str, dict[str, Any]]:
        """The stack's change sets by name."""
        return dict(self._documents.list(f"cloudformation/changeset/{stack.key}"))

    def put_change_set(self, stack: Stack, name: str, change_set: dict[str, Any]) -> None:
        """Stores a change set."""
        self._documents.put(f"cloudformation/changeset/{stack.key}", name, change_set)

    def drop_change_set(self, stack: Stack, name: str) -> None:
        """Forgets a change set."""
        self._documents.delete(f"cloudformation/changeset/{stack.key}", name)

    def transaction(self) -> Any:
        """Several writes as one."""
        return self._documents.transaction()
