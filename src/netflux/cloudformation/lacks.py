"""What AWS would make of a template and Netflux can't: told by name before anything is made.

Only what these parameters bring about counts: a resource whose condition is false, or a property in the branch of an
Fn::If that isn't taken, is none of AWS's either.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netflux.cloudformation import carry
from netflux.cloudformation.intrinsics import REMOVED, Environment
from netflux.cloudformation.template import Declaration, Template
from netflux.cloudformation.types import row
from netflux.cloudformation.validate import row_of
from netflux.errors import AwsError

_SNAPSHOTS = "AWS::RDS::DBInstance"


def check(env: Environment, template: Template) -> None:
    """Raises AwsError ValidationError naming every resource and property that these parameters call for in vain."""
    wanted = [each for each in template.resources.values() if each.condition is None or env.holds(each.condition)]
    others = [each for each in wanted if row(each.type) is None]
    if others:
        raise AwsError("ValidationError", _without(others))
    problems = [problem for each in wanted for problem in _problems(each, env)]
    if problems:
        raise AwsError("ValidationError", "\n".join(problems))


def _without(others: list[Declaration]) -> str:
    names = ", ".join(f"{each.logical} ({each.type})" for each in sorted(others, key=lambda each: each.logical))
    said = f"Resources of types that AWS has and Netflux does not: {names}."
    return f"{said} Remove them, put them under a condition that is false here, or deploy to AWS."


def _problems(declaration: Declaration, env: Environment) -> Iterator[str]:
    place = f"Resource {declaration.logical} ({declaration.type})"
    for attribute in declaration.ungranted:
        if attribute in row_of(declaration.type).consumed:
            continue
        yield f"{place}: the attribute {attribute} is not supported by Netflux"
    for name in carry.uncarried(row_of(declaration.type), pruned(declaration.properties, env)):
        yield f"{place}: the property {name} is not supported by Netflux"
    if declaration.deletion_policy == "Snapshot" and declaration.type != _SNAPSHOTS:
        yield f"{place}: the DeletionPolicy Snapshot is not supported by Netflux"


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
