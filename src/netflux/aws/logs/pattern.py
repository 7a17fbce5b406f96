"""Filter patterns of CloudWatch Logs: terms, and comparisons of JSON properties; pure [FilterAndPatternSyntax]."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from netflux import expressions
from netflux.decoding import json
from netflux.errors import AwsError, Unsupported

Matcher = Callable[[str], bool]

_TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|([\w*]+))(?=\s|$)')
_COMPARISON = re.compile(
    r"""\s*\$\.(?P<path>[\w@-]+(?:\.[\w@-]+|\[\d{1,9}\])*)\s*(?P<operator>!=|<=|>=|=|<|>)\s*"""
    r"""(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"&|(){}]+))\s*"""
)
_JOINT = re.compile(r"(&&|\|\|)")
_WILDCARD = {"*": ".*"}
_STEP = re.compile(r"[\w@-]+|\[\d+\]")
_NUMERIC: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip


def compile_pattern(pattern: str) -> Matcher:
    """A test for messages.

    Raises:
        AwsError: InvalidParameterException for what is no pattern.
        Unsupported: for syntax that AWS has and this does not, by name.
    """
    text = pattern.strip()
    if text.startswith("["):
        raise Unsupported(f"The space-delimited filter pattern {text!r}", "Use terms or a JSON pattern.")
    if text.startswith("{"):
        return _compile_json(text)
    if "%" in text:
        raise Unsupported(f"The regular expression in the filter pattern {text!r}", "Use terms or a JSON pattern.")
    return _compile_terms(text)


def _compile_terms(text: str) -> Matcher:
    wanted: list[str] = []
    excluded: list[str] = []
    either: list[str] = []
    lists = {"": wanted, "-": excluded, "?": either}
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise _invalid(text)
        term = match[2].replace('\\"', '"') if match[2] is not None else match[3]
        lists[match[1]].append(term)
        position = match.end()

    def matches(message: str) -> bool:
        return (
            all(term in message for term in wanted)
            and not any(term in message for term in excluded)
            and (not either or any(term in message for term in either))
        )

    return matches


def _compile_json(text: str) -> Matcher:
    if not text.endswith("}"):
        raise _invalid(text)
    body = text[1:-1]
    if "(" in body or re.search(r"\b(IS|EXISTS)\b", body):
        raise Unsupported(f"The filter pattern {text!r} (parentheses, IS and EXISTS)", "Use comparisons, && and ||.")
    parts = _JOINT.split(body)
    tests = [_compile_comparison(part, text) for part in parts[::2]]
    joints = parts[1::2]

    def matches(message: str) -> bool:
        try:
            document = json.value(message)
        except ValueError:
            return False
        groups = [[tests[0]]]  # && binds tighter than ||
        for joint, test in zip(joints, tests[1:], strict=True):
            if joint == "&&":
                groups[-1].append(test)
            else:
                groups.append([test])
        return any(all(test(document) for test in group) for group in groups)

    return matches


def _compile_comparison(part: str, text: str) -> Callable[[Any], bool]:
    match = _COMPARISON.fullmatch(part)
    if match is None:
        raise _invalid(text)
    path, sign = match["path"], match["operator"]
    wanted = match["quoted"] if match["quoted"] is not None else match["bare"]
    number = _number(wanted) if match["quoted"] is None else None
    if number is None and sign not in ("=", "!="):
        raise _invalid(text)

    def test(document: Any) -> bool:
        found, present = _look_up(document, path)
        if not present:
            return False
        if number is not None:
            numeric = isinstance(found, int | float) and not isinstance(found, bool)
            return _NUMERIC[sign](found, number) if numeric else sign == "!="
        equal = isinstance(found, str) and expressions.like(found, wanted, _WILDCARD)
        if isinstance(found, bool):
            equal = wanted.lower() == str(found).lower()
        return equal == (sign == "=")

    return test


def _look_up(document: Any, path: str) -> tuple[Any, bool]:
    found = document
    for step in _STEP.findall(path):
        if step.startswith("["):
            index = int(step[1:-1])
            if not isinstance(found, list) or index >= len(found):
                return None, False
            found = found[index]
        elif isinstance(found, dict) and step in found:
            found = found[step]
        else:
            return None, False
    return found, True


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", f"Invalid filter pattern: {text}")
