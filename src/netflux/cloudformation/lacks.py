"""What AWS would make of a template and Netflux can't: told by name before anything is made.

Only what these parameters bring about counts: a resource whose condition is false, or a property in the branch of an
Fn::If that isn't taken, is none of AWS's either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from netflux.cloudformation import carry, scene
from netflux.cloudformation.intrinsics import REMOVED, UNKNOWN, Environment, Later
from netflux.cloudformation.shape import Uncarried
from netflux.cloudformation.template import Declaration, Template
from netflux.cloudformation.types import row
from netflux.cloudformation.types.table import Facts, Row, Step
from netflux.cloudformation.validate import row_of, schema_of
from netflux.controlplane import operation
from netflux.controlplane.protocol import models
from netflux.errors import AwsError, Unsupported

Declared = Callable[[str, str], operation.Declaration | None]


def check(env: Environment, template: Template, declared: Declared) -> None:
    """Raises AwsError ValidationError naming every resource, property and value that is called for in vain.

    Args:
        declared: what a service's operation carries here; None where it does not say. It raises Unsupported for an
            operation that is not here at all.
    """
    wanted = [each for each in template.resources.values() if each.condition is None or env.holds(each.condition)]
    others = [each for each in wanted if row(each.type) is None]
    problems = [_without(others)] if others else []
    later = replace(
        env, reference=lambda _logical: UNKNOWN, attribute=lambda _logical, _name: UNKNOWN, exports=Later(env.exports)
    )
    for each in wanted:
        if row(each.type) is not None:
            problems += _problems(scene.with_policies(env, each), env)
            problems += _values(each, later, declared)
    if problems:
        raise AwsError("ValidationError", "\n".join(dict.fromkeys(problems)))


def _without(others: list[Declaration]) -> str:
    names = ", ".join(f"{each.logical} ({each.type})" for each in sorted(others, key=lambda each: each.logical))
    said = f"Resources of types that AWS has and Netflux does not: {names}."
    return f"{said} Remove them, put them under a condition that is false here, or deploy to AWS."


def _problems(declaration: Declaration, env: Environment) -> Iterator[str]:
    place = f"Resource {declaration.logical} ({declaration.type})"
    row = row_of(declaration.type)
    for attribute in declaration.ungranted:
        if attribute not in row.consumed:
            yield f"{place}: the attribute {attribute} is not supported by Netflux"
    for name in carry.uncarried(row, pruned(declaration.properties, env)):
        yield f"{place}: the property {name} is not supported by Netflux"
    if declaration.deletion_policy == "Snapshot" and not row.kept_as_snapshot:
        yield f"{place}: the DeletionPolicy Snapshot is not supported by Netflux"


def _values(declaration: Declaration, env: Environment, declared: Declared) -> Iterator[str]:
    """What the service's operations, or the type's row, say of values that are known before anything is there."""
    place = f"Resource {declaration.logical} ({declaration.type})"
    row = row_of(declaration.type)
    try:
        properties = schema_of(env.pseudo["AWS::Region"], declaration.type).texts(env.value(declaration.told))
    except AwsError:
        return  # whoever needs the value tells
    if row.refuses is not None:
        yield from (f"{place}: {said}" for said in row.refuses(properties))
    facts = Facts(new=properties, logical=declaration.logical, id=declaration.logical, token=declaration.logical)
    for step in (row.create, *row.also):
        if step.operation and not (step.only and not set(step.only) & properties.keys()):
            yield from (f"{place}: {said}" for said in _refused(row, step, facts, declared))


def _refused(row: Row, step: Step, facts: Facts, declared: Declared) -> Iterator[str]:
    service = step.service or row.service
    try:
        found = declared(service, step.operation)
        if found is None:
            return
        model = models.operation_model(service, step.operation)
        for params in carry.parameters(row, step, facts, step.only):
            found.check(f"{service}:{step.operation}", model.input_shape, _known(params))
    except Unsupported as error:
        yield error.message
    except (Uncarried, AwsError, ValueError, TypeError, KeyError, AttributeError, IndexError):
        return  # a value is not known yet that the call's form depends on


def _known(value: Any) -> Any:
    """The value without what only carrying out will tell."""
    if isinstance(value, dict):
        return {key: _known(each) for key, each in value.items() if each is not UNKNOWN}
    if isinstance(value, list):
        return [_known(each) for each in value if each is not UNKNOWN]
    return value


def pruned(given: Any, env: Environment) -> Any:
    """The value with every Fn::If replaced by the branch that is taken; other functions stay as they are."""
    if isinstance(given, list):
        items = (pruned(each, env) for each in given)
        return [each for each in items if each is not REMOVED]
    if not isinstance(given, dict):
        return given
    if given == {"Ref": "AWS::NoValue"}:
        return REMOVED
    branches = given.get("Fn::If")
    if len(given) == 1 and isinstance(branches, list) and len(branches) == 3:
        return pruned(branches[1] if env.holds(branches[0]) else branches[2], env)
    pairs = {key: pruned(each, env) for key, each in given.items()}
    return {key: each for key, each in pairs.items() if each is not REMOVED}
