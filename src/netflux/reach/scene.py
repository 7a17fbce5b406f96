"""The region at one moment, as its own APIs and its network tell it: places, their interfaces, and the topology."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from netflux.errors import AwsError
from netflux.network import configured
from netflux.network.interface import Network
from netflux.network.topology import ANY_EPHEMERAL, Interface, Topology
from netflux.reach.place import Kind, Place
from netflux.resources.ec2.tables import Tables

Item = dict[str, Any]
Call = Callable[[str, str, Item], Awaitable[Item]]
"""`Apis.call`."""

_MAX_DESCRIBED = 10
_MAX_TASKS = 100
"""DescribeServices takes ten services and DescribeTasks a hundred tasks (ECS API reference)."""


@dataclass(frozen=True)
class Scene:
    """What a question is answered from.

    Attributes:
        topology: the VPCs.
        places: everything that may be an end.
        labels: what people call interfaces, subnets, route tables and network ACLs, by id.
        owners: of interfaces, as the network driver knows them.
        names: DNS name and ports of what is published when it answers: load balancers and databases, by interface.
    """

    topology: Topology
    places: Sequence[Place]
    labels: Mapping[str, str]
    owners: Mapping[str, str]
    names: Mapping[str, str]


@dataclass
class _Found:
    """What is being gathered."""

    places: list[Place]
    labels: dict[str, str]
    names: dict[str, str]
    public: set[str]
    balancers: set[str]


async def read(call: Call, tables: Tables, network: Network) -> Scene:
    """The scene now; AwsError when a service can't tell."""
    topology = configured.topology(tables)
    owners = {interface.id: interface.owner for interface in network.attached()}
    public = {interface.id for interface in network.attached() if interface.public_address}
    found = _Found([], _tagged(tables), {}, public, set())
    await _load_balancers(call, owners, found)
    await _databases(call, owners, found)
    await _clusters(call, found)
    await _outside(call, found)
    _interfaces(topology, found)
    interfaces = {key: _seen(one, found, owners) for key, one in topology.interfaces.items()}
    return Scene(replace(topology, interfaces=interfaces), found.places, found.labels, owners, found.names)


def _seen(interface: Interface, found: _Found, owners: Mapping[str, str]) -> Interface:
    """With what its owner makes of it."""
    public = interface.public or interface.id in found.public
    ephemeral = ANY_EPHEMERAL if interface.id in found.balancers else interface.ephemeral
    return replace(interface, public=public, ephemeral=ephemeral, attached=interface.id in owners)


def _tagged(tables: Tables) -> dict[str, str]:
    nouns = (tables.subnets, tables.route_tables, tables.acls, tables.vpcs)
    return {one.id: one.tags["Name"] for noun in nouns for one in noun if "Name" in one.tags}


async def _load_balancers(call: Call, owners: Mapping[str, str], found: _Found) -> None:
    for balancer in (await call("elbv2", "DescribeLoadBalancers", {}))["LoadBalancers"]:
        arn, name = balancer["LoadBalancerArn"], balancer["LoadBalancerName"]
        listeners = (await call("elbv2", "DescribeListeners", {"LoadBalancerArn": arn}))["Listeners"]
        nodes = [key for key, owner in owners.items() if owner.startswith(f"elbv2/{arn}/")]
        keys = (arn, balancer.get("DNSName", arn))
        absent = "" if nodes else f"load balancer {name} has no node yet"
        ports = tuple(listener["Port"] for listener in listeners)
        found.places.append(Place(Kind.LOAD_BALANCER, name, keys, tuple(nodes), ports, absent))
        found.balancers.update(nodes)
        for node in nodes:
            found.labels[node] = name
            found.names[node] = balancer["DNSName"]


async def _databases(call: Call, owners: Mapping[str, str], found: _Found) -> None:
    for database in (await call("rds", "DescribeDBInstances", {}))["DBInstances"]:
        name = database["DBInstanceIdentifier"]
        mine = [key for key, owner in owners.items() if owner == f"rds/{name}"]
        endpoint = database.get("Endpoint") or {}
        address = endpoint.get("Address", "")
        port = endpoint.get("Port") or database.get("DbInstancePort") or 5432
        keys = tuple(key for key in (database["DBInstanceArn"], database.get("DbiResourceId"), address) if key)
        absent = "" if mine else f"database {name} is {database['DBInstanceStatus']} and has no network interface"
        found.places.append(Place(Kind.DATABASE, name, keys, tuple(mine), (port,), absent))
        for key in mine:
            found.labels[key] = name
            found.names[key] = address


