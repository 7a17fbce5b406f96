"""What RDS has and this cloud has none of: lists of it are empty, and what is named in it is not there."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.rds.part import Part
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

_NONE = "There are none that it could choose from."
_PAGES = dict.fromkeys(("Filters", "MaxRecords", "Marker"), _NONE)


class AbsentOperations(Part):
    """Handlers that list nothing."""

    @operation("DBClusterIdentifier", neutral={**_PAGES, "IncludeShared": _NONE})
    def describe_db_clusters(self, call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
        """Clusters can't be made here."""
        _named(request, "DBClusterIdentifier", "DBClusterNotFoundFault", "DBCluster")
        return {"DBClusters": []}

    @operation("DBProxyName", neutral=_PAGES)
    def describe_db_proxies(self, call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
        """Proxies can't be made here."""
        _named(request, "DBProxyName", "DBProxyNotFoundFault", "DBProxy")
        return {"DBProxies": []}

    @operation("", neutral={**_PAGES, "ResourceIdentifier": _NONE})
    def describe_pending_maintenance_actions(self, call: Call, request: Mapping[str, Any]) -> dict[str, Any]:
        """Nobody maintains the machine."""
        return {"PendingMaintenanceActions": []}


def _named(request: Mapping[str, Any], member: str, code: str, noun: str) -> None:
    if request.get(member):
        raise AwsError(code, f"{noun} {request[member]} not found.", 404)
