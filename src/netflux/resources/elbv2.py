"""Elastic Load Balancing v2: Application Load Balancers, their listeners and rules, target groups and targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError

DEFAULT_PRIORITY = 50001
"""Behind every rule's own (1-50000): the default rule's place in the order."""


@dataclass(frozen=True)
class Zone:
    """Where a load balancer has a node: a subnet and its Availability Zone."""

    subnet: str
    name: str


@dataclass(frozen=True)
class LoadBalancer:
    """An Application Load Balancer.

    Attributes:
        internal: its nodes have no public addresses.
        zones: one for each node.
        attributes: those that were set; the others have AWS's defaults.
    """

    arn: str
    name: str
    internal: bool
    vpc_id: str
    zones: tuple[Zone, ...]
    security_groups: tuple[str, ...]
    created: datetime
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listener:
    """A listener. Its default actions are its default rule's.

    Attributes:
        certificates: ARNs, the default one first; of an HTTPS listener.
        ssl_policy: of an HTTPS listener.
        attributes: those that were set; the others have AWS's defaults.
    """

    arn: str
    load_balancer: str
    port: int
    protocol: str
    certificates: tuple[str, ...] = ()
    ssl_policy: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Condition:
    """A rule's condition: it holds when one of its values does.

    Attributes:
        field: of the API, e.g. `path-pattern`.
        values: patterns with `*` and `?`, methods, or CIDR blocks.
        header: of an `http-header`, its name.
        pairs: of a `query-string`, keys and values; an empty key is any.
        regexes: regular expressions, instead of values.
    """

    field: str
    values: tuple[str, ...] = ()
    header: str = ""
    pairs: tuple[tuple[str, str], ...] = ()
    regexes: tuple[str, ...] = ()


@dataclass(frozen=True)
class WeightedGroup:
    """A target group, by its ARN, and its share of the requests: 0-999."""

    arn: str
    weight: int = 1


@dataclass(frozen=True)
class Forward:
    """To one of the groups, by weight.

    Attributes:
        sticky_seconds: for which a client stays with its group, as it was sent; None where it was not.
    """

    groups: tuple[WeightedGroup, ...]
    sticky: bool = False
    sticky_seconds: int | None = None


@dataclass(frozen=True)
class Redirect:
    """Parts of the new location, with `#{…}` for those of the request."""

    code: int
    protocol: str = "#{protocol}"
    host: str = "#{host}"
    port: str = "#{port}"
    path: str = "/#{path}"
    query: str = "#{query}"


@dataclass(frozen=True)
class FixedResponse:
    """An answer of the load balancer's own."""

    code: int
    content_type: str = "text/plain"
    body: str = ""


@dataclass(frozen=True)
class Action:
    """What is done with a request: exactly one of the three.

    Attributes:
        order: as it was sent; 0 where it was not. There is one action, so it makes no difference.
    """

    forward: Forward | None = None
    redirect: Redirect | None = None
    fixed_response: FixedResponse | None = None
    order: int = 0

    @property
    def kind(self) -> str:
        """As the API names it."""
        if self.forward is not None:
            return "forward"
        return "redirect" if self.redirect is not None else "fixed-response"

    @property
    def groups(self) -> tuple[str, ...]:
        """ARNs of the target groups that it names."""
        return tuple(group.arn for group in self.forward.groups) if self.forward is not None else ()


@dataclass(frozen=True)
class Transform:
    """The first match of an expression is replaced.

    Attributes:
        kind: `url-rewrite` or `host-header-rewrite`.
        replacement: with `$1` to `$9` for the expression's groups.
    """

    kind: str
    regex: str
    replacement: str


