"""Elastic Load Balancing of release 0.1: moto had the configuration, and documents beside it rules and targets."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from netflux.aws.elbv2 import attributes
from netflux.aws.elbv2.balancer.desired import Desired
from netflux.aws.elbv2.listener import sslpolicies
from netflux.aws.elbv2.rule import shapes
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import T, Table
from netflux.resources.elbv2 import (
    DEFAULT_PRIORITY,
    HealthCheck,
    Listener,
    LoadBalancer,
    Registration,
    Rule,
    Target,
    TargetGroup,
    Zone,
)

_RULES, _TARGETS = "elbv2/rules", "elbv2/targets"
"""Documents of release 0.1: what moto could not keep of rules, and the targets of each group."""
Json = dict[str, Any]


async def adopt(moto: Caller, documents: Documents) -> None:
    """Puts records of all that is there, as one transaction; what has a record already is left as it is."""
    read = _Reader(moto, documents)
    groups = [await read.group(one) for one in await read.listed("DescribeTargetGroups", "TargetGroups")]
    balancers = [await read.balancer(one) for one in await read.listed("DescribeLoadBalancers", "LoadBalancers")]
    listeners = [
        await read.listener(one)
        for balancer in balancers
        for one in await read.listed("DescribeListeners", "Listeners", LoadBalancerArn=balancer.arn)
    ]
    rules = [
        await read.rule(one)
        for listener in listeners
        for one in await read.listed("DescribeRules", "Rules", ListenerArn=listener.arn)
    ]
    desired = Desired(documents, "")
    with documents.transaction():
        _put(desired.groups, groups)
        _put(desired.balancers, balancers)
        _put(desired.listeners, listeners)
        _put(desired.rules, rules)
        for group in groups:
            _put(desired.registrations, read.registrations(group))
        for kind in (_RULES, _TARGETS):
            for key, _ in documents.list(kind):
                documents.delete(kind, key)


def _put(table: Table[T], records: Sequence[T]) -> None:
    for record in records:
        if table.schema.key(record) not in table:
            table.put(record)


class _Reader:
    def __init__(self, moto: Caller, documents: Documents) -> None:
        self._moto = moto
        self._documents = documents

    async def listed(self, operation: str, member: str, **params: Any) -> list[Json]:
        """All pages of a describing operation."""
        found: list[Json] = []
        marker: Json = {}
        while True:
            answer = await self._moto.call("elbv2", operation, {**params, **marker})
            found += answer[member]
            if not answer.get("NextMarker"):
                return found
            marker = {"Marker": answer["NextMarker"]}

    async def balancer(self, told: Json) -> LoadBalancer:
        arn = told["LoadBalancerArn"]
        created = told.get("CreatedTime")
        return LoadBalancer(
            arn,
            told["LoadBalancerName"],
            told.get("Scheme") == "internal",
            told["VpcId"],
            tuple(Zone(zone["SubnetId"], zone["ZoneName"]) for zone in told["AvailabilityZones"]),
            tuple(told.get("SecurityGroups") or ()),
            created.astimezone(UTC) if created else datetime.now(UTC),
            await self._attributes("LoadBalancer", arn, attributes.load_balancer),
            await self._tags(arn),
        )

    async def listener(self, told: Json) -> Listener:
        arn, secure = told["ListenerArn"], told["Protocol"] == "HTTPS"
        certificates = [one["CertificateArn"] for one in told.get("Certificates") or ()] if secure else []
        if secure:
            more = await self._moto.call("elbv2", "DescribeListenerCertificates", {"ListenerArn": arn})
            certificates += [one["CertificateArn"] for one in more["Certificates"]]
        return Listener(
            arn,
            told["LoadBalancerArn"],
            int(told["Port"]),
            told["Protocol"],
            tuple(dict.fromkeys(certificates)),
            (told.get("SslPolicy") or sslpolicies.DEFAULT) if secure else "",
            await self._attributes("Listener", arn, attributes.listener),
            await self._tags(arn),
        )

    async def rule(self, told: Json) -> Rule:
        arn = told["RuleArn"]
        beside = self._documents.get(_RULES, arn) or {}
        return Rule(
            arn,
            DEFAULT_PRIORITY if told["Priority"] == "default" else int(told["Priority"]),
            tuple(map(shapes.read_condition, beside.get("conditions") or told.get("Conditions") or ())),
            shapes.read_action([_numbers(one) for one in told["Actions"][-1:]]),
            shapes.read_transforms(beside.get("transforms") or ()),
            await self._tags(arn),
        )

    async def group(self, told: Json) -> TargetGroup:
        arn = told["TargetGroupArn"]
        check = HealthCheck(
            told.get("HealthCheckProtocol") or "HTTP",
            str(told.get("HealthCheckPort") or "traffic-port"),
            told.get("HealthCheckPath") or "/",
            float(told.get("HealthCheckIntervalSeconds") or 30),
            float(told.get("HealthCheckTimeoutSeconds") or 5),
            int(told.get("HealthyThresholdCount") or 5),
            int(told.get("UnhealthyThresholdCount") or 2),
            (told.get("Matcher") or {}).get("HttpCode") or "200",
        )
        kept = await self._attributes("TargetGroup", arn, attributes.target_group)
        named = arn, told["TargetGroupName"], told["Protocol"], int(told["Port"]), told["VpcId"]
        return TargetGroup(*named, check, kept, told["TargetType"], await self._tags(arn))

    def registrations(self, group: TargetGroup) -> Sequence[Registration]:
        """A group's targets, draining ones among them."""
        told = self._documents.get(_TARGETS, group.arn) or {"targets": []}
        return [
            Registration(
                group.arn,
                Target(one["id"], one["port"]),
                one["zone"],
                datetime.fromisoformat(one["deregistered"]) if one["deregistered"] else None,
            )
            for one in told["targets"]
        ]

    async def _attributes(
        self, noun: str, arn: str, filled: Callable[[Mapping[str, str]], dict[str, str]]
    ) -> dict[str, str]:
        """Those that were set. moto had defaults of its own for some that release 0.1 did not carry."""
        told = await self._moto.call("elbv2", f"Describe{noun}Attributes", {f"{noun}Arn": arn})
        defaults = filled({})
        said = {one["Key"]: str(one.get("Value", "")) for one in told["Attributes"]}
        fixed = {"load_balancing.cross_zone.enabled"} if noun == "LoadBalancer" else set()
        return {key: value for key, value in said.items() if key not in fixed and defaults.get(key, value) != value}

    async def _tags(self, arn: str) -> dict[str, str]:
        told = (await self._moto.call("elbv2", "DescribeTags", {"ResourceArns": [arn]}))["TagDescriptions"]
        return {tag["Key"]: tag.get("Value") or "" for one in told for tag in one["Tags"]}


def _numbers(action: Json) -> Json:
    """moto tells what is a number, or is true, as a text."""
    sticky = (action.get("ForwardConfig") or {}).get("TargetGroupStickinessConfig")
    if not sticky:
        return action
    enabled = sticky.get("Enabled") in (True, "true")
    seconds = {"DurationSeconds": int(sticky["DurationSeconds"])} if sticky.get("DurationSeconds") else {}
    forward = {**action["ForwardConfig"], "TargetGroupStickinessConfig": {"Enabled": enabled, **seconds}}
    return {**action, "ForwardConfig": forward}
