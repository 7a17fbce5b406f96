"""Service Connect: a name and port of a namespace, answered by HAProxy and spread over the tasks behind it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from netflux.aws.ecs.arn import name
from netflux.aws.ecs.decide.health import UNHEALTHY
from netflux.aws.ecs.desired import Endpoint
from netflux.aws.ecs.offer import Offer, namespaces, of_deployment, offers
from netflux.aws.ecs.outliers import Outliers
from netflux.aws.ecs.store import SERVICE, TASK, Json, Store
from netflux.aws.ecs.target import Target, TargetState, of_task, states_of
from netflux.clock import Clock
from netflux.controlplane.call import Caller
from netflux.errors import AwsError, Retryable
from netflux.haproxy.section import Section, Server
from netflux.network import interception
from netflux.network.interface import Network
from netflux.reconcile.controller import Result

_NEVER = 86400.0  # seconds; HAProxy asks for a timeout, and a day is longer than a local connection stays idle
CONNECT_TIMEOUT = 1.0  # real seconds for one try; a port of this machine answers or refuses at once
SLOTS = 8
_GONE = ("DEPROVISIONING", "STOPPED")
_THERE = ("RUNNING", "DEACTIVATING", "STOPPING")


class Proxy(Protocol):
    """The part of HAProxy that is needed here."""

    reloads: int

    async def put(self, section: Section) -> None:
        """Runs the section."""
        ...

    async def remove(self, owner: str) -> None:
        """Takes the owner's section away."""
        ...

    async def set_servers(self, backend: str, servers: Sequence[Server]) -> None:
        """Fills the backend's slots."""
        ...

    async def failed(self, backend: str = "") -> Mapping[tuple[str, str], int]:
        """Connections that failed: by backend, or of one backend by server and address."""
        ...


@dataclass(frozen=True)
class Bound:
    """An endpoint at its local address.

    Attributes:
        service: ARN of the service behind it.
        client: the network namespace of the one task that it is for; None for all tasks of the machine.
        relay: address from which the proxy connects for that task.
    """

    endpoint: Endpoint
    address: str
    service: str
    client: str | None = None
    relay: str = ""

    def prefix(self, namespace: str) -> str:
        """What names in HAProxy's configuration begin with: unique for the endpoint, whatever characters it has."""
        digest = hashlib.sha256(f"{namespace}/{self.endpoint.name}/{self.client or ''}".encode()).hexdigest()
        return f"ecs_connect_{digest[:16]}"


def body(namespace: str, bound: Sequence[Bound], clock: Clock) -> str:
    """HAProxy's sections for the endpoints of a namespace. Timeouts are simulated seconds."""
    return "\n".join(line for one in bound for line in _lines(one, namespace, clock)) + "\n"


def _lines(one: Bound, namespace: str, clock: Clock) -> list[str]:
    prefix, endpoint = one.prefix(namespace), one.endpoint
    idle = _milliseconds(clock, endpoint.idle or _NEVER)
    answer = _milliseconds(clock, endpoint.timeout) if endpoint.http and endpoint.timeout else idle
    mode = "http" if endpoint.http else "tcp"
    # 2 retries of failed connections, the second try avoiding the last host: parity/ecs.md.
    retry = ["retry-on conn-failure"] if endpoint.http else []
    where = f" namespace {one.client}" if one.client else ""
    source = f" source {one.relay}" if one.relay else ""
    port = interception.PORT if one.client else endpoint.port
    return [
        f"frontend {prefix}_f",
        f"    mode {mode}",
        f"    bind {one.address}:{port}{where}",
        *([f"    tcp-request connection reject unless {{ dst_port {endpoint.port} }}"] if one.client else []),
        f"    timeout client {idle}ms",
        f"    default_backend {prefix}_b",
        f"backend {prefix}_b",
        f"    mode {mode}",
        "    balance roundrobin",
        f"    timeout connect {int(CONNECT_TIMEOUT * 1000)}ms",
        f"    timeout server {answer}ms",
        "    retries 2",
        "    option redispatch 1",
        *(f"    {line}" for line in retry),
        f"    server-template s 1-{SLOTS} 127.0.0.1:1 disabled{source}",
    ]


def _milliseconds(clock: Clock, seconds: float) -> int:
    return max(1, round(clock.real(seconds) * 1000))


