"""The section Rules: what a template demands of its parameters ("Rules section", template anatomy)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netflux.cloudformation.intrinsics import Environment
from netflux.cloudformation.syntax import malformed
from netflux.cloudformation.template import Template
from netflux.errors import AwsError


def check(env: Environment, template: Template) -> None:
    """Raises AwsError ValidationError with the description of every assertion that does not hold."""
    broken = [
        f"{assertion.get('AssertDescription', 'an assertion does not hold')} (rule {name})"
        for name, rule in template.rules.items()
        if "RuleCondition" not in rule or _truth(env, rule["RuleCondition"])
        for assertion in rule.get("Assertions", [])
        if not _truth(env, assertion["Assert"])
    ]
    if broken:
        raise AwsError("ValidationError", f"Template validation error: {'; '.join(broken)}")


def _truth(env: Environment, expression: Any) -> bool:
    if isinstance(expression, dict) and len(expression) == 1:
        (name, given), *_ = expression.items()
        if name in _FUNCTIONS:
            return _FUNCTIONS[name](env, given)
        if name.startswith("Fn::") and name not in ("Fn::Equals",):
            raise malformed(f"the function {name} is not supported by Netflux in the section Rules.")
    return env.truth(expression)


def _lists(env: Environment, given: Any) -> tuple[list[str], Any]:
    first, second = env.value(given[0]), env.value(given[1])
    return [str(each) for each in (first if isinstance(first, list) else [first])], second


def _contains(env: Environment, given: Any) -> bool:
    among, value = _lists(env, given)
    return str(value) in among


def _every_equals(env: Environment, given: Any) -> bool:
    members, value = _lists(env, given)
    return all(each == str(value) for each in members)


def _every_in(env: Environment, given: Any) -> bool:
    members, among = _lists(env, given)
    return all(each in [str(one) for one in among] for each in members)


_FUNCTIONS: dict[str, Callable[[Environment, Any], bool]] = {
    "Fn::And": lambda env, given: all(_truth(env, each) for each in given),
    "Fn::Contains": _contains,
    "Fn::EachMemberEquals": _every_equals,
    "Fn::EachMemberIn": _every_in,
    "Fn::Not": lambda env, given: not _truth(env, given[0]),
    "Fn::Or": lambda env, given: any(_truth(env, each) for each in given),
}
