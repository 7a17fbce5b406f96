"""What the API accepted, as values, with AWS's defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netflux import names
from netflux.aws.elbv2 import attributes
from netflux.aws.elbv2.rulebook import Rulebook
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError

DEFAULT_PRIORITY = 50001
"""Behind every rule's own (1-50000): the default rule's place in the order."""


@dataclass(frozen=True)
class HealthCheck:
    """How a group's targets are checked. Seconds are simulated.

    Attributes:
        port: a number, or `traffic-port`.
        matcher: codes that pass, e.g. `200,202` or `200-299`.
    """

    protocol: str = "HTTP"
    port: str = "traffic-port"
    path: str = "/"
    interval: float = 30.0
    timeout: float = 5.0
    healthy_threshold: int = 5
    unhealthy_threshold: int = 2
    matcher: str = "200"


@dataclass(frozen=True)
class TargetGroup:
    """A target group and its attributes.

    Attributes:
        kind: `ip`, or `instance`: then it never has a target, since there are no instances.
    """

    arn: str
    name: str
    protocol: str
    port: int
    vpc_id: str
    check: HealthCheck
    attributes: Mapping[str, str] = field(default_factory=dict)
    kind: str = "ip"

    @property
    def drain_seconds(self) -> float:
        """`deregistration_delay.timeout_seconds`, simulated."""
        return float(self.attributes["deregistration_delay.timeout_seconds"])


@dataclass(frozen=True)
class Rule:
    """A listener's rule, conditions and actions as the API takes them.

    Attributes:
        priority: 1-50000, or DEFAULT_PRIORITY.
    """

    arn: str
    priority: int
    conditions: Sequence[Mapping[str, Any]]
    actions: Sequence[Mapping[str, Any]]
    transforms: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Listener:
    """A listener with its rules, the first to be tried first.

    Attributes:
        certificates: ARNs, the default one first; of an HTTPS listener.
    """

    arn: str
    port: int
    protocol: str
    rules: tuple[Rule, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)
    certificates: tuple[str, ...] = ()


@dataclass(frozen=True)
class LoadBalancer:
    """An Application Load Balancer with all that belongs to it.

    Attributes:
        public: its nodes have public addresses.
    """

    arn: str
    name: str
    dns_name: str
    vpc_id: str
    subnets: tuple[str, ...]
    security_groups: tuple[str, ...]
    listeners: tuple[Listener, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    public: bool = False

    @property
    def id(self) -> str:
        """The last part of the ARN: sixteen hexadecimal digits."""
        return self.arn.rpartition("/")[2]


class Desired:
    """Reads the configuration.

    Args:
        config: keeps it.
        region: for the load balancers' DNS names.
        documents: keep what moto does not.
    """

    def __init__(self, config: Caller, region: str, documents: Documents) -> None:
        self._config = config
        self._region = region
        self.rulebook = Rulebook(documents)

    async def load_balancer_arns(self) -> list[str]:
        """All load balancers."""
        return [found["LoadBalancerArn"] for found in await self._load_balancers({})]

    async def load_balancer(self, arn: str) -> LoadBalancer | None:
        """The load balancer with its listeners and rules; None when there is none."""
        outline = await self.outline(arn)
        if outline is None:
            return None
        listeners = [await self._listener(listener) for listener in await self.listeners(arn)]
        told = await self._call("DescribeLoadBalancerAttributes", {"LoadBalancerArn": arn})
        return replace(
            outline,
            listeners=tuple(sorted(listeners, key=lambda listener: listener.port)),
            attributes=attributes.load_balancer(told["Attributes"]),
        )

    async def outline(self, arn: str) -> LoadBalancer | None:
        """The load balancer without listeners and attributes; None when there is none."""
        found = [raw for raw in await self._load_balancers({}) if raw["LoadBalancerArn"] == arn]
        if not found:
            return None
        raw = found[0]
        return LoadBalancer(
            arn,
            raw["LoadBalancerName"],
            names.load_balancer(raw["LoadBalancerName"], arn, self._region, raw.get("Scheme") == "internal"),
            raw["VpcId"],
            tuple(zone["SubnetId"] for zone in raw["AvailabilityZones"]),
            tuple(raw.get("SecurityGroups") or ()),
            public=raw.get("Scheme") == "internet-facing",
        )

    async def listeners(self, arn: str) -> list[dict[str, Any]]:
        """A load balancer's listeners as the API has them."""
        return list((await self._call("DescribeListeners", {"LoadBalancerArn": arn}))["Listeners"])

    async def rules(self, listener_arn: str) -> list[Rule]:
        """A listener's rules, the first to be tried first."""
        told = await self._call("DescribeRules", {"ListenerArn": listener_arn, "PageSize": 400})
        rules = [
            Rule(
                raw["RuleArn"],
                DEFAULT_PRIORITY if raw["Priority"] == "default" else int(raw["Priority"]),
                tuple(raw.get("Conditions") or ()),
                tuple(raw.get("Actions") or ()),
                tuple(raw["Transforms"]),
            )
            for raw in map(self.rulebook.whole, told["Rules"])
        ]
        return sorted(rules, key=lambda rule: rule.priority)

    async def target_group_arns(self) -> list[str]:
        """All target groups."""
        return [raw["TargetGroupArn"] for raw in (await self._call("DescribeTargetGroups", {}))["TargetGroups"]]

    async def target_group(self, arn: str) -> TargetGroup | None:
        """The target group; None when there is none."""
        try:
            told = await self._call("DescribeTargetGroups", {"TargetGroupArns": [arn]})
            attributed = await self._call("DescribeTargetGroupAttributes", {"TargetGroupArn": arn})
        except AwsError as error:
            if error.code == "TargetGroupNotFound":
                return None
            raise
        return _target_group(told["TargetGroups"][0], attributes.target_group(attributed["Attributes"]))

    async def users(self) -> dict[str, set[str]]:
        """Load balancers that use a target group in a rule, by the group's ARN.

        What is deleted while this looks around uses nothing.
        """
        used: dict[str, set[str]] = {}
        for arn in await self.load_balancer_arns():
            for group in await self._used_by(arn):
                used.setdefault(group, set()).add(arn)
        return used

    async def certificate(self, arn: str) -> tuple[tuple[str, ...], bool]:
        """Names of one of ACM's certificates, and whether it was imported; none where ACM has none."""
        try:
            told = await self._config.call("acm", "DescribeCertificate", {"CertificateArn": arn})
        except AwsError as error:
            if error.code == "ResourceNotFoundException":
                return (), False
            raise
        found = told["Certificate"]
        listed = [found.get("DomainName", ""), *found.get("SubjectAlternativeNames", ())]
        return tuple(dict.fromkeys(name.lower() for name in listed if name)), found.get("Type") == "IMPORTED"

    async def _used_by(self, arn: str) -> set[str]:
        found: set[str] = set()
        try:
            listeners = await self.listeners(arn)
        except AwsError as error:
            if error.code == "LoadBalancerNotFound":
                return found
            raise
        for raw in listeners:
            try:
                rules = await self.rules(raw["ListenerArn"])
            except AwsError as error:
                if error.code == "ListenerNotFound":
                    continue
                raise
            found.update(group for rule in rules for group in groups_of(rule.actions))
        return found

    async def _listener(self, raw: Mapping[str, Any]) -> Listener:
        arn = raw["ListenerArn"]
        told = await self._call("DescribeListenerAttributes", {"ListenerArn": arn})
        rules = await self.rules(arn)
        known = attributes.listener(told["Attributes"])
        certificates: tuple[str, ...] = ()
        if raw["Protocol"] == "HTTPS":
            named = await self._call("DescribeListenerCertificates", {"ListenerArn": arn})
            default = [one["CertificateArn"] for one in raw.get("Certificates") or ()]
            certificates = (*dict.fromkeys([*default, *(one["CertificateArn"] for one in named["Certificates"])]),)
        return Listener(arn, int(raw["Port"]), raw["Protocol"], tuple(rules), known, certificates)

    async def _load_balancers(self, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        return list((await self._call("DescribeLoadBalancers", {**params, "PageSize": 400}))["LoadBalancers"])

    async def _call(self, operation: str, params: Mapping[str, Any]) -> dict[str, Any]:
        return await self._config.call("elbv2", operation, params)


def groups_of(actions: Sequence[Mapping[str, Any]]) -> list[str]:
    """ARNs of the target groups that actions forward to."""
    found: list[str] = []
    for action in actions:
        listed = [entry["TargetGroupArn"] for entry in (action.get("ForwardConfig") or {}).get("TargetGroups") or ()]
        found += listed or [arn for arn in [action.get("TargetGroupArn")] if arn]
    return found


def _target_group(raw: Mapping[str, Any], attributed: Mapping[str, str]) -> TargetGroup:
    check = HealthCheck(
        raw.get("HealthCheckProtocol") or "HTTP",
        str(raw.get("HealthCheckPort") or "traffic-port"),
        raw.get("HealthCheckPath") or "/",
        float(raw.get("HealthCheckIntervalSeconds") or 30),
        float(raw.get("HealthCheckTimeoutSeconds") or 5),
        int(raw.get("HealthyThresholdCount") or 5),
        int(raw.get("UnhealthyThresholdCount") or 2),
        (raw.get("Matcher") or {}).get("HttpCode") or "200",
    )
    named = raw["TargetGroupArn"], raw["TargetGroupName"]
    return TargetGroup(*named, raw["Protocol"], int(raw["Port"]), raw["VpcId"], check, attributed, raw["TargetType"])
