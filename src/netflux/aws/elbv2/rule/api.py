"""The operations on rules."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.elbv2 import quotas
from netflux.aws.elbv2.operations import Operations, Shape, one_of, page, tags_of
from netflux.aws.elbv2.rule import shapes, validation
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.elbv2 import Rule, place

if TYPE_CHECKING:
    from types_boto3_elbv2.type_defs import (
        CreateRuleInputTypeDef,
        DeleteRuleInputTypeDef,
        DescribeRulesInputTypeDef,
        ModifyRuleInputTypeDef,
        SetRulePrioritiesInputTypeDef,
    )

_CARRIED = f"Conditions({shapes.CONDITION}) Actions({shapes.ACTION}) Transforms({shapes.TRANSFORM})"
_REFUSED = {
    **shapes.refused_actions("Actions"),
    "Conditions.SourceIpConfig.IpAddressType": "The blocks say whether they are of IPv4 or IPv6.",
}
_ONLY = {"Actions.Type": shapes.ACTIONS_CARRIED}


class Rules(Operations):
    """Handlers."""

    @operation(f"ListenerArn Priority {_CARRIED} Tags(Key Value)", refused=_REFUSED, only=_ONLY)
    def create_rule(self, call: Call, request: CreateRuleInputTypeDef) -> Shape:
        """One for a priority."""
        validation.rule(request)
        listener = self.listener(request["ListenerArn"])
        self._check_free(listener.arn, request["Priority"])
        action = shapes.read_action(request["Actions"])
        self.check_action(action, self.balancer(listener.load_balancer), listener.protocol)
        others = [rule for rule in self.desired.rules.where("balancer", listener.load_balancer) if not rule.default]
        quotas.check(quotas.RULES, len(others) + 1)
        rule = Rule(
            self.arn(f"listener-rule/{listener.arn.partition(':listener/')[2]}"),
            request["Priority"],
            tuple(map(shapes.read_condition, request["Conditions"])),
            action,
            shapes.read_transforms(request.get("Transforms") or ()),
            tags_of(call, request.get("Tags")),
        )
        self.desired.rules.put(rule)
        return {"Rules": [shapes.shown(rule)]}

    @operation("ListenerArn RuleArns Marker PageSize")
    def describe_rules(self, _call: Call, request: DescribeRulesInputTypeDef) -> Shape:
        """A listener's in the order in which they are tried."""
        one_of(request, "ListenerArn", "RuleArns", needed=True)
        if request.get("RuleArns"):
            found = [self.rule(arn) for arn in request["RuleArns"]]
        else:
            found = self.desired.ordered(self.listener(request["ListenerArn"]).arn)
        taken, marker = page(found, request, lambda rule: rule.arn)
        return {"Rules": [shapes.shown(rule) for rule in taken], **marker}

    @operation(f"RuleArn {_CARRIED} ResetTransforms", refused=_REFUSED, only=_ONLY)
    def modify_rule(self, _call: Call, request: ModifyRuleInputTypeDef) -> Shape:
        """Parts that are left out stay."""
        validation.rule(request)
        before = self.rule(request["RuleArn"])
        if before.default and (request.get("Conditions") or request.get("Transforms")):
            raise AwsError("OperationNotPermitted", "The default rule takes no conditions and no transforms")
        changes: dict[str, Any] = {}
        if request.get("Conditions"):
            changes["conditions"] = tuple(map(shapes.read_condition, request["Conditions"]))
        if request.get("Actions"):
            changes["action"] = shapes.read_action(request["Actions"])
            listener = self.listener(before.listener)
            self.check_action(changes["action"], self.balancer(listener.load_balancer), listener.protocol)
        if request.get("Transforms") or request.get("ResetTransforms"):
            changes["transforms"] = shapes.read_transforms(request.get("Transforms") or ())
        if not changes:
            raise AwsError("ValidationError", "Either conditions, actions or transforms must be specified")
        rule = replace(before, **changes)
        self.desired.rules.put(rule)
        return {"Rules": [shapes.shown(rule)]}

    @operation("RuleArn")
    def delete_rule(self, _call: Call, request: DeleteRuleInputTypeDef) -> Shape:
        """A default rule goes with its listener only."""
        rule = self.rule(request["RuleArn"])
        if rule.default:
            raise AwsError("OperationNotPermitted", f"Default rule '{rule.arn}' cannot be deleted")
        self.desired.rules.delete(rule.arn)
        return {}

    @operation("RulePriorities(RuleArn Priority)")
    def set_rule_priorities(self, _call: Call, request: SetRulePrioritiesInputTypeDef) -> Shape:
        """All or none; rules may swap priorities."""
        entries = request["RulePriorities"]
        validation.priorities(entries)
        rules = [replace(self.rule(one["RuleArn"]), priority=one["Priority"]) for one in entries]
        if any(self.rule(rule.arn).default for rule in rules):
            raise AwsError("OperationNotPermitted", "The default rule's priority can't be changed")
        moved = {rule.arn for rule in rules}
        taken = [place(rule.listener, rule.priority) for rule in rules]
        if len(set(taken)) < len(taken):
            raise AwsError("ValidationError", "A priority was specified more than once for a listener")
        for rule in rules:
            self._check_free(rule.listener, rule.priority, moved)
        for rule in rules:
            self.desired.rules.put(rule)
        return {"Rules": [shapes.shown(rule) for rule in rules]}

    def _check_free(self, listener: str, priority: int, besides: set[str] | None = None) -> None:
        if {*self.desired.rules.keys("priority", place(listener, priority))} - (besides or set()):
            raise AwsError("PriorityInUse", f"Priority '{priority}' is currently in use")
