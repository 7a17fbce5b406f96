"""Regular expressions and wildcards that clients write, run in time that grows with the text and in no other way.

Python's `re` looks for a match by trying, and `^(a+)+$` makes it try for ever, holding all that the region does. RE2
doesn't try; it has no look-around, back-references, atomic groups nor possessive quantifiers, and refuses them.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from typing import Any, Protocol

import re2

LONGEST = 8192
"""Characters of an expression; AWS's longest is that of an ELB transform, 1,024."""
_MEMORY = 512 * 1024
"""Bytes for an expression's program and its states; RE2 refuses what needs more."""
_REMEMBERED = 128
_BEYOND = re.compile(r"\(\?(?:[=!]|<[=!])|\(\?>|\\[1-9]|\\k<|[*+?}]\+")
_NAMES = {
    "(?=": "a look-ahead", "(?!": "a look-ahead", "(?<=": "a look-behind", "(?<!": "a look-behind",
    "(?>": "an atomic group", "\\k<": "a back-reference",
}  # fmt: skip


class Invalid(ValueError):
    """The text is no expression that can be run; the message says what is wrong with it.

    Attributes:
        beyond: what other engines have and a linear one can't: "a look-ahead", "a back-reference"; "" where the text
            is wrong in any engine, or too large.
    """

    def __init__(self, message: str, beyond: str = "") -> None:
        super().__init__(message)
        self.beyond = beyond


class Expression(Protocol):
    """A compiled expression."""

    @property
    def groups(self) -> int:
        """How many there are."""
        ...

    def search(self, text: str) -> Any:
        """The first match, or None."""
        ...

    def fullmatch(self, text: str) -> Any:
        """The match of the whole text, or None."""
        ...


def compiled(text: str) -> Expression:
    """The expression. Raises Invalid."""
    return _compiled(text)


@functools.lru_cache(maxsize=_REMEMBERED)
def _compiled(text: str, *, dot_is_all: bool = False) -> Expression:
    if len(text) > LONGEST:
        raise Invalid(f"it has more than {LONGEST} characters")
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    options.dot_nl = dot_is_all
    try:
        found: Expression = re2.compile(text, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise Invalid(_told(error), beyond(text)) from error
    return found


def _told(error: Exception) -> str:
    told = error.args[0] if error.args and not isinstance(error, UnicodeEncodeError) else "it is not Unicode"
    return told.decode(errors="replace") if isinstance(told, bytes) else str(told)


def beyond(text: str) -> str:
    """The name of what the expression has and RE2 can't have; "" when there is nothing of the kind."""
    found = _BEYOND.search(text)
    if found is None:
        return ""
    return _NAMES.get(found[0], "a back-reference" if found[0].startswith("\\") else "a possessive quantifier")


ANY, ONE = "*", "?"
_WILD: Mapping[str, str] = {ANY: ".*", ONE: "."}


def like(text: str, pattern: str, wildcards: Mapping[str, str] = _WILD) -> bool:
    """Whether the whole text fits a pattern with wildcards.

    Args:
        wildcards: what parts of the pattern stand for, as expressions; a longer part goes before a shorter one.

    A pattern that RE2 has no room for fits nothing: AWS has none so long.
    """
    if pattern == ANY and ANY in wildcards:
        return True
    try:
        return _compiled(_translated(pattern, tuple(wildcards.items())), dot_is_all=True).fullmatch(text) is not None
    except (Invalid, UnicodeEncodeError):
        return False


@functools.lru_cache(maxsize=1024)
def _translated(pattern: str, wildcards: tuple[tuple[str, str], ...]) -> str:
    known = dict(wildcards)
    parts = re.split(f"({'|'.join(re.escape(part) for part in known)})", pattern)
    return "".join(known[part] if part in known else re.escape(part) for part in parts)


def untried(pattern: str, one: str = ".") -> str:
    """A pattern with wildcards as an expression for an engine that tries, HAProxy's: without anchors, and bounded.

    What fits first behind a `*` is as good as any later fit, so each `*` but the last is told not to try again.

    Args:
        one: what `?` is one of and `*` any number of.
    """
    first, *rest = (
        "".join(one if char == ONE else re.escape(char) for char in part) for part in re.split(r"\*+", pattern)
    )
    if not rest:
        return first
    *middle, last = rest
    return first + "".join(f"(?>{one}*?{part})" for part in middle) + f"{one}*{last}"
