"""Filter patterns of CloudWatch Logs: terms, JSON, fields between spaces. Pure [FilterAndPatternSyntax]."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from netflux import expressions
from netflux.decoding import json
from netflux.errors import AwsError

Matcher = Callable[[str], bool]
Test = Callable[[Any], bool]

_TERM = re.compile(r'\s*([-?]?)(?:"((?:[^"\\]|\\.)*)"|(%(?:[^%\\]|\\.)+%)|([\w*]+))(?=\s|$)')
_LEXEME = re.compile(
    r'''\s*(?:(&&|\|\||[()])|(\$\.[\w@-]+(?:\.[\w@-]+|\[\d{1,9}\])*|[A-Za-z_]\w*)|(!=|<=|>=|=|<|>)|"([^"]*)"'''
    r"""|%((?:[^%\\]|\\.)+)%|([^\s"&|(){}=<>!,]+))\s*"""
)
_FIELD = re.compile(r"\s*(?:(\.\.\.)|([A-Za-z_]\w*))\s*")
_WORD = re.compile(r'"([^"]*)"|\[([^\]]*)\]|(\S+)')
_WILDCARD = {"*": ".*"}
_STEP = re.compile(r"[\w@-]+|\[\d+\]")
_NUMERIC: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge,
}  # fmt: skip
_DEEPEST = 20
_ABSENT = object()


@dataclass(frozen=True)
class Pattern:
    """A pattern that was read.

    Attributes:
        matches: whether a message does.
        value: what a message has under a name: `$.a.b`, or `$field`; None where it has nothing.
        names: of the fields between spaces, in their order; nothing for other patterns.
    """

    matches: Matcher
    value: Callable[[str, str], Any]
    names: tuple[str, ...] = ()


@functools.lru_cache(maxsize=500)
def read(text: str) -> Pattern:
    """The pattern. Raises AwsError InvalidParameterException for what is none."""
    text = text.strip()
    if text.startswith("["):
        return _fields(text)
    return Pattern(_json(text) if text.startswith("{") else _compile_terms(text), _of_json)


def compile_pattern(pattern: str) -> Matcher:
    """A test for messages; raises as `read`."""
    return read(pattern).matches


def _compile_terms(text: str) -> Matcher:
    wanted: list[Matcher] = []
    excluded: list[Matcher] = []
    either: list[Matcher] = []
    lists = {"": wanted, "-": excluded, "?": either}
    position = 0
    while position < len(text):
        match = _TERM.match(text, position)
        if match is None:
            raise _invalid(text)
        lists[match[1]].append(_term(match, text))
        position = match.end()

    def matches(message: str) -> bool:
        return (
            all(term(message) for term in wanted)
            and not any(term(message) for term in excluded)
            and (not either or any(term(message) for term in either))
        )

    return matches


def _term(match: re.Match[str], text: str) -> Matcher:
    if match[3] is not None:
        return _searched(match[3][1:-1], text)
    term = match[2].replace('\\"', '"') if match[2] is not None else match[4]
    return lambda message: term in message


def _searched(written: str, text: str) -> Matcher:
    try:
        expression = expressions.compiled(written)
    except expressions.Invalid as error:
        raise _invalid(text) from error
    return lambda message: expression.search(message) is not None


def _json(text: str) -> Matcher:
    if not text.endswith("}"):
        raise _invalid(text)
    reader = _Reader(_lexemes(text[1:-1], text), text, _look_up)
    test = reader.either(0)
    if reader.left:
        raise _invalid(text)

    def matches(message: str) -> bool:
        try:
            document = json.value(message)
        except ValueError:
            return False
        return test(document)

    return matches


def _of_json(message: str, name: str) -> Any:
    try:
        document = json.value(message)
    except ValueError:
        return None
    found = _look_up(document, name)
    return None if found is _ABSENT else found


Lexeme = tuple[str, str]
"""Its kind, and what is written."""


def _lexemes(body: str, text: str) -> list[Lexeme]:
    found, at = [], 0
    while body[at:].strip():
        match = _LEXEME.match(body, at)
        if match is None:
            raise _invalid(text)
        kinds = ("joint", "name", "sign", "quoted", "regex", "bare")
        found.append(next((kind, match[number]) for number, kind in enumerate(kinds, 1) if match[number] is not None))
        at = match.end()
    return found


