"""The operations on listeners and their rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from netflux.aws.elbv2 import attributes, present, validation
from netflux.aws.elbv2.desired import DEFAULT_PRIORITY, Desired, groups_of
from netflux.controlplane.call import Call, Caller
from netflux.errors import AwsError

Shape = dict[str, Any]
_MOST_RULES = 100
"""Of a load balancer, default rules not counted; user guide, "Quotas"."""


class ListenerApi:
    """Handlers.

    Args:
        config: moto.
        desired: reads it.
    """

    def __init__(self, config: Caller, desired: Desired) -> None:
        self._config = config
        self._desired = desired
        self._rulebook = desired.rulebook

    async def create_listener(self, _call: Call, request: Shape) -> Shape:
        """One for a port; its groups must not be another load balancer's."""
        for name in ("Port", "Protocol"):
            if name not in request:
                raise AwsError("ValidationError", f"A listener {name.lower()} must be specified")
        validation.listener(request)
        arn = request["LoadBalancerArn"]
        for found in await self._desired.listeners(arn):
            if found["Port"] == request["Port"]:
                raise AwsError("DuplicateListener", f"A listener already exists on port {request['Port']} for '{arn}'")
        await self._check_groups(request["DefaultActions"], arn)
        made = (await self._moto("CreateListener", request))["Listeners"][0]
        return {"Listeners": [present.listener(made)]}

    async def modify_listener(self, _call: Call, request: Shape) -> Shape:
        """Parts that are left out stay."""
        validation.listener(request)
        arn = request["ListenerArn"]
        balancer = _balancer_of(arn)
        if "Port" in request:
            for found in await self._desired.listeners(balancer):
                if found["Port"] == request["Port"] and found["ListenerArn"] != arn:
                    raise AwsError("DuplicateListener", f"A listener already exists on port {request['Port']}")
        await self._check_groups(request.get("DefaultActions") or [], balancer)
        raw = (await self._moto("ModifyListener", request))["Listeners"][0]
        return {"Listeners": [present.listener(raw)]}

    async def describe_listeners(self, _call: Call, request: Shape) -> Shape:
        """Of a load balancer, or by ARN."""
        wanted = {name: value for name, value in request.items() if name in ("LoadBalancerArn", "ListenerArns")}
        raw = (await self._moto("DescribeListeners", wanted))["Listeners"]
        found, marker = present.page(raw, request, "ListenerArn")
        return paged("Listeners", [present.listener(one) for one in found], marker)

    async def describe_listener_attributes(self, _call: Call, request: Shape) -> Shape:
        """All that are carried, with AWS's defaults."""
        told = await self._moto("DescribeListenerAttributes", request)
        return {"Attributes": attributes.as_list(attributes.listener(told["Attributes"]))}

    async def modify_listener_attributes(self, _call: Call, request: Shape) -> Shape:
        """Values without effect here are refused by name."""
        attributes.check_listener(request["Attributes"])
        told = await self._moto("ModifyListenerAttributes", request)
        return {"Attributes": attributes.as_list(attributes.listener(told["Attributes"]))}

    async def create_rule(self, _call: Call, request: Shape) -> Shape:
        """One for a priority."""
        validation.rule(request)
        balancer = _balancer_of(request["ListenerArn"])
        await self._check_groups(request["Actions"], balancer)
        count = 0
        for listener in await self._desired.listeners(balancer):
            rules = await self._desired.rules(listener["ListenerArn"])
            count += sum(rule.priority != DEFAULT_PRIORITY for rule in rules)
        if count >= _MOST_RULES:
            raise AwsError("TooManyRules", f"The maximum number of rules, '{_MOST_RULES}', has been reached")
        made = (await self._moto("CreateRule", self._rulebook.plain(request)))["Rules"][0]
        self._rulebook.note(made["RuleArn"], request)
        return {"Rules": [self._rule(made)]}

    async def modify_rule(self, _call: Call, request: Shape) -> Shape:
        """Parts that are left out stay."""
        validation.rule(request)
        arn = request["RuleArn"]
        await self._check_groups(request.get("Actions") or [], _balancer_of(_listener_of(arn)))
        (raw,) = (await self._moto("DescribeRules", {"RuleArns": [arn]}))["Rules"]
        if raw["Priority"] == "default" and (request.get("Conditions") or request.get("Transforms")):
            raise AwsError("OperationNotPermitted", "The default rule takes no conditions and no transforms")
        plain = self._rulebook.plain(request)
        if plain.keys() - {"RuleArn"}:
            (raw,) = (await self._moto("ModifyRule", plain))["Rules"]
        self._rulebook.note(arn, request)
        return {"Rules": [self._rule(raw)]}

    async def delete_rule(self, _call: Call, request: Shape) -> Shape:
        """With what is kept of it beside moto."""
        answer = await self._moto("DeleteRule", request)
        self._rulebook.forget(request["RuleArn"])
        return answer

    async def delete_listener(self, _call: Call, request: Shape) -> Shape:
        """With its rules."""
        answer = await self._moto("DeleteListener", request)
        self._rulebook.forget(request["ListenerArn"])
        return answer

    async def describe_rules(self, _call: Call, request: Shape) -> Shape:
        """In the order in which they are tried."""
        wanted = {name: value for name, value in request.items() if name in ("ListenerArn", "RuleArns")}
        raw = (await self._moto("DescribeRules", {**wanted, "PageSize": 400}))["Rules"]
        found, marker = present.page(present.in_order(map(self._rulebook.whole, raw)), request, "RuleArn")
        return paged("Rules", found, marker)

    async def set_rule_priorities(self, _call: Call, request: Shape) -> Shape:
        """Rules may swap priorities, which moto refuses: those in each other's way step aside first."""
        wanted = {entry["RuleArn"]: int(entry["Priority"]) for entry in request["RulePriorities"]}
        if not wanted:
            raise AwsError("ValidationError", "At least one rule priority must be specified")
        validation.priorities([*wanted.values()])
        rules = await self._desired.rules(_listener_of(next(iter(wanted))))
        held = {rule.priority for rule in rules if rule.arn not in wanted}
        if held & set(wanted.values()):
            raise AwsError("PriorityInUse", f"Priority '{min(held & set(wanted.values()))}' is currently in use")
        free = (number for number in range(50000, 0, -1) if number not in {*held, *wanted.values()})
        aside = [rule.arn for rule in rules if rule.arn in wanted and rule.priority in wanted.values()]
        if aside:
            stepped = [{"RuleArn": arn, "Priority": next(free)} for arn in aside]
            await self._moto("SetRulePriorities", {"RulePriorities": stepped})
        raw = (await self._moto("SetRulePriorities", request))["Rules"]
        return {"Rules": [self._rule(one) for one in raw]}

    def _rule(self, raw: Mapping[str, Any]) -> Shape:
        return present.rule(self._rulebook.whole(raw))

    async def _moto(self, operation: str, params: Mapping[str, Any]) -> Shape:
        return await self._config.call("elbv2", operation, params)

    async def _check_groups(self, actions: Sequence[Mapping[str, Any]], balancer: str) -> None:
        """A target group belongs to one load balancer; user guide, "Quotas"."""
        wanted = groups_of(actions)
        users = await self._desired.users() if wanted else {}
        for arn in wanted:
            if users.get(arn, {balancer}) != {balancer}:
                raise AwsError(
                    "TargetGroupAssociationLimit",
                    f"The following target groups cannot be associated with more than one load balancer: {arn}",
                )


def _balancer_of(listener_arn: str) -> str:
    return listener_arn.replace(":listener/", ":loadbalancer/").rpartition("/")[0]


def _listener_of(rule_arn: str) -> str:
    return rule_arn.replace(":listener-rule/", ":listener/").rpartition("/")[0]


def paged(key: str, found: list[Shape], marker: str | None) -> Shape:
    """A page of a describing operation's answer."""
    return {key: found, **({"NextMarker": marker} if marker else {})}
