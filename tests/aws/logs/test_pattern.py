"""Filter patterns."""

from __future__ import annotations

import pytest

from netflux.aws.logs.pattern import compile_pattern
from netflux.errors import AwsError, Unsupported


@pytest.mark.parametrize(
    ("pattern", "message", "matches"),
    [
        ("", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ("ERROR disk", "disk: ERROR", True),
        ("ERROR disk", "ERROR", False),
        ('"no space left"', "no space left on device", True),
        ("ERROR -Timeout", "ERROR Timeout", False),
        ("?ERROR ?WARN", "WARN", True),
        ("?ERROR ?WARN", "INFO", False),
        ('{ $.level = "ERROR" }', '{"level": "ERROR"}', True),
        ('{ $.level = "ERROR" }', "ERROR", False),
        ('{ $.level != "ERROR" }', '{"level": "INFO"}', True),
        ('{ $.path = "/api/*" }', '{"path": "/api/movies"}', True),
        ("{ $.http.status >= 500 }", '{"http": {"status": 503}}', True),
        ("{ $.http.status >= 500 }", '{"http": {"status": 200}}', False),
        ('{ $.a[1] = "x" && $.b = 2 }', '{"a": ["y", "x"], "b": 2}', True),
        ("{ $.a = 1 || $.b = 2 && $.c = 3 }", '{"a": 1}', True),
        ("{ $.ok = true }", '{"ok": true}', True),
    ],
)
def test_patterns_match_as_in_cloudwatch(pattern: str, message: str, matches: bool) -> None:
    assert compile_pattern(pattern)(message) is matches


@pytest.mark.parametrize("pattern", ["[ip, user]", "%ERR.*%", "{ $.a IS NULL }", "{ ($.a = 1) }"])
def test_other_syntax_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(Unsupported):
        compile_pattern(pattern)


@pytest.mark.parametrize("pattern", ["a:b", '"open', "{ level = 1 }", "{ $.a = 1", '{ $.a > "x" }'])
def test_what_is_no_pattern_is_an_invalid_parameter(pattern: str) -> None:
    with pytest.raises(AwsError, match="Invalid filter pattern"):
        compile_pattern(pattern)


def test_a_message_that_is_deeper_than_json_can_be_read_matches_nothing() -> None:
    assert not compile_pattern("{ $.a = 1 }")('{"a":' + "[" * 100_000)
    assert not compile_pattern("{ $.a = 1 }")('{"a":' + "9" * 5000 + "}")


def test_many_stars_are_answered_at_once() -> None:
    assert not compile_pattern('{ $.a = "' + "*a" * 60 + '*b" }')('{"a": "' + "a" * 50_000 + '"}')
    assert compile_pattern('{ $.a = "x[?]*" }')('{"a": "x[?]y"}')


def test_an_index_beyond_any_list_is_no_pattern() -> None:
    with pytest.raises(AwsError):
        compile_pattern("{ $.a[" + "9" * 5000 + "] = 1 }")
