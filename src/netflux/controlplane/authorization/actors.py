"""Who a service acts as when it makes calls for somebody later: with their role, or with what they may do themselves.

CloudFormation makes a stack's calls so ("AWS CloudFormation service role"; "Forward access sessions", IAM User Guide).
An actor is kept with what it is to do: texts, none of which is a secret.
"""

from __future__ import annotations

from collections.abc import Sequence

from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.authorization.authorization import Acting, Actor, Authorization, session_of
from netflux.controlplane.call import Caller
from netflux.errors import AwsError
from netflux.policy.evaluate import Principal

ADMINISTRATOR: tuple[str, ...] = ()


class Actors:
    """Makes actors of who asks, and callers of actors.

    Args:
        authorization: decides what they may do.
        keys: say who asks.
        apis: carry out what is allowed.
    """

    def __init__(self, authorization: Authorization, keys: Keys, apis: Caller) -> None:
        self._authorization = authorization
        self._keys = keys
        self._apis = apis

    def of(self, access_key: str | None, role: str, service: str) -> tuple[str, ...]:
        """The actor: the role where one was given, else whoever has the key.

        Args:
            access_key: of who asks; None for parts of the region.
            role: ARN; empty for none.
            service: who is to assume the role, e.g. `cloudformation.amazonaws.com`.

        Raises:
            AwsError: the role does not trust the service.
        """
        if not self._authorization.enforced:
            return ADMINISTRATOR
        if role:
            if not self._authorization.trusted(role, service, {}).allowed:
                raise AwsError("ValidationError", f"Role {role} is invalid or cannot be assumed")
            return (role,)
        key = self._keys.known(access_key or "")
        if key is None or key.principal.is_root:
            return ADMINISTRATOR
        return (key.principal.name, key.issuer, service, *key.policies)

    def calling(self, actor: Sequence[str]) -> Caller:
        """The region's APIs as the actor calls them."""
        if not actor:
            return self._apis
        name, *more = actor
        if not more:
            return Acting(self._apis, self._authorization, Actor(session_of(name, "AWSCloudFormation")))
        issuer, service, *policies = more
        principal = Principal("AWS", name, name.split(":")[4])
        return Acting(self._apis, self._authorization, Actor(principal, tuple(policies), issuer, service))
