"""Policies of advanced parameters. Pure.

"Assigning parameter policies in Parameter Store", AWS Systems Manager User Guide.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from netflux.decoding import json as decoding
from netflux.errors import AwsError, Unsupported
from netflux.resources.ssm import Policy

EXPIRATION = "Expiration"
_NOTIFICATIONS = ("ExpirationNotification", "NoChangeNotification")
_MOST = 10
_VERSION = "1.0"


def read(text: str) -> Sequence[Policy]:
    """The policies of a request; an array of empty objects has none, which takes those away that are there.

    Raises:
        AwsError: it is no such array, has too many policies, or has policies that exclude each other.
        Unsupported: it asks for events of EventBridge, which is not here.
    """
    try:
        given = decoding.value(text)
    except ValueError as error:
        raise AwsError("ValidationException", f"Policies is not a JSON array: {error}.") from error
    listed = [given] if given == {} else given
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise AwsError("ValidationException", "Policies is a JSON array of objects, each a policy.")
    found = [_policy(one) for one in listed if one]
    if len(found) > _MOST:
        raise AwsError(
            "PoliciesLimitExceededException", f"A parameter has at most {_MOST} policies; {len(found)} were given."
        )
    if sum(one.type == EXPIRATION for one in found) > 1:
        raise AwsError("IncompatiblePolicyException", "You can't specify two Expiration policies for a parameter.")
    return found


def expires(policies: Sequence[Policy]) -> datetime | None:
    """When a parameter with these policies goes."""
    return next((_moment(json.loads(one.text)) for one in policies if one.type == EXPIRATION), None)


def _policy(given: dict[str, Any]) -> Policy:
    kind = given.get("Type")
    if kind in _NOTIFICATIONS:
        raise Unsupported(
            f"ssm:PutParameter: the policy {kind}",
            "It would send an event to EventBridge, which is not here. Leave it out, or run this part on AWS.",
        )
    if kind != EXPIRATION:
        raise AwsError(
            "InvalidPolicyTypeException",
            f"The policy type {kind!r} isn't supported. Parameter Store supports Expiration, ExpirationNotification "
            "and NoChangeNotification.",
        )
    if given.get("Version") != _VERSION:
        raise _attribute(f"The Version of a policy is {_VERSION!r}, not {given.get('Version')!r}.")
    _moment(given)
    return Policy(EXPIRATION, json.dumps(given, separators=(",", ":")))


def _moment(policy: dict[str, Any]) -> datetime:
    attributes = policy.get("Attributes")
    given = attributes.get("Timestamp") if isinstance(attributes, dict) else None
    try:
        found = datetime.fromisoformat(str(given))
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise _attribute(
            f"The Timestamp of an Expiration is a date and time such as 2030-12-02T21:34:33.000Z, not {given!r}."
        )
    return found.astimezone(UTC)


def _attribute(message: str) -> AwsError:
    return AwsError("InvalidPolicyAttributeException", message)
