"""What no AWS API tells of a region: its own state, for the console and `netflux status`."""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from netflux import __version__

if TYPE_CHECKING:
    from netflux.region import Region


def of(region: Region) -> dict[str, Any]:
    """The region's, in JSON's types."""
    return {
        "version": __version__,
        "pid": region.options.pid or os.getpid(),
        "port": region.options.port,
        "region": region.options.region,
        "account": region.options.account,
        "speed": region.options.speed,
        "network": region.network.name,
        "enforces_security_groups": region.network.enforces_security_groups,
        "runtime": region.options.runtime,
        "sizes": asdict(sizes) if (sizes := region.runtime.sizes) is not None else None,
        "any_credentials": region.options.any_credentials,
        "iam": region.options.iam,
        "tells_users_apart": region.options.peers is not None,
        "walls": asdict(walls) if (walls := region.runtime.walls) is not None else None,
        "state": str(region.state.path),
        "ca": str(region.gateway.authority.certificate),
        "endpoints": [
            {"name": name, "port": port, "address": str(address)} for name, port, address in region.endpoints.list()
        ],
        "interfaces": [
            {"owner": one.owner, "vpc_address": one.vpc_address, "local_address": one.local_address}
            for one in region.network.attached()
        ],
        "faults": [asdict(fault) for fault in region.front.faults.list()],
        "failures": [
            {
                "controller": controller,
                "key": key,
                "message": failure.message,
                "since": failure.since.isoformat(),
                "terminal": failure.terminal,
            }
            for (controller, key), failure in region.loop.failures().items()
        ],
    }
