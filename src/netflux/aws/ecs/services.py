"""Services as the API accepts and shows them."""

from __future__ import annotations

import copy
import re
import secrets
from typing import Any

from netflux.aws.ecs import registry, serviceshape
from netflux.aws.ecs.clusters import find_namespace
from netflux.aws.ecs.decide import history
from netflux.aws.ecs.desired import endpoints
from netflux.aws.ecs.members import SERVICE as SERVICE_MEMBERS
from netflux.aws.ecs.members import SERVICE_ONLY, SERVICE_REFUSED, TAGS
from netflux.aws.ecs.order import PLATFORM_FAMILY, PLATFORM_VERSION
from netflux.aws.ecs.page import Part, page, place_of
from netflux.aws.ecs.servicerules import check, check_connect, check_load_balancers
from netflux.aws.ecs.store import DEFINITION, SERVICE, TASK, Json, wire
from netflux.aws.ecs.tasks import check_launch, check_network, strategy_of
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError

_LIST_PAGE = 10  # API reference, ListServices: 10 when maxResults is not given.
# What a change of makes a new deployment; API reference, UpdateService.
_DEPLOYED = (
    "taskDefinition", "networkConfiguration", "platformVersion", "serviceConnectConfiguration", "loadBalancers",
    "serviceRegistries", "enableExecuteCommand", "propagateTags", "enableECSManagedTags", "capacityProviderStrategy",
)  # fmt: skip


