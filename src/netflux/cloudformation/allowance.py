"""How much a template's functions may make of it: a kilobyte of nested Fn::Join and Fn::Sub stands for gigabytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from netflux.errors import AwsError

LONGEST = 1_048_576
"""Characters of one value; the longest that properties take are tens of kilobytes."""
_ALL = 8 * LONGEST
_MOST = 100_000


class TooLarge(AwsError):
    """What a function would give is beyond what any property takes."""

    def __init__(self, what: str, most: int) -> None:
        super().__init__(
            "ValidationError",
            f"Template error: the values that its functions give have more than {most} {what}. "
            "Make them shorter: no property takes so much.",
        )


@dataclass
class Allowance:
    """What the functions of one template may still make.

    Attributes:
        characters: of text.
        items: of lists.
    """

    characters: int = _ALL
    items: int = _MOST

    def text(self, length: int) -> None:
        """Takes a text that will be made. Raises TooLarge, before it is."""
        self.characters -= length
        if length > LONGEST:
            raise TooLarge("characters", LONGEST)
        if self.characters < 0:
            raise TooLarge("characters together", _ALL)

    def list(self, length: int) -> None:
        """Takes a list that will be made. Raises TooLarge."""
        self.items -= length
        if self.items < 0:
            raise TooLarge("items", _MOST)

    def value(self, found: Any) -> Any:
        """Takes a value that was found: a parameter's, a mapping's, an attribute. Raises TooLarge."""
        if isinstance(found, str):
            self.text(len(found))
        elif isinstance(found, list):
            self.list(len(found))
            for each in found:
                self.value(each)
        elif isinstance(found, dict):
            self.list(len(found))
            for each in found.values():
                self.value(each)
        return found
