"""Conditions, actions and transforms as requests have them, and as answers tell them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netflux.resources.elbv2 import (
    Action,
    Condition,
    FixedResponse,
    Forward,
    Redirect,
    Rule,
    Transform,
    WeightedGroup,
)

Shape = Mapping[str, Any]

ACTION = (
    "Type TargetGroupArn Order RedirectConfig(Protocol Port Host Path Query StatusCode)"
    " FixedResponseConfig(MessageBody StatusCode ContentType) ForwardConfig(TargetGroups(TargetGroupArn Weight)"
    " TargetGroupStickinessConfig(Enabled DurationSeconds))"
)
"""Members of an action that are carried."""
CONDITION = (
    "Field Values RegexValues HostHeaderConfig(Values RegexValues) PathPatternConfig(Values RegexValues)"
    " HttpHeaderConfig(HttpHeaderName Values RegexValues) QueryStringConfig(Values(Key Value))"
    " HttpRequestMethodConfig(Values) SourceIpConfig(Values)"
)
"""Members of a condition that are carried."""
TRANSFORM = "Type HostHeaderRewriteConfig(Rewrites(Regex Replace)) UrlRewriteConfig(Rewrites(Regex Replace))"
"""Members of a transform that are carried."""

CONFIGS = {
    "host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig", "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig", "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}  # fmt: skip
"""The structure of each field of a condition."""
TRANSFORMS = {"url-rewrite": "UrlRewriteConfig", "host-header-rewrite": "HostHeaderRewriteConfig"}
_OLD = ("host-header", "path-pattern")
"""Fields whose values stand in the condition itself, too."""


def refused_actions(member: str) -> dict[str, str]:
    """Members of actions that are refused, by path.

    Args:
        member: that holds the actions.
    """
    return {
        f"{member}.AuthenticateOidcConfig": "There is no authenticate-oidc here: sign users in within the service.",
        f"{member}.AuthenticateCognitoConfig": "There is no authenticate-cognito here: there are no user pools.",
        f"{member}.JwtValidationConfig": "There is no jwt-validation here: check tokens within the service.",
    }


ACTIONS_CARRIED = ("forward", "redirect", "fixed-response")


def read_condition(given: Shape) -> Condition:
    """A condition that was checked, in its old or its new form."""
    name = given["Field"]
    config: Shape = given.get(CONFIGS[name]) or {}
    found = config.get("RegexValues") or given.get("RegexValues") or ()
    header = config.get("HttpHeaderName", "")
    if found:
        return Condition(name, header=header, regexes=tuple(found))
    values = config.get("Values") or given.get("Values") or ()
    if name == "query-string":
        return Condition(name, pairs=tuple((pair.get("Key") or "", pair["Value"]) for pair in values))
    return Condition(name, tuple(values), header)


def read_action(given: Sequence[Shape]) -> Action:
    """The one action of a rule, checked."""
    (action,) = given
    order = action.get("Order") or 0
    if action["Type"] == "forward":
        return Action(forward=_forward(action), order=order)
    if action["Type"] == "redirect":
        config = action["RedirectConfig"]
        parts = {name.lower(): config[name] for name in ("Protocol", "Host", "Port", "Path") if config.get(name)}
        if config.get("Query") is not None:
            parts["query"] = config["Query"]
        return Action(redirect=Redirect(int(config["StatusCode"].removeprefix("HTTP_")), **parts), order=order)
    config = action["FixedResponseConfig"]
    kind, body = config.get("ContentType") or "text/plain", config.get("MessageBody") or ""
    return Action(fixed_response=FixedResponse(int(config["StatusCode"]), kind, body), order=order)


def _forward(action: Shape) -> Forward:
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or [{"TargetGroupArn": action.get("TargetGroupArn")}]
    sticky = config.get("TargetGroupStickinessConfig") or {}
    return Forward(
        tuple(WeightedGroup(group["TargetGroupArn"], int(group.get("Weight", 1))) for group in groups),
        bool(sticky.get("Enabled")),
        sticky.get("DurationSeconds"),
    )


def read_transforms(given: Iterable[Shape]) -> tuple[Transform, ...]:
    """Transforms that were checked: each has one rewrite."""
    return tuple(
        Transform(one["Type"], entry["Regex"], entry["Replace"])
        for one in given
        for entry in one[TRANSFORMS[one["Type"]]]["Rewrites"]
    )


def shown(rule: Rule) -> dict[str, Any]:
    """A rule with conditions and actions in both forms."""
    return {
        "RuleArn": rule.arn,
        "Priority": "default" if rule.default else str(rule.priority),
        "Conditions": [_shown_condition(one) for one in rule.conditions],
        "Actions": [shown_action(rule.action)],
        "IsDefault": rule.default,
        "Transforms": [
            {"Type": one.kind, TRANSFORMS[one.kind]: {"Rewrites": [{"Regex": one.regex, "Replace": one.replacement}]}}
            for one in rule.transforms
        ],
    }


def _shown_condition(condition: Condition) -> dict[str, Any]:
    """AWS answers with `Values` and with the field's own structure, whichever was sent."""
    config: dict[str, Any] = {"HttpHeaderName": condition.header} if condition.header else {}
    if condition.regexes:
        config["RegexValues"] = [*condition.regexes]
    elif condition.pairs:
        config["Values"] = [{"Key": key, "Value": value} if key else {"Value": value} for key, value in condition.pairs]
    else:
        config["Values"] = [*condition.values]
    found = {"Field": condition.field, CONFIGS[condition.field]: config}
    if condition.field in _OLD:
        found |= {name: [*values] for name, values in config.items()}
    return found


def shown_action(action: Action) -> dict[str, Any]:
    """AWS answers with `TargetGroupArn` and with `ForwardConfig` when there is one group, whichever was sent."""
    found: dict[str, Any] = {"Type": action.kind}
    if action.order:
        found["Order"] = action.order
    if action.redirect is not None:
        to = action.redirect
        found["RedirectConfig"] = {
            "Protocol": to.protocol, "Port": to.port, "Host": to.host, "Path": to.path, "Query": to.query,
            "StatusCode": f"HTTP_{to.code}",
        }  # fmt: skip
    elif action.fixed_response is not None:
        said = action.fixed_response
        config = {"StatusCode": str(said.code), "ContentType": said.content_type}
        found["FixedResponseConfig"] = {**config, **({"MessageBody": said.body} if said.body else {})}
    elif action.forward is not None:
        found |= _shown_forward(action.forward)
    return found


def _shown_forward(forward: Forward) -> dict[str, Any]:
    sticky: dict[str, Any] = {"Enabled": forward.sticky}
    if forward.sticky_seconds is not None:
        sticky["DurationSeconds"] = forward.sticky_seconds
    groups = [{"TargetGroupArn": group.arn, "Weight": group.weight} for group in forward.groups]
    config = {"ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": sticky}}
    return {"TargetGroupArn": forward.groups[0].arn, **config} if len(groups) == 1 else config
