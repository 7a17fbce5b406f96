"""Reusable delegation sets: name servers that several hosted zones have in common.

Nobody outside asks them, as nobody asks those of any zone here: they are what NS records tell.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.route53 import shape
from netflux.aws.route53.tables import Tables, number, page
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.route53 import hostedzone
from netflux.resources.route53.delegationset import DelegationSet, in_use

if TYPE_CHECKING:
    from types_boto3_route53.type_defs import (
        CreateReusableDelegationSetRequestTypeDef,
        DeleteReusableDelegationSetRequestTypeDef,
        GetReusableDelegationSetLimitRequestTypeDef,
        GetReusableDelegationSetRequestTypeDef,
        ListReusableDelegationSetsRequestTypeDef,
    )

MOST_SETS = 100
MOST_ZONES_OF_A_SET = 100
"""Quotas that an account has until it asks for more [Route 53 quotas]."""
_PAGE = 100
_URI = "https://route53.amazonaws.com/2013-04-01/delegationset/"


class DelegationSets(Tables):
    """Operations on reusable delegation sets."""

    @operation("CallerReference HostedZoneId")
    def create_reusable_delegation_set(
        self, _call: Call, request: CreateReusableDelegationSetRequestTypeDef
    ) -> dict[str, Any]:
        """Four name servers; with a zone that zone's, which has the set from then on [CreateReusableDelegationSet]."""
        reference, written = request["CallerReference"], request.get("HostedZoneId")
        if self.delegation_sets.has("caller_reference", reference):
            said = "A delegation set with the same owner and caller reference combination has already been created"
            raise AwsError("DelegationSetAlreadyCreated", f"{said}: {reference}")
        zone = self._delegated(written) if written else None
        if len(self.delegation_sets) >= MOST_SETS:
            said = f"MAX_REUSABLE_DELEGATION_SETS_BY_OWNER - An account has at most {MOST_SETS} reusable sets."
            raise AwsError("LimitsExceeded", f"Limits Exceeded: {said}")
        servers = zone.name_servers if zone is not None else hostedzone.name_servers(private=False)
        made = DelegationSet(identifiers.capitals("N0", 19), reference, servers)
        self.delegation_sets.put(made)
        if zone is not None:
            self.zones.put(replace(zone, delegation_set=made.id))
        return {"DelegationSet": shape.delegation_set(made), "Location": f"{_URI}{made.id}"}

    @operation("Id")
    def get_reusable_delegation_set(
        self, _call: Call, request: GetReusableDelegationSetRequestTypeDef
    ) -> dict[str, Any]:
        """One of them."""
        return {"DelegationSet": shape.delegation_set(self.the_delegation_set(request["Id"]))}

    @operation("Marker MaxItems")
    def list_reusable_delegation_sets(
        self, _call: Call, request: ListReusableDelegationSetsRequestTypeDef
    ) -> dict[str, Any]:
        """All of them in the order in which they were made, from the marked one on."""
        size, marker = number(request.get("MaxItems"), _PAGE), shape.plain_id(request.get("Marker") or "")
        if marker and marker not in self.delegation_sets:
            raise AwsError("InvalidInput", f"The marker {marker} is no delegation set's: use an answer's NextMarker.")
        found = [*self.delegation_sets]
        places = [place for place, one in enumerate(found) if one.id == marker]
        shown, following = page(found[places[0] if places else 0 :], size)
        answer: dict[str, Any] = {
            "DelegationSets": [shape.delegation_set(one) for one in shown], "IsTruncated": following is not None,
            "MaxItems": str(size), "Marker": marker,
        }  # fmt: skip
        return answer if following is None else {**answer, "NextMarker": following.id}

    @operation("Id")
    def delete_reusable_delegation_set(
        self, _call: Call, request: DeleteReusableDelegationSetRequestTypeDef
    ) -> dict[str, Any]:
        """One that no zone has."""
        found = self.the_delegation_set(request["Id"])
        if self.zones.has("delegation_set", found.id):
            raise in_use(found)
        self.delegation_sets.delete(found.id)
        return {}

    @operation("Type DelegationSetId")
    def get_reusable_delegation_set_limit(
        self, _call: Call, request: GetReusableDelegationSetLimitRequestTypeDef
    ) -> dict[str, Any]:
        """How many zones may have it, and how many do."""
        found = self.the_delegation_set(request["DelegationSetId"])
        limit = {"Type": request["Type"], "Value": MOST_ZONES_OF_A_SET}
        return {"Limit": limit, "Count": len(self.zones.keys("delegation_set", found.id))}

    def _delegated(self, written: str) -> hostedzone.HostedZone:
        """The zone whose servers are to be a set's; AwsError when they can't."""
        zone = self.zones.get(shape.plain_id(written))
        if zone is None:
            raise AwsError("HostedZoneNotFound", f"The specified HostedZone can't be found: {shape.plain_id(written)}")
        if zone.private:
            said = f"The hosted zone {zone.id} is private: you can't associate a reusable delegation set with it."
            raise AwsError("InvalidArgument", said)
        if zone.delegation_set:
            said = f"The delegation set of the hosted zone {zone.id} has already been marked as reusable."
            raise AwsError("DelegationSetAlreadyReusable", said)
        return zone
