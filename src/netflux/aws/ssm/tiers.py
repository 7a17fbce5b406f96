"""Which tier a parameter is in, and what it has room for. Pure.

"Managing parameter tiers", AWS Systems Manager User Guide.
"""

from __future__ import annotations

from dataclasses import dataclass

from netflux.errors import AwsError
from netflux.resources.ssm import ADVANCED, INTELLIGENT, STANDARD

SIZES = {STANDARD: 4096, ADVANCED: 8192}
"""Bytes of a value."""
MOST = {STANDARD: 10_000, ADVANCED: 100_000}
"""Parameters of an account in a region."""


@dataclass(frozen=True)
class Asked:
    """What decides the tier of a version.

    Attributes:
        tier: of the request; empty where it has none.
        before: of the parameter; empty for a new one.
        size: bytes of the value.
        policies: whether the parameter has policies.
        full: whether the account has as many standard parameters as it may.
    """

    tier: str
    before: str
    size: int
    policies: bool
    full: bool


def chosen(asked: Asked) -> str:
    """The tier. An advanced parameter stays one.

    Raises:
        AwsError: the tier has no room for the value, has no policies, or is below the one that the parameter has.
    """
    tier = asked.tier or asked.before or STANDARD
    if tier == STANDARD and asked.before == ADVANCED:
        raise _invalid(
            "You can't downgrade a parameter from the advanced-parameter tier to the standard-parameter tier. Delete "
            "it, and create it as a standard parameter."
        )
    if tier == INTELLIGENT:
        more = asked.size > SIZES[STANDARD] or asked.policies or asked.before == ADVANCED
        tier = ADVANCED if more or (asked.full and not asked.before) else STANDARD
    if tier == STANDARD and asked.policies:
        raise _invalid("Parameter policies are for advanced parameters only. Set the tier to Advanced.")
    if asked.size > SIZES[tier]:
        advice = (
            "To create a larger parameter value, upgrade the parameter to use the advanced-parameter tier."
            if tier == STANDARD
            else "Split it up."
        )
        raise _invalid(
            f"{tier} tier parameters support a maximum parameter value of {SIZES[tier]} characters, not {asked.size}. "
            f"{advice}"
        )
    return tier


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)
