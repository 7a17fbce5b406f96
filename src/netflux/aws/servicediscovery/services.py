"""Services of namespaces: how their instances are found."""

from __future__ import annotations

from typing import Any

from netflux.aws.servicediscovery.store import SERVICE, TAGGER, TAGS, Json, Part, identity, matching, page, shown
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

_INTERNAL = ("attributes", "revision")
_SUMMARISED = (*_INTERNAL, "NamespaceId", "CreatorRequestId")
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
        for body in self.services(namespace["Id"]):
            if body["Name"].lower() == request["Name"].lower():
                if token is not None and body["CreatorRequestId"] == token:
                    return {"Service": self._told(body)}
                text = f"Service {request['Name']} already exists in {namespace['Name']}: {body['Id']}."
                raise AwsError("ServiceAlreadyExists", text)
        made = identity("srv", 16)
        body = {
            "Id": made, "Arn": self.arn("service", made), "Name": request["Name"], "NamespaceId": namespace["Id"],
            "Description": request.get("Description"), "Type": _type(request, namespace),
            "DnsConfig": _dns(request, namespace),
            "HealthCheckCustomConfig": _custom(request.get("HealthCheckCustomConfig")), "CreateDate": self.now(),
            "CreatorRequestId": token, "attributes": {}, "revision": 1,
        }  # fmt: skip
        self.documents.put(SERVICE, made, body)
        self.tag(body["Arn"], request.get("Tags", ()), own=call.access_key is None)
        return {"Service": self._told(body)}

    @operation("Id")
    def get_service(self, _call: Call, request: Json) -> Json:
        """One service."""
        return {"Service": self._told(self.the_service(request["Id"]))}

    @operation("NextToken MaxResults Filters(Name Values Condition)")
    def list_services(self, _call: Call, request: Json) -> Json:
        """All services that pass the filters."""
        places: dict[str, Any] = {
            "NAMESPACE_ID": lambda body: body["NamespaceId"],
            "RESOURCE_OWNER": lambda _: "SELF",
        }
        filters = [dict(one) for one in request.get("Filters", ())]
        for one in filters:
            one["Values"] = [value.rpartition("/")[2] for value in one["Values"]]
        found = matching([body for _, body in self.documents.list(SERVICE)], filters, places)
        return page([self._told(body, *_SUMMARISED) for body in found], request, "Services")

    @operation(
        "Id Service(Description DnsConfig(DnsRecords(Type TTL)))", refused={"Service.HealthCheckConfig": _UNCHECKED}
    )
    def update_service(self, _call: Call, request: Json) -> Json:
        """Changes description and records. Records that are left out are removed, as on AWS."""
        found, change = self.the_service(request["Id"]), request["Service"]
        if "Description" in change:
            found["Description"] = change["Description"]
        if found["DnsConfig"] is not None:
            records = change.get("DnsConfig", {}).get("DnsRecords", [])
            found["DnsConfig"] = {**found["DnsConfig"], "DnsRecords": records} if records else None
        elif change.get("DnsConfig"):
            raise AwsError("InvalidInput", "DNS records can't be added to a service that was made without them.")
        self.documents.put(SERVICE, found["Id"], found)
        self.publish(found)
        return {"OperationId": self.operation("UPDATE_SERVICE", {"SERVICE": found["Id"]})}

    @operation("Id")
    def delete_service(self, _call: Call, request: Json) -> Json:
        """A service without instances."""
        found = self.the_service(request["Id"])
        if self.instances(found["Id"]):
            raise AwsError("ResourceInUse", f"The service {found['Id']} still has instances; deregister them first.")
        self.documents.delete(SERVICE, found["Id"])
        self.documents.delete(TAGS, found["Arn"])
        return {}

    @operation("ServiceId")
    def get_service_attributes(self, _call: Call, request: Json) -> Json:
        """What was noted of a service."""
        found = self.the_service(request["ServiceId"])
        return {
            "ServiceAttributes": {
                "ServiceArn": found["Arn"], "ResourceOwner": self.account, "Attributes": found["attributes"],
            }
        }  # fmt: skip

    @operation("ServiceId Attributes")
    def update_service_attributes(self, _call: Call, request: Json) -> Json:
        """Notes more of a service."""
        found = self.the_service(request["ServiceId"])
        found["attributes"] |= request["Attributes"]
        if len(found["attributes"]) > _MOST_ATTRIBUTES:
            raise AwsError("ServiceAttributesLimitExceededException", f"A service has at most {_MOST_ATTRIBUTES}.")
        self.documents.put(SERVICE, found["Id"], found)
        return {}

    @operation("ServiceId Attributes")
    def delete_service_attributes(self, _call: Call, request: Json) -> Json:
        """Forgets what was noted of a service."""
        found = self.the_service(request["ServiceId"])
        kept = {key: value for key, value in found["attributes"].items() if key not in request["Attributes"]}
        self.documents.put(SERVICE, found["Id"], found | {"attributes": kept})
        return {}

    @operation("ResourceARN Tags(Key Value)")
    def tag_resource(self, call: Call, request: Json) -> Json:
        """Adds tags to a namespace or service."""
        self._there(request["ResourceARN"])
        self.tag(request["ResourceARN"], request["Tags"], own=call.access_key is None)
        return {}

    @operation("ResourceARN TagKeys")
    def untag_resource(self, _call: Call, request: Json) -> Json:
        """Takes tags away."""
        arn = request["ResourceARN"]
        self._there(arn)
        known = self.documents.get(TAGS, arn) or {}
        self.documents.put(TAGS, arn, {key: value for key, value in known.items() if key not in request["TagKeys"]})
        return {}

    @operation("ResourceARN")
    def list_tags_for_resource(self, _call: Call, request: Json) -> Json:
        """The tags of a namespace or service."""
        self._there(request["ResourceARN"])
        known = self.documents.get(TAGS, request["ResourceARN"]) or {}
        return {"Tags": TAGGER.shown(known)}

    def _there(self, arn: str) -> None:
        try:
            _ = self.the_namespace(arn) if ":namespace/" in arn else self.the_service(arn)
        except AwsError as error:
            raise AwsError("ResourceNotFoundException", f"There is no resource {arn}.") from error

    def _told(self, body: Json, *left_out: str) -> Json:
        own = {"ResourceOwner": self.account, "InstanceCount": len(self.instances(body["Id"])),
               "CreatedByAccount": self.account}  # fmt: skip
        return shown(body, *(left_out or _INTERNAL)) | own