class ConnectController:
    """Controller `ecs-connect`; keys are names of namespaces.

    Args:
        store: ECS documents.
        apis: asks ELB for the health of targets.
        network: addresses of names and tasks.
        haproxy: carries the bytes.
        outliers: hosts that are avoided.
    """

    name = "ecs-connect"

    def __init__(self, store: Store, apis: Caller, network: Network, haproxy: Proxy, outliers: Outliers) -> None:
        self._store = store
        self._apis = apis
        self._network = network
        self._haproxy = haproxy
        self._outliers = outliers
        self._put: dict[str, str] = {}
        self._lock = asyncio.Lock()

    async def keys(self) -> Sequence[str]:
        """Namespaces that services take part in, and those that have a section still."""
        return sorted({*namespaces(self._store), *self._put})

    async def reconcile(self, key: str) -> Result:
        """Brings the namespace's section and servers to what the services offer and their tasks are."""
        async with self._lock:
            return await self._reconcile(key)

    async def follow(self, entry: Json) -> None:
        """A task has got its interface, or is about to end or to lose it; for those with a network namespace.

        Args:
            entry: the task's document.
        """
        owner = f"ecs/task/{name(entry['task']['taskArn'])}"
        interface = self._network.of(owner)
        if interface is None or interface.namespace is None:
            return
        if entry["connect"]:
            await self._network.intercept(owner)
        await self._network.admit(owner, {one.ingress: one.container_port for one in self._own(entry) if one.ingress})
        for namespace in sorted(self._namespaces(entry)):
            await self.reconcile(namespace)

    def _own(self, entry: Json) -> list[Endpoint]:
        """What the task's own deployment offers."""
        service = self._store.get(SERVICE, entry["service"]) if entry["service"] else None
        deployments = service["deployments"] if service is not None else []
        return [
            endpoint
            for deployment in deployments
            if deployment["id"] == entry["deployment"]
            for endpoint in of_deployment(self._store, deployment)
        ]

    def _namespaces(self, entry: Json) -> set[str]:
        """In which the task is a client or a server."""
        found = {key.partition("/")[0] for _, key in entry["connect"]}
        service = self._store.get(SERVICE, entry["service"]) if entry["service"] else None
        if service is not None:
            found |= {deployment["namespace"] for deployment in service["deployments"]}
        return found - {None}

    async def _reconcile(self, key: str) -> Result:
        offered = offers(self._store, key)
        owner = f"ecs/connect/{key}"
        if not offered:
            self._outliers.follow(key, {})
            if self._put.pop(key, None) is not None:
                await self._haproxy.remove(owner)
            return Result()
        try:
            bound = [one for offer in offered for one in self._bound(key, offer)]
        except AwsError as error:
            raise Retryable(f"namespace {key}: {error}") from error
        text = body(key, bound, self._store.clock)
        servers_of = {(offer.service, offer.endpoint.name): await self._servers(offer) for offer in offered}
        wanted = {f"{one.prefix(key)}_b": servers_of[one.service, one.endpoint.name] for one in bound}
        self._outliers.follow(key, {backend: _ready(servers) for backend, servers in wanted.items()})
        for backend, servers in wanted.items():
            await self._haproxy.set_servers(backend, self._outliers.judged(key, backend, servers))
        if self._put.get(key) != text:
            await self._haproxy.put(Section(owner=owner, body=text))
            self._put[key] = text
        return Result()

    def _bound(self, namespace: str, offer: Offer) -> list[Bound]:
        """At one address for all, or in the namespace of each task that was deployed after the endpoint."""
        key = f"{namespace}/{offer.endpoint.name}"
        address = self._network.service_address(key)
        if not self._network.enforces_security_groups:
            return [Bound(offer.endpoint, address, offer.service)]
        return [Bound(offer.endpoint, address, offer.service, *client) for client in self._clients(key)]

    def _clients(self, key: str) -> list[tuple[str, str]]:
        """Namespaces of tasks that see the endpoint, and their relays."""
        found = []
        for arn, entry in self._store.all(TASK):
            if entry["task"]["lastStatus"] in _GONE or key not in [known for _, known in entry["connect"]]:
                continue
            interface = self._network.of(f"ecs/task/{name(arn)}")
            if interface is not None and interface.namespace is not None and interface.relay:
                found.append((interface.namespace, interface.relay))
        return sorted(found)

    async def _servers(self, offer: Offer) -> list[Server]:
        """Tasks that get requests, and those that only end the ones they have."""
        tasks = [entry for entry in self._store.tasks_of(offer.service) if entry["task"]["lastStatus"] in _THERE]
        serving = [entry for entry in tasks if _serves(entry["task"])]
        groups = {item["targetGroupArn"] for entry in serving for item in entry["loadBalancers"]}
        chosen = {entry["task"]["taskArn"] for entry in ready(serving, await states_of(self._apis, groups))}
        return [
            server
            for entry in tasks
            if (server := self._server(entry, offer, "ready" if entry["task"]["taskArn"] in chosen else "drain"))
        ]

    def _server(self, entry: Json, offer: Offer, state: str) -> Server | None:
        interface = self._network.of(f"ecs/task/{name(entry['task']['taskArn'])}")
        if interface is None:
            return None
        mine = next((one for one in self._own(entry) if one.name == offer.endpoint.name), offer.endpoint)
        port = (mine.ingress if interface.namespace is not None else 0) or mine.container_port
        return Server(f"{interface.vpc_address}:{port}", interface.local_address, port, state=state)


def _ready(servers: Sequence[Server]) -> list[Server]:
    return [server for server in servers if server.state == "ready"]


def _serves(task: Json) -> bool:
    wanted = task["lastStatus"] == "RUNNING" and task["desiredStatus"] == "RUNNING"
    return bool(wanted and task["healthStatus"] != UNHEALTHY)


def ready(tasks: Sequence[Json], states: Mapping[Target, TargetState]) -> list[Json]:
    """The tasks that get requests: where load balancers judge tasks, those found healthy as long as there is one."""
    judged = [entry for entry in tasks if entry["loadBalancers"] and _healthy(entry, states)]
    return judged or list(tasks)


def _healthy(entry: Json, states: Mapping[Target, TargetState]) -> bool:
    details = {item["name"]: item["value"] for item in entry["task"]["attachments"][0]["details"]}
    targets = of_task(entry["loadBalancers"], details.get("privateIPv4Address", ""))
    return all(states.get(target, TargetState("unused")).state == "healthy" for target in targets)