async def _clusters(call: Call, found: _Found) -> None:
    for cluster in (await call("ecs", "ListClusters", {}))["clusterArns"]:
        tasks = await _tasks(call, cluster)
        ports: dict[str, tuple[int, ...]] = {}
        for task in tasks:
            definition = task["taskDefinitionArn"]
            if definition not in ports:
                ports[definition] = await _container_ports(call, definition)
        services = await _services(call, cluster)
        by_service: dict[str, list[Place]] = {}
        for task in tasks:
            service = task.get("group", "").partition("service:")[2]
            place = _task(task, service, ports[task["taskDefinitionArn"]])
            by_service.setdefault(service, []).append(place)
            found.labels.update(dict.fromkeys(place.interfaces, place.name))
        for service in services:
            found.places.append(_service(service, by_service.get(service["serviceName"], [])))
        found.places += [place for places in by_service.values() for place in places]


async def _tasks(call: Call, cluster: str) -> list[Item]:
    arns = (await call("ecs", "ListTasks", {"cluster": cluster}))["taskArns"]
    described_tasks: list[Item] = []
    for some in _chunks(arns, _MAX_TASKS):
        described_tasks += (await call("ecs", "DescribeTasks", {"cluster": cluster, "tasks": some}))["tasks"]
    return [task for task in described_tasks if task["lastStatus"] != "STOPPED"]


async def _services(call: Call, cluster: str) -> list[Item]:
    arns = (await call("ecs", "ListServices", {"cluster": cluster, "maxResults": 100}))["serviceArns"]
    some = [
        call("ecs", "DescribeServices", {"cluster": cluster, "services": part})
        for part in _chunks(arns, _MAX_DESCRIBED)
    ]
    return [service for answer in await asyncio.gather(*some) for service in answer["services"]]


async def _container_ports(call: Call, definition: str) -> tuple[int, ...]:
    told = (await call("ecs", "DescribeTaskDefinition", {"taskDefinition": definition}))["taskDefinition"]
    return tuple(
        mapping["containerPort"]
        for container in told["containerDefinitions"]
        for mapping in container.get("portMappings") or ()
        if "containerPort" in mapping
    )


def _task(task: Item, service: str, ports: tuple[int, ...]) -> Place:
    arn = task["taskArn"]
    number = arn.rpartition("/")[2]
    interfaces = tuple(
        detail["value"]
        for attachment in task.get("attachments") or ()
        for detail in attachment.get("details") or ()
        if detail["name"] == "networkInterfaceId"
    )
    absent = "" if interfaces else f"task {number} is {task['lastStatus']} and has no network interface yet"
    return Place(Kind.TASK, f"{service or 'task'}/{number[:8]}", (arn, number), interfaces, ports, absent)


def _service(service: Item, tasks: Sequence[Place]) -> Place:
    name = service["serviceName"]
    interfaces = tuple(one for task in tasks for one in task.interfaces)
    behind = [one["containerPort"] for one in service.get("loadBalancers") or ()]
    ports = tuple(dict.fromkeys([*behind, *(port for task in tasks for port in task.ports)]))
    events = service.get("events") or [{}]
    why = f"; its last event: {events[0]['message']}" if "message" in events[0] else ""
    absent = "" if interfaces else f"no task of service {name} runs (desired {service['desiredCount']}){why}"
    return Place(Kind.SERVICE, name, (service["serviceArn"],), interfaces, ports, absent)


async def _outside(call: Call, found: _Found) -> None:
    """What has names but no network interfaces: known, in order to be refused with the reason."""
    for bucket in (await call("s3", "ListBuckets", {}))["Buckets"]:
        found.places.append(Place(Kind.BUCKET, bucket["Name"]))
    try:
        listed = (await call("cloudfront", "ListDistributions", {}))["DistributionList"].get("Items", [])
    except AwsError:
        return
    for one in listed:
        found.places.append(Place(Kind.DISTRIBUTION, one["Id"], (one["ARN"], one["DomainName"])))


def _interfaces(topology: Topology, found: _Found) -> None:
    """Each interface by its id and addresses, named as what has it; the rest have no name but their id."""
    for interface in topology.interfaces.values():
        label = found.labels.get(interface.id, "")
        owner = next((place for place in found.places if place.name == label and place.ports), None)
        ports = owner.ports if owner is not None else ()
        name = f"{interface.id} ({label})" if label else interface.id
        found.places.append(Place(Kind.INTERFACE, name, (interface.id, *interface.addresses), (interface.id,), ports))


def _chunks(items: Sequence[str], size: int) -> list[list[str]]:
    return [list(items[start : start + size]) for start in range(0, len(items), size)]
