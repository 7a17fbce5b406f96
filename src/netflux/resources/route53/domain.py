"""Domain names as Route 53 keeps, compares and orders them. Pure.

Developer guide, "DNS domain name format": lower case, a dot at the end, and whatever is no letter, digit, hyphen or
underscore is written as `\\ooo`, the octal code of each of its bytes.
"""

from __future__ import annotations

import re
import string
from functools import lru_cache

_PLAIN = frozenset(string.ascii_lowercase + string.digits + "-_")
_SEPARATOR = re.compile(r"(?<!\\)\.")
_PART = re.compile(r"\\([0-3][0-7][0-7])|\\(.)|(.)", re.DOTALL)
_LONGEST_LABEL = 63
_LONGEST = 255


class InvalidName(ValueError):
    """A text that is no domain name, in Route 53's words."""

    def __init__(self, problem: str, meaning: str, name: str) -> None:
        super().__init__(f"FATAL problem: {problem} ({meaning}) encountered with '{name}'")


def canonical(name: str) -> str:
    """A name as Route 53 keeps it.

    Raises:
        InvalidName: it is none.
    """
    if not name or name == ".":
        raise InvalidName("DomainNameEmpty", "Domain name is empty", name)
    labels = [_bytes(label) for label in _SEPARATOR.split(name.removesuffix("."))]
    if any(not label for label in labels):
        raise InvalidName("DomainLabelEmpty", "Domain label is empty", name)
    if any(len(label) > _LONGEST_LABEL for label in labels):
        raise InvalidName("DomainLabelTooLong", "Domain label is too long", name)
    if sum(len(label) + 1 for label in labels) > _LONGEST:
        raise InvalidName("DomainNameTooLong", "Domain name is too long", name)
    return "".join(f"{_written(label)}." for label in labels)


def _bytes(label: str) -> bytes:
    """A label with its escapes taken back: `\\052` is a star, and `\\` before anything else stands for what follows."""
    found = bytearray()
    for part in _PART.finditer(label):
        octal, quoted, plain = part.groups()
        if octal:
            found.append(int(octal, 8))
        elif plain and (plain.isspace() or not plain.isprintable()):
            raise InvalidName("UnsupportedCharacter", "Value contains unsupported characters", plain)
        else:
            found += (quoted or plain).encode()
    return bytes(found)


def _written(label: bytes) -> str:
    text = label.lower()
    return "".join(chr(one) if chr(one) in _PLAIN else f"\\{one:03o}" for one in text)


def compared(name: str) -> str:
    """A name as the resolver and the gateway compare it: lower case, no dot at the end, `*` for a wildcard."""
    return name.lower().removesuffix(".").replace("\\052", "*")


@lru_cache(maxsize=20_000)
def order(name: str) -> tuple[str, ...]:
    """Route 53's order: by labels from the last one on [ListResourceRecordSets]."""
    return tuple(reversed(name.lower().removesuffix(".").split(".")))


def within(name: str, zone: str) -> bool:
    """Whether a name is the zone's or below it; both in the same form."""
    return name == zone or name.endswith(f".{zone}")
