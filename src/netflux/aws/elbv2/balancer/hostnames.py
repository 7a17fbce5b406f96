"""Host names by which clients of the gateway reach a load balancer beside its DNS name. Pure.

On AWS a name leads to a load balancer by DNS. The gateway is one address for all of them: there a name leads to the
one that Route 53 says, else to the one whose rules or certificates have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from netflux.aws.elbv2.balancer.desired import LoadBalancer

_NAME = re.compile(r"(\*\.)?([a-z0-9_]([a-z0-9_-]*[a-z0-9_])?\.)+[a-z]+")
_AWS = re.compile(r"(^|\.)(localhost|amazonaws\.com|cloudfront\.net)$")
"""Names that are the region's own."""


def reaching(
    balancer: LoadBalancer, certified: Iterable[str], records: Mapping[str, frozenset[str]]
) -> tuple[str, ...]:
    """The load balancer's further names, lower-case, some with `*.` for whatever stands in front.

    Args:
        balancer: the load balancer.
        certified: names of its listeners' certificates.
        records: where names lead by Route 53, as `AliasTargets.names` has it.
    """
    mine = {name for name, targets in records.items() if balancer.dns_name.lower() in targets}
    found = {*certified, *_in_rules(balancer)} - records.keys() | mine
    return tuple(sorted(name for name in found if _NAME.fullmatch(name) and not _AWS.search(name)))


def _in_rules(balancer: LoadBalancer) -> set[str]:
    conditions = [one for listener in balancer.listeners for rule in listener.rules for one in rule.conditions]
    return {value.lower() for one in conditions if one.field == "host-header" for value in one.values}
