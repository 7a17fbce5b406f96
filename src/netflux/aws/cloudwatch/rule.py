"""The rule of a composite alarm: other alarms' states joined by AND, OR and NOT. Pure.

"PutCompositeAlarm", CloudWatch API reference; AND binds closer than OR.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from netflux.errors import AwsError

_STATES = {"ALARM": "ALARM", "OK": "OK", "INSUFFICIENT_DATA": "INSUFFICIENT_DATA"}
_TOKEN = re.compile(r'\s*(?:(\(|\))|"([^"]{1,255})"|([^\s()"]+))')
_DEEPEST = 50
_MOST_ALARMS = 100
States = Mapping[str, str]
Test = Callable[[States], bool]


@dataclass(frozen=True)
class Rule:
    """A rule that was read.

    Attributes:
        alarms: names of those that it looks at.
        holds: whether the composite alarm is in ALARM, given their states.
    """

    alarms: frozenset[str]
    holds: Test


def parse(text: str) -> Rule:
    """The rule; AwsError ValidationError where it is none."""
    reader = _Reader(_tokens(text))
    test = reader.either(0)
    if reader.left or not 1 <= len(reader.alarms) <= _MOST_ALARMS:
        raise _wrong(text)
    return Rule(frozenset(reader.alarms), test)


def _tokens(text: str) -> list[str]:
    found, at = [], 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None:
            raise _wrong(text)
        parenthesis, quoted, word = match.groups()
        found.append(parenthesis or (f'"{quoted}' if quoted else word))
        at = match.end()
    return found


def _wrong(text: str) -> AwsError:
    return AwsError("ValidationError", f"AlarmRule must contain a valid rule expression: {text[:200]}")


@dataclass
class _Reader:
    left: list[str]
    alarms: set[str] = field(default_factory=set)

    def either(self, depth: int) -> Test:
        tests = [self._both(depth)]
        while self._next("OR"):
            tests.append(self._both(depth))
        return tests[0] if len(tests) == 1 else lambda states: any(test(states) for test in tests)

    def _both(self, depth: int) -> Test:
        tests = [self._single(depth)]
        while self._next("AND"):
            tests.append(self._single(depth))
        return tests[0] if len(tests) == 1 else lambda states: all(test(states) for test in tests)

    def _single(self, depth: int) -> Test:
        if depth > _DEEPEST or not self.left:
            raise _wrong("it ends too early or nests too deeply")
        word = self.left.pop(0)
        if word == "NOT":
            inner = self._single(depth + 1)
            return lambda states: not inner(states)
        if word == "(":
            found = self.either(depth + 1)
            self._expect(")")
            return found
        if word in ("TRUE", "FALSE"):
            return lambda _states: word == "TRUE"
        if word not in _STATES:
            raise _wrong(word)
        self._expect("(")
        name = self.left.pop(0).removeprefix('"') if self.left else ")"
        if name in ("(", ")"):
            raise _wrong(word)
        name = name.partition(":alarm:")[2] if name.startswith("arn:") else name
        self._expect(")")
        self.alarms.add(name)
        return lambda states: states.get(name) == word

    def _next(self, word: str) -> bool:
        if self.left and self.left[0] == word:
            self.left.pop(0)
            return True
        return False

    def _expect(self, word: str) -> None:
        if not self._next(word):
            raise _wrong(f"{word} is missing")
