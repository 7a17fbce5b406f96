"""Clusters: names under which services and tasks live."""

from __future__ import annotations

import re
from collections.abc import Mapping

from netflux.aws.ecs import insights
from netflux.aws.ecs.decide import capacity
from netflux.aws.ecs.members import FARGATE_ONLY
from netflux.aws.ecs.page import Part, page, place_of
from netflux.aws.ecs.serviceshape import PENDING as _PENDING
from netflux.aws.ecs.store import CLUSTER, SERVICE, SETTING, TASK, Json, Store, wire
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError, Unsupported

_PROVIDED = "capacityProviders defaultCapacityProviderStrategy(capacityProvider weight base)"
_INSIGHTS = {"settings.value": "Use enabled: of the enhanced ones not all are measured."}
_REFUSED = {
    **_INSIGHTS,
    "configuration": "Leave it out: no command can be run in a task, and no storage is encrypted.",
}
_ONLY: Mapping[str, tuple[object, ...]] = {"settings.value": ("enabled", "disabled")}


class Clusters(Part):
    """Operations on clusters."""

    @operation(
        f"clusterName tags(key value) settings(name value) {_PROVIDED} serviceConnectDefaults(namespace)",
        refused=_REFUSED,
        only=_ONLY,
    )
    async def create_cluster(self, call: Call, request: Json) -> Json:
        """Creates a cluster; an active one of that name comes back as it is."""
        name = request.get("clusterName", "default")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
            raise AwsError("InvalidParameterException", f"Invalid cluster name '{name}'.")
        _check_providers(request)
        arn = place_of(call).cluster(name)
        known = self.store.get(CLUSTER, arn)
        if known is None or known["status"] != "ACTIVE":
            defaults = request.get("serviceConnectDefaults")
            if defaults:
                request["serviceConnectDefaults"] = {"namespace": await self._namespace_arn(defaults["namespace"])}
            document = {
                "settings": insights.default(self.store.get(SETTING, insights.SETTING)),
                "capacityProviders": [], "defaultCapacityProviderStrategy": [], "tags": [], **request,
                "clusterArn": arn, "clusterName": name, "status": "ACTIVE",
            }  # fmt: skip
            self.store.put(CLUSTER, arn, document)
        return {"cluster": self._described(self.store.get(CLUSTER, arn) or {}, ("SETTINGS", "TAGS"))}

    @operation("clusters include")
    async def describe_clusters(self, call: Call, request: Json) -> Json:
        """Clusters with counts of what runs in them; unknown ones are failures."""
        clusters, failures = [], []
        for written in request.get("clusters") or ["default"]:
            arn = place_of(call).cluster(written)
            found = self.store.get(CLUSTER, arn)
            if found is None:
                failures.append({"arn": arn, "reason": "MISSING"})
            else:
                clusters.append(self._described(found, request.get("include", ())))
        return {"clusters": clusters, "failures": failures}

    @operation("nextToken maxResults")
    async def list_clusters(self, _call: Call, request: Json) -> Json:
        """ARNs of active clusters."""
        arns = [arn for arn, body in self.store.all(CLUSTER) if body["status"] == "ACTIVE"]
        return page(arns, request, "clusterArns")

    @operation("cluster")
    async def delete_cluster(self, call: Call, request: Json) -> Json:
        """Deletes an empty cluster: it turns INACTIVE."""
        cluster = self.cluster(call, request)
        arn = cluster["clusterArn"]
        if any(body["clusterArn"] == arn and body["status"] != "INACTIVE" for _, body in self.store.all(SERVICE)):
            raise AwsError(
                "ClusterContainsServicesException",
                "The Cluster cannot be deleted while Services are active.",
            )
        if any(_in(arn, body) and body["task"]["lastStatus"] != "STOPPED" for _, body in self.store.all(TASK)):
            raise AwsError("ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active.")
        self.store.change(CLUSTER, arn, lambda body: body.update(status="INACTIVE"))
        return {"cluster": self._described(self.store.get(CLUSTER, arn) or {}, ())}

    @operation("cluster settings(name value) serviceConnectDefaults(namespace)", refused=_REFUSED, only=_ONLY)
    async def update_cluster(self, call: Call, request: Json) -> Json:
        """Changes settings and the default namespace."""
        cluster = self.cluster(call, request)
        changes: Json = {key: request[key] for key in ("settings",) if key in request}
        if "serviceConnectDefaults" in request:
            namespace = await self._namespace_arn(request["serviceConnectDefaults"]["namespace"])
            changes["serviceConnectDefaults"] = {"namespace": namespace}
        self.store.change(CLUSTER, cluster["clusterArn"], lambda body: body.update(changes))
        return {"cluster": self._described({**cluster, **changes}, ("SETTINGS", "TAGS"))}

    @operation("cluster settings(name value)", refused=_INSIGHTS, only=_ONLY)
    async def update_cluster_settings(self, call: Call, request: Json) -> Json:
        """Changes settings."""
        return await self.update_cluster(call, request)

    @operation(f"cluster {_PROVIDED}")
    async def put_cluster_capacity_providers(self, call: Call, request: Json) -> Json:
        """Associates capacity providers: FARGATE and FARGATE_SPOT, whose tasks `netflux interrupt` interrupts."""
        cluster = self.cluster(call, request)
        _check_providers(request)
        changes: Json = {key: request[key] for key in ("capacityProviders", "defaultCapacityProviderStrategy")}
        self.store.change(CLUSTER, cluster["clusterArn"], lambda body: body.update(changes))
        return {"cluster": self._described({**cluster, **changes}, ("SETTINGS", "TAGS"))}

    async def _namespace_arn(self, written: str) -> str:
        found = await find_namespace(self, written)
        arn: str = found["Arn"]
        return arn

    def _described(self, cluster: Json, include: object) -> Json:
        arn, wanted = cluster["clusterArn"], set(include) if isinstance(include, list | tuple) else set()
        states = [body["task"]["lastStatus"] for _, body in self.store.all(TASK) if _in(arn, body)]
        hidden = {"settings": "SETTINGS", "tags": "TAGS"}
        shown = {k: v for k, v in cluster.items() if k not in hidden or hidden[k] in wanted}
        services = [b for _, b in self.store.all(SERVICE) if b["clusterArn"] == arn and b["status"] == "ACTIVE"]
        counts = {
            "registeredContainerInstancesCount": 0,
            "runningTasksCount": states.count("RUNNING"),
            "pendingTasksCount": sum(states.count(state) for state in _PENDING),
            "activeServicesCount": len(services),
            "statistics": _statistics(arn, states, self.store) if "STATISTICS" in wanted else [],
        }
        described: Json = wire(shown | counts)
        return described


