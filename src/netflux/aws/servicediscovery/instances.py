"""Instances of services: registering, health as whoever checks it says, and finding them."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from netflux.aws.servicediscovery import decide
from netflux.aws.servicediscovery.store import ILL_AFTER, UNSHARED, Json, Part, page
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError, Unsupported
from netflux.resources.servicediscovery import Instance, Service

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
        made = Instance(
            request["InstanceId"], service.id, attributes, attributes.get(decide.INITIAL, decide.HEALTHY),
            token=request.get("CreatorRequestId"),
        )  # fmt: skip
        known = self.instances.get(made.key)
        self.instances.put(replace(made, health=known.health, told_ill=known.told_ill) if known else made)
        return {"OperationId": self._revised(service, "REGISTER_INSTANCE", request["InstanceId"])}

    @operation("ServiceId InstanceId")
    def deregister_instance(self, _call: Call, request: Json) -> Json:
        """The instance is found no more."""
        service = self.the_service(request["ServiceId"])
        self.instances.delete(self._instance(service, request["InstanceId"]).key)
        return {"OperationId": self._revised(service, "DEREGISTER_INSTANCE", request["InstanceId"])}

    @operation("ServiceId InstanceId")
    def get_instance(self, _call: Call, request: Json) -> Json:
        """One instance."""
        found = self._instance(self.the_service(request["ServiceId"]), request["InstanceId"])
        token = {"CreatorRequestId": found.token} if found.token else {}
        return {"Instance": self._summary(found) | token, "ResourceOwner": self.account}

    @operation("ServiceId NextToken MaxResults")
    def list_instances(self, _call: Call, request: Json) -> Json:
        """All instances of a service."""
        found = [self._summary(one) for one in self.instances_of(self.the_service(request["ServiceId"]).id)]
        return page(found, request, "Instances") | {"ResourceOwner": self.account}

    @operation("ServiceId Instances MaxResults NextToken")
    def get_instances_health_status(self, _call: Call, request: Json) -> Json:
        """Health by id, of services whose instances are checked."""
        service = self.the_service(request["ServiceId"])
        found = self.instances_of(service.id)
        if "Instances" in request:
            found = [self._instance(service, one) for one in request["Instances"]]
        told = page([(one.id, decide.health(service, one)) for one in found], request, "Status")
        return told | {"Status": dict(told["Status"])}

    @operation("ServiceId InstanceId Status")
    def update_instance_custom_health_status(self, _call: Call, request: Json) -> Json:
        """What a health checker says. Of an instance that was healthy the opposite holds after a while, unless it is
        taken back.
        """
        service = self.the_service(request["ServiceId"])
        found = self._instance(service, request["InstanceId"])
        if not service.checked:
            raise AwsError("CustomHealthNotFound", f"The service {service.id} has no custom health check.")
        if request["Status"] != decide.UNHEALTHY:
            self.instances.put(replace(found, health=decide.HEALTHY, told_ill=None))
        elif found.told_ill is not None or found.health == decide.UNHEALTHY:
            return {}
        else:
            self.instances.put(replace(found, told_ill=self.now()))
            self._await_turn(service.id, ILL_AFTER)
        self.publish(service)
        return {}

    @operation("NamespaceName ServiceName MaxResults QueryParameters OptionalParameters HealthStatus", refused=UNSHARED)
    def discover_instances(self, _call: Call, request: Json) -> Json:
        """Instances by names of namespace and service."""
        service = self._named(request)
        found = decide.discovered(service, self.instances_of(service.id), request)
        most = request.get("MaxResults", 100)
        return {
            "Instances": [
                {
                    "InstanceId": one.id, "NamespaceName": request["NamespaceName"], "ServiceName": service.name,
                    "HealthStatus": decide.health(service, one), "Attributes": one.attributes,
                }
                for one in found[:most]
            ],
            "InstancesRevision": service.revision,
        }  # fmt: skip

    @operation("NamespaceName ServiceName", refused=UNSHARED)
    def discover_instances_revision(self, _call: Call, request: Json) -> Json:
        """A number that grows with every instance that comes or goes."""
        return {"InstancesRevision": self._named(request).revision}

    def resume(self) -> None:
        """After a start: record sets are what the instances say now, and what was to come later is awaited."""
        for service in self.services:
            with self.documents.transaction():
                self.publish(service)
        for instance in self.instances:
            if instance.told_ill is not None and (left := ILL_AFTER - self.age(instance.told_ill)) > 0:
                self._await_turn(instance.service, left)

    def _await_turn(self, service: str, seconds: float) -> None:
        asyncio.get_running_loop().call_later(self.clock.real(seconds) + _MARGIN, self._turn, service)

    def _turn(self, service: str) -> None:
        found = self.services.get(service)
        if found is not None:
            with self.documents.transaction():
                self.publish(found)

    def _named(self, request: Json) -> Service:
        wanted = request["NamespaceName"]
        namespaces = [*self.namespaces.where("name", wanted), *self.namespaces.where("arn", wanted)]
        if not namespaces:
            raise AwsError("NamespaceNotFound", f"{wanted}")
        for namespace in namespaces:
            for service in self.services.where("namespace", namespace.id):
                if service.name.lower() == request["ServiceName"].lower():
                    return service
        raise AwsError("ServiceNotFound", f"{request['ServiceName']}")

    def _instance(self, service: Service, written: str) -> Instance:
        found = self.instances.get(f"{service.id}/{written}")
        if found is None:
            raise AwsError("InstanceNotFound", f"{written}")
        return self.judged(found)

    def _summary(self, one: Instance) -> Json:
        return {"Id": one.id, "Attributes": one.attributes, "CreatedByAccount": self.account}

    def _revised(self, service: Service, kind: str, instance: str) -> str:
        self.services.put(replace(service, revision=service.revision + 1))
        self.publish(service)
        return self.operation(kind, {"INSTANCE": instance, "SERVICE": service.id})
