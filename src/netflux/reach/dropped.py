"""Packets that security groups have dropped, of interfaces with the same groups, as the kernel has counted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from netflux.network import ruleset
from netflux.reach.count import Counts

_WITHOUT_GROUPS = "nat_gateway"


def dropped(interfaces: Iterable[Mapping[str, Any]], counts: Counts) -> list[dict[str, Any]]:
    """A row for each combination of groups and each direction in which something was dropped, the most first.

    Args:
        interfaces: as DescribeNetworkInterfaces tells them.
        counts: of the network driver.
    """
    rows: dict[tuple[str, str, bool], dict[str, Any]] = {}
    for one in interfaces:
        if one.get("InterfaceType") == _WITHOUT_GROUPS:
            continue
        groups = sorted((group["GroupId"], group.get("GroupName", "")) for group in one.get("Groups", ()))
        for egress in (False, True):
            place = ruleset.denying([identity for identity, _ in groups], egress=egress)
            found = counts.get(one["VpcId"], {}).get(place)
            if found is None or not found.packets:
                continue
            row = rows.setdefault((one["VpcId"], place[0], egress), {
                "vpc": one["VpcId"], "direction": "outbound" if egress else "inbound", "packets": found.packets,
                "bytes": found.bytes, "groups": [{"id": identity, "name": name} for identity, name in groups],
                "interfaces": [],
            })  # fmt: skip
            row["interfaces"].append({"id": one["NetworkInterfaceId"], "address": one.get("PrivateIpAddress", "")})
    return sorted(rows.values(), key=lambda row: -row["packets"])
