"""What is asked of a custom resource's provider, and what it answered: on disk before anything is sent."""

from __future__ import annotations

from dataclasses import dataclass

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class Request:
    """One request to a provider.

    Attributes:
        id: AWS's RequestId, which the answer has to repeat.
        attempt: names the stack's operation and what it wants; who asks again after a restart has the same.
        kind: Create, Update or Delete.
        secret: the signature in the address that takes the answer.
        until: seconds since the epoch after which no answer counts.
        sent: whether the provider was told.
        answer: what was put to the address; None before.
    """

    id: str
    attempt: str
    kind: str
    secret: str
    until: float
    sent: bool = False
    answer: str | None = None


@dataclass(frozen=True)
class Provision:
    """A custom resource with the last request for it.

    Attributes:
        token: of the resource's record in its stack.
        name: the physical id where its provider never gave one.
    """

    token: str
    stack: str
    logical: str
    type: str
    name: str
    request: Request


PROVISION = Schema(
    "cloudformation/provision",
    Provision,
    lambda one: one.token,
    indices={"request": lambda one: (one.request.id,)},
    remedy="Delete the stack that has it with the resource retained: its provider is asked anew by a new resource.",
)