@dataclass
class _Reader:
    """Reads comparisons joined by && and ||, of which && binds tighter."""

    left: list[Lexeme]
    text: str
    look: Callable[[Any, str], Any]

    def either(self, depth: int) -> Test:
        tests = [self._both(depth)]
        while self._next("||"):
            tests.append(self._both(depth))
        return tests[0] if len(tests) == 1 else lambda found: any(test(found) for test in tests)

    def _both(self, depth: int) -> Test:
        tests = [self._single(depth)]
        while self._next("&&"):
            tests.append(self._single(depth))
        return tests[0] if len(tests) == 1 else lambda found: all(test(found) for test in tests)

    def _single(self, depth: int) -> Test:
        if depth > _DEEPEST:
            raise _invalid(self.text)
        if self._next("("):
            inner = self.either(depth + 1)
            if not self._next(")"):
                raise _invalid(self.text)
            return inner
        kind, name = self._take()
        if kind != "name" or name.startswith("$.") != (self.look is _look_up):
            raise _invalid(self.text)
        sign_kind, sign = self._take()
        if sign_kind == "name" and sign in ("IS", "NOT", "EXISTS"):
            return self._stated(name, sign)
        if sign_kind != "sign":
            raise _invalid(self.text)
        return self._compared(name, sign, self._take())

    def _stated(self, name: str, word: str) -> Test:
        look = self.look
        if word == "EXISTS":
            return lambda found: look(found, name) is not _ABSENT
        _, wanted = self._take()
        if word == "NOT":
            if wanted != "EXISTS":
                raise _invalid(self.text)
            return lambda found: look(found, name) is _ABSENT
        values: Mapping[str, Any] = {"TRUE": True, "FALSE": False, "NULL": None}
        if wanted.upper() not in values:
            raise _invalid(self.text)
        value = values[wanted.upper()]
        return lambda found: look(found, name) is value

    def _compared(self, name: str, sign: str, lexeme: Lexeme) -> Test:
        kind, wanted = lexeme
        if kind not in ("quoted", "bare", "regex", "name"):
            raise _invalid(self.text)
        if (kind, wanted, sign) == ("bare", "*", "="):
            present = self.look
            return lambda found: present(found, name) is not _ABSENT
        look, number = self.look, _number(wanted) if kind == "bare" else None
        if number is None and sign not in ("=", "!="):
            raise _invalid(self.text)
        fits = (
            _searched(wanted, self.text) if kind == "regex" else lambda text: expressions.like(text, wanted, _WILDCARD)
        )

        def test(found: Any) -> bool:
            value = look(found, name)
            if value is _ABSENT:
                return False
            if number is not None:
                numeric = _number(value) if isinstance(value, str) and look is not _look_up else value
                known = isinstance(numeric, int | float) and not isinstance(numeric, bool)
                return _NUMERIC[sign](numeric, number) if known else sign == "!="
            equal = isinstance(value, str) and fits(value)
            if isinstance(value, bool):
                equal = wanted.lower() == str(value).lower()
            return equal == (sign == "=")

        return test

    def _next(self, joint: str) -> bool:
        if self.left and self.left[0] == ("joint", joint):
            self.left.pop(0)
            return True
        return False

    def _take(self) -> Lexeme:
        if not self.left:
            raise _invalid(self.text)
        return self.left.pop(0)


def _fields(text: str) -> Pattern:
    """`[ip, user, ..., status = 4*, bytes]`: fields between spaces, of which some are compared."""
    if not text.endswith("]"):
        raise _invalid(text)
    names: list[str] = []
    tests: list[Test] = []
    for part in text[1:-1].split(","):
        match = _FIELD.match(part)
        if match is None:
            raise _invalid(text)
        names.append(match[1] or match[2])
        if match[2] is not None and part[match.end() :].strip():
            reader = _Reader(_lexemes(part, text), text, _of_fields)
            tests.append(reader.either(0))
            if reader.left:
                raise _invalid(text)
    if names.count("...") > 1:
        raise _invalid(text)

    def value(message: str, name: str) -> Any:
        found = _split(message, names)
        return found.get(name.removeprefix("$")) if found is not None else None

    def matches(message: str) -> bool:
        found = _split(message, names)
        return found is not None and all(test(found) for test in tests)

    return Pattern(matches, value, tuple(name for name in names if name != "..."))


def _split(message: str, names: list[str]) -> dict[str, str] | None:
    """A message's fields by name; None where it has another number of them."""
    words = [next(group for group in match.groups() if group is not None) for match in _WORD.finditer(message)]
    if "..." not in names:
        return dict(zip(names, words, strict=True)) if len(words) == len(names) else None
    at = names.index("...")
    behind = len(names) - at - 1
    if len(words) < len(names) - 1:
        return None
    ends = zip(names[at + 1 :], words[len(words) - behind :], strict=True)
    return {**dict(zip(names[:at], words[:at], strict=True)), **dict(ends)}


def _of_fields(found: Any, name: str) -> Any:
    return found.get(name, _ABSENT)


def _look_up(document: Any, path: str) -> Any:
    found = document
    for step in _STEP.findall(path.removeprefix("$.")):
        if step.startswith("["):
            index = int(step[1:-1])
            if not isinstance(found, list) or index >= len(found):
                return _ABSENT
            found = found[index]
        elif isinstance(found, dict) and step in found:
            found = found[step]
        else:
            return _ABSENT
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _invalid(text: str) -> AwsError:
    return AwsError("InvalidParameterException", f"Invalid filter pattern: {text}")
