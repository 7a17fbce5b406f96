"""Engine versions: those of the PostgreSQLs on this machine."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netflux.aws.rds import shape
from netflux.aws.rds.installation import Installation
from netflux.aws.rds.pages import page
from netflux.aws.rds.part import Part, no_filters
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation

if TYPE_CHECKING:
    from types_boto3_rds.type_defs import DescribeDBEngineVersionsMessageTypeDef

_FILTERS = ("db-parameter-group-family", "engine", "engine-version", "status")


class EngineOperations(Part):
    """Handlers of engine versions."""

    @operation(
        "Engine EngineVersion DBParameterGroupFamily Filters(Name Values) MaxRecords Marker DefaultOnly",
        neutral={
            "ListSupportedCharacterSets": "PostgreSQL has none that RDS lists.",
            "ListSupportedTimezones": "PostgreSQL has none that RDS lists.",
            "IncludeAll": "Every version here is available.",
        },
    )
    def describe_db_engine_versions(
        self, call: Call, request: DescribeDBEngineVersionsMessageTypeDef
    ) -> dict[str, Any]:
        """Those that a request asks for."""
        no_filters(request, _FILTERS)
        found = [*self.installations] if request.get("Engine", "postgres") == "postgres" else []
        if wanted := request.get("EngineVersion"):
            found = [one for one in found if wanted in (one.version, one.major)]
        if family := request.get("DBParameterGroupFamily"):
            found = [one for one in found if family == f"postgres{one.major}"]
        for condition in request.get("Filters", []):
            found = [one for one in found if _value(one, condition["Name"]) in condition["Values"]]
        if request.get("DefaultOnly"):
            found = found[:1]
        told = sorted((shape.engine_version(one) for one in found), key=lambda one: str(one["EngineVersion"]))
        shown, marker = page(told, request, lambda one: str(one["EngineVersion"]))
        return {"DBEngineVersions": shown, **({"Marker": marker} if marker else {})}


def _value(one: Installation, name: str) -> str:
    return {
        "db-parameter-group-family": f"postgres{one.major}",
        "engine": "postgres",
        "engine-version": one.version,
        "status": "available",
    }[name]
