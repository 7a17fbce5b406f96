"""The policy simulator: what policies would decide, by the same engine that decides calls."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from netflux.aws.iam import errors
from netflux.aws.iam.identities import TableIdentities
from netflux.aws.iam.tables import Tables, paged
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.policy import grammar
from netflux.policy.document import Policy, PolicyError, parse
from netflux.policy.evaluate import Principal, Request, account_root, applies
from netflux.policy.verdict import Kind, Source, Verdict, Why, judge
from netflux.resources.iam.policy import AWS_MANAGED

if TYPE_CHECKING:
    from types_boto3_iam import type_defs as types

_ASKED = (
    "ActionNames ResourceArns ResourcePolicy ContextEntries(ContextKeyName ContextKeyValues) CallerArn MaxItems Marker"
)
_NEUTRAL = {"ContextEntries.ContextKeyType": "A value is read as the condition operator needs it."}
_REFUSED = {
    "ResourceHandlingOption": "Name each resource in ResourceArns.",
    "ResourceOwner": "All resources here are of the one account.",
}
_ACTION = re.compile(r"[a-zA-Z0-9-]+:[a-zA-Z0-9]+")
_VARIABLE = re.compile(r"\$\{([^,}]+)")
_DECISIONS = {Why.ALLOWED: "allowed", Why.DENIED: "explicitDeny", Why.SILENT: "implicitDeny"}


class Simulations:
    """Operations that say what would be allowed."""

    tables: Tables
    identities: TableIdentities

    @operation(
        f"PolicySourceArn PolicyInputList PermissionsBoundaryPolicyInputList {_ASKED}",
        neutral=_NEUTRAL,
        refused={**_REFUSED, "PolicyExclusionList": "Simulate the policies that are left by SimulateCustomPolicy."},
    )
    def simulate_principal_policy(
        self, _call: Call, request: types.SimulatePrincipalPolicyRequestTypeDef
    ) -> dict[str, Any]:
        """The policies of a user, with its groups', of a group or of a role, and those that come with the request."""
        arn = request["PolicySourceArn"]
        sources = self.identities.of(arn)
        if sources is None:
            raise errors.missing(f"The entity {arn} cannot be found.")
        boundary = request.get("PermissionsBoundaryPolicyInputList")
        if boundary:
            sources = [
                source for source in sources if source.kind is not Kind.BOUNDARY
            ]  # the given one is in its place
        given = [*sources, *_inputs(request.get("PolicyInputList") or (), arn), *_boundary(boundary or (), arn)]
        return _simulated(given, _principal(request.get("CallerArn") or arn), request)

    @operation(
        f"PolicyInputList PermissionsBoundaryPolicyInputList {_ASKED}",
        neutral=_NEUTRAL,
        refused={**_REFUSED, "OrderedOrganizationPolicyInputList": "There is no AWS Organizations here."},
    )
    def simulate_custom_policy(self, call: Call, request: types.SimulateCustomPolicyRequestTypeDef) -> dict[str, Any]:
        """The policies that come with the request."""
        caller = request.get("CallerArn") or account_root(call.account).name
        boundary = request.get("PermissionsBoundaryPolicyInputList") or ()
        sources = [*_inputs(request["PolicyInputList"], caller), *_boundary(boundary, caller)]
        return _simulated(sources, _principal(caller), request)

    @operation("PolicyInputList")
    def get_context_keys_for_custom_policy(
        self, _call: Call, request: types.GetContextKeysForCustomPolicyRequestTypeDef
    ) -> dict[str, Any]:
        """Condition keys and variables that policies name."""
        return {"ContextKeyNames": sorted(_names(request["PolicyInputList"]))}

    @operation("PolicySourceArn PolicyInputList")
    def get_context_keys_for_principal_policy(
        self, _call: Call, request: types.GetContextKeysForPrincipalPolicyRequestTypeDef
    ) -> dict[str, Any]:
        """The same of the policies of a user, a group or a role."""
        arn = request["PolicySourceArn"]
        sources = self.identities.of(arn)
        if sources is None:
            raise errors.missing(f"The entity {arn} cannot be found.")
        own = {key for source in sources for key in _keys(source.policy)}
        return {"ContextKeyNames": sorted(own | _names(request.get("PolicyInputList") or ()))}


