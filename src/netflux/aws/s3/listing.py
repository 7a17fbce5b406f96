"""Pages of keys with prefix, delimiter and a place to continue from. Pure."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LARGEST_PAGE = 1000  # "ListObjectsV2", S3 API Reference, max-keys


@dataclass(frozen=True)
class Page:
    """A page.

    Attributes:
        keys: in order.
        prefixes: common prefixes, in order.
        last: the key or prefix after which the next page starts; empty when there is no further page.
    """

    keys: tuple[str, ...]
    prefixes: tuple[str, ...]
    last: str


@dataclass(frozen=True)
class Question:
    """What is to be listed: `after` is exclusive; a common prefix as `after` skips all that it holds."""

    prefix: str = ""
    delimiter: str = ""
    after: str = ""
    limit: int = LARGEST_PAGE


def page(keys: Sequence[str], question: Question) -> Page:
    """The page of the sorted keys. S3 orders by UTF-8 bytes, which is the order of Python's strings."""
    limit = min(question.limit, LARGEST_PAGE)
    found: list[str] = []
    prefixes: list[str] = []
    last = ""
    position = _start(keys, question)
    while position < len(keys) and keys[position].startswith(question.prefix):
        if len(found) + len(prefixes) >= limit:
            return Page(tuple(found), tuple(prefixes), last if limit else "")
        key = keys[position]
        common = _common(key, question)
        if common:
            prefixes.append(common)
            last = common
            position = bisect_left(keys, _after_prefix(common), position)
        else:
            found.append(key)
            last = key
            position += 1
    return Page(tuple(found), tuple(prefixes), "")


def _start(keys: Sequence[str], question: Question) -> int:
    position = bisect_left(keys, question.prefix)
    if not question.after:
        return position
    if _common(question.after, question) == question.after:
        return max(position, bisect_left(keys, _after_prefix(question.after)))
    return max(position, bisect_right(keys, question.after))


def _common(key: str, question: Question) -> str:
    if not question.delimiter:
        return ""
    cut = key.find(question.delimiter, len(question.prefix))
    return key[: cut + len(question.delimiter)] if cut >= 0 else ""


def _after_prefix(prefix: str) -> str:
    """The least string above all that start with the prefix."""
    return prefix + chr(0x10FFFF)


@dataclass(frozen=True)
class Within:
    """A page of what keys have several of: versions, or uploads.

    Attributes:
        entries: key and id, in order.
        prefixes: common prefixes, in order.
        last: the key or prefix, and the id, after which the next page starts; empty when there is no further page.
    """

    entries: tuple[tuple[str, str], ...]
    prefixes: tuple[str, ...]
    last: tuple[str, str] = ("", "")


def within(keys: Sequence[str], question: Question, ids: Callable[[str], Sequence[str]], after: str = "") -> Within:
    """The page of the ids that the sorted keys have.

    Args:
        ids: of a key, in their order.
        after: with it the page starts behind this id of the key `question.after`.
    """
    limit = min(question.limit, LARGEST_PAGE)
    found: list[tuple[str, str]] = []
    prefixes: list[str] = []
    last = ("", "")
    position = _start(keys, question)
    if after and position and keys[position - 1] == question.after:
        position -= 1
    while position < len(keys) and keys[position].startswith(question.prefix):
        key = keys[position]
        common = _common(key, question)
        if common:
            if len(found) + len(prefixes) >= limit:
                return Within(tuple(found), tuple(prefixes), last if limit else ("", ""))
            prefixes.append(common)
            last = common, ""
            position = bisect_left(keys, _after_prefix(common), position)
            continue
        for each in _behind(ids(key), after if key == question.after else ""):
            if len(found) + len(prefixes) >= limit:
                return Within(tuple(found), tuple(prefixes), last if limit else ("", ""))
            found.append((key, each))
            last = key, each
        position += 1
    return Within(tuple(found), tuple(prefixes))


def _behind(ids: Sequence[str], after: str) -> Sequence[str]:
    return ids[ids.index(after) + 1 :] if after in ids else ids
