"""What a provider's answer means: nothing yet, a resource, or a failure with AWS's words. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from netflux.cloudformation.custom.record import Provision

LONGEST = 4096
"""Bytes of an answer ("Custom resource response objects")."""
_PHYSICAL = 1024


@dataclass(frozen=True)
class Outcome:
    """How far a request has come.

    Attributes:
        pending: nothing was answered, and there is time.
        failure: why it failed; empty where it did not.
        physical: the resource's id; the one that the answer to a failed creation has, too.
        data: what GetAtt gives.
        hidden: whether outputs mask it (NoEcho).
    """

    pending: bool = False
    failure: str = ""
    physical: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    hidden: bool = False


def outcome(one: Provision, now: float) -> Outcome:
    """What the answer to the last request says.

    Args:
        now: seconds since the epoch.
    """
    request = one.request
    if request.answer is not None:
        return _answered(one, request.answer)
    if now < request.until:
        return Outcome(pending=True)
    return Outcome(
        failure="CloudFormation did not receive a response from your Custom Resource. Please check your logs for "
        f"requestId [{request.id}]. If you are using the Python cfn-response module, you may need to update your "
        "Lambda function code so that CloudFormation can attach the updated version.",
        physical=one.name,
    )


def _answered(one: Provision, text: str) -> Outcome:
    if len(text.encode()) > LONGEST:
        return Outcome(failure="Response object is too long.", physical=one.name)
    answer = _read(text)
    if answer is None:
        return Outcome(failure="Invalid response object: it is no JSON object.", physical=one.name)
    problem = _problem(one, answer)
    physical = answer.get("PhysicalResourceId")
    known = physical if isinstance(physical, str) and 0 < len(physical.encode()) <= _PHYSICAL else one.name
    if problem:
        return Outcome(failure=problem, physical=known)
    if answer["Status"] == "FAILED":
        said = (
            f"Received response status [FAILED] from custom resource. Message returned: {answer['Reason']} "
            f"(RequestId: {one.request.id})"
        )
        return Outcome(failure=said, physical=known)
    if known != physical and one.request.kind != "Delete":
        return Outcome(failure="Invalid PhysicalResourceId", physical=known)
    hidden = answer.get("NoEcho") in (True, "true", "True")
    return Outcome(physical=known, data=answer.get("Data") or {}, hidden=hidden)


def _read(text: str) -> dict[str, Any] | None:
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _problem(one: Provision, answer: Mapping[str, Any]) -> str:
    """What keeps the answer from being one to this request."""
    for name, wanted in (("StackId", one.stack), ("RequestId", one.request.id), ("LogicalResourceId", one.logical)):
        if answer.get(name) != wanted:
            return f"Invalid response object: {name} must be the request's, {wanted}."
    if answer.get("Status") not in ("SUCCESS", "FAILED"):
        return "Invalid response object: Status must be SUCCESS or FAILED."
    if answer["Status"] == "FAILED" and not isinstance(answer.get("Reason"), str):
        return "Invalid response object: Value of Reason property must be a String when Status is FAILED."
    if not isinstance(answer.get("Data") or {}, dict):
        return "Invalid response object: Value of Data property must be an object."
    return ""