def _simulated(sources: Sequence[Source], principal: Principal, request: Mapping[str, Any]) -> dict[str, Any]:
    context = {
        entry["ContextKeyName"].lower(): tuple(entry.get("ContextKeyValues") or ())
        for entry in request.get("ContextEntries") or ()
    }
    found = []
    for action in request["ActionNames"]:
        if _ACTION.fullmatch(action) is None:
            raise errors.invalid(f"Invalid Input Action : {action}")
        for resource in request.get("ResourceArns") or ["*"]:
            whole = [*sources, *_resource_policy(request.get("ResourcePolicy"), resource)]
            found.append(_result(whole, Request(principal, action, resource, context)))
    return paged("EvaluationResults", found, request)


def _result(sources: Sequence[Source], request: Request) -> dict[str, Any]:
    verdict = judge(sources, request)
    told: dict[str, Any] = {
        "EvalActionName": request.action,
        "EvalResourceName": request.resource,
        "EvalDecision": _DECISIONS[verdict.why],
        "MatchedStatements": [*_matched(sources, verdict)],
        "MissingContextValues": sorted({key for one in sources for key in _keys(one.policy)} - request.context.keys()),
    }
    limits = [source for source in sources if source.kind is Kind.BOUNDARY]
    if limits:
        allowed = judge([Source(Kind.IDENTITY, "", "", one.policy) for one in limits], request).allowed
        told["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": allowed}
    return told


def _matched(sources: Sequence[Source], verdict: Verdict) -> Iterator[dict[str, str]]:
    """The statements that make the decision, each policy once for each of them."""
    if verdict.why is Why.SILENT:
        return
    for source in sources:
        for statement in source.policy.statements:
            if statement.allow is verdict.allowed and applies(statement, verdict.request):
                kind = _type(source)
                yield {"SourcePolicyId": source.name or source.holder} | ({"SourcePolicyType": kind} if kind else {})


def _type(source: Source) -> str:
    if source.kind is Kind.RESOURCE:
        return "resource"
    if source.name.startswith(AWS_MANAGED):
        return "aws-managed"
    if source.name.startswith("arn:"):
        return "user-managed"
    holder = source.holder.rpartition(":")[2].partition("/")[0]
    return holder if holder in ("user", "group", "role") and "InputList." not in source.name else "none"


def _inputs(texts: Sequence[str], holder: str) -> Iterator[Source]:
    for number, text in enumerate(texts, 1):
        yield Source(Kind.IDENTITY, f"PolicyInputList.{number}", holder, _read(text))


def _boundary(texts: Sequence[str], holder: str) -> Iterator[Source]:
    for number, text in enumerate(texts, 1):
        yield Source(Kind.BOUNDARY, f"PermissionsBoundaryPolicyInputList.{number}", holder, _read(text))


def _resource_policy(text: str | None, resource: str) -> Iterator[Source]:
    if text:
        try:
            yield Source(Kind.RESOURCE, "ResourcePolicy", resource, parse(text, needs_principal=True))
        except PolicyError as error:
            raise errors.invalid(str(error)) from error


def _read(text: str) -> Policy:
    try:
        return grammar.identity(text, managed=False)
    except PolicyError as error:
        raise errors.invalid(str(error)) from error


def _principal(arn: str) -> Principal:
    account = (arn.split(":") + [""] * 5)[4]
    role = arn if ":role/" in arn else ""
    return Principal("AWS", arn, account, role)


def _names(texts: Sequence[str]) -> set[str]:
    for text in texts:
        _read(text)
    return {key for text in texts for key in _keys(_read(text))}


def _keys(policy: Policy) -> Iterator[str]:
    """Condition keys, and variables of resources and of conditions."""
    for statement in policy.statements:
        values = [*statement.resources, *(value for one in statement.conditions for value in one.values)]
        yield from (condition.key for condition in statement.conditions)
        yield from (key.strip().lower() for text in values for key in _VARIABLE.findall(text) if len(key) > 1)