def _type(request: Json, namespace: Json) -> str:
    """API shape Service: HTTP where only DiscoverInstances finds instances."""
    if namespace["Type"] == "HTTP" or request.get("Type") == "HTTP":
        return "HTTP"
    return "DNS_HTTP" if request.get("DnsConfig") else "HTTP"


def _dns(request: Json, namespace: Json) -> Json | None:
    wanted = request.get("DnsConfig")
    if wanted is None:
        return None
    if namespace["Type"] == "HTTP" or request.get("Type") == "HTTP":
        raise AwsError("InvalidInput", "DnsConfig is not allowed for a service that only DiscoverInstances finds.")
    kinds = [one["Type"] for one in wanted["DnsRecords"]]
    if "CNAME" in kinds and (len(kinds) > 1 or wanted.get("RoutingPolicy", "MULTIVALUE") != "WEIGHTED"):
        raise AwsError("InvalidInput", "A CNAME record must be the only one, with the routing policy WEIGHTED.")
    if len(set(kinds)) != len(kinds):
        raise AwsError("InvalidInput", "Each type of record may be there once.")
    return {"RoutingPolicy": "MULTIVALUE", **wanted, "NamespaceId": namespace["Id"]}


def _custom(wanted: Json | None) -> Json | None:
    """API shape HealthCheckCustomConfig: FailureThreshold is always 1."""
    return None if wanted is None else {"FailureThreshold": 1}
