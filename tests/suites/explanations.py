"""Why a test of another project's suite fails: kinds with an explanation, kept in explained/*.toml.

```toml
[[kind]]
name = "what the failures have in common, in a few words"
why = "the explanation, with the title of AWS's page where AWS says otherwise"
tests = ["test_key_pairs::test_x", "test_vpcs::test_y*"]
says = ["a regular expression that the reason matches"]
```
A failed test is of the first kind that names it or matches its reason; the files are read in the order of their names,
the service's own first. Names may have shell's wildcards; a bracket is a bracket.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

PLACE = Path(__file__).parent / "explained"


@dataclass(frozen=True)
class Kind:
    """What some failures have in common."""

    name: str
    why: str
    tests: tuple[str, ...]
    says: tuple[str, ...]

    def has(self, test: str, reason: str) -> bool:
        """Whether this failure is one of them."""
        named = any(fnmatchcase(test, name.replace("[", "[[]")) for name in self.tests)
        return named or any(re.search(said, reason) for said in self.says)


def kinds(service: str) -> list[Kind]:
    """The service's own, then those of all services."""
    places = [place for place in (PLACE / f"{service}.toml", PLACE / "all.toml") if place.exists()]
    rows = [kind for place in places for kind in tomllib.loads(place.read_text()).get("kind", [])]
    return [Kind(row["name"], row["why"], tuple(row.get("tests", ())), tuple(row.get("says", ()))) for row in rows]


def kind_of(test: str, reason: str, known: list[Kind]) -> Kind | None:
    """The first that has it."""
    return next((kind for kind in known if kind.has(test, reason)), None)
