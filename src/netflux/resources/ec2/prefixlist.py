"""Managed prefix lists and their versions."""

from __future__ import annotations

from dataclasses import dataclass, field

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError


@dataclass(frozen=True)
class PrefixListEntry:
    """A block of a list."""

    cidr: str
    description: str = ""


@dataclass(frozen=True)
class PrefixList:
    """Blocks under one name, which rules and routes refer to.

    Attributes:
        owner: the account, or `AWS`.
        family: `IPv4` or `IPv6`.
        state: `create-complete`, `modify-complete`, …
        version: the newest one; 0 of AWS's own lists, which tell none.
    """

    id: str
    name: str
    owner: str
    family: str
    max_entries: int = 0
    version: int = 1
    state: str = "create-complete"
    client_token: str = ""
    tags: dict[str, str] = field(default_factory=dict)


PREFIX_LIST = Schema(
    "ec2/prefix-list",
    PrefixList,
    lambda prefix_list: prefix_list.id,
    indices={
        "name": lambda prefix_list: (prefix_list.name,),
        "token": lambda prefix_list: (prefix_list.client_token,),
    },
    in_use=lambda prefix_list, _: AwsError(
        "DependencyViolation", f"The prefix list '{prefix_list.id}' has dependencies and cannot be deleted."
    ),
)


@dataclass(frozen=True)
class PrefixListVersion:
    """The entries that a list had or has."""

    prefix_list_id: str
    version: int
    entries: tuple[PrefixListEntry, ...]


def version_key(prefix_list_id: str, version: int) -> str:
    """Of a version's record."""
    return f"{prefix_list_id}/{version}"


PREFIX_LIST_VERSION = Schema(
    "ec2/prefix-list-version",
    PrefixListVersion,
    lambda one: version_key(one.prefix_list_id, one.version),
    indices={"list": lambda one: (one.prefix_list_id,)},
    references={"list": "ec2/prefix-list"},
)
