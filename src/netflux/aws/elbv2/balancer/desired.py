"""What the API has accepted, read from the tables, with AWS's defaults filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from netflux import names
from netflux.aws.elbv2 import attributes
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Change
from netflux.resources import elbv2 as records
from netflux.resources.elbv2 import Rule, TargetGroup


@dataclass(frozen=True)
class Listener:
    """A listener with its rules, the first to be tried first.

    Attributes:
        certificates: ARNs, the default one first; of an HTTPS listener.
        ssl_policy: of an HTTPS listener.
    """

    arn: str
    port: int
    protocol: str
    rules: tuple[Rule, ...]
    attributes: Mapping[str, str] = field(default_factory=dict)
    certificates: tuple[str, ...] = ()
    ssl_policy: str = ""


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
    """The tables of load balancers, and what they say.

    Args:
        documents: keep them.
        region: for the load balancers' DNS names.
    """

    def __init__(self, documents: Documents, region: str) -> None:
        self.region = region
        self.balancers = documents.table(records.LOAD_BALANCER)
        self.listeners = documents.table(records.LISTENER)
        self.rules = documents.table(records.RULE)
        self.groups = documents.table(records.TARGET_GROUP)
        self.registrations = documents.table(records.REGISTRATION)

    def load_balancer(self, arn: str) -> LoadBalancer | None:
        """The load balancer with its listeners and rules; None when there is none."""
        outline = self.outline(arn)
        if outline is None:
            return None
        listeners = [self._listener(found) for found in self.listeners.where("balancer", arn)]
        return replace(outline, listeners=tuple(sorted(listeners, key=lambda listener: listener.port)))

    def outline(self, arn: str) -> LoadBalancer | None:
        """The load balancer without listeners; None when there is none."""
        found = self.balancers.get(arn)
        if found is None:
            return None
        return LoadBalancer(
            arn,
            found.name,
            names.load_balancer(found.name, arn, self.region, found.internal),
            found.vpc_id,
            tuple(zone.subnet for zone in found.zones),
            found.security_groups,
            attributes=attributes.load_balancer(found.attributes),
            public=not found.internal,
        )

    def ordered(self, listener: str) -> list[Rule]:
        """A listener's rules, the first to be tried first."""
        return sorted(self.rules.where("listener", listener), key=lambda rule: rule.priority)

    def target_group(self, arn: str) -> TargetGroup | None:
        """The target group; None when there is none."""
        found = self.groups.get(arn)
        return None if found is None else replace(found, attributes=attributes.target_group(found.attributes))

    def users(self, group: str) -> list[str]:
        """ARNs of the load balancers that use a target group in a rule."""
        return sorted({records.balancer_of(rule.listener) for rule in self.rules.where("group", group)})

    def readers(self, change: Change) -> Iterator[str]:
        """ARNs of what reads a record: load balancers, and groups whose targets are checked, reached or used so."""
        if change.table == records.REGISTRATION.name:
            yield (change.after or change.before).group
        elif change.table == records.TARGET_GROUP.name:
            yield change.key
            yield from self.users(change.key)
        elif change.table == records.RULE.name:
            yield records.balancer_of(records.listener_of(change.key))
            for rule in filter(None, (change.before, change.after)):
                yield from rule.action.groups
        elif change.table == records.LISTENER.name:
            yield records.balancer_of(change.key)
        elif change.table == records.LOAD_BALANCER.name:
            yield change.key
            yield from (arn for rule in self.rules.where("balancer", change.key) for arn in rule.action.groups)

    def _listener(self, found: records.Listener) -> Listener:
        known = attributes.listener(found.attributes)
        rules = tuple(self.ordered(found.arn))
        return Listener(found.arn, found.port, found.protocol, rules, known, found.certificates, found.ssl_policy)
