"""EC2's subnets for moto's RDS, whose subnet groups refer to moto's own ones. It goes when RDS's groups leave moto."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from typing import Any

from netflux.controlplane.records.documents import Documents


def lend(documents: Documents, region: str, params: Mapping[str, Any]) -> None:
    """Gives moto the subnets that a request names."""
    wanted = params.get("SubnetIds") or ()
    with contextlib.suppress(KeyError):
        table = documents.table_named("ec2/subnet")
        for identity in wanted:
            found = table.get(identity)
            if found is not None:
                _put(found, region)


def _put(subnet: Any, region: str) -> None:
    from moto.backends import get_backend
    from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
    from moto.ec2.models.subnets import Subnet

    backend = get_backend("ec2")[os.environ["MOTO_ACCOUNT_ID"]][region]
    zone = next(one for one in RegionsAndZonesBackend.zones[region] if one.name == subnet.zone)
    if subnet.id not in backend.subnets[zone.name]:
        made = Subnet(
            backend,
            subnet.id,
            subnet.vpc_id,
            subnet.cidr_block,
            None,
            zone,
            default_for_az=subnet.default_for_zone,
            map_public_ip_on_launch=subnet.map_public_ip,
        )
        backend.subnets[zone.name][subnet.id] = made
