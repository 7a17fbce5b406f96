"""STS: who a key stands for, and the sessions that it hands out; roles are moto's to know."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from netflux.controlplane.authentication.keys import Key, Keys, key_id, secret_key
from netflux.controlplane.call import Call
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
        """Whom the key stands for; the development pair and keys that nobody issued stand for the account."""
        if call.access_key is None:
            raise AwsError("MissingAuthenticationToken", "Request is missing Authentication Token", 403)
        key = call.access_key
        own = self._keys.find(key)
        if own is None and _LIKE_AWS.fullmatch(key) and (self._moto.holds("iam") or self._moto.holds("sts")):
            answer = await self._moto.call("sts", "GetCallerIdentity", {}, key)
            if not answer["Arn"].endswith(_NOBODY):
                return answer
        found = own or await self._keys.lookup(key)
        return _identity(found.principal if found is not None else account_root(call.account), call.account)

    async def assume_role(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A session of the role."""
        return await self._role_session(call, request)

    async def assume_role_with_web_identity(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A session of the role, for whoever has the provider's token."""
        return await self._role_session(call, request)

    async def assume_role_with_saml(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A session of the role, for whoever has the provider's assertion."""
        return await self._role_session(call, request)

    async def get_session_token(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A session of who asks."""
        answer = await self._moto.call("sts", "GetSessionToken", request, call.access_key or "")
        asking = await self._keys.lookup(call.access_key or "")
        principal = asking.principal if asking is not None else account_root(call.account)
        return self._fresh(answer, principal)

    async def get_federation_token(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """A session of a user that IAM does not know."""
        answer = await self._moto.call("sts", "GetFederationToken", request, call.access_key or "")
        return self._fresh(answer, Principal("AWS", answer["FederatedUser"]["Arn"], call.account))

    async def _role_session(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        answer = await self._moto.call("sts", call.operation, request, call.access_key or "")
        arn = answer["AssumedRoleUser"]["Arn"]
        self._remember(answer["Credentials"], Principal("AWS", arn, arn.split(":")[4]))
        return answer

    def _fresh(self, answer: dict[str, Any], principal: Principal) -> dict[str, Any]:
        """moto's answer with credentials of its own: moto gives everybody the same."""
        credentials = {
            "AccessKeyId": key_id("ASIA"),
            "SecretAccessKey": secret_key(),
            "SessionToken": secrets.token_urlsafe(256),
            "Expiration": answer["Credentials"]["Expiration"],
        }
        self._remember(credentials, principal)
        return {**answer, "Credentials": credentials}

    def _remember(self, credentials: Mapping[str, Any], principal: Principal) -> None:
        expires: datetime = credentials["Expiration"]
        token = credentials["SessionToken"]
        self._keys.remember(
            Key(credentials["AccessKeyId"], credentials["SecretAccessKey"], principal, {}, token, expires)
        )


def _identity(principal: Principal, account: str) -> dict[str, Any]:
    """The root's UserId is the account's number [GetCallerIdentity]."""
    owner = principal.account or account
    return {"UserId": owner, "Account": owner, "Arn": principal.name}
