"""Intrinsic functions: pure evaluation against what is known so far.

A value that can't be known yet (an attribute of a resource that a change set would replace) evaluates to UNKNOWN, so
that the same code predicts a change and carries it out.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from netflux.cloudformation import conditions
from netflux.cloudformation.allowance import LONGEST, Allowance
from netflux.cloudformation.forms import Misused
from netflux.cloudformation.syntax import malformed
from netflux.errors import AwsError


class _Unknown:
    def __repr__(self) -> str:
        return "{{changeSet:KNOWN_AFTER_APPLY}}"


UNKNOWN: Final = _Unknown()
"""Stands for a value that only carrying out the plan will tell."""

REMOVED: Final = object()
"""What `AWS::NoValue` gives: the property or the item is as if it weren't written."""

_VARIABLE = re.compile(r"\$\{(!?)([^{}]*)\}")


_SHOWN = 200
_MOST_BLOCKS = 256
"""Template reference, Fn::Cidr."""


def _nothing(logical: str) -> str:
    raise malformed(f"Unresolved resource dependencies [{logical}] in the Resources block of the template")


def _no_attribute(logical: str, attribute: str) -> Any:
    raise malformed(f"instance of Fn::GetAtt references undefined resource {logical} ({attribute})")


@dataclass(frozen=True)
class Environment:
    """What functions are evaluated against.

    Attributes:
        parameters: what Ref gives for each parameter.
        pseudo: `AWS::Region` and the others of "Pseudo parameters reference".
        conditions: the conditions' expressions; they are evaluated when asked for.
        exports: what Fn::ImportValue gives.
        outputs: the outputs of a stack, by its name, for Fn::GetStackOutput; UNKNOWN where that is not looked up.
        zones: names of a region's availability zones.
        reference: physical id of a resource, by logical id.
        attribute: an attribute of a resource, by logical id and name.
        allowance: what the functions may make; one for all that is evaluated of a stack at a time.
    """

    parameters: Mapping[str, Any]
    pseudo: Mapping[str, Any]
    mappings: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)
    outputs: Callable[[str], Any] = lambda _stack: {}
    zones: Callable[[str], list[str]] = lambda region: [f"{region}{letter}" for letter in "abc"]
    reference: Callable[[str], Any] = _nothing
    attribute: Callable[[str, str], Any] = _no_attribute
    allowance: Allowance = field(default_factory=Allowance, compare=False)
    _held: dict[str, bool] = field(default_factory=dict, compare=False)

    def value(self, given: Any) -> Any:
        """The value with every function evaluated; REMOVED where AWS::NoValue stands at the top."""
        if isinstance(given, list):
            items = (self.value(each) for each in given)
            return [each for each in items if each is not REMOVED]
        if not isinstance(given, dict):
            return given
        name = function(given)
        if name is not None:
            return self._called(name, given[name])
        pairs = {key: self.value(each) for key, each in given.items()}
        return {key: each for key, each in pairs.items() if each is not REMOVED}

    def _called(self, name: str, given: Any) -> Any:
        try:
            return _FUNCTIONS[name](self, given)
        except (TypeError, KeyError, IndexError, ValueError, AttributeError, OverflowError) as error:
            raise Misused(name) from error

    def holds(self, condition: Any) -> bool:
        """Whether a named condition is true; each is evaluated once."""
        if not isinstance(condition, str):
            raise AwsError("ValidationError", "Template format error: Every Condition member must be a string.")
        for name in conditions.order(self.conditions, condition, self._held):
            self._held[name] = self.truth(self.conditions[name])
        return self._held[condition]

    def truth(self, expression: Any) -> bool:
        """A condition's expression as a boolean."""
        value = self.value(expression)
        if isinstance(value, bool):
            return value
        if value in ("true", "false"):
            return bool(value == "true")
        raise malformed(f"{shown(expression)} is not a condition")


def shown(given: Any) -> str:
    """What a template has, as a message tells it: not longer than a line or two."""
    text = json.dumps(given, default=str)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def function(given: Any) -> str | None:
    """The intrinsic function that a map with one key stands for."""
    if isinstance(given, dict) and len(given) == 1:
        name = next(iter(given))
        if name in _FUNCTIONS and (name != "Condition" or isinstance(given[name], str)):
            return str(name)
        if isinstance(name, str) and name.startswith("Fn::"):
            raise malformed(f"the function {name} is not supported by Netflux.")
    return None


