"""Services of namespaces: how their instances are found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from netflux.aws.servicediscovery.store import TAGGER, Json, Part, identity, matching, moment, page, told
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.servicediscovery import Dns, DnsRecord, Namespace, Service

_NOT_LISTED = ("NamespaceId", "CreatorRequestId")
_UNCHECKED = "Route 53's health checks are not here. Use HealthCheckCustomConfig."
_MOST_ATTRIBUTES = 30  # Cloud Map quotas


class Services(Part):
    """Operations on services."""

    @operation(
        "Name NamespaceId CreatorRequestId Description DnsConfig(NamespaceId RoutingPolicy DnsRecords(Type TTL)) "
        "HealthCheckCustomConfig(FailureThreshold) Tags(Key Value) Type",
        refused={"HealthCheckConfig": _UNCHECKED},
    )
    def create_service(self, call: Call, request: Json) -> Json:
        """A service; its records follow its instances."""
        written = request.get("NamespaceId") or request.get("DnsConfig", {}).get("NamespaceId")
        if not written:
            raise AwsError("InvalidInput", "NamespaceId is required.")
        namespace = self.the_namespace(written)
        token = request.get("CreatorRequestId")
        for known in self.services.where("namespace", namespace.id):
            if known.name.lower() == request["Name"].lower():
                if token is not None and known.token == token:
                    return {"Service": self._told(known)}
                text = f"Service {request['Name']} already exists in {namespace.name}: {known.id}."
                raise AwsError("ServiceAlreadyExists", text)
        made = identity("srv", 16)
        service = Service(
            made, self.arn("service", made), request["Name"], namespace.id, _type(request, namespace), self.now(),
            request.get("Description"), _dns(request, namespace), "HealthCheckCustomConfig" in request, token,
            tags=TAGGER.read(request.get("Tags"), own=call.access_key is None),
        )  # fmt: skip
        self.services.put(service)
        return {"Service": self._told(service)}

    @operation("Id")
    def get_service(self, _call: Call, request: Json) -> Json:
        """One service."""
        return {"Service": self._told(self.the_service(request["Id"]))}

    @operation("NextToken MaxResults Filters(Name Values Condition)")
    def list_services(self, _call: Call, request: Json) -> Json:
        """All services that pass the filters."""
        places: dict[str, Any] = {
            "NAMESPACE_ID": lambda one: one.namespace,
            "RESOURCE_OWNER": lambda _: "SELF",
        }
        filters = [dict(one) for one in request.get("Filters", ())]
        for one in filters:
            one["Values"] = [value.rpartition("/")[2] for value in one["Values"]]
        found = [self._told(one) for one in matching([*self.services], filters, places)]
        listed = [{name: value for name, value in one.items() if name not in _NOT_LISTED} for one in found]
        return page(listed, request, "Services")

    @operation(
        "Id Service(Description DnsConfig(DnsRecords(Type TTL)))", refused={"Service.HealthCheckConfig": _UNCHECKED}
    )
    def update_service(self, _call: Call, request: Json) -> Json:
        """Changes description and records. Records that are left out are removed, as on AWS."""
        found, change = self.the_service(request["Id"]), request["Service"]
        if "Description" in change:
            found = replace(found, description=change["Description"])
        if found.dns is not None:
            records = _records(change.get("DnsConfig", {}).get("DnsRecords", []))
            found = replace(found, dns=replace(found.dns, records=records) if records else None)
        elif change.get("DnsConfig"):
            raise AwsError("InvalidInput", "DNS records can't be added to a service that was made without them.")
        self.services.put(found)
        self.publish(found)
        return {"OperationId": self.operation("UPDATE_SERVICE", {"SERVICE": found.id})}

    @operation("Id")
    def delete_service(self, _call: Call, request: Json) -> Json:
        """A service without instances."""
        found = self.the_service(request["Id"])
        if self.instances.has("service", found.id):
            raise AwsError("ResourceInUse", f"The service {found.id} still has instances; deregister them first.")
        self.services.delete(found.id)
        return {}

    @operation("ServiceId")
    def get_service_attributes(self, _call: Call, request: Json) -> Json:
        """What was noted of a service."""
        found = self.the_service(request["ServiceId"])
        return {
            "ServiceAttributes": {
                "ServiceArn": found.arn, "ResourceOwner": self.account, "Attributes": found.attributes,
            }
        }  # fmt: skip

    @operation("ServiceId Attributes")
    def update_service_attributes(self, _call: Call, request: Json) -> Json:
        """Notes more of a service."""
        found = self.the_service(request["ServiceId"])
        attributes = {**found.attributes, **request["Attributes"]}
        if len(attributes) > _MOST_ATTRIBUTES:
            raise AwsError("ServiceAttributesLimitExceededException", f"A service has at most {_MOST_ATTRIBUTES}.")
        self.services.put(replace(found, attributes=attributes))
        return {}

    @operation("ServiceId Attributes")
    def delete_service_attributes(self, _call: Call, request: Json) -> Json:
        """Forgets what was noted of a service."""
        found = self.the_service(request["ServiceId"])
        kept = {key: value for key, value in found.attributes.items() if key not in request["Attributes"]}
        self.services.put(replace(found, attributes=kept))
        return {}

    @operation("ResourceARN Tags(Key Value)")
    def tag_resource(self, call: Call, request: Json) -> Json:
        """Adds tags to a namespace or service."""
        found = self.tagged(request["ResourceARN"])
        self.set_tags(found, TAGGER.merged(found.tags, TAGGER.read(request["Tags"], own=call.access_key is None)))
        return {}

    @operation("ResourceARN TagKeys")
    def untag_resource(self, _call: Call, request: Json) -> Json:
        """Takes tags away."""
        found = self.tagged(request["ResourceARN"])
        self.set_tags(found, {key: value for key, value in found.tags.items() if key not in request["TagKeys"]})
        return {}

    @operation("ResourceARN")
    def list_tags_for_resource(self, _call: Call, request: Json) -> Json:
        """The tags of a namespace or service."""
        return {"Tags": TAGGER.shown(self.tagged(request["ResourceARN"]).tags)}

    def _told(self, one: Service) -> Json:
        dns = one.dns and {
            "RoutingPolicy": one.dns.routing, "NamespaceId": one.namespace,
            "DnsRecords": [{"Type": record.type, "TTL": record.ttl} for record in one.dns.records],
        }  # fmt: skip
        return told({
            "Id": one.id, "Arn": one.arn, "Name": one.name, "NamespaceId": one.namespace,
            "Description": one.description, "Type": one.type, "DnsConfig": dns,
            "HealthCheckCustomConfig": {"FailureThreshold": 1} if one.checked else None,  # it is always 1
            "CreateDate": moment(one.created), "CreatorRequestId": one.token, "ResourceOwner": self.account,
            "InstanceCount": len(self.instances.keys("service", one.id)), "CreatedByAccount": self.account,
        })  # fmt: skip


def _type(request: Json, namespace: Namespace) -> str:
    """API shape Service: HTTP where only DiscoverInstances finds instances."""
    if namespace.type == "HTTP" or request.get("Type") == "HTTP":
        return "HTTP"
    return "DNS_HTTP" if request.get("DnsConfig") else "HTTP"


def _dns(request: Json, namespace: Namespace) -> Dns | None:
    wanted = request.get("DnsConfig")
    if wanted is None:
        return None
    if namespace.type == "HTTP" or request.get("Type") == "HTTP":
        raise AwsError("InvalidInput", "DnsConfig is not allowed for a service that only DiscoverInstances finds.")
    kinds = [one["Type"] for one in wanted["DnsRecords"]]
    if "CNAME" in kinds and (len(kinds) > 1 or wanted.get("RoutingPolicy", "MULTIVALUE") != "WEIGHTED"):
        raise AwsError("InvalidInput", "A CNAME record must be the only one, with the routing policy WEIGHTED.")
    if len(set(kinds)) != len(kinds):
        raise AwsError("InvalidInput", "Each type of record may be there once.")
    return Dns(wanted.get("RoutingPolicy", "MULTIVALUE"), _records(wanted["DnsRecords"]))


def _records(wanted: Sequence[Json]) -> tuple[DnsRecord, ...]:
    return tuple(DnsRecord(one["Type"], one["TTL"]) for one in wanted)
