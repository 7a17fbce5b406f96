"""Answers why something is denied, in JSON's types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from netflux.controlplane.authorization import circumstances
from netflux.controlplane.authorization.authorization import Authorization, session_of
from netflux.controlplane.authorization.identity import Identity
from netflux.controlplane.authorization.service import Need
from netflux.errors import UserError
from netflux.policy.evaluate import Principal, account_root
from netflux.policy.explain import advice, decided, near, snippet, where
from netflux.policy.verdict import Source, Verdict

_HINT = (
    "Name it as `aws iam get-role` or `aws sts get-caller-identity` shows it, e.g. arn:aws:iam::123456789012:role/app."
)


class WhyDenied:
    """Looks into denials.

    Args:
        authorization: that denies.
        place: the one region there is, and the account of twelve digits.
    """

    def __init__(self, authorization: Authorization, place: tuple[str, str]) -> None:
        self._authorization = authorization
        self._region, self._account = place

    async def last(self) -> list[dict[str, Any]]:
        """The last refusals, newest first, each with what decides about the same request now."""
        found = []
        for denial in self._authorization.denials:
            request = denial.verdict.request
            identity = self._authorization.identities.identity(request.principal)
            need = Need(request.action, request.resource)
            now = await self._authorization.verdict(identity, need, request.context)
            told = {
                "at": denial.at.isoformat(),
                "service": denial.service,
                "operation": denial.operation,
                "allowed_now": now.allowed,
                **self._told(denial.verdict, await self._sources(identity, need)),
            }
            found.append(told)
        return found

    async def explain(self, principal: str, action: str, resource: str) -> dict[str, Any]:
        """Whether a principal may do something, and what decides.

        Raises:
            UserError: there is no such principal.
        """
        if ":" not in action:
            raise UserError(f"{action} is no action.", "Name it with its service, e.g. s3:GetObject.", 2)
        identity = self._identity(principal)
        need = Need(action, resource)
        context = {
            **circumstances.of_identity(identity),
            **circumstances.of_call({}, self._region, self._account, datetime.now(UTC)),
        }
        verdict = await self._authorization.verdict(identity, need, context)
        return {"allowed": verdict.allowed, **self._told(verdict, await self._sources(identity, need))}

    def _identity(self, arn: str) -> Identity:
        known = self._authorization.identities
        parts = arn.split(":")
        if len(parts) != 6 or parts[0] != "arn" or parts[2] not in ("iam", "sts"):
            raise UserError(f"{arn} is the ARN of no user, role or session.", _HINT, 2)
        kind = parts[5].partition("/")[0]
        if kind == "root":
            return Identity(account_root(parts[4]))
        principal = session_of(arn, "why-denied") if kind == "role" else Principal("AWS", arn, parts[4])
        found = known.identity(principal)
        if not found.id:
            raise UserError(f"There is no {arn}.", _HINT)
        return found

    async def _sources(self, identity: Identity, need: Need) -> Sequence[Source]:
        own = await self._authorization.resource_policy(need)
        return [*identity.sources, *([own] if own is not None else [])]

    def _told(self, verdict: Verdict, sources: Sequence[Source]) -> Mapping[str, Any]:
        request = verdict.request
        return {
            "principal": request.principal.name,
            "action": request.action,
            "resource": request.resource,
            "reason": "" if verdict.allowed else verdict.reason,
            "decided": decided(verdict),
            "near": [
                {"policy": where(one.source), "statement": one.number, "lacks": one.lacks}
                for one in near(sources, request)
            ],
            "advice": advice(verdict),
            "policy": snippet(verdict),
        }
