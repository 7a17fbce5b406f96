"""A rule of AWS's, as a request that breaks it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Rule:
    """A request that AWS refuses.

    Attributes:
        rule: what AWS asks for, in words, e.g. "A subnet's block has a prefix of /16 to /28".
        call: the operation, e.g. `CreateSubnet`.
        params: of the request; "{vpc}" stands for the id that `prepare` has made under that name.
        code: of the error.
        page: AWS's page that says so, by its title.
        says: what the error's message has in it; empty for whatever it says.
    """

    rule: str
    call: str
    params: Mapping[str, Any]
    code: str
    page: str
    says: str = ""


def filled(value: Any, names: Mapping[str, str]) -> Any:
    """The params with ids for their placeholders."""
    if isinstance(value, str):
        for name, identity in names.items():
            value = value.replace(f"{{{name}}}", identity)
        return value
    if isinstance(value, Mapping):
        return {key: filled(item, names) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [filled(item, names) for item in value]
    return value
