"""Which names Route 53 leads to load balancers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netflux.aws.elbv2 import hostnames
from netflux.controlplane.call import Caller
from netflux.errors import AwsError

_PAGE = "300"
_MOST_PAGES = 40  # Route 53 quota: 10,000 records a zone


class Records:
    """Of all hosted zones, the private ones too.

    Args:
        apis: answers Route 53's operations.
        zoned: whether there are any zones; spares the look.
    """

    def __init__(self, apis: Caller, zoned: Callable[[], bool]) -> None:
        self._apis = apis
        self._zoned = zoned

    async def led(self) -> dict[str, frozenset[str]]:
        """Names with the DNS names of the load balancers that they lead to."""
        if not self._zoned():
            return {}
        zones = (await self._apis.call("route53", "ListHostedZones", {}))["HostedZones"]
        return hostnames.led([one for zone in zones for one in await self._sets(zone["Id"])])

    async def _sets(self, zone: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        params = {"HostedZoneId": zone.rpartition("/")[2], "MaxItems": _PAGE}
        for _ in range(_MOST_PAGES):
            try:
                told = await self._apis.call("route53", "ListResourceRecordSets", params)
            except AwsError as error:
                if error.code != "NoSuchHostedZone":  # deleted meanwhile
                    raise
                break
            found += told["ResourceRecordSets"]
            if not told.get("IsTruncated"):
                break
            params |= {"StartRecordName": told["NextRecordName"], "StartRecordType": told["NextRecordType"]}
        return found
