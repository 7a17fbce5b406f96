"""Filter patterns."""

from __future__ import annotations

import pytest

from netflux.aws.logs.pattern import compile_pattern
from netflux.errors import AwsError


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
        ("{ ($.a = 1 || $.b = 2) && $.c = 3 }", '{"a": 1}', False),
        ("{ ($.a = 1 || $.b = 2) && $.c = 3 }", '{"b": 2, "c": 3}', True),
        ("{ $.a IS NULL }", '{"a": null}', True),
        ("{ $.a IS TRUE }", '{"a": false}', False),
        ("{ $.a NOT EXISTS }", '{"b": 1}', True),
        ("{ $.a EXISTS }", '{"a": null}', True),
        ("{ $.a = %^ERR.*[0-9]$% }", '{"a": "ERR 7"}', True),
        ("%ERR[0-9]+%", "an ERR77", True),
        ("%ERR[0-9]+%", "an ERR", False),
        ("[ip, user]", "10.0.0.1 bob", True),
        ("[ip, user]", "10.0.0.1 bob more", False),
        ("[ip, ..., status = 4*, bytes]", '10.0.0.1 - [now then] "GET /" 404 12', True),
        ("[ip, ..., status = 4*, bytes]", '10.0.0.1 - [now then] "GET /" 200 12', False),
        ("[ip, ..., status >= 500 && status < 600, bytes > 10]", "10.0.0.1 x 503 11", True),
        ("[ip, ..., status = 404 || status = 410, bytes]", "10.0.0.1 x 410 11", True),
    ],
)
def test_patterns_match_as_in_cloudwatch(pattern: str, message: str, matches: bool) -> None:
    assert compile_pattern(pattern)(message) is matches


@pytest.mark.parametrize(
    "pattern",
    [
        "a:b",
        "[a",
        "[a, ..., b, ...]",
        "[1a]",
        "%(%",
        "{ $.a IS 7 }",
        "{ ($.a = 1 }",
        "{ $.a = }",
        "{" + "(" * 60 + "}",
        '"open',
        "{ level = 1 }",
        "{ $.a = 1",
        '{ $.a > "x" }',
    ],
)
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
