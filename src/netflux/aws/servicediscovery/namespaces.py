"""Namespaces, and the hosted zones behind those with DNS."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from netflux.aws.servicediscovery.store import TAGGER, UNSHARED, Json, Part, identity, matching, moment, page, told
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.vpc import VPC
from netflux.resources.route53 import domain, hostedzone
from netflux.resources.route53.hostedzone import HostedZone
from netflux.resources.servicediscovery import Namespace

_SOA_TTL = 15  # seconds; API shape SOA, as namespaces have it that name none (seen)
_SOA = "Properties(DnsProperties(SOA(TTL)))"
_LISTED = "NextToken MaxResults Filters(Name Values Condition)"
_REPEATED = {"UpdaterRequestId": "An update that is repeated changes nothing."}


class Namespaces(Part):
    """Operations on namespaces. What AWS does a while later is done when the operation's id is told."""

    @operation("Name CreatorRequestId Description Tags(Key Value)")
    def create_http_namespace(self, call: Call, request: Json) -> Json:
        """A namespace for DiscoverInstances alone."""
        again = self._again(request, "HTTP", "")
        return again or {"OperationId": self._create(call, request, "HTTP")}

    @operation(f"Name CreatorRequestId Description Vpc Tags(Key Value) {_SOA}")
    def create_private_dns_namespace(self, call: Call, request: Json) -> Json:
        """A namespace whose names the VPC's resolver answers, by a private hosted zone."""
        again = self._again(request, "DNS_PRIVATE", request["Vpc"])
        if again:
            return again
        if request["Vpc"] not in self.documents.table(VPC):
            raise AwsError("InvalidInput", f"The vpc ID '{request['Vpc']}' does not exist")
        name = _zone_name(request["Name"])
        if any(zone.name == name for zone in self.zones.where("vpc", request["Vpc"])):
            said = f"The VPC {request['Vpc']} has already been associated with another hosted zone of the name {name}"
            return {"OperationId": self.operation("CREATE_NAMESPACE", {}, "CANNOT_CREATE_HOSTED_ZONE", said)}
        return {"OperationId": self._create(call, request, "DNS_PRIVATE")}

    @operation(f"Name CreatorRequestId Description Tags(Key Value) {_SOA}")
    def create_public_dns_namespace(self, call: Call, request: Json) -> Json:
        """A namespace with a public hosted zone, which nobody resolves: nothing of this machine is on the internet."""
        again = self._again(request, "DNS_PUBLIC", "")
        return again or {"OperationId": self._create(call, request, "DNS_PUBLIC")}

    @operation("Id")
    def delete_namespace(self, _call: Call, request: Json) -> Json:
        """With its hosted zone."""
        found = self.the_namespace(request["Id"])
        if self.services.has("namespace", found.id):
            raise AwsError("ResourceInUse", f"The namespace {found.id} still has services; delete them first.")
        for zone in self.zones.where("namespace", found.arn):
            for record in self.records.where("zone", zone.id):
                self.records.delete(record.key)
            self.zones.delete(zone.id)
        self.namespaces.delete(found.id)
        return {"OperationId": self.operation("DELETE_NAMESPACE", {"NAMESPACE": found.id})}

    @operation("Id")
    def get_namespace(self, _call: Call, request: Json) -> Json:
        """One namespace."""
        return {"Namespace": self._namespace(self.the_namespace(request["Id"]))}

    @operation(_LISTED)
    def list_namespaces(self, _call: Call, request: Json) -> Json:
        """All namespaces that pass the filters."""
        places: dict[str, Any] = {
            "TYPE": lambda one: one.type,
            "NAME": lambda one: one.name,
            "HTTP_NAME": lambda one: one.name,
            "RESOURCE_OWNER": lambda _: "SELF",
        }
        found = matching([*self.namespaces], request.get("Filters", ()), places)
        summaries = [self._namespace(one) for one in found]
        for one in summaries:
            one.pop("CreatorRequestId", None)
        return page(summaries, request, "Namespaces")

    @operation("Id Namespace(Description)", neutral=_REPEATED)
    def update_http_namespace(self, _call: Call, request: Json) -> Json:
        """Changes the description."""
        return self._update(request)

    @operation(f"Id Namespace(Description {_SOA})", neutral=_REPEATED)
    def update_private_dns_namespace(self, _call: Call, request: Json) -> Json:
        """Changes the description and the TTL of the zone's SOA."""
        return self._update_zone(request)

    @operation(f"Id Namespace(Description {_SOA})", neutral=_REPEATED)
    def update_public_dns_namespace(self, _call: Call, request: Json) -> Json:
        """Changes the description and the TTL of the zone's SOA."""
        return self._update_zone(request)

    @operation("OperationId", refused=UNSHARED)
    def get_operation(self, _call: Call, request: Json) -> Json:
        """One operation; all have ended."""
        found = self.operations.get(request["OperationId"])
        if found is None:
            raise AwsError("OperationNotFound", f"{request['OperationId']}")
        return {
            "Operation": told({
                "Id": found.id, "Type": found.type, "Status": found.status, "CreateDate": moment(found.at),
                "UpdateDate": moment(found.at), "Targets": found.targets, "ErrorCode": found.error_code or None,
                "ErrorMessage": found.error_message or None,
            })
        }  # fmt: skip

    @operation(_LISTED)
    def list_operations(self, _call: Call, request: Json) -> Json:
        """The latest operations that pass the filters."""
        places: dict[str, Any] = {
            "NAMESPACE_ID": lambda one: one.targets.get("NAMESPACE"),
            "SERVICE_ID": lambda one: one.targets.get("SERVICE"),
            "STATUS": lambda one: one.status,
            "TYPE": lambda one: one.type,
        }
        found = matching([*self.operations], request.get("Filters", ()), places)
        return page([{"Id": one.id, "Status": one.status} for one in found], request, "Operations")

    def _again(self, request: Json, kind: str, vpc: str) -> Json | None:
        """The answer to a request that was accepted before; AwsError when the name is taken."""
        for known in self.namespaces.where("name", request["Name"]):
            if (known.type, known.vpc) != (kind, vpc):
                continue
            token = request.get("CreatorRequestId")
            if token is not None and known.token == token:
                return {"OperationId": known.operation}
            raise AwsError("NamespaceAlreadyExists", f"The namespace {request['Name']} already exists: {known.id}.")
        return None

    def _create(self, call: Call, request: Json, kind: str) -> str:
        made = identity("ns", 16)
        arn = self.arn("namespace", made)
        operation = self.operation("CREATE_NAMESPACE", {"NAMESPACE": made})
        zone, ttl = ("", 0) if kind == "HTTP" else self._zone(request, arn)
        tags = TAGGER.read(request.get("Tags"), own=call.access_key is None)
        self.namespaces.put(Namespace(
            made, arn, request["Name"], kind, self.now(), operation, request.get("Description"), zone, ttl,
            request.get("Vpc", ""), request.get("CreatorRequestId"), tags,
        ))  # fmt: skip
        return operation

    def _zone(self, request: Json, arn: str) -> tuple[str, int]:
        """The hosted zone, made, and the TTL of its SOA; it is the namespace's, so nobody else changes it."""
        ttl = request.get("Properties", {}).get("DnsProperties", {}).get("SOA", {}).get("TTL", _SOA_TTL)
        vpcs = (request["Vpc"],) if "Vpc" in request else ()
        zone = HostedZone(
            identifiers.capitals("Z0", 19), _zone_name(request["Name"]), identity("cloudmap", 16),
            "Created by AWS Cloud Map", vpcs, hostedzone.name_servers(bool(vpcs)), namespace=arn,
        )  # fmt: skip
        hostedzone.put(self.documents, zone, ttl)
        return zone.id, ttl

    def _update(self, request: Json, **changes: Any) -> Json:
        found = self.the_namespace(request["Id"])
        if "Description" in request["Namespace"]:
            changes["description"] = request["Namespace"]["Description"]
        self.namespaces.put(replace(found, **changes))
        return {"OperationId": self.operation("UPDATE_NAMESPACE", {"NAMESPACE": found.id})}

    def _update_zone(self, request: Json) -> Json:
        start = request["Namespace"].get("Properties", {}).get("DnsProperties", {}).get("SOA")
        if start is None:
            return self._update(request)
        zone = self.zones.get(self.the_namespace(request["Id"]).zone)
        if zone is not None:
            _, authority = hostedzone.own_records(zone, start["TTL"])
            self.records.put(authority)
        return self._update(request, ttl=start["TTL"])

    def _namespace(self, one: Namespace) -> Json:
        dns: Json = {"HostedZoneId": one.zone, "SOA": {"TTL": one.ttl}} if one.zone else {"SOA": {}}
        return told({
            "Id": one.id, "Arn": one.arn, "Name": one.name, "Type": one.type, "Description": one.description,
            "CreateDate": moment(one.created), "CreatorRequestId": one.token, "ResourceOwner": self.account,
            "Properties": {"DnsProperties": dns, "HttpProperties": {"HttpName": one.name}},
            "ServiceCount": len(self.services.keys("namespace", one.id)),
        })  # fmt: skip


def _zone_name(written: str) -> str:
    try:
        return domain.canonical(written)
    except domain.InvalidName as error:
        raise AwsError("InvalidInput", f"The name {written} is no domain name: {error}") from error
