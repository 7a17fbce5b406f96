"""Pages of a list whose token is the place at which the next one starts, and numbers that AWS takes as texts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeVar

from netflux.errors import AwsError

_T = TypeVar("_T")
_NUMBER = re.compile("[0-9]{1,15}")


def number(text: str) -> int | None:
    """What the text says, where it is a number in digits that a token or a limit may be; None where it is not."""
    return int(text) if _NUMBER.fullmatch(text) else None


def page(items: Sequence[_T], token: str | None, size: int, refusal: AwsError) -> tuple[list[_T], str]:
    """The page that the token asks for, and the next one's token; an empty one at the end.

    Args:
        items: all of them, in an order that stays.
        token: what an earlier answer gave; nothing for the first page.
        size: entries of a page.
        refusal: raised for a token that no answer gave.
    """
    start = number(token) if token else 0
    if start is None or size < 1:
        raise refusal
    end = start + size
    return [*items[start:end]], str(end) if end < len(items) else ""
