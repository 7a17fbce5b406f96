"""What is known of an API call besides its parameters, and who makes calls."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True)
class Call:
    """One call of an AWS API.

    Attributes:
        service: botocore's service name, e.g. `elbv2`.
        operation: the operation's name in the service model, e.g. `CreateRule`.
        region: the region of the credential scope.
        account: twelve digits.
        request_id: returned to the client, and written to the log beside errors.
        access_key: the access key id that signed the request; None for calls from inside and anonymous ones.
        told: parameters and answer, once the call has succeeded; nothing where moto answered a client byte for byte.
    """

    service: str
    operation: str
    region: str
    account: str
    request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    access_key: str | None = None
    told: tuple[Mapping[str, Any], ...] = ()


class Caller(Protocol):
    """Calls the region's own APIs, or moto past our own handlers."""

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The operation's response as botocore shapes it; AwsError when it fails."""
        ...
