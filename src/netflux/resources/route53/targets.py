"""Where names lead: the load balancers behind aliases and CNAMEs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from netflux import names
from netflux.resources.route53 import domain
from netflux.resources.route53.hostedzone import HOSTED_ZONE
from netflux.resources.route53.recordset import LEADS, RECORD_SET, RecordSet

if TYPE_CHECKING:  # what reads these values, among it what decides, is without I/O
    from netflux.controlplane.records.documents import Documents
    from netflux.controlplane.records.table import Change

CLOUDFRONT = "Z2FDTNDATAQYW2"
"""Hosted zone of all distributions [API shape AliasTarget]."""

LOAD_BALANCERS = {
    "af-south-1": "Z268VQBMOI5EKX", "ap-east-1": "Z3DQVH9N71FHZ0", "ap-northeast-1": "Z14GRHDCWA56QT",
    "ap-northeast-2": "ZWKZPGTI48KDX", "ap-northeast-3": "Z5LXEXXYW11ES", "ap-south-1": "ZP97RAFLXTNZK",
    "ap-southeast-1": "Z1LMS91P8CMLE5", "ap-southeast-2": "Z1GM3OXH4ZPM65", "ca-central-1": "ZQSVJUPU6J1EY",
    "eu-central-1": "Z215JYRZR1TBD5", "eu-north-1": "Z23TAZ6LKFMNIO", "eu-south-1": "Z3ULH7SSC9OV64",
    "eu-west-1": "Z32O12XQLNTSW2", "eu-west-2": "ZHURV8PSTC4K8", "eu-west-3": "Z3Q77PNBQS71R4",
    "me-south-1": "ZS929ML54UICD", "sa-east-1": "Z2P70J7HTTTPLU", "us-east-1": "Z35SXDOTRQ7X7K",
    "us-east-2": "Z3AADJGX6KTTL2", "us-west-1": "Z368ELLRRE2KJ0", "us-west-2": "Z1H1FL5HABSF5",
}  # fmt: skip
"""Hosted zones of Application Load Balancers [General Reference, "Elastic Load Balancing endpoints and quotas"]."""

_MOST_STEPS = 8  # from one CNAME to the next
_LEADING = ("A", "AAAA", "CNAME")


@dataclass(frozen=True)
class AliasTargets:
    """Names with the DNS names, in lower case, of the load balancers that they lead to.

    Attributes:
        names: of all hosted zones.
        public: of the public ones, which everybody can resolve.
    """

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    public: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def only(self, dns_name: str) -> list[str]:
        """Public names that lead to this load balancer and to no other, without those that stand for many."""
        return sorted(name for name, found in self.public.items() if found == {dns_name.lower()} and "*" not in name)


def alias_targets(documents: Documents) -> AliasTargets:
    """What the record sets say now."""
    zones = documents.table(HOSTED_ZONE)
    records = documents.table(RECORD_SET).where("leads", LEADS)
    public = [record for record in records if (zone := zones.get(record.zone)) is not None and not zone.private]
    return AliasTargets(led(records), led(public))


def acts(change: Change) -> bool:
    """Whether a change of a record set can lead a name somewhere else."""
    return any(record is not None and record.leads for record in (change.before, change.after))


def led(records: Iterable[RecordSet]) -> dict[str, frozenset[str]]:
    """Names that record sets lead to load balancers, each with their DNS names."""
    targets: dict[str, set[str]] = {}
    for one in records:
        if one.type in _LEADING:
            values = [*one.values] if one.type == "CNAME" else []
            values += [one.alias.name] if one.alias is not None else []
            targets.setdefault(domain.compared(one.name), set()).update(map(target, values))
    for _ in range(_MOST_STEPS):
        targets = {name: {end for value in found for end in targets.get(value, {value})}
                   for name, found in targets.items()}  # fmt: skip
    ends = {
        name: frozenset(value for value in found if value.endswith(".elb.localhost")) for name, found in targets.items()
    }
    return {name: found for name, found in ends.items() if found}


def target(name: str) -> str:
    """The name that an alias or a CNAME leads to, as this cloud gives it."""
    return names.local(domain.compared(name).removeprefix("dualstack."))
