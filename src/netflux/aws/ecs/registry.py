"""Tasks as instances of Cloud Map services: by serviceRegistries, and those that Service Connect keeps itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from netflux.aws.ecs.arn import name, place
from netflux.aws.ecs.desired import Endpoint
from netflux.aws.ecs.page import Part
from netflux.aws.ecs.store import Json
from netflux.controlplane.call import Caller
from netflux.errors import AwsError

MANAGED = {"Key": "AmazonECSManaged", "Value": "true"}
"""Tag of the Cloud Map services that Service Connect makes (seen)."""

_GONE = ("ServiceNotFound", "InstanceNotFound")


async def check(part: Part, accepted: Json, definition: Json) -> list[Json]:
    """The registrations of each of the service's tasks; AwsError unless its registry is there and fits.

    Returns:
        With `service`, the Cloud Map service's id, `port`, and `checked`: whether it has a custom health check.
    """
    entries = accepted["serviceRegistries"]
    if len(entries) > 1:
        raise _invalid("service registries can have at most 1 items.")
    return [await _registration(part.apis, entry, definition) for entry in entries]


async def _registration(apis: Caller, entry: Json, definition: Json) -> Json:
    arn = entry.get("registryArn", "")
    try:
        found = (await apis.call("servicediscovery", "GetService", {"Id": arn}))["Service"]
        namespace = (await apis.call("servicediscovery", "GetNamespace", {"Id": found["NamespaceId"]}))["Namespace"]
    except AwsError as error:
        raise _invalid(f"Unable to find the service registry {arn}: {error.code}.") from error
    if namespace["Type"] == "DNS_PUBLIC":  # developer guide, "service-discovery": considerations
        raise _invalid(f"The service registry {arn} is in a public DNS namespace, which ECS does not support.")
    port = _port(entry, definition)
    kinds = [record["Type"] for record in found.get("DnsConfig", {}).get("DnsRecords", ())]
    if "SRV" in kinds and port is None:
        raise _invalid(
            f"The service registry {arn} has an SRV record: specify a port, or a containerName and containerPort."
        )
    if {"AAAA", "CNAME"} & {*kinds}:
        raise _invalid(f"The service registry {arn} has a record of another type than A and SRV: {', '.join(kinds)}.")
    return {"service": found["Id"], "port": port, "checked": "HealthCheckCustomConfig" in found}


def _port(entry: Json, definition: Json) -> int | None:
    """API shape ServiceRegistry: a port, or a container's; not both."""
    container = entry.get("containerName")
    if container is None and entry.get("containerPort") is None:
        port: int | None = entry.get("port")
        return port
    if entry.get("port") is not None:
        raise _invalid("A service registry can have a port or a containerName and containerPort, and not both.")
    bodies = {body["name"]: body for body in definition["containerDefinitions"]}
    if container not in bodies:
        raise _invalid(f"The container {container} does not exist in the task definition.")
    ports = [mapping.get("containerPort") for mapping in bodies[container].get("portMappings", [])]
    if entry.get("containerPort") not in ports:
        raise _invalid(f"The container {container} did not have a container port {entry.get('containerPort')} defined.")
    return int(entry["containerPort"])


async def discover(part: Part, namespace: Json, offered: Sequence[Endpoint]) -> list[Json]:
    """The Cloud Map services of Service Connect endpoints, made where they are missing.

    Returns:
        Registrations, with `name` and `arn` of the Cloud Map service besides.
    """
    wanted = {"Filters": [{"Name": "NAMESPACE_ID", "Values": [namespace["Id"]]}]}
    known: dict[str, Json] = {}
    for _ in range(100):
        told = await part.apis.call("servicediscovery", "ListServices", wanted)
        known |= {one["Name"]: one for one in told["Services"]}
        if "NextToken" not in told:
            break
        wanted["NextToken"] = told["NextToken"]
    return [await _discovered(part.apis, namespace, endpoint, known) for endpoint in offered]


async def _discovered(apis: Caller, namespace: Json, endpoint: Endpoint, known: Mapping[str, Json]) -> Json:
    found = known.get(endpoint.name)
    if found is None:
        made = {
            "Name": endpoint.name, "NamespaceId": namespace["Id"], "Type": "HTTP", "Tags": [MANAGED],
            "Description": "Managed by Service Connect", "HealthCheckCustomConfig": {"FailureThreshold": 1},
        }  # fmt: skip
        found = (await apis.call("servicediscovery", "CreateService", made))["Service"]
    else:
        tags = (await apis.call("servicediscovery", "ListTagsForResource", {"ResourceARN": found["Arn"]}))["Tags"]
        if MANAGED not in tags:
            raise _invalid(
                f"The discoveryName {endpoint.name} is that of a Cloud Map service in namespace "
                f"{namespace['Name']} which ECS does not manage."
            )
    return {
        "service": found["Id"], "port": endpoint.container_port, "checked": True, "name": endpoint.name,
        "arn": found["Arn"],
    }  # fmt: skip


async def undiscover(apis: Caller, services: Iterable[str]) -> None:
    """Deletes Cloud Map services that Service Connect made; one that somebody still uses stays."""
    for service in services:
        try:
            await apis.call("servicediscovery", "DeleteService", {"Id": service})
        except AwsError as error:
            if error.code not in (*_GONE, "ResourceInUse"):
                raise


def attributes(task: Json, service: str) -> dict[str, str]:
    """Of a task that has its interface; developer guide, "service-discovery": instance attributes."""
    details = {item["name"]: item["value"] for item in task["attachments"][0]["details"]}
    return {
        "AWS_INSTANCE_IPV4": details["privateIPv4Address"],
        "AVAILABILITY_ZONE": task["availabilityZone"],
        "REGION": place(task["taskArn"]).region,
        "ECS_CLUSTER_NAME": name(task["clusterArn"]),
        "ECS_SERVICE_NAME": name(service),
        "ECS_TASK_DEFINITION_FAMILY": name(task["taskDefinitionArn"]).partition(":")[0],
    }


async def register(apis: Caller, document: Json) -> None:
    """Registers a task, by its document, as an instance that is not healthy yet; AwsError when a service is gone."""
    task = document["task"]
    for one in document.get("registries", ()):
        own = attributes(task, document["service"])
        if one["port"] is not None:
            own["AWS_INSTANCE_PORT"] = str(one["port"])
        if one["checked"]:
            own["AWS_INIT_HEALTH_STATUS"] = "UNHEALTHY"
        params = {"ServiceId": one["service"], "InstanceId": name(task["taskArn"]), "Attributes": own}
        await apis.call("servicediscovery", "RegisterInstance", params)


async def judge(apis: Caller, document: Json, *, healthy: bool) -> None:
    """Tells the health of a registered task where Cloud Map keeps it."""
    for one in document.get("registries", ()):
        if one["checked"]:
            params = {
                "ServiceId": one["service"], "InstanceId": name(document["task"]["taskArn"]),
                "Status": "HEALTHY" if healthy else "UNHEALTHY",
            }  # fmt: skip
            await _tolerant(apis, "UpdateInstanceCustomHealthStatus", params)


async def deregister(apis: Caller, document: Json) -> None:
    """Takes a task out; one that is not there needs nothing."""
    for one in document.get("registries", ()):
        params = {"ServiceId": one["service"], "InstanceId": name(document["task"]["taskArn"])}
        await _tolerant(apis, "DeregisterInstance", params)


async def _tolerant(apis: Caller, operation: str, params: Json) -> None:
    try:
        await apis.call("servicediscovery", operation, params)
    except AwsError as error:
        if error.code not in _GONE:
            raise


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterException", message)
