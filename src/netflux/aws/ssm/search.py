"""Filters of DescribeParameters and GetParametersByPath, and whether a parameter matches them. Pure.

"ParameterStringFilter", AWS Systems Manager API Reference.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from netflux.aws.ssm import names
from netflux.errors import AwsError
from netflux.resources.ssm import KEY, SECURE, TIERS, TYPES, Parameter, above

Filter = Mapping[str, Any]

LABEL = "Label"
"""The filter that chooses among versions."""

_TAG = "tag:"
_EQUALS, _BEGINS, _CONTAINS = "Equals", "BeginsWith", "Contains"
_DEEP, _ONE = "Recursive", "OneLevel"
_DESCRIBED = ("Path", "Name", "Type", "KeyId", "Tier", "DataType")
_BY_PATH = ("Type", "KeyId", LABEL)
_OPTIONS = {"Name": (_BEGINS, _EQUALS, _CONTAINS), "Path": (_DEEP, _ONE), LABEL: (_EQUALS,)}
_VALUES = {"Tier": TIERS, "Type": TYPES}


def check(filters: Iterable[Filter], *, by_path: bool) -> None:
    """Refuses filters that the operation does not have.

    Args:
        by_path: of GetParametersByPath; else of DescribeParameters.
    """
    seen: set[str] = set()
    for one in filters:
        key = one["Key"]
        _check_key(key, by_path=by_path)
        if not key.startswith(_TAG) and not one.get("Values"):
            raise AwsError(
                "InvalidFilterValue", f"The following filter values are missing : null for filter key {key}."
            )
        if key in seen:
            raise AwsError(
                "InvalidFilterKey",
                f"The following filter is duplicated in the request: {key}. A request can contain only one occurrence "
                "of a specific filter.",
            )
        seen.add(key)
        _check_option(key, _option(one))
        _check_values(key, one.get("Values", ()))


def _check_key(key: str, *, by_path: bool) -> None:
    known = _BY_PATH if by_path else _DESCRIBED
    if key in known or (key.startswith(_TAG) and not by_path):
        return
    listed = "Type, KeyId" if by_path else "Path, Name, Type, KeyId, Tier"
    raise AwsError(
        "InvalidFilterKey", f"The following filter key is not valid: {key}. Valid filter keys include: [{listed}]."
    )


def _check_option(key: str, option: str) -> None:
    if option in (known := _OPTIONS.get(key, (_BEGINS, _EQUALS))):
        return
    listed = f"{_BEGINS}, {_EQUALS}" if key == "Name" else ", ".join(known)
    raise AwsError(
        "InvalidFilterOption",
        f"The following filter option is not valid: {option}. Valid options include: [{listed}].",
    )


def _check_values(key: str, values: Iterable[str]) -> None:
    for value in values:
        if key == "Path":
            if value.lower().startswith(("/aws", "/ssm")):
                raise AwsError(
                    "ValidationException",
                    'Filters for common parameters can\'t be prefixed with "aws" or "ssm" (case-insensitive). When '
                    "using global parameters, please specify within a global namespace.",
                )
            names.check_path(value)
        known = _VALUES.get(key)
        if known is not None and value not in known:
            raise AwsError(
                "InvalidFilterOption",
                f"The following filter value is not valid: {value}. Valid values include: [{', '.join(known)}].",
            )


def matching(parameter: Parameter, filters: Iterable[Filter]) -> bool:
    """Whether each filter has a value that the parameter matches."""
    return all(_matches(parameter, one) for one in filters)


def older(filters: Iterable[Filter]) -> list[Filter]:
    """The filters of before ParameterFilters, as those: a name begins with the value, the rest is equal to it."""
    return [{**one, "Option": _BEGINS if one["Key"] == "Name" else _EQUALS} for one in filters]


def _option(one: Filter) -> str:
    return str(one.get("Option") or (_ONE if one["Key"] == "Path" else _EQUALS))


def _matches(parameter: Parameter, one: Filter) -> bool:
    key, option, values = one["Key"], _option(one), one.get("Values", ())
    if key.startswith(_TAG):
        tag = parameter.tags.get(key.removeprefix(_TAG))
        return tag is not None and (not values or _any(_OF[option], tag, values))
    if key == "Path":
        places = above(parameter.name)[: None if option == _DEEP else 1]
        return any(f"/{value.strip('/')}" in places for value in values)
    if key == "Name":
        wanted = values if option == _CONTAINS else [_rooted(value) for value in values]
        return _any(_OF[option], _rooted(parameter.name), wanted)
    return _any(_OF[option], _MEMBERS[key](parameter), values)


def _any(test: Callable[[str, str], bool], text: str, values: Iterable[str]) -> bool:
    return any(test(text, value) for value in values)


def _rooted(name: str) -> str:
    return f"/{name.lstrip('/')}"


_OF: Mapping[str, Callable[[str, str], bool]] = {
    _EQUALS: lambda text, value: text == value,
    _BEGINS: lambda text, value: text.startswith(value),
    _CONTAINS: lambda text, value: value in text,
}
_MEMBERS: Mapping[str, Callable[[Parameter], str]] = {
    "Type": lambda parameter: parameter.current.type,
    "KeyId": lambda parameter: (parameter.current.key or KEY) if parameter.current.type == SECURE else "",
    "Tier": lambda parameter: parameter.current.tier,
    "DataType": lambda parameter: parameter.current.data_type,
}
