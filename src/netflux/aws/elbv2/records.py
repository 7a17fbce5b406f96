"""Which names Route 53 leads to load balancers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from netflux.aws.elbv2.balancer import hostnames
from netflux.controlplane.call import Caller
from netflux.errors import AwsError
from netflux.network.recordsets import record_sets


@dataclass(frozen=True)
class Led:
    """Names with the DNS names of the load balancers that they lead to.

    Attributes:
        names: of all hosted zones.
        public: of the public ones, which everybody can resolve.
    """

    names: Mapping[str, frozenset[str]] = field(default_factory=dict)
    public: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def only(self, dns_name: str) -> list[str]:
        """Public names that lead to this load balancer and to no other, without those that stand for many."""
        return sorted(name for name, found in self.public.items() if found == {dns_name} and "*" not in name)


class Records:
    """Of all hosted zones, the private ones too.

    Args:
        apis: answers Route 53's operations.
        zoned: whether there are any zones; spares the look.
    """

    def __init__(self, apis: Caller, zoned: Callable[[], bool]) -> None:
        self._apis = apis
        self._zoned = zoned

    async def led(self) -> Led:
        """What the record sets say now."""
        if not self._zoned():
            return Led()
        zones = (await self._apis.call("route53", "ListHostedZones", {}))["HostedZones"]
        sets = [(zone["Config"]["PrivateZone"], await self._sets(zone["Id"])) for zone in zones]
        public = [one for private, found in sets if not private for one in found]
        return Led(hostnames.led([one for _, found in sets for one in found]), hostnames.led(public))

    async def _sets(self, zone: str) -> list[dict[str, Any]]:
        try:
            return await record_sets(self._apis, zone.rpartition("/")[2])
        except AwsError as error:
            if error.code != "NoSuchHostedZone":  # deleted meanwhile
                raise
            return []
