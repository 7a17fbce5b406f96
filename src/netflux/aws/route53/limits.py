"""Quotas and counts, and lists of what can't be made here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netflux.aws.route53 import batch
from netflux.aws.route53.delegationsets import MOST_SETS
from netflux.aws.route53.tables import Tables, number
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

if TYPE_CHECKING:
    from types_boto3_route53.type_defs import (
        GetAccountLimitRequestTypeDef,
        GetDNSSECRequestTypeDef,
        GetHostedZoneLimitRequestTypeDef,
    )

_OF_ACCOUNT = {
    "MAX_HEALTH_CHECKS_BY_OWNER": 200, "MAX_HOSTED_ZONES_BY_OWNER": 500, "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER": 5,
    "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER": MOST_SETS, "MAX_TRAFFIC_POLICIES_BY_OWNER": 50,
}  # fmt: skip
"""[Route 53 quotas]"""
_VPCS = 300
_PAGE = 100
_EMPTY = {"Marker": "The list is empty.", "MaxItems": "The list is empty."}


class Limits(Tables):
    """Operations that tell how much there is and may be."""

    @operation()
    def get_hosted_zone_count(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """Of all zones, those of Cloud Map too."""
        return {"HostedZoneCount": len(self.zones)}

    @operation("Type")
    def get_account_limit(self, _call: Call, request: GetAccountLimitRequestTypeDef) -> dict[str, Any]:
        """A quota of the account, and how much of it is used."""
        kind = request["Type"]
        counts = {
            "MAX_HOSTED_ZONES_BY_OWNER": len(self.zones),
            "MAX_REUSABLE_DELEGATION_SETS_BY_OWNER": len(self.delegation_sets),
        }
        return {"Limit": {"Type": kind, "Value": _OF_ACCOUNT[kind]}, "Count": counts.get(kind, 0)}

    @operation("Type HostedZoneId")
    def get_hosted_zone_limit(self, _call: Call, request: GetHostedZoneLimitRequestTypeDef) -> dict[str, Any]:
        """A quota of a zone, and how much of it is used."""
        zone, kind = self.the_zone(request["HostedZoneId"]), request["Type"]
        if kind == "MAX_RRSETS_BY_ZONE":
            return {"Limit": {"Type": kind, "Value": batch.MOST_RECORD_SETS}, "Count": self.count(zone)}
        if not zone.private:
            raise AwsError("HostedZoneNotPrivate", f"The hosted zone {zone.id} is not a private hosted zone.")
        return {"Limit": {"Type": kind, "Value": _VPCS}, "Count": len(zone.vpcs)}

    @operation(neutral=_EMPTY)
    def list_health_checks(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """None: what would check is not here, so CreateHealthCheck is refused."""
        size = str(number(request.get("MaxItems"), _PAGE))
        return {"HealthChecks": [], "IsTruncated": False, "MaxItems": size, "Marker": ""}

    @operation()
    def get_health_check_count(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        """None."""
        return {"HealthCheckCount": 0}

    @operation("HostedZoneId")
    def get_dnssec(self, _call: Call, request: GetDNSSECRequestTypeDef) -> dict[str, Any]:
        """No public zone is signed: EnableHostedZoneDNSSEC and CreateKeySigningKey are refused."""
        zone = self.the_zone(request["HostedZoneId"])
        if zone.private:
            raise AwsError("InvalidArgument", f"The hosted zone {zone.id} is private: DNSSEC is for public ones.")
        return {"Status": {"ServeSignature": "NOT_SIGNING"}, "KeySigningKeys": []}