class Services(Part):
    """Operations on services."""

    @operation(
        f"serviceName clientToken launchType schedulingStrategy {TAGS} {SERVICE_MEMBERS}",
        refused={**SERVICE_REFUSED, "role": "Leave it out: load balancers reach tasks by their own addresses."},
        only=SERVICE_ONLY,
    )
    async def create_service(self, call: Call, request: Json) -> Json:
        """Accepts a service; the service controller starts its tasks."""
        cluster = self.cluster(call, request)
        arn = place_of(call).service(cluster["clusterArn"], request["serviceName"])
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", request["serviceName"]):
            raise AwsError("InvalidParameterException", f"Invalid service name '{request['serviceName']}'.")
        known = self.store.get(SERVICE, arn)
        if known is not None and known["status"] != "INACTIVE":
            return self._again(known, request)
        asked = copy.deepcopy(request)
        check_launch(cluster, request)
        strategy = strategy_of(cluster, request)
        accepted = serviceshape.filled({**request, "capacityProviderStrategy": strategy} if strategy else request)
        check(accepted)
        definition = self.runnable(call, _required(request))
        accepted["taskDefinition"] = definition["taskDefinitionArn"]
        zones = check_network(self, accepted.get("networkConfiguration"))
        await check_load_balancers(self, accepted, definition)
        namespace = await self._namespace(cluster, accepted)
        check_connect(self, arn, accepted, _name(namespace))
        registries = await registry.check(self, accepted, definition)
        discovered = await self._discover(accepted, namespace, definition)
        document: Json = {
            "arn": arn, "clusterArn": cluster["clusterArn"], "name": request["serviceName"], "accepted": accepted,
            "status": "ACTIVE", "createdAt": self.store.now(), "createdBy": f"arn:aws:iam::{call.account}:root",
            "tags": accepted.pop("tags", []), "deployments": [], "events": [],
            "discovered": [one["service"] for one in discovered], "asked": asked,
        }  # fmt: skip
        begun = self._deployment(document, _name(namespace), zones, [*registries, *discovered])
        history.begin(document, begun, str(_digits()), self.store.now())
        document["deployments"] = [begun]
        self.store.put(SERVICE, arn, document)
        self.poke("ecs-service", arn)
        return {"service": self._shown(document, tags=True)}

    @operation(f"service forceNewDeployment {SERVICE_MEMBERS}", refused=SERVICE_REFUSED, only=SERVICE_ONLY)
    async def update_service(self, call: Call, request: Json) -> Json:
        """Accepts changes; those of what tasks are made of start a new deployment."""
        cluster = self.cluster(call, request)
        arn = place_of(call).service(cluster["clusterArn"], request.pop("service"))
        self._active(arn)
        force = request.pop("forceNewDeployment", False)
        if "taskDefinition" in request:
            request["taskDefinition"] = self.runnable(call, request["taskDefinition"])["taskDefinitionArn"]
        request.pop("cluster", None)
        if "capacityProviderStrategy" in request:
            check_launch(cluster, {"capacityProviderStrategy": request["capacityProviderStrategy"]})
        before = self._active(arn)["accepted"]
        accepted = serviceshape.filled({**before, **request})
        check(accepted)
        definition = self.store.get(DEFINITION, accepted["taskDefinition"]) or {}
        zones = self._active(arn)["deployments"][0].get("zones", {})
        if "networkConfiguration" in request:
            zones = check_network(self, accepted["networkConfiguration"])
        if "loadBalancers" in request or "taskDefinition" in request:
            await check_load_balancers(self, accepted, definition)
        namespace = await self._namespace(cluster, accepted)
        check_connect(self, arn, accepted, _name(namespace))
        fresh = force or any(accepted.get(key) != before.get(key) for key in _DEPLOYED)
        registries = await registry.check(self, accepted, definition) if fresh else []
        discovered = await self._discover(accepted, namespace, definition) if fresh else []
        registrations = [*registries, *discovered]

        def apply(body: Json) -> None:
            body["accepted"] = accepted
            if fresh:
                for deployment in body["deployments"]:
                    deployment["status"] = "ACTIVE"
                begun = self._deployment(body, _name(namespace), zones, registrations)
                history.begin(body, begun, str(_digits()), self.store.now())
                body["deployments"].insert(0, begun)
                made = [one["service"] for one in discovered]
                body["discovered"] = [*dict.fromkeys([*body.get("discovered", ()), *made])]
            else:
                body["deployments"][0] |= {"desiredCount": accepted["desiredCount"], "updatedAt": self.store.now()}

        document = self.store.change(SERVICE, arn, apply) or {}
        self.poke("ecs-service", arn)
        return {"service": self._shown(document, tags=True)}

    @operation("cluster service force")
    async def delete_service(self, call: Call, request: Json) -> Json:
        """Begins a service's end: DRAINING until its tasks have stopped, then INACTIVE."""
        cluster = self.cluster(call, request)
        arn = place_of(call).service(cluster["clusterArn"], request["service"])
        found = self.store.get(SERVICE, arn)
        if found is None or found["status"] == "INACTIVE":
            raise AwsError("ServiceNotFoundException", "Service not found.")
        if found["status"] == "DRAINING":
            return {"service": self._shown(found, tags=True)}
        if found["accepted"]["desiredCount"] > 0 and not request.get("force"):
            raise AwsError(
                "InvalidParameterException",
                "The service cannot be stopped while it is scaled above 0.",
            )

        def drain(body: Json) -> None:
            body["status"] = "DRAINING"
            body["accepted"]["desiredCount"] = 0
            body["deployments"][0]["desiredCount"] = 0

        document = self.store.change(SERVICE, arn, drain) or {}
        self.poke("ecs-service", arn)
        return {"service": self._shown(document, tags=True)}

    @operation("cluster services include")
    async def describe_services(self, call: Call, request: Json) -> Json:
        """Services with counts of their tasks as observed; unknown ones are failures."""
        cluster = self.cluster(call, request)["clusterArn"]
        services, failures = [], []
        for written in request["services"]:
            arn = place_of(call).service(cluster, written)
            found = self.store.get(SERVICE, arn)
            if found is None or found["clusterArn"] != cluster:
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                services.append(self._shown(found, tags="TAGS" in request.get("include", [])))
        return {"services": services, "failures": failures}

    @operation(
        "cluster nextToken maxResults launchType schedulingStrategy",
        refused={"resourceManagementType": "Leave it out: there are no services that ECS itself manages."},
    )
    async def list_services(self, call: Call, request: Json) -> Json:
        """ARNs of the services of a cluster."""
        cluster = self.cluster(call, request)["clusterArn"]
        arns = [
            arn for arn, body in self.store.all(SERVICE)
            if body["clusterArn"] == cluster and body["status"] != "INACTIVE"
            and request.get("launchType", "FARGATE") == "FARGATE"
            and request.get("schedulingStrategy", "REPLICA") == "REPLICA"
        ]  # fmt: skip
        return page(arns, request, "serviceArns", _LIST_PAGE)

    @operation("namespace nextToken maxResults")
    async def list_services_by_namespace(self, _call: Call, request: Json) -> Json:
        """ARNs of the services that take part in a Service Connect namespace."""
        wanted = await find_namespace(self, request["namespace"])
        arns = [
            arn for arn, body in self.store.all(SERVICE)
            if body["status"] != "INACTIVE" and body["deployments"][0].get("namespace") == wanted["Name"]
        ]  # fmt: skip
        return page(arns, request, "serviceArns", _LIST_PAGE)

    def _active(self, arn: str) -> Json:
        found = self.store.get(SERVICE, arn)
        if found is None:
            raise AwsError("ServiceNotFoundException", "Service not found.")
        if found["status"] != "ACTIVE":
            raise AwsError("ServiceNotActiveException", "Service was not ACTIVE.")
        return found

    def _again(self, known: Json, request: Json) -> Json:
        if known["status"] == "DRAINING":
            raise AwsError("InvalidParameterException", "Unable to Start a service that is still Draining.")
        token = request.get("clientToken")
        same = known.get("asked", request) == request  # services of release 0.1 don't say what was asked for
        if token is None or known["accepted"].get("clientToken") != token or not same:
            raise AwsError("InvalidParameterException", "Creation of service was not idempotent.")
        return {"service": self._shown(known, tags=True)}

    async def _namespace(self, cluster: Json, accepted: Json) -> Json | None:
        connect = accepted.get("serviceConnectConfiguration", {})
        if not connect.get("enabled"):
            return None
        written = connect.get("namespace") or cluster.get("serviceConnectDefaults", {}).get("namespace")
        if written is None:
            raise AwsError(
                "InvalidParameterException",
                "serviceConnectConfiguration names no namespace, and the cluster has no default one.",
            )
        return await find_namespace(self, written)

    async def _discover(self, accepted: Json, namespace: Json | None, definition: Json) -> list[Json]:
        """Registrations with the Cloud Map services of Service Connect's endpoints."""
        if namespace is None:
            return []
        offered = endpoints(accepted["serviceConnectConfiguration"], namespace["Name"], definition)
        return await registry.discover(self, namespace, offered) if offered else []

    def _deployment(
        self, document: Json, namespace: str | None, zones: dict[str, str], registrations: list[Json]
    ) -> Json:
        accepted, now = document["accepted"], self.store.now()
        identity = f"ecs-svc/{_digits()}"
        copied = ("networkConfiguration", "serviceConnectConfiguration", "capacityProviderStrategy", "launchType")
        return {
            "id": identity, "status": "PRIMARY", "taskDefinition": accepted["taskDefinition"],
            "desiredCount": accepted["desiredCount"], "failedTasks": 0, "createdAt": now, "updatedAt": now,
            "platformVersion": PLATFORM_VERSION, "platformFamily": PLATFORM_FAMILY, "rolloutState": "IN_PROGRESS",
            "rolloutStateReason": f"ECS deployment {identity} in progress.",
            **{key: accepted[key] for key in copied if key in accepted},
            "loadBalancers": accepted.get("loadBalancers", []), "namespace": namespace, "images": {}, "connect": None,
            "registries": registrations, "zones": zones, "alarms": None,
        }  # fmt: skip

    def _shown(self, document: Json, *, tags: bool) -> Json:
        tasks = [body for _, body in self.store.all(TASK) if body["service"] == document["arn"]]
        shown: Any = wire(serviceshape.described(document, tasks))
        return shown if tags else {key: value for key, value in shown.items() if key != "tags"}


def _digits() -> int:
    """Nineteen, as ids of deployments have."""
    return secrets.randbelow(9 * 10**18) + 10**18


def _name(namespace: Json | None) -> str | None:
    return None if namespace is None else str(namespace["Name"])


def _required(request: Json) -> str:
    written: str | None = request.get("taskDefinition")
    if not written:
        raise AwsError("InvalidParameterException", "TaskDefinition can not be blank.")
    return written
