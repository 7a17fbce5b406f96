"""The form of the table: a resource type is a row of calls and of where names differ.

Texts with `$` and `{}` are places: `$new.VpcId` is that property's value, `{region}` is filled into the text around it,
and `{new.Path|/}` is `/` where it is empty.
Places are `new` and `old` (properties), `id` (physical id), `response` (of the create call, later of the reading one),
`item` (what reading gave), `attributes`, `token`, `name`, `logical`, `stack`, `region`, `account`. A member whose place
is empty is left out.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Properties = dict[str, Any]
Caller = Callable[[str, str, Mapping[str, Any]], Awaitable[dict[str, Any]]]
_HOLE = re.compile(r"\{([A-Za-z][\w.]*)(?:\|([^}]*))?\}")


TAGS = "Tags"


@dataclass(frozen=True)
class Facts:
    """What the places of a row stand for, at one moment of one resource's life.

    Attributes:
        token: the same for every attempt of one create call, another for each create.
        capabilities: what the stack's caller has acknowledged.
    """

    new: Properties
    old: Properties = field(default_factory=dict)
    id: str = ""
    response: dict[str, Any] = field(default_factory=dict)
    item: Any = None
    attributes: dict[str, Any] = field(default_factory=dict)
    token: str = ""
    name: str = ""
    logical: str = ""
    stack: str = ""
    region: str = ""
    account: str = ""
    capabilities: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One API call.

    Attributes:
        only: the properties that travel in it and whose change calls for it; None: all that the input has a member for.
        always: properties that go with it although their change doesn't call for it.
        renames: property to member, see `shape.member`.
        params: members besides, with places.
        build: makes the calls' params where properties don't map one to one; several calls or none are possible.
        ask: the same, from what other calls tell.
        ignore: error codes that mean that it is done already.
        defaults: what a property becomes when a template no longer has it, where the schema states no default.
        service: another service than the row's.
        inside: the member of the input that wraps all others.
        settled: the resource has to be stable before the call.
        same: the error's message that says that the resource is as wished, and that nothing was begun.
        complete: adds to the params what other calls give; not for the create call, which has the row's.
    """

    operation: str
    only: tuple[str, ...] | None = None
    always: tuple[str, ...] = ()
    renames: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
    build: Callable[[Facts], Sequence[dict[str, Any]]] | None = None
    ask: Callable[[Caller, Facts], Awaitable[Sequence[dict[str, Any]]]] | None = None
    ignore: tuple[str, ...] = ()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    service: str = ""
    inside: str = ""
    settled: bool = False
    same: str = ""
    complete: Callable[[Caller, Facts, dict[str, Any]], Awaitable[dict[str, Any]]] | None = None


@dataclass(frozen=True)
class Read:
    """How one resource is read by its physical id; `item` is its place in the response."""

    operation: str
    params: Mapping[str, Any]
    item: str


@dataclass(frozen=True)
class Find:
    """How a resource is found whose create call's answer was lost: by what only it has.

    Attributes:
        items: place of the candidates in the response.
        match: what must be equal: a place in the candidate to a place.
        id: place of the physical id in the candidate.
    """

    operation: str
    items: str
    id: str
    params: Mapping[str, Any] = field(default_factory=dict)
    match: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Tagging:
    """How tags are changed. `add` and `remove` get the tags in the member that `tags` and `keys` name."""

    add: str
    remove: str
    params: Mapping[str, Any]
    tags: str = "Tags"
    keys: str = "TagKeys"


@dataclass(frozen=True)
class Waiting:
    """Not stable yet, and why."""

    reason: str


@dataclass(frozen=True)
class Failed:
    """Never going to be stable, and why."""

    reason: str


Verdict = Waiting | Failed | None