def _ref(env: Environment, name: Any) -> Any:
    if name == "AWS::NoValue":
        return REMOVED
    if not isinstance(name, str):
        raise Misused("Ref")
    if name in env.pseudo:
        return env.pseudo[name]
    if name in env.parameters:
        return env.allowance.value(env.parameters[name])
    return env.reference(name)


def _get_att(env: Environment, given: Any) -> Any:
    if not isinstance(given, list) or len(given) < 2 or not isinstance(given[0], str):
        raise Misused("Fn::GetAtt")
    attribute = ".".join(str(env.value(each)) for each in given[1:])
    return env.allowance.value(env.attribute(given[0], attribute))


def _sub(env: Environment, given: Any) -> Any:
    text, values = (given, {}) if isinstance(given, str) else (given[0], given[1])
    if not isinstance(text, str):
        raise Misused("Fn::Sub")
    own = {key: env.value(each) for key, each in values.items()}
    parts: list[Any] = []

    env.allowance.text(len(text))
    room = LONGEST - len(text)

    def fill(match: re.Match[str]) -> str:
        nonlocal room
        literal, name = match[1], match[2].strip()
        if literal:
            return "${" + name + "}"
        if name in own:
            value = own[name]
        elif "." in name:
            value = _get_att(env, name.split(".", 1))
        else:
            value = _ref(env, name)
        parts.append(value)
        filled = _text(value)
        room -= len(filled)
        env.allowance.text(len(filled) if room >= 0 else LONGEST + 1)
        return filled

    result = _VARIABLE.sub(fill, text)
    return UNKNOWN if any(each is UNKNOWN for each in parts) else result


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        raise malformed("a list can't stand where text is wanted; use Fn::Join")
    if isinstance(value, dict) or value is REMOVED:
        raise malformed("a map, or nothing, can't stand where text is wanted")
    return str(value)


def variables(text: str) -> list[str]:
    """The names that Fn::Sub's text refers to."""
    return [name.strip() for literal, name in _VARIABLE.findall(text) if not literal]


def _join(env: Environment, given: Any) -> Any:
    separator, items = given[0], env.value(given[1])
    if not isinstance(items, list):
        if items is UNKNOWN:
            return UNKNOWN
        raise Misused("Fn::Join")
    if any(each is UNKNOWN for each in items):
        return UNKNOWN
    if not isinstance(separator, str):
        raise Misused("Fn::Join")
    texts = [_text(each) for each in items]
    env.allowance.text(sum(map(len, texts)) + len(separator) * max(len(texts) - 1, 0))
    return separator.join(texts)


def _select(env: Environment, given: Any) -> Any:
    index, items = env.value(given[0]), env.value(given[1])
    if items is UNKNOWN or index is UNKNOWN:
        return UNKNOWN
    if not isinstance(items, list) or not str(index).isdecimal():
        raise Misused("Fn::Select")
    if int(index) >= len(items):
        raise AwsError(
            "ValidationError", f"Template error: Fn::Select cannot select nonexistent value at index {index}"
        )
    return items[int(index)]


def _split(env: Environment, given: Any) -> Any:
    separator, text = given[0], env.value(given[1])
    if text is UNKNOWN:
        return UNKNOWN
    if not isinstance(separator, str) or not isinstance(text, str):
        raise Misused("Fn::Split")
    env.allowance.list(text.count(separator) + 1)
    env.allowance.text(len(text))
    return text.split(separator)


def _find_in_map(env: Environment, given: Any) -> Any:
    keys = [env.value(each) for each in given[:3]]
    if len(keys) < 3 or any(isinstance(each, list | dict) or each is None for each in keys):
        raise Misused("Fn::FindInMap")
    found: Any = env.mappings
    for key in keys:
        if not isinstance(found, Mapping) or str(key) not in found:
            options = given[3] if len(given) > 3 else {}
            if isinstance(options, dict) and "DefaultValue" in options:
                return env.value(options["DefaultValue"])
            raise AwsError(
                "ValidationError", f"Template error: Unable to get mapping for {'::'.join(str(each) for each in keys)}"
            )
        found = found[str(key)]
    return env.allowance.value(found)


def _if(env: Environment, given: Any) -> Any:
    if not isinstance(given, list) or len(given) != 3:
        raise Misused("Fn::If")
    return env.value(given[1] if env.holds(given[0]) else given[2])


def _equals(env: Environment, given: Any) -> bool:
    left, right = env.value(given[0]), env.value(given[1])
    return bool(_comparable(left) == _comparable(right))


