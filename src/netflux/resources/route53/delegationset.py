"""Reusable delegation sets: four name servers that several hosted zones have."""

from __future__ import annotations

from dataclasses import dataclass

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError


@dataclass(frozen=True)
class DelegationSet:
    """A reusable delegation set.

    Attributes:
        id: `N…`, without the path that the API writes before it.
        caller_reference: of the request that made it.
        name_servers: four of them.
    """

    id: str
    caller_reference: str
    name_servers: tuple[str, ...]


def in_use(found: DelegationSet, _referring: str = "") -> AwsError:
    """Why a set that zones have can't be deleted."""
    return AwsError(
        "DelegationSetInUse",
        f"The specified delegation set {found.id} contains associated hosted zones which must be deleted before the "
        "reusable delegation set can be deleted.",
    )


DELEGATION_SET = Schema(
    "route53/delegation-set",
    DelegationSet,
    lambda found: found.id,
    indices={"caller_reference": lambda found: (found.caller_reference,)},
    in_use=in_use,
    remedy="Make it anew: aws route53 create-reusable-delegation-set.",
)
