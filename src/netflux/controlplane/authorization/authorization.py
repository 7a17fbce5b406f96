"""Decides calls: of tasks, of sessions, of users. The account's own keys are the administrator's."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from netflux.controlplane.authentication.keys import Key
from netflux.controlplane.authorization import circumstances, customerkeys, passedroles, resourcepolicies, resourcetags
from netflux.controlplane.authorization.circumstances import Context
from netflux.controlplane.authorization.denials import Denial, Denials
from netflux.controlplane.authorization.identity import Identities, Identity
from netflux.controlplane.authorization.refusal import refusal
from netflux.controlplane.authorization.resolution import resolved
from netflux.controlplane.authorization.service import EVERYTHING, Need
from netflux.controlplane.authorization.services import service
from netflux.controlplane.call import Call, Caller
from netflux.errors import AwsError
from netflux.policy.document import Policy
from netflux.policy.evaluate import Principal, Request
from netflux.policy.verdict import Kind, Source, Verdict, administrator, judge

_log = logging.getLogger(__name__)

_FREE = {"sts": ("GetCallerIdentity", "GetSessionToken")}
"""What nobody needs a permission for: the operations' pages in the STS API Reference."""


class Authorization:
    """Says whether calls may be carried out.

    Args:
        apis: tells resources' policies, and what names stand for.
        identities: has users' and roles' policies.
        place: the one region there is, and the account of twelve digits.
        enforced: whether anything is refused; `--iam off` refuses nothing.
        now: the time.
    """

    def __init__(
        self,
        apis: Caller,
        identities: Identities,
        place: tuple[str, str],
        *,
        enforced: bool = True,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.enforced = enforced
        self.denials = Denials()
        self.identities = identities
        self._apis = apis
        self._region, self._account = place
        self._now = now

    async def check(self, call: Call, params: Mapping[str, Any], key: Key, context: Context) -> None:
        """Returns when the call of whoever has the key may be carried out.

        Args:
            call: what is called.
            params: as botocore shapes them.
            key: that the request is signed with.
            context: condition keys that the message carries.

        Raises:
            AwsError: it may not, in the service's words.
        """
        identity = self.known(key)
        if identity is not None:
            known = {**circumstances.of_identity(identity, key), **context}
            await self._decide(call, params, identity, known)

    async def check_as(self, service: str, operation: str, params: Mapping[str, Any], actor: Actor) -> None:
        """The same for a part of ours that acts for somebody."""
        if self.enforced:
            call = Call(service, operation, self._region, self._account)
            identity = self.identities.identity(actor.principal, actor.policies, actor.issuer)
            await self._decide(call, params, identity, {**circumstances.of_identity(identity), **actor.context})

    async def verdict(self, identity: Identity, need: Need, context: Context) -> Verdict:
        """The verdict on one action on one resource, with the policy that the resource has.

        Args:
            identity: who asks.
            need: what is asked.
            context: condition keys of the request.
        """
        own = await self.resource_policy(need)
        policies = [own] if own is not None else []
        if resourcetags.wanted([*identity.sources, *policies]):
            context = {**context, **await resourcetags.context(self._apis, need.resource)}
        return self.judged(identity, need, context, policies)

    async def resource_policy(self, need: Need) -> Source | None:
        """The policy of the resource that is asked for; None where it has none."""
        return await resourcepolicies.source(self._apis, self.identities, need.action, need.resource)

    def judged(self, identity: Identity, need: Need, context: Context, resource: Sequence[Source]) -> Verdict:
        """The same, for a service that has its resources' policies at hand."""
        request = Request(identity.principal, need.action, need.resource, {**context, **need.context})
        if identity.principal.is_root:
            return administrator(request)
        decides = resourcepolicies.decides(need.action, resource)
        return judge([*identity.sources, *resource], request, resource_decides=decides)

    def decides(self, key: Key) -> bool:
        """Whether policies decide what whoever has the key may do."""
        return self.enforced and key.principal.kind == "AWS" and not key.principal.is_root

    def known(self, key: Key) -> Identity | None:
        """Who has the key, if policies decide what they may do."""
        if not self.decides(key):
            return None
        return self.identities.identity(key.principal, key.policies, key.issuer)

    def acting(self, role: str, session: str) -> Acting:
        """Calls the region's APIs as a session of the role, which may do what the role's policies allow.

        Args:
            role: ARN.
            session: its name.
        """
        return Acting(self._apis, self, Actor(session_of(role, session)))

    def trusted(self, role: str, service: str, context: Context) -> Verdict:
        """Whether a service may assume the role; a role that is not there trusts nobody.

        Args:
            role: ARN.
            service: e.g. `ecs-tasks.amazonaws.com`.
            context: condition keys in lower case.
        """
        principal = Principal("Service", service)
        found = self.identities.trust(role)
        request = Request(principal, "sts:AssumeRole", role, {**context, "aws:principalisawsservice": ("true",)})
        return judge([found] if found is not None else [], request, resource_decides=True)

    def granted(self, session: Principal, request: Request, policy: Policy | None) -> Verdict:
        """Whether a session may do something with a resource whose policy is at hand.

        Args:
            session: who asks.
            request: what is asked.
            policy: of the resource; None where it has none.
        """
        own = [Source(Kind.RESOURCE, "", request.resource, policy)] if policy is not None else []
        need = Need(request.action, request.resource)
        return self.judged(self.identities.identity(session), need, request.context, own)

    def refuse(self, call: Call, verdict: Verdict) -> AwsError:
        """The error for a refusal, which is remembered."""
        self.denials.add(Denial(self._now(), call.service, call.operation, verdict))
        error = refusal(call.service, verdict)
        _log.info("%s:%s denied: %s", call.service, call.operation, error.message)
        return error

    async def _decide(self, call: Call, params: Mapping[str, Any], identity: Identity, context: Context) -> None:
        if call.operation in _FREE.get(call.service, ()):
            return
        known = {**context, **circumstances.of_call(params, self._region, self._account, self._now())}
        for need in await self.needs(call, params, identity):
            verdict = await self.verdict(identity, need, known)
            if not verdict.allowed:
                raise self.refuse(call, verdict)

    async def needs(self, call: Call, params: Mapping[str, Any], identity: Identity) -> Sequence[Need]:
        """What must be allowed for a call; at least one action."""
        table = service(call.service)
        named = await resolved(self._apis, self.identities, identity, call, params)
        found = [*table.needs(call.operation, named, table.place(self._region, self._account))]
        for more in (customerkeys, passedroles):
            found += await more.needs(self._apis, call, params)
        return found or [Need(f"{table.prefix}:{call.operation}", EVERYTHING)]


@dataclass(frozen=True)
class Actor:
    """For whom a part of ours makes calls.

    Attributes:
        principal: a session or a user.
        policies: documents of session policies.
        issuer: of a session, the ARN of who asked for it.
        service: through which they make them, e.g. `cloudformation.amazonaws.com`; empty for a role of its own.
    """

    principal: Principal
    policies: tuple[str, ...] = ()
    issuer: str = ""
    service: str = ""

    @property
    def context(self) -> Context:
        """Condition keys that such calls carry ["Forward access sessions"]."""
        if not self.service:
            return {}
        return {"aws:viaawsservice": ("true",), "aws:calledvia": (self.service,)}


class Acting:
    """Calls the region's APIs for somebody.

    Args:
        apis: carries the calls out.
        authorization: decides them.
        actor: for whom.
    """

    def __init__(self, apis: Caller, authorization: Authorization, actor: Actor) -> None:
        self._apis = apis
        self._authorization = authorization
        self._actor = actor

    async def call(self, service: str, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The operation's response as botocore shapes it; AwsError when it fails, or is denied."""
        await self.permit(service, operation, params)
        return await self._apis.call(service, operation, params)

    async def permit(self, service: str, operation: str, params: Mapping[str, Any]) -> None:
        """Returns when they may call the operation; AwsError, in the service's words, when not."""
        await self._authorization.check_as(service, operation, params, self._actor)


def session_of(role: str, session: str) -> Principal:
    """A session of a role, by the role's ARN: "IAM ARNs", IAM User Guide. A session's ARN has no path."""
    account, name = role.split(":")[4], role.rpartition("/")[2]
    return Principal("AWS", f"arn:aws:sts::{account}:assumed-role/{name}/{session}", account, role)
