"""Instances of services: registering, health as whoever checks it says, and finding them."""

from __future__ import annotations

import asyncio

from netflux.aws.servicediscovery import decide
from netflux.aws.servicediscovery.store import ILL_AFTER, INSTANCE, NAMESPACE, SERVICE, UNSHARED, Json, Part, page
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError, Unsupported

_MARGIN = 0.05
"""Real seconds by which the clock that measures may be behind the one that wakes."""


class Instances(Part):
    """Operations on instances."""

    @operation("ServiceId InstanceId CreatorRequestId Attributes")
    def register_instance(self, _call: Call, request: Json) -> Json:
        """A new instance; one of that id gets the attributes."""
        service = self.the_service(request["ServiceId"])
        attributes = request["Attributes"]
        if decide.EC2 in attributes:
            raise Unsupported(f"{decide.EC2} of a Cloud Map instance", f"Use {decide.IPV4}.")
        decide.check_attributes(service, attributes)
        key = _key(service, request["InstanceId"])
        known = self.documents.get(INSTANCE, key)
        initial = attributes.get(decide.INITIAL, decide.HEALTHY)
        body = {
            "Id": request["InstanceId"], "ServiceId": service["Id"], "Attributes": attributes,
            "CreatorRequestId": request.get("CreatorRequestId"), "health": known["health"] if known else initial,
            "told_ill": known["told_ill"] if known else None,
        }  # fmt: skip
        self.documents.put(INSTANCE, key, body)
        return {"OperationId": self._revised(service, "REGISTER_INSTANCE", request["InstanceId"])}

    @operation("ServiceId InstanceId")
    def deregister_instance(self, _call: Call, request: Json) -> Json:
        """The instance is found no more."""
        service = self.the_service(request["ServiceId"])
        self._instance(service, request["InstanceId"])
        self.documents.delete(INSTANCE, _key(service, request["InstanceId"]))
        return {"OperationId": self._revised(service, "DEREGISTER_INSTANCE", request["InstanceId"])}

    @operation("ServiceId InstanceId")
    def get_instance(self, _call: Call, request: Json) -> Json:
        """One instance."""
        found = self._instance(self.the_service(request["ServiceId"]), request["InstanceId"])
        token = {"CreatorRequestId": found["CreatorRequestId"]} if found["CreatorRequestId"] else {}
        return {"Instance": self._summary(found) | token, "ResourceOwner": self.account}

    @operation("ServiceId NextToken MaxResults")
    def list_instances(self, _call: Call, request: Json) -> Json:
        """All instances of a service."""
        found = [self._summary(one) for one in self.instances(self.the_service(request["ServiceId"])["Id"])]
        return page(found, request, "Instances") | {"ResourceOwner": self.account}

    @operation("ServiceId Instances MaxResults NextToken")
    def get_instances_health_status(self, _call: Call, request: Json) -> Json:
        """Health by id, of services whose instances are checked."""
        service = self.the_service(request["ServiceId"])
        found = self.instances(service["Id"])
        if "Instances" in request:
            found = [self._instance(service, one) for one in request["Instances"]]
        told = page([(one["Id"], decide.health(service, one)) for one in found], request, "Status")
        return told | {"Status": dict(told["Status"])}

    @operation("ServiceId InstanceId Status")
    def update_instance_custom_health_status(self, _call: Call, request: Json) -> Json:
        """What a health checker says. Of an instance that was healthy the opposite holds after a while, unless it is
        taken back.
        """
        service = self.the_service(request["ServiceId"])
        found = self._instance(service, request["InstanceId"])
        if service["HealthCheckCustomConfig"] is None:
            raise AwsError("CustomHealthNotFound", f"The service {service['Id']} has no custom health check.")
        change: Json = {"health": decide.HEALTHY, "told_ill": None}
        if request["Status"] == decide.UNHEALTHY:
            if found["told_ill"] is not None or found["health"] == decide.UNHEALTHY:
                return {}
            change = {"told_ill": self.now()}
            self._await_turn(service["Id"], ILL_AFTER)
        self.documents.put(INSTANCE, _key(service, found["Id"]), found | change)
        self.publish(service)
        return {}

    @operation("NamespaceName ServiceName MaxResults QueryParameters OptionalParameters HealthStatus", refused=UNSHARED)
    def discover_instances(self, _call: Call, request: Json) -> Json:
        """Instances by names of namespace and service."""
        service = self._named(request)
        found = decide.discovered(service, self.instances(service["Id"]), request)
        most = request.get("MaxResults", 100)
        return {
            "Instances": [
                {
                    "InstanceId": one["Id"], "NamespaceName": request["NamespaceName"], "ServiceName": service["Name"],
                    "HealthStatus": decide.health(service, one), "Attributes": one["Attributes"],
                }
                for one in found[:most]
            ],
            "InstancesRevision": service["revision"],
        }  # fmt: skip

    @operation("NamespaceName ServiceName", refused=UNSHARED)
    def discover_instances_revision(self, _call: Call, request: Json) -> Json:
        """A number that grows with every instance that comes or goes."""
        return {"InstancesRevision": self._named(request)["revision"]}

    def resume(self) -> None:
        """After a start: record sets are what the instances say now, and what was to come later is awaited."""
        for _, service in self.documents.list(SERVICE):
            with self.documents.transaction():
                self.publish(service)
        for _, instance in self.documents.list(INSTANCE):
            if instance["told_ill"] is not None and (left := ILL_AFTER - self.age(instance["told_ill"])) > 0:
                self._await_turn(instance["ServiceId"], left)

    def _await_turn(self, service: str, seconds: float) -> None:
        asyncio.get_running_loop().call_later(self.clock.real(seconds) + _MARGIN, self._turn, service)

    def _turn(self, service: str) -> None:
        found = self.documents.get(SERVICE, service)
        if found is not None:
            with self.documents.transaction():
                self.publish(found)

    def _named(self, request: Json) -> Json:
        wanted = request["NamespaceName"]
        namespaces = [
            body for _, body in self.documents.list(NAMESPACE)
            if wanted in (body["Properties"]["HttpProperties"]["HttpName"], body["Arn"])
        ]  # fmt: skip
        if not namespaces:
            raise AwsError("NamespaceNotFound", f"{wanted}")
        for namespace in namespaces:
            for service in self.services(namespace["Id"]):
                if service["Name"].lower() == request["ServiceName"].lower():
                    return service
        raise AwsError("ServiceNotFound", f"{request['ServiceName']}")

    def _instance(self, service: Json, written: str) -> Json:
        found = self.documents.get(INSTANCE, _key(service, written))
        if found is None:
            raise AwsError("InstanceNotFound", f"{written}")
        return self.judged(found)

    def _summary(self, body: Json) -> Json:
        return {"Id": body["Id"], "Attributes": body["Attributes"], "CreatedByAccount": self.account}

    def _revised(self, service: Json, kind: str, instance: str) -> str:
        self.documents.put(SERVICE, service["Id"], service | {"revision": service["revision"] + 1})
        self.publish(service)
        return self.operation(kind, {"INSTANCE": instance, "SERVICE": service["Id"]})


def _key(service: Json, instance: str) -> str:
    return f"{service['Id']}/{instance}"
