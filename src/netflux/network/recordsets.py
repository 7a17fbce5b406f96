"""A hosted zone's record sets, page by page, as Route 53 lists them."""

from __future__ import annotations

from typing import Any

from netflux.controlplane.call import Caller

_PAGE = "300"
_MOST_PAGES = 40  # Route 53 quota: 10,000 records a zone
_NEXT = ("Name", "Type", "Identifier")


async def record_sets(apis: Caller, zone: str) -> list[dict[str, Any]]:
    """All of the zone's [ListResourceRecordSets]; AwsError NoSuchHostedZone when there is no such zone."""
    found: list[dict[str, Any]] = []
    following: dict[str, str] = {}
    for _ in range(_MOST_PAGES):
        params = {"HostedZoneId": zone, "MaxItems": _PAGE, **following}
        told = await apis.call("route53", "ListResourceRecordSets", params)
        found += told["ResourceRecordSets"]
        if not told.get("IsTruncated"):
            break
        following = {f"StartRecord{part}": told[f"NextRecord{part}"] for part in _NEXT if told.get(f"NextRecord{part}")}
    return found
