"""What clients write as expressions and wildcards: the same answers as the engines that try, in bounded time."""

from __future__ import annotations

import fnmatch
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux import expressions
from netflux.expressions import Invalid, compiled, like, untried

HOSTILE = (
    "^(a+)+$",
    "^(a|a)*$",
    "^(a|aa)+$",
    "(.*a){20}",
    "^((a*)*)*$",
    "^(a?){25}a{25}$",
    "(x+x+)+y",
    "^(([a-z])+.)+[A-Z]$",
)
PATTERNS = st.text("ab*?[]!-", max_size=12)
TEXTS = st.text("ab[]!-\n", max_size=12)


@pytest.mark.parametrize("pattern", HOSTILE)
def test_an_expression_that_makes_others_try_for_ever_answers(pattern: str) -> None:
    began = time.process_time()
    for text in ("a" * 4096 + "!", "x" * 4096, "a" * 24):
        compiled(pattern).fullmatch(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("pattern", "beyond"),
    [("^(?!-)[a-z-]+$", "a look-ahead"), ("(?<=a)b", "a look-behind"), (r"(a)\1", "a back-reference"),
     (r"(?<n>a)\k<n>", "a back-reference"), ("(?>a+)b", "an atomic group"), ("a++b", "a possessive quantifier")],
)  # fmt: skip
def test_what_a_linear_engine_lacks_is_named(pattern: str, beyond: str) -> None:
    with pytest.raises(Invalid) as refused:
        compiled(pattern)
    assert refused.value.beyond == beyond


@pytest.mark.parametrize("pattern", ["(", "[a", "(x{1000}){1000}", "a" * 9000, "(" * 5000 + ")" * 5000, "\ud800"])
def test_what_is_no_expression_or_too_large_is_refused(pattern: str) -> None:
    with pytest.raises(Invalid) as refused:
        compiled(pattern)
    assert not refused.value.beyond


@given(TEXTS, PATTERNS)
def test_wildcards_answer_as_the_standard_library_does(text: str, pattern: str) -> None:
    wanted = fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))
    assert like(text, pattern) == wanted
    assert (re.fullmatch(untried(pattern), text, re.DOTALL) is not None) == wanted


def test_what_a_wildcard_stands_for_is_the_callers_to_say() -> None:
    assert like("a*b", "a[*]b", {"[*]": r"\*", "*": ".*"})
    assert not like("axb", "a[*]b", {"[*]": r"\*", "*": ".*"})
    assert like("a?", "a?", {"*": ".*"})
    assert not like("ab", "a?", {"*": ".*"})


def test_many_stars_cost_no_more_than_the_text() -> None:
    began = time.process_time()
    assert not like("a" * 100_000, "*a" * 60 + "*b")
    assert re.fullmatch(untried("*a" * 60 + "*b"), "a" * 100_000) is None
    assert time.process_time() - began < 1


def test_an_expression_is_compiled_once() -> None:
    assert compiled("once[0-9]") is compiled("once[0-9]")
    assert expressions.compiled("(a)(b)").groups == 2
