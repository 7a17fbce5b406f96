"""What rules are decided on: EC2's own Describe answers, and who uses its nouns. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netflux.errors import AwsError

Item = Mapping[str, Any]
Described = Mapping[str, Sequence[Item]]
"""Lists by the member of the answer that has them, e.g. `Subnets`."""


@dataclass(frozen=True)
class Check:
    """The rules of one operation.

    Attributes:
        reads: members that the decision needs.
        decide: raises AwsError when the call is refused; takes the request and what was read.
    """

    reads: tuple[str, ...]
    decide: Callable[[Item, Described], None]


DIFFERENT_NETWORKS = "You have specified two resources that belong to different networks."


def found(items: Iterable[Item], member: str, value: Any) -> Item | None:
    """The item whose member has the value."""
    return next((one for one in items if one.get(member) == value), None)


def invalid(message: str) -> AwsError:
    """What EC2 says of most values that it does not take."""
    return AwsError("InvalidParameterValue", message)


def missing(*members: str) -> AwsError:
    """A parameter that is needed, or one of several."""
    said = f"the parameter {members[0]}" if len(members) == 1 else f"exactly one of: {', '.join(members)}"
    return AwsError("MissingParameter", f"The request must contain {said}")


def in_use(noun: str, identity: str) -> AwsError:
    """Something else still needs what is to be deleted."""
    return AwsError("DependencyViolation", f"The {noun} '{identity}' has dependencies and cannot be deleted.")
