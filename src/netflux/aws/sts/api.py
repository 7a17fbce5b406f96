"""STS GetCallerIdentity; every other operation is moto's."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Protocol

from netflux.controlplane.call import Call
from netflux.controlplane.keys import Keys
from netflux.errors import AwsError
from netflux.policy.evaluate import Principal, account_root

_LIKE_AWS = re.compile(r"(AKIA|ASIA)[A-Z0-9]{12,28}")
"""Keys as IAM and STS make them: "IAM identifiers", IAM User Guide."""
_NOBODY = ":user/moto"
"""The end of the ARN that moto gives to a key it does not know."""


class Moto(Protocol):
    """Holds the users and roles."""

    def holds(self, service: str) -> bool:
        """Whether there is any state of the service."""
        ...

    async def call(
        self, service: str, operation: str, params: Mapping[str, Any], access_key: str = ...
    ) -> dict[str, Any]:
        """The response; AwsError."""
        ...


class StsApi:
    """The overlay.

    Args:
        moto: knows the keys of users, and of roles that were assumed.
        keys: those that the region issued to its own services.
    """

    service = "sts"
    whole = False

    def __init__(self, moto: Moto, keys: Keys) -> None:
        self._moto = moto
        self._keys = keys

    async def get_caller_identity(self, call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """Whom the key stands for; a key that nobody issued stands for the account, as it does for S3."""
        if call.access_key is None:
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        key = call.access_key
        issued = self._keys.find(key)
        if issued is not None:
            return _identity(issued.principal, call.account)
        if _LIKE_AWS.fullmatch(key) and (self._moto.holds("iam") or self._moto.holds("sts")):
            answer = await self._moto.call("sts", "GetCallerIdentity", {}, key)
            if not answer["Arn"].endswith(_NOBODY):
                return answer
        return _identity(account_root(call.account), call.account)


def _identity(principal: Principal, account: str) -> dict[str, Any]:
    """The root's UserId is the account's number [GetCallerIdentity]."""
    owner = principal.account or account
    return {"UserId": owner, "Account": owner, "Arn": principal.name}
