"""Namespaces, and the hosted zones behind those with DNS."""

from __future__ import annotations

from typing import Any

from netflux.aws.servicediscovery.store import (
    NAMESPACE,
    OPERATION,
    TAGS,
    UNSHARED,
    Json,
    Part,
    identity,
    matching,
    page,
    shown,
)
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.ec2.vpc import VPC
from netflux.resources.route53 import domain, hostedzone
from netflux.resources.route53.hostedzone import HostedZone

_SOA_TTL = 15  # seconds; API shape SOA, as namespaces have it that name none (seen)
_INTERNAL = ("operation", "vpc")
_SOA = "Properties(DnsProperties(SOA(TTL)))"
_LISTED = "NextToken MaxResults Filters(Name Values Condition)"
_REPEATED = {"UpdaterRequestId": "An update that is repeated changes nothing."}


class Namespaces(Part):
    """Operations on namespaces. What AWS does a while later is done when the operation's id is told."""

    @operation("Name CreatorRequestId Description Tags(Key Value)")
    def create_http_namespace(self, call: Call, request: Json) -> Json:
        """A namespace for DiscoverInstances alone."""
        again = self._again(request, "HTTP", "")
        return again or {"OperationId": self._create(call, request, "HTTP", {"DnsProperties": {"SOA": {}}})}

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
            failure = {"ErrorCode": "CANNOT_CREATE_HOSTED_ZONE", "ErrorMessage": said}
            return {"OperationId": self.operation("CREATE_NAMESPACE", {}, **failure)}
        return {"OperationId": self._create(call, request, "DNS_PRIVATE", {})}

    @operation(f"Name CreatorRequestId Description Tags(Key Value) {_SOA}")
    def create_public_dns_namespace(self, call: Call, request: Json) -> Json:
        """A namespace with a public hosted zone, which nobody resolves: nothing of this machine is on the internet."""
        again = self._again(request, "DNS_PUBLIC", "")
        return again or {"OperationId": self._create(call, request, "DNS_PUBLIC", {})}

    @operation("Id")
    def delete_namespace(self, _call: Call, request: Json) -> Json:
        """With its hosted zone."""
        found = self.the_namespace(request["Id"])
        if self.services(found["Id"]):
            raise AwsError("ResourceInUse", f"The namespace {found['Id']} still has services; delete them first.")
        for zone in self.zones.where("namespace", found["Arn"]):
            for record in self.records.where("zone", zone.id):
                self.records.delete(record.key)
            self.zones.delete(zone.id)
        self.documents.delete(NAMESPACE, found["Id"])
        self.documents.delete(TAGS, found["Arn"])
        return {"OperationId": self.operation("DELETE_NAMESPACE", {"NAMESPACE": found["Id"]})}

    @operation("Id")
    def get_namespace(self, _call: Call, request: Json) -> Json:
        """One namespace."""
        return {"Namespace": self._namespace(self.the_namespace(request["Id"]))}

    @operation(_LISTED)
    def list_namespaces(self, _call: Call, request: Json) -> Json:
        """All namespaces that pass the filters."""
        places: dict[str, Any] = {
            "TYPE": lambda body: body["Type"],
            "NAME": lambda body: body["Name"],
            "HTTP_NAME": lambda body: body["Properties"]["HttpProperties"]["HttpName"],
            "RESOURCE_OWNER": lambda _: "SELF",
        }
        found = matching([body for _, body in self.documents.list(NAMESPACE)], request.get("Filters", ()), places)
        summaries = [self._namespace(body) for body in found]
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
        found = self.documents.get(OPERATION, request["OperationId"])
        if found is None:
            raise AwsError("OperationNotFound", f"{request['OperationId']}")
        return {"Operation": shown(found)}

    @operation(_LISTED)
    def list_operations(self, _call: Call, request: Json) -> Json:
        """The latest operations that pass the filters."""
        places: dict[str, Any] = {
            "NAMESPACE_ID": lambda body: body["Targets"].get("NAMESPACE"),
            "SERVICE_ID": lambda body: body["Targets"].get("SERVICE"),
            "STATUS": lambda body: body["Status"],
            "TYPE": lambda body: body["Type"],
        }
        found = matching([body for _, body in self.documents.list(OPERATION)], request.get("Filters", ()), places)
        return page([{"Id": body["Id"], "Status": body["Status"]} for body in found], request, "Operations")

    def _again(self, request: Json, kind: str, vpc: str) -> Json | None:
        """The answer to a request that was accepted before; AwsError when the name is taken."""
        for _, body in self.documents.list(NAMESPACE):
            if (body["Name"], body["Type"], body["vpc"]) != (request["Name"], kind, vpc):
                continue
            token = request.get("CreatorRequestId")
            if token is not None and body["CreatorRequestId"] == token:
                return {"OperationId": body["operation"]}
            raise AwsError("NamespaceAlreadyExists", f"The namespace {request['Name']} already exists: {body['Id']}.")
        return None

    def _create(self, call: Call, request: Json, kind: str, properties: Json) -> str:
        made = identity("ns", 16)
        arn = self.arn("namespace", made)
        operation = self.operation("CREATE_NAMESPACE", {"NAMESPACE": made})
        if kind != "HTTP":
            properties = self._zone(request, arn)
        self.documents.put(NAMESPACE, made, {
            "Id": made, "Arn": arn, "Name": request["Name"], "Type": kind,
            "Description": request.get("Description"), "CreateDate": self.now(),
            "Properties": {**properties, "HttpProperties": {"HttpName": request["Name"]}},
            "CreatorRequestId": request.get("CreatorRequestId"), "operation": operation,
            "vpc": request.get("Vpc", ""),
        })  # fmt: skip
        self.tag(arn, request.get("Tags", ()), own=call.access_key is None)
        return operation

    def _zone(self, request: Json, arn: str) -> Json:
        """Properties with the hosted zone, made; it is the namespace's, so nobody else changes it."""
        ttl = request.get("Properties", {}).get("DnsProperties", {}).get("SOA", {}).get("TTL", _SOA_TTL)
        vpcs = (request["Vpc"],) if "Vpc" in request else ()
        zone = HostedZone(
            identifiers.capitals("Z0", 19), _zone_name(request["Name"]), identity("cloudmap", 16),
            "Created by AWS Cloud Map", vpcs, hostedzone.name_servers(bool(vpcs)), namespace=arn,
        )  # fmt: skip
        hostedzone.put(self.documents, zone, ttl)
        return {"DnsProperties": {"HostedZoneId": zone.id, "SOA": {"TTL": ttl}}}

    def _update(self, request: Json, **properties: Json) -> Json:
        found = self.the_namespace(request["Id"])
        change = request["Namespace"]
        if "Description" in change:
            found["Description"] = change["Description"]
        found["Properties"] |= properties
        self.documents.put(NAMESPACE, found["Id"], found)
        return {"OperationId": self.operation("UPDATE_NAMESPACE", {"NAMESPACE": found["Id"]})}

    def _update_zone(self, request: Json) -> Json:
        start = request["Namespace"].get("Properties", {}).get("DnsProperties", {}).get("SOA")
        if start is None:
            return self._update(request)
        found = self.the_namespace(request["Id"])
        before = found["Properties"]["DnsProperties"]
        zone = self.zones.get(before.get("HostedZoneId", ""))
        if zone is not None:
            _, authority = hostedzone.own_records(zone, start["TTL"])
            self.records.put(authority)
        return self._update(request, DnsProperties={**before, "SOA": {"TTL": start["TTL"]}})

    def _namespace(self, body: Json) -> Json:
        own = {"ResourceOwner": self.account, "ServiceCount": len(self.services(body["Id"]))}
        return shown(body, *_INTERNAL) | own


def _zone_name(written: str) -> str:
    try:
        return domain.canonical(written)
    except domain.InvalidName as error:
        raise AwsError("InvalidInput", f"The name {written} is no domain name: {error}") from error
