"""The form that each intrinsic function must be written in, and what AWS says where it is not.

The form is looked at as the text stands, whatever parameters and resources there are, so every entry to CloudFormation
says the same ("Intrinsic function reference").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from netflux.errors import AwsError

_CONDITIONS = (2, 10)
"""Operands of Fn::And and Fn::Or ("Condition functions")."""
_INDEX = re.compile(r"[0-9]{1,9}")

TEXTS: Mapping[str, str] = {
    "Ref": "every Ref object must have a single String value.",
    "Condition": "every Condition object must have a single String value.",
    "Fn::And": "every Fn::And object requires a list of at least 2 and at most 10 boolean parameters.",
    "Fn::Base64": "every Fn::Base64 object must have a String-typed value.",
    "Fn::Cidr": "every Fn::Cidr object requires two or three parameters, (1) an IP address block, (2) the number of "
    "blocks and (3) the number of bits of each.",
    "Fn::Equals": "every Fn::Equals object requires a list of 2 string parameters.",
    "Fn::FindInMap": "every Fn::FindInMap object requires three parameters, the map name, map key and the attribute "
    "for return value",
    "Fn::GetAtt": "every Fn::GetAtt object requires two non-empty parameters, the resource name and the resource "
    "attribute",
    "Fn::GetAZs": "every Fn::GetAZs object must have a String-typed value",
    "Fn::GetStackOutput": "every Fn::GetStackOutput object requires StackName and OutputName",
    "Fn::If": "every Fn::If object requires a list of three parameters, a condition name and the values if it is true "
    "and if it is false.",
    "Fn::ImportValue": "every Fn::ImportValue object must have a String-typed value",
    "Fn::Join": "every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be "
    "joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.",
    "Fn::Not": "every Fn::Not object requires one boolean parameter.",
    "Fn::Or": "every Fn::Or object requires a list of at least 2 and at most 10 boolean parameters.",
    "Fn::Select": "Fn::Select requires a list argument with two elements: an integer index and a list",
    "Fn::Split": "every Fn::Split object requires two parameters, (1) a string delimiter and (2) a string to be split "
    "or a function that returns a string to be split.",
    "Fn::Sub": "One or more Fn::Sub intrinsic functions don't specify expected arguments. Specify a string as first "
    "argument, and an optional second argument to specify a mapping of values to replace in the string",
    "Fn::ToJsonString": "every Fn::ToJsonString object requires one parameter, an object or a list.",
}
"""After "Template error: ". Of Fn::Cidr, Fn::If, Fn::GetStackOutput and Fn::ToJsonString AWS's words are not known."""


class Misused(AwsError):
    """A function is given what it can't be."""

    def __init__(self, name: str) -> None:
        super().__init__("ValidationError", f"Template error: {TEXTS[name]}")


def check(section: Any) -> None:
    """Raises Misused for the first function in the section that is not in its form."""
    for name, given in calls(section):
        test = _FORMS.get(name)
        if test is not None and not test(given):
            raise Misused(name)


def calls(value: Any) -> Iterator[tuple[str, Any]]:
    """Every function in a value with what it is given, the innermost last."""
    if isinstance(value, list):
        for each in value:
            yield from calls(each)
    elif isinstance(value, dict):
        if len(value) == 1:
            (name, given), *_ = value.items()
            if name in TEXTS and (name != "Condition" or isinstance(given, str)):
                yield name, given
        for each in value.values():
            yield from calls(each)


def _function(value: Any) -> bool:
    """Whether the value is some function's, so that only evaluation tells what it is."""
    return isinstance(value, dict) and len(value) == 1 and str(next(iter(value))) in {*TEXTS, "Fn::Transform"}


def _scalar(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _text(value: Any) -> bool:
    return _scalar(value) or _function(value)


def _listed(value: Any) -> bool:
    return isinstance(value, list) or _function(value)


def _of(value: Any, *tests: Callable[[Any], bool]) -> bool:
    return isinstance(value, list) and len(value) == len(tests) and all(map(_passes, tests, value))


def _passes(test: Callable[[Any], bool], value: Any) -> bool:
    return test(value)


def _operands(value: Any) -> bool:
    least, most = _CONDITIONS
    return isinstance(value, list) and least <= len(value) <= most and all(isinstance(each, dict) for each in value)


def _get_att(value: Any) -> bool:
    if not isinstance(value, list) or len(value) < 2:
        return False
    name, *rest = value
    return isinstance(name, str) and bool(name) and all(bool(each) and _text(each) for each in rest)


def _select(value: Any) -> bool:
    if not _of(value, _text, _listed):
        return False
    index, items = value
    if _function(index):
        return True
    if not _INDEX.fullmatch(str(index)):
        return False
    return not isinstance(items, list) or any(_function(each) for each in items) or int(index) < len(items)


def _join(value: Any) -> bool:
    return _of(value, lambda delimiter: isinstance(delimiter, str), _listed) and _texts(value[1])


def _texts(items: Any) -> bool:
    return not isinstance(items, list) or all(_text(each) for each in items)


def _sub(value: Any) -> bool:
    if isinstance(value, str):
        return True
    return _of(value, lambda text: isinstance(text, str), lambda own: isinstance(own, dict) and _texts([*own.values()]))


def _find_in_map(value: Any) -> bool:
    if isinstance(value, list) and len(value) == 4 and isinstance(value[3], dict) and "DefaultValue" in value[3]:
        value = value[:3]
    return _of(value, _text, _text, _text)


def _cidr(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (2, 3) and all(_text(each) for each in value)


def _get_stack_output(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and {"StackName", "OutputName"} <= value.keys() <= {"StackName", "OutputName", "Region", "RoleArn"}
        and _texts([*value.values()])
    )


def _not(value: Any) -> bool:
    return _of(value, lambda each: isinstance(each, dict))


_FORMS: Mapping[str, Callable[[Any], bool]] = {
    "Ref": lambda given: isinstance(given, str),
    "Fn::And": _operands,
    "Fn::Base64": _text,
    "Fn::Cidr": _cidr,
    "Fn::Equals": lambda given: isinstance(given, list) and len(given) == 2,
    "Fn::FindInMap": _find_in_map,
    "Fn::GetAtt": _get_att,
    "Fn::GetAZs": _text,
    "Fn::GetStackOutput": _get_stack_output,
    "Fn::If": lambda given: isinstance(given, list) and len(given) == 3,
    "Fn::ImportValue": _text,
    "Fn::Join": _join,
    "Fn::Not": _not,
    "Fn::Or": _operands,
    "Fn::Select": _select,
    "Fn::Split": lambda given: _of(given, lambda delimiter: isinstance(delimiter, str), _text),
    "Fn::Sub": _sub,
    "Fn::ToJsonString": lambda given: isinstance(given, dict | list),
}


def nulls(value: Any, place: str) -> Iterator[str]:
    """The places in a value where nothing stands; AWS allows that nowhere."""
    if value is None:
        yield place
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from nulls(each, f"{place}/{key}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from nulls(each, f"{place}/{index}")
