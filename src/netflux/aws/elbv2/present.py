"""Responses as AWS writes them, from what moto keeps. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from netflux import names
from netflux.aws.elbv2.decide import Health, Target
from netflux.aws.elbv2.rulebook import expressions
from netflux.errors import AwsError

Raw = dict[str, Any]

_CONFIGS = {"host-header": "HostHeaderConfig", "path-pattern": "PathPatternConfig"}
_LAST = 1 << 30


def load_balancer(raw: Mapping[str, Any], region: str, *, active: bool) -> Raw:
    """With the DNS name that answers here, and the state that was observed."""
    arn, name = raw["LoadBalancerArn"], raw["LoadBalancerName"]
    scheme = raw.get("Scheme") or "internet-facing"
    return {
        **raw,
        "Scheme": scheme,
        "DNSName": names.load_balancer(name, arn, region, scheme == "internal"),
        "State": {"Code": "active" if active else "provisioning"},
    }


def target_group(raw: Mapping[str, Any], users: Mapping[str, set[str]]) -> Raw:
    """With the load balancers whose rules name it."""
    return {**raw, "LoadBalancerArns": sorted(users.get(raw["TargetGroupArn"], ()))}


def listener(raw: Mapping[str, Any]) -> Raw:
    """With actions in both forms; an HTTP listener has no TLS policy."""
    found = {**raw, "DefaultActions": [action(one) for one in raw.get("DefaultActions") or ()]}
    if raw["Protocol"] == "HTTP":
        found.pop("SslPolicy", None)
    found.pop("AlpnPolicy", None)
    return found


def rule(raw: Mapping[str, Any]) -> Raw:
    """With conditions and actions in both forms."""
    return {
        **raw,
        "Conditions": [condition(one) for one in raw.get("Conditions") or ()],
        "Actions": [action(one) for one in raw.get("Actions") or ()],
        "IsDefault": raw["Priority"] == "default",
        "Transforms": raw.get("Transforms") or [],
    }


def in_order(raw_rules: Iterable[Mapping[str, Any]]) -> list[Raw]:
    """The rules by priority, the default rule last."""
    return [
        rule(raw)
        for raw in sorted(raw_rules, key=lambda raw: _LAST if raw["Priority"] == "default" else int(raw["Priority"]))
    ]


def condition(raw: Mapping[str, Any]) -> Raw:
    """AWS answers with `Values` and with the field's own structure, whichever was sent."""
    config = _CONFIGS.get(raw["Field"])
    if config is None or expressions(raw):
        return dict(raw)
    values = (raw.get(config) or {}).get("Values") or raw.get("Values") or []
    return {**raw, "Values": list(values), config: {"Values": list(values)}}


def action(raw: Mapping[str, Any]) -> Raw:
    """AWS answers with `TargetGroupArn` and with `ForwardConfig` when there is one group, whichever was sent."""
    if raw["Type"] != "forward":
        return dict(raw)
    config = raw.get("ForwardConfig") or {}
    groups = [
        {"TargetGroupArn": group["TargetGroupArn"], "Weight": int(group.get("Weight", 1))}
        for group in config.get("TargetGroups") or [{"TargetGroupArn": raw.get("TargetGroupArn")}]
    ]
    stickiness = config.get("TargetGroupStickinessConfig") or {"Enabled": False}
    found = {**raw, "ForwardConfig": {"TargetGroups": groups, "TargetGroupStickinessConfig": stickiness}}
    if len(groups) == 1:
        found["TargetGroupArn"] = groups[0]["TargetGroupArn"]
    return found


def health(target: Target, found: Health, health_port: str, zone: str) -> Raw:
    """One entry of DescribeTargetHealth."""
    told = {"State": found.state}
    if found.reason:
        told |= {"Reason": found.reason, "Description": found.description}
    port = str(target.port) if health_port == "traffic-port" else health_port
    described: Raw = {"Id": target.id, "Port": target.port}
    if zone:
        described["AvailabilityZone"] = zone
    return {"Target": described, "HealthCheckPort": port, "TargetHealth": told}


def page(found: Sequence[Raw], request: Mapping[str, Any], key: str) -> tuple[list[Raw], str | None]:
    """The page that a request's Marker and PageSize ask for, and the next one's marker.

    Args:
        key: what identifies an entry.
    """
    size = int(request.get("PageSize") or 400)
    if not 1 <= size <= 400:
        raise AwsError("ValidationError", f"Page size '{size}' must be between '1-400' inclusive")
    start = 0
    if request.get("Marker"):
        known = [entry[key] for entry in found]
        if request["Marker"] not in known:
            raise AwsError("ValidationError", f"The marker '{request['Marker']}' is not valid")
        start = known.index(request["Marker"]) + 1
    taken = list(found[start : start + size])
    return taken, taken[-1][key] if start + size < len(found) else None