def _statistics(cluster: str, states: list[str], store: Store) -> list[Json]:
    """Counts of what runs as on Fargate ("Cluster", Amazon ECS API Reference); there is no EC2 capacity."""
    services = [body["status"] for _, body in store.all(SERVICE) if body["clusterArn"] == cluster]
    counts = {
        "runningFargateTasksCount": states.count("RUNNING"),
        "pendingFargateTasksCount": sum(states.count(state) for state in _PENDING),
        "activeFargateServiceCount": services.count("ACTIVE"),
        "drainingFargateServiceCount": services.count("DRAINING"),
        **dict.fromkeys(
            ("runningEC2TasksCount", "pendingEC2TasksCount", "activeEC2ServiceCount", "drainingEC2ServiceCount"), 0
        ),
    }
    return [{"name": name, "value": str(count)} for name, count in counts.items()]


def _in(cluster: str, body: Json) -> bool:
    return bool(body["task"]["clusterArn"] == cluster)


def _check_providers(request: Json) -> None:
    asked = [*request.get("capacityProviders", [])]
    asked += [item["capacityProvider"] for item in request.get("defaultCapacityProviderStrategy", [])]
    for provider in asked:
        if provider not in capacity.PROVIDERS:
            raise Unsupported(f"capacity provider {provider}", FARGATE_ONLY)
    capacity.check(request.get("defaultCapacityProviderStrategy", ()), request.get("capacityProviders", ()))


async def find_namespace(part: Part, written: str) -> Json:
    """The Cloud Map namespace of that name, id or ARN."""
    token: Json = {}
    while True:
        answer = await part.apis.call("servicediscovery", "ListNamespaces", token)
        for namespace in answer.get("Namespaces", []):
            if written in (namespace["Name"], namespace["Arn"], namespace["Id"]):
                found: Json = namespace
                return found
        if not answer.get("NextToken"):
            raise AwsError("NamespaceNotFoundException", f"The specified namespace was not found: {written}")
        token = {"NextToken": answer["NextToken"]}