@dataclass(frozen=True)
class Row:
    """A resource type.

    Attributes:
        id: place of the physical id; when it needs no response, the resource can be looked for before it is made.
        also: calls after create, for properties that create can't carry; they must bear repetition.
        update: calls that change properties; those of `also` serve for updates as well.
        delete: calls in order.
        gone: error codes that mean that the resource isn't there.
        stable: judges what reading gives, for the properties that are wanted.
        over: deletion takes a while: judges from what reading gives whether it is over; finding nothing always is.
        named: the property with its name, which is made up from stack and logical id when the template gives none.
        name_length: longest name; `lower`: in lower case.
        unique: two can't have the same name, so one with a name of its own can't be replaced.
        find: finds what a lost answer made; see Find. `seek` does where listing does not tell enough: it gets the ids
            that belong to something else.
        probe: looks by name for what is there before creating; the default is `read` where the id is known beforehand.
        prepare: properties to properties before they are fitted to the calls; pure.
        expand: properties to properties with what they name indirectly looked up, before they are compared and kept.
        outputs: attributes `Outputs.…`, whose names only the resource tells.
        busy: whether the resource takes no calls just now; they wait.
        complete: adds to the create call's params what other calls give.
        identify: finds the physical id where the response of create only starts the work.
        consumed: properties that need no call of their own (they matter on delete, or in `complete`).
        early: dependents by reference may start before it is stable (AWS's CONFIGURATION_COMPLETE).
        tag_type: EC2's ResourceType in TagSpecifications.
        seconds: how long it may take to become stable, in simulated seconds.
        refuses: what the service here will not do with these properties, which may have UNKNOWN in them: a sentence
            each, told before anything is made.
    """

    type: str
    service: str
    create: Step
    id: str
    delete: tuple[Step, ...]
    gone: tuple[str, ...] = ()
    read: Read | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    also: tuple[Step, ...] = ()
    update: tuple[Step, ...] = ()
    stable: Callable[[Any, Properties], Verdict] | None = None
    over: Callable[[Any], bool] | None = None
    named: str = ""
    name_length: int = 63
    unique: bool = True
    lower: bool = False
    find: Find | None = None
    seek: Callable[[Caller, Facts, Collection[str]], Awaitable[str | None]] | None = None
    probe: Read | None = None
    prepare: Callable[[Properties], Properties] | None = None
    expand: Callable[[Caller, Properties], Awaitable[Properties]] | None = None
    outputs: Callable[[Facts], dict[str, Any]] | None = None
    busy: Callable[[Any], bool] | None = None
    complete: Callable[[Caller, Facts, dict[str, Any]], Awaitable[dict[str, Any]]] | None = None
    identify: Callable[[Caller, Facts], Awaitable[str | Waiting]] | None = None
    consumed: tuple[str, ...] = ()
    early: bool = False
    tags: Tagging | None = None
    tag_type: str = ""
    seconds: float = 1800.0
    refuses: Callable[[Properties], Iterable[str]] | None = None

    @property
    def updates(self) -> tuple[Step, ...]:
        """The calls that change properties of what is there."""
        return self.update + self.also

    def updatable(self, name: str) -> bool:
        """Whether a change of the property can be carried out without another resource."""
        if name in self.consumed or (name == TAGS and self.tags is not None):
            return True
        return any(name in (step.only or ()) for step in self.updates)


def place(path: str, facts: Facts) -> Any:
    """The value at a dotted place, or None."""
    head, *rest = path.split(".")
    found: Any = getattr(facts, head)
    return follow(found, rest)


def follow(found: Any, parts: Sequence[str]) -> Any:
    """The value below; numbers count through lists; None where there is nothing."""
    for part in parts:
        if isinstance(found, list):
            index = int(part)
            found = found[index] if index < len(found) else None
        elif isinstance(found, Mapping):
            found = found.get(part)
        else:
            return None
    return found


def fill(template: Any, facts: Facts) -> Any:
    """The template with its places filled; None where a whole-value place is empty."""
    if isinstance(template, Mapping):
        pairs = {key: fill(each, facts) for key, each in template.items()}
        return {key: each for key, each in pairs.items() if each is not None}
    if isinstance(template, list | tuple):
        return [fill(each, facts) for each in template]
    if not isinstance(template, str):
        return template
    if template.startswith("$"):
        return place(template[1:], facts)
    return _HOLE.sub(lambda match: _filled(match, facts), template)


def _filled(hole: re.Match[str], facts: Facts) -> str:
    found = place(hole.group(1), facts)
    return hole.group(2) if found is None and hole.group(2) is not None else str(found)


def needs_response(template: str) -> bool:
    """Whether a place can only be filled once the create call has answered."""
    return "response" in template or "item" in template


def status(
    path: str, good: Sequence[str], bad: Sequence[str] = (), why: str = ""
) -> Callable[[Any, Properties], Verdict]:
    """A judgement by one field: stable when it is among `good`, failed when among `bad`."""

    def judge(item: Any, _wanted: Properties) -> Verdict:
        found = follow(item, path.split("."))
        if found in good:
            return None
        if found in bad:
            detail = follow(item, why.split(".")) if why else None
            return Failed(f"{path} is {found}" + (f": {detail}" if detail else ""))
        return Waiting(f"{path} is {found}")

    return judge
