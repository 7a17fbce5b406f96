"""Host names by which clients of the gateway reach a load balancer beside its DNS name. Pure.

On AWS a name leads to a load balancer by DNS. The gateway is one address for all of them: there a name leads to the
one that Route 53 says, else to the one whose rules or certificates have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from netflux import names
from netflux.aws.elbv2.balancer.desired import LoadBalancer

_NAME = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+[a-z]+")
_AWS = re.compile(r"(^|\.)(localhost|amazonaws\.com|cloudfront\.net)$")
"""Names that are the region's own."""
_MOST_STEPS = 8  # from one CNAME to the next


def reaching(
    balancer: LoadBalancer, certified: Iterable[str], records: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """The load balancer's further names, lower-case, some with `*.` for whatever stands in front.

    Args:
        balancer: the load balancer.
        certified: names of its listeners' certificates.
        records: where names lead by Route 53, as `led` has it.
    """
    mine = {name for name, targets in records.items() if balancer.dns_name in targets}
    found = {*certified, *_in_rules(balancer)} - records.keys() | mine
    return tuple(sorted(name for name in found if _NAME.fullmatch(name) and not _AWS.search(name)))


def led(record_sets: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    """Names that Route 53's record sets lead to load balancers, each with their DNS names."""
    targets: dict[str, set[str]] = {}
    for one in record_sets:
        if one["Type"] in ("A", "AAAA", "CNAME"):
            values = [value["Value"] for value in one.get("ResourceRecords", ()) if one["Type"] == "CNAME"]
            values += [one["AliasTarget"]["DNSName"]] if "AliasTarget" in one else []
            targets.setdefault(_plain(one["Name"]), set()).update(map(_target, values))
    for _ in range(_MOST_STEPS):
        targets = {name: {end for value in found for end in targets.get(value, {value})}
                   for name, found in targets.items()}  # fmt: skip
    ends = {
        name: frozenset(value for value in found if value.endswith(".elb.localhost")) for name, found in targets.items()
    }
    return {name: found for name, found in ends.items() if found}


def _in_rules(balancer: LoadBalancer) -> set[str]:
    conditions = [one for listener in balancer.listeners for rule in listener.rules for one in rule.conditions]
    return {value.lower() for one in conditions if one.field == "host-header" for value in one.values}


def _plain(name: str) -> str:
    return name.replace("\\052", "*").rstrip(".").lower()


def _target(value: str) -> str:
    return names.local(_plain(value).removeprefix("dualstack."))
