"""What of a folder is not content: names that are never, and what its `.dockerignore` says. Pure.

Patterns: "Dockerfile reference", ".dockerignore file": the last one that fits decides, `!` takes back in, `**` stands
for any number of folders. A pattern that fits a folder fits all that is in it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from netflux import expressions

FILE = ".dockerignore"
NAMES = frozenset(
    {
        ".git", ".hg", ".svn", ".netflux", "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox",
        ".terraform", ".DS_Store",
    }
)  # fmt: skip
"""Left out wherever they are: histories of versions, this cloud's own state, and what tools make anew by themselves."""


class Unreadable(ValueError):
    """A line of the file is no pattern; the message names it."""


@dataclass(frozen=True)
class Ignore:
    """What is left out.

    Attributes:
        patterns: each with whether it leaves out, in the file's order.
    """

    patterns: Sequence[tuple[expressions.Expression, bool]] = ()

    @property
    def takes_back(self) -> bool:
        """Whether something in a folder that is left out may be taken all the same."""
        return not all(out for _, out in self.patterns)

    def leaves_out(self, path: str) -> bool:
        """Whether a path, relative to the folder, is no content."""
        if path.rpartition("/")[2] in NAMES:
            return True
        found = False
        for pattern, out in self.patterns:
            if out != found and pattern.fullmatch(path):
                found = out
        return found


def read(text: str) -> Ignore:
    """The patterns of a `.dockerignore`.

    Raises:
        Unreadable: a line has no meaning.
    """
    found: list[tuple[expressions.Expression, bool]] = []
    for line in text.removeprefix("\ufeff").splitlines():
        pattern = "" if line.startswith("#") else line.strip()
        back = pattern.startswith("!")
        pattern = pattern.removeprefix("!").strip().strip("/").removeprefix("./")
        if not pattern or pattern == ".":
            continue
        try:
            found.append((expressions.compiled(_expression(pattern) + "(/.*)?"), not back))
        except expressions.Invalid as error:
            raise Unreadable(f"{FILE} has a line that is no pattern: {line.strip()}") from error
    return Ignore(found)


_WORDS = re.compile(r"\*\*/|\*\*|\*|\?|\[\^?[^]]+\]|\\.|.", re.DOTALL)
_MEANS = {"**/": "(.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _expression(pattern: str) -> str:
    return "".join(_MEANS.get(word) or _literal(word) for word in _WORDS.findall(pattern))


def _literal(word: str) -> str:
    if word.startswith("[") and len(word) > 1:
        return word
    return re.escape(word[1:] if len(word) > 1 else word)
