"""Values that stacks export to others: who has them, who uses them, and which may not go while they are used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from netflux.cloudformation.intrinsics import Environment
from netflux.cloudformation.store import Stack, Store
from netflux.cloudformation.template import Declaration, Template
from netflux.errors import AwsError


def found(store: Store) -> dict[str, tuple[str, Stack]]:
    """What Fn::ImportValue finds: values and their stacks, by name."""
    return {
        output["ExportName"]: (output["OutputValue"], stack)
        for stack in store.stacks()
        if stack.live
        for output in stack.source.outputs
        if "ExportName" in output
    }


def named(outputs: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The exports among a stack's outputs: values by name."""
    return {output["ExportName"]: output["OutputValue"] for output in outputs if "ExportName" in output}


def check_update(store: Store, stack: Stack, outputs: Iterable[Mapping[str, Any]]) -> None:
    """Raises AwsError ValidationError when a name is another stack's, or another stack uses what goes or changes.

    Args:
        stack: as it is, with the outputs that it has.
        outputs: those that it is to have.
    """
    before, after = named(stack.source.outputs), named(outputs)
    taken = found(store)
    for name in after:
        if name in taken and taken[name][1].id != stack.id:
            raise AwsError(
                "ValidationError", f"Export with name {name} is already exported by stack {taken[name][1].name}."
            )
    for name, value in before.items():
        if after.get(name) != value:
            _check_unused(store, stack, name, "updated" if name in after else "deleted")


def check_deletion(store: Store, stack: Stack) -> None:
    """Raises AwsError ValidationError when another stack uses one of the stack's exports."""
    for name in named(stack.source.outputs):
        _check_unused(store, stack, name, "deleted")


def users(store: Store, name: str) -> list[Stack]:
    """The stacks that use an export."""
    return [stack for stack in store.stacks() if stack.live and name in stack.imports]


def _check_unused(store: Store, stack: Stack, name: str, done: str) -> None:
    others = [other.name for other in users(store, name) if other.id != stack.id]
    if others:
        listed = " and ".join(filter(None, (", ".join(others[:-1]), others[-1])))
        raise AwsError("ValidationError", f"Export {name} cannot be {done} as it is in use by {listed}")


def imported(env: Environment, template: Template, wanted: Mapping[str, Declaration]) -> tuple[str, ...]:
    """The names of the exports that the wanted resources and the outputs use."""
    names: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, list):
            for each in value:
                look(each)
        elif isinstance(value, dict):
            if set(value) == {"Fn::ImportValue"}:
                names.add(str(env.value(value["Fn::ImportValue"])))
            for each in value.values():
                look(each)

    for declaration in wanted.values():
        look(declaration.properties)
    for output in template.outputs.values():
        if "Condition" not in output or env.holds(output["Condition"]):
            look(output)
    return tuple(sorted(names))