@dataclass(frozen=True)
class Rule:
    """A listener's rule.

    Attributes:
        priority: 1-50000, or DEFAULT_PRIORITY of the listener's default rule.
    """

    arn: str
    priority: int
    conditions: tuple[Condition, ...]
    action: Action
    transforms: tuple[Transform, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def listener(self) -> str:
        """ARN of its listener."""
        return listener_of(self.arn)

    @property
    def default(self) -> bool:
        """Whether it is its listener's default rule."""
        return self.priority == DEFAULT_PRIORITY


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


FUNCTION = "lambda"
"""Target type of groups whose target is a function."""


@dataclass(frozen=True)
class TargetGroup:
    """A target group.

    Attributes:
        attributes: those that were set; the others have AWS's defaults.
        kind: `ip`; `lambda`, then it has no protocol, port and VPC; or `instance`, then it never has a target, since
            there are no instances.
    """

    arn: str
    name: str
    protocol: str
    port: int
    vpc_id: str
    check: HealthCheck
    attributes: Mapping[str, str] = field(default_factory=dict)
    kind: str = "ip"
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_function(self) -> bool:
        """Whether its target is a function of Lambda."""
        return self.kind == FUNCTION

    @property
    def drain_seconds(self) -> float:
        """`deregistration_delay.timeout_seconds`, simulated."""
        return float(self.attributes["deregistration_delay.timeout_seconds"])


@dataclass(frozen=True, order=True)
class Target:
    """A registered IP address and port."""

    id: str
    port: int

    @property
    def name(self) -> str:
        """As one word."""
        return f"{self.id}:{self.port}"


@dataclass(frozen=True)
class Registration:
    """A target in its group.

    Attributes:
        group: ARN of the group.
        zone: the AvailabilityZone that was sent; empty when none was.
        deregistered: when its draining began; None while it is registered.
    """

    group: str
    target: Target
    zone: str = ""
    deregistered: datetime | None = None


def balancer_of(listener: str) -> str:
    """The ARN of a listener's load balancer."""
    return listener.replace(":listener/", ":loadbalancer/").rpartition("/")[0]


def listener_of(rule: str) -> str:
    """The ARN of a rule's listener."""
    return rule.replace(":listener-rule/", ":listener/").rpartition("/")[0]


def _group_in_use(group: TargetGroup, _: str) -> AwsError:
    return AwsError("ResourceInUse", f"Target group '{group.arn}' is currently in use by a listener or a rule")


def place(listener: str, number: int) -> str:
    """A listener with a priority, or a load balancer with a port: what only one record can have."""
    return f"{listener} {number}"


LOAD_BALANCER = Schema(
    "elbv2/load-balancer", LoadBalancer, lambda balancer: balancer.arn,
    indices={
        "name": lambda balancer: (balancer.name,),
        "lower_name": lambda balancer: (balancer.name.lower(),),
        "vpc": lambda balancer: (balancer.vpc_id,),
        "subnet": lambda balancer: tuple(zone.subnet for zone in balancer.zones),
        "security-group": lambda balancer: balancer.security_groups,
    },
    references={"subnet": "ec2/subnet", "security-group": "ec2/security-group"},
    remedy="Nothing runs of it. Create the load balancer anew; its name is free.",
)  # fmt: skip
LISTENER = Schema(
    "elbv2/listener", Listener, lambda listener: listener.arn,
    indices={
        "balancer": lambda listener: (listener.load_balancer,),
        "port": lambda listener: (place(listener.load_balancer, listener.port),),
        "certificate": lambda listener: listener.certificates,
    },
    references={"balancer": "elbv2/load-balancer"},
    remedy="Create the listener anew; its port is free.",
)  # fmt: skip
RULE = Schema(
    "elbv2/rule", Rule, lambda rule: rule.arn,
    indices={
        "listener": lambda rule: (rule.listener,),
        "balancer": lambda rule: (balancer_of(rule.listener),),
        "priority": lambda rule: (place(rule.listener, rule.priority),),
        "group": lambda rule: rule.action.groups,
    },
    references={"listener": "elbv2/listener", "group": "elbv2/target-group"},
    remedy="Create the rule anew; its priority is free.",
)  # fmt: skip
TARGET_GROUP = Schema(
    "elbv2/target-group", TargetGroup, lambda group: group.arn,
    indices={"name": lambda group: (group.name,), "vpc": lambda group: (group.vpc_id,)},
    in_use=_group_in_use,
    remedy="Create the target group anew; its name is free.",
)  # fmt: skip
REGISTRATION = Schema(
    "elbv2/target", Registration, lambda one: f"{one.group} {one.target.name}",
    indices={"group": lambda one: (one.group,), "address": lambda one: (one.target.id,)},
    references={"group": "elbv2/target-group"},
    remedy="ECS registers its tasks anew; others: aws elbv2 register-targets.",
)  # fmt: skip