def _comparable(value: Any) -> Any:
    return _text(value) if isinstance(value, bool | int | float) else value


def _import_value(env: Environment, given: Any) -> Any:
    name = env.value(given)
    if name is UNKNOWN:
        return UNKNOWN
    if name not in env.exports:
        raise AwsError("ValidationError", f"No export named {name} found.")
    return env.allowance.value(env.exports[name])


def _get_stack_output(env: Environment, given: Any) -> Any:
    """A weak reference: it is looked up when the stack is made or changed, and what it names may go at any time."""
    asked = {key: env.value(each) for key, each in given.items()}
    if UNKNOWN in asked.values():
        return UNKNOWN
    name, output, region = str(asked["StackName"]), str(asked["OutputName"]), env.pseudo["AWS::Region"]
    if str(asked.get("Region", region)) != region or "RoleArn" in asked:
        raise AwsError(
            "ValidationError",
            f"Fn::GetStackOutput: the stack {name} is asked for in another region or account, and there is this one "
            "alone. Leave Region and RoleArn out.",
        )
    found = env.outputs(name)
    if not isinstance(found, _Unknown) and output not in found:
        raise AwsError("ValidationError", f"Fn::GetStackOutput: there is no stack {name} with an output {output}.")
    return UNKNOWN if isinstance(found, _Unknown) else env.allowance.value(found[output])


def _get_azs(env: Environment, given: Any) -> Any:
    return env.allowance.value(env.zones(str(env.value(given) or env.pseudo["AWS::Region"])))


def _cidr(env: Environment, given: Any) -> Any:
    values = [env.value(each) for each in given[:3]]
    if any(each is UNKNOWN for each in values):
        return UNKNOWN
    block, count = values[0], int(values[1])
    bits = int(values[2]) if len(values) > 2 else None
    if not 1 <= count <= _MOST_BLOCKS:
        raise AwsError(
            "ValidationError", f"Template error: Fn::Cidr makes 1 to {_MOST_BLOCKS} blocks, and {count} are asked for."
        )
    network = ipaddress.ip_network(str(block))
    width = network.max_prefixlen
    prefix = network.prefixlen + (count - 1).bit_length() if bits is None else width - bits
    subnets = network.subnets(new_prefix=prefix)
    found = [str(subnet) for subnet, _ in zip(subnets, range(count), strict=False)]
    env.allowance.value(found)
    if len(found) < count:
        raise AwsError(
            "ValidationError", f"Template error: Fn::Cidr cannot make {count} blocks of /{prefix} out of {block}"
        )
    return found


def _base64(env: Environment, given: Any) -> Any:
    text = env.value(given)
    if text is UNKNOWN:
        return UNKNOWN
    data = _text(text).encode()
    env.allowance.text(len(data) * 4 // 3)
    return base64.b64encode(data).decode()


def _to_json(env: Environment, given: Any) -> Any:
    value = env.value(given)
    if has_unknown(value):
        return UNKNOWN
    text = json.dumps(value, separators=(",", ":"))
    env.allowance.text(len(text))
    return text


class Later(dict[str, Any]):
    """Exports that are looked up when the work begins: each is there, and UNKNOWN where it is not given."""

    def __contains__(self, _name: object) -> bool:
        return True

    def __missing__(self, _name: str) -> Any:
        return UNKNOWN


def has_unknown(value: Any) -> bool:
    """Whether something in the value is only known after the plan has been carried out."""
    if isinstance(value, dict):
        return any(has_unknown(each) for each in value.values())
    if isinstance(value, list):
        return any(has_unknown(each) for each in value)
    return value is UNKNOWN


_FUNCTIONS: dict[str, Callable[[Environment, Any], Any]] = {
    "Ref": _ref,
    "Condition": lambda env, given: env.holds(given),
    "Fn::And": lambda env, given: all(env.truth(each) for each in given),
    "Fn::Base64": _base64,
    "Fn::Cidr": _cidr,
    "Fn::Equals": _equals,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::GetAZs": _get_azs,
    "Fn::GetStackOutput": _get_stack_output,
    "Fn::If": _if,
    "Fn::ImportValue": _import_value,
    "Fn::Join": _join,
    "Fn::Not": lambda env, given: not env.truth(given[0]),
    "Fn::Or": lambda env, given: any(env.truth(each) for each in given),
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::Sub": _sub,
    "Fn::ToJsonString": _to_json,
}
