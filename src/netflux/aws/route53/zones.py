"""Hosted zones, and the VPCs that private ones answer in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.route53 import shape
from netflux.aws.route53.delegationsets import MOST_ZONES_OF_A_SET
from netflux.aws.route53.tables import Tables, number, page
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records import paging
from netflux.errors import AwsError
from netflux.resources.route53 import domain, hostedzone
from netflux.resources.route53.delegationset import DelegationSet
from netflux.resources.route53.hostedzone import HostedZone

if TYPE_CHECKING:
    from types_boto3_route53.type_defs import (
        AssociateVPCWithHostedZoneRequestTypeDef,
        CreateHostedZoneRequestTypeDef,
        DeleteHostedZoneRequestTypeDef,
        DisassociateVPCFromHostedZoneRequestTypeDef,
        GetHostedZoneRequestTypeDef,
        ListHostedZonesByNameRequestTypeDef,
        ListHostedZonesByVPCRequestTypeDef,
        ListHostedZonesRequestTypeDef,
        UpdateHostedZoneCommentRequestTypeDef,
        VPCTypeDef,
    )

_PAGE = 100  # [ListHostedZones]
_MOST_ZONES = 500
_MOST_VPCS = 300
"""Quotas that an account has until it asks for more [Route 53 quotas]."""
_URI = "https://route53.amazonaws.com/2013-04-01/hostedzone/"


class Zones(Tables):
    """Operations on hosted zones."""

    @operation(
        "Name VPC(VPCRegion VPCId) CallerReference HostedZoneConfig(Comment PrivateZone) DelegationSetId",
    )
    def create_hosted_zone(self, _call: Call, request: CreateHostedZoneRequestTypeDef) -> dict[str, Any]:
        """A zone with its NS and SOA; with a VPC a private one [CreateHostedZone]."""
        config, vpc = request.get("HostedZoneConfig", {}), self._known_vpc(request.get("VPC", {}))
        if config.get("PrivateZone") and not vpc:
            raise AwsError(
                "InvalidInput",
                "When you're creating a private hosted zone (when you specify true for PrivateZone), you must also "
                "specify values for VPCId and VPCRegion.",
            )
        name = _zone_name(request["Name"])
        if self.zones.has("caller_reference", request["CallerReference"]):
            said = "A hosted zone has already been created with the specified caller reference"
            raise AwsError("HostedZoneAlreadyExists", f"{said}: {request['CallerReference']}", 409)
        if len(self.zones) >= _MOST_ZONES:
            said = f"Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - An account has at most {_MOST_ZONES} hosted zones."
            raise AwsError("TooManyHostedZones", said)
        chosen = self._chosen(request, name, vpc)
        made = HostedZone(
            identifiers.capitals("Z0", 19), name, request["CallerReference"], config.get("Comment"),
            (vpc,) if vpc else (), chosen.name_servers if chosen else hostedzone.name_servers(bool(vpc)),
            delegation_set=chosen.id if chosen else "",
        )  # fmt: skip
        self._check_overlap(made, vpc)
        hostedzone.put(self.documents, made)
        answer = {"HostedZone": self._shown(made), "ChangeInfo": self.changed(), "Location": f"{_URI}{made.id}"}
        if vpc:
            return {**answer, "VPC": self._vpc(vpc)}
        return {**answer, "DelegationSet": self._delegation(made)}

    @operation("Id")
    def get_hosted_zone(self, _call: Call, request: GetHostedZoneRequestTypeDef) -> dict[str, Any]:
        """One zone."""
        zone = self.the_zone(request["Id"])
        answer: dict[str, Any] = {"HostedZone": self._shown(zone)}
        if zone.private:
            return {**answer, "VPCs": [self._vpc(vpc) for vpc in zone.vpcs]}
        return {**answer, "DelegationSet": self._delegation(zone)}

    @operation("Id")
    def delete_hosted_zone(self, _call: Call, request: DeleteHostedZoneRequestTypeDef) -> dict[str, Any]:
        """A zone that has its own NS and SOA only."""
        hostedzone.delete(self.documents, self.own_zone(request["Id"]))
        return {"ChangeInfo": self.changed()}

    @operation("Id Comment")
    def update_hosted_zone_comment(self, _call: Call, request: UpdateHostedZoneCommentRequestTypeDef) -> dict[str, Any]:
        """Replaces the comment; without one, takes it away."""
        zone = replace(self.own_zone(request["Id"]), comment=request.get("Comment"))
        self.zones.put(zone)
        return {"HostedZone": self._shown(zone)}

    @operation("Marker MaxItems HostedZoneType DelegationSetId")
    def list_hosted_zones(self, _call: Call, request: ListHostedZonesRequestTypeDef) -> dict[str, Any]:
        """All zones in the order in which they were made, from the marked one on."""
        size, marker = number(request.get("MaxItems"), _PAGE), shape.plain_id(request.get("Marker") or "")
        if marker and marker not in self.zones:
            raise AwsError("InvalidInput", f"The marker {marker} is no hosted zone's: use an answer's NextMarker.")
        wanted = request.get("DelegationSetId")
        zones = self.zones.where("delegation_set", self.the_delegation_set(wanted).id) if wanted else self.zones
        found = [zone for zone in zones if zone.private or not request.get("HostedZoneType")]
        places = [place for place, zone in enumerate(found) if zone.id == marker]
        shown, following = page(found[places[0] if places else 0 :], size)
        answer: dict[str, Any] = {
            "HostedZones": [self._shown(zone) for zone in shown], "IsTruncated": following is not None,
            "MaxItems": str(size),
        }  # fmt: skip
        answer |= {"Marker": marker} if marker else {}
        return answer if following is None else {**answer, "NextMarker": following.id}

    @operation("DNSName HostedZoneId MaxItems")
    def list_hosted_zones_by_name(self, _call: Call, request: ListHostedZonesByNameRequestTypeDef) -> dict[str, Any]:
        """All zones by their names' labels from the last one on, from the one asked for on."""
        size, identity = number(request.get("MaxItems"), _PAGE), shape.plain_id(request.get("HostedZoneId") or "")
        if identity and not request.get("DNSName"):
            raise AwsError("InvalidInput", "HostedZoneId needs DNSName beside it.")
        start: tuple[tuple[str, ...], str] = ((), "")
        if request.get("DNSName"):
            start = domain.order(_zone_name(request["DNSName"])), identity
        found = sorted(self.zones, key=_place)
        shown, following = page([zone for zone in found if _place(zone) >= start], size)
        answer: dict[str, Any] = {
            "HostedZones": [self._shown(zone) for zone in shown], "IsTruncated": following is not None,
            "MaxItems": str(size),
        }  # fmt: skip
        answer |= {name: request[name] for name in ("DNSName", "HostedZoneId") if name in request}
        if following is None:
            return answer
        return {**answer, "NextDNSName": following.name, "NextHostedZoneId": following.id}

    @operation("VPCId VPCRegion MaxItems NextToken")
    def list_hosted_zones_by_vpc(self, _call: Call, request: ListHostedZonesByVPCRequestTypeDef) -> dict[str, Any]:
        """The private zones that answer in a VPC, by name."""
        size = number(request.get("MaxItems"), _PAGE)
        mine = request["VPCRegion"] == self.region
        found = sorted(self.zones.where("vpc", request["VPCId"]), key=_place) if mine else []
        refusal = AwsError("InvalidPaginationToken", "The NextToken is none that an answer gave.")
        shown, token = paging.page(found, request.get("NextToken"), size, refusal)
        owner = {"OwningAccount": self.account}
        summaries = [{"HostedZoneId": zone.id, "Name": zone.name, "Owner": owner} for zone in shown]
        answer = {"HostedZoneSummaries": summaries, "MaxItems": str(size)}
        return {**answer, "NextToken": token} if token else answer

    @operation("HostedZoneId VPC(VPCRegion VPCId) Comment")
    def associate_vpc_with_hosted_zone(
        self, _call: Call, request: AssociateVPCWithHostedZoneRequestTypeDef
    ) -> dict[str, Any]:
        """A private zone answers in one more VPC."""
        zone, vpc = self.own_zone(request["HostedZoneId"]), self._known_vpc(request["VPC"])
        if not zone.private:
            said = (
                "You're trying to associate a VPC with a public hosted zone. Amazon Route 53 doesn't support "
                "associating a VPC with a public hosted zone."
            )
            raise AwsError("PublicZoneVPCAssociation", said)
        if not vpc:
            raise AwsError("InvalidInput", "VPC needs VPCId and VPCRegion.")
        self._check_overlap(zone, vpc)
        if len(zone.vpcs) >= _MOST_VPCS:
            said = f"Limits Exceeded: MAX_VPCS_ASSOCIATED_BY_ZONE - A hosted zone has at most {_MOST_VPCS} VPCs."
            raise AwsError("LimitsExceeded", said)
        self.zones.put(replace(zone, vpcs=(*zone.vpcs, vpc)))
        return {"ChangeInfo": self.changed(request.get("Comment"))}

    @operation("HostedZoneId VPC(VPCRegion VPCId) Comment")
    def disassociate_vpc_from_hosted_zone(
        self, _call: Call, request: DisassociateVPCFromHostedZoneRequestTypeDef
    ) -> dict[str, Any]:
        """A private zone answers in one VPC less; it keeps one."""
        zone, vpc = self.own_zone(request["HostedZoneId"]), request["VPC"].get("VPCId", "")
        if vpc not in zone.vpcs or request["VPC"].get("VPCRegion", self.region) != self.region:
            said = f"The VPC {vpc} is not associated with the hosted zone {zone.id}."
            raise AwsError("VPCAssociationNotFound", said, 404)
        if len(zone.vpcs) == 1:
            said = (
                "The VPC that you're trying to disassociate from the private hosted zone is the last VPC that is "
                "associated with the hosted zone. Amazon Route 53 doesn't support disassociating the last VPC from a "
                "hosted zone."
            )
            raise AwsError("LastVPCAssociation", said)
        self.zones.put(replace(zone, vpcs=tuple(one for one in zone.vpcs if one != vpc)))
        return {"ChangeInfo": self.changed(request.get("Comment"))}

    def _chosen(self, request: CreateHostedZoneRequestTypeDef, name: str, vpc: str) -> DelegationSet | None:
        """The reusable delegation set of a request; AwsError where the zone can't have it [CreateHostedZone]."""
        if not request.get("DelegationSetId"):
            return None
        if vpc:
            raise AwsError("InvalidInput", "You can't associate a reusable delegation set with a private hosted zone.")
        found = self.the_delegation_set(request["DelegationSetId"])
        having = self.zones.where("delegation_set", found.id)
        if any(domain.within(zone.name, name) or domain.within(name, zone.name) for zone in having):
            said = f"Cannot create hosted zone with DelegationSetId DelegationSet:{found.id} as the DNSName"
            raise AwsError("ConflictingDomainExists", f"{said} {name} conflicts with existing ones sharing it")
        if len(having) >= MOST_ZONES_OF_A_SET:
            said = f"A reusable delegation set has at most {MOST_ZONES_OF_A_SET} hosted zones."
            raise AwsError("TooManyHostedZones", f"Limits Exceeded: MAX_ZONES_BY_REUSABLE_DELEGATION_SET - {said}")
        return found

    def _delegation(self, zone: HostedZone) -> dict[str, Any]:
        """The member DelegationSet of a public zone."""
        if zone.delegation_set:
            return shape.delegation_set(self.the_delegation_set(zone.delegation_set))
        return {"NameServers": [*zone.name_servers]}

    def _known_vpc(self, given: VPCTypeDef) -> str:
        """The id of a request's VPC, empty for none; AwsError when it is not there."""
        vpc, where = given.get("VPCId", ""), given.get("VPCRegion", self.region)
        if vpc and (vpc not in self.vpcs or where != self.region):
            raise AwsError("InvalidVPCId", f"The VPC {vpc} in region {where} does not exist, or is not yours.")
        return vpc

    def _check_overlap(self, zone: HostedZone, vpc: str) -> None:
        """A VPC has one private zone of a name, so that it is known which one answers."""
        if any(other.name == zone.name for other in self.zones.where("vpc", vpc)):
            said = (
                f"The VPC {vpc} in region {self.region} has already been associated with the hosted zone with the same "
                f"domain name {zone.name}"
            )
            raise AwsError("ConflictingDomainExists", said)

    def _shown(self, zone: HostedZone) -> dict[str, Any]:
        return shape.hosted_zone(zone, self.count(zone))

    def _vpc(self, vpc: str) -> dict[str, str]:
        return {"VPCRegion": self.region, "VPCId": vpc}


def _place(zone: HostedZone) -> tuple[tuple[str, ...], str]:
    return domain.order(zone.name), zone.id


def _zone_name(written: str) -> str:
    try:
        return domain.canonical(written)
    except domain.InvalidName as error:
        raise AwsError("InvalidDomainName", f"The domain name is not valid: {error}") from error
