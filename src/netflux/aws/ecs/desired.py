"""Task definitions and services as typed values, with AWS's defaults filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from netflux.aws.ecs.decide import kernel, logbuffer, multiline, volumes
from netflux.aws.ecs.decide.health import HealthCheck
from netflux.aws.ecs.decide.task import Dependency, RestartPolicy
from netflux.aws.ecs.decide.volumes import MountPoint
from netflux.expressions import Expression
from netflux.runtime.driver import PLAIN, Mount, Privileges

Json = Mapping[str, Any]

# Developer guide, "Fargate task definition parameters": 30 s unless stopTimeout says otherwise.
STOP_TIMEOUT = 30.0


@dataclass(frozen=True)
class Log:
    """Where a container's output goes.

    Attributes:
        group: CloudWatch Logs group.
        prefix: of the stream's name.
        create: make the group when it is missing.
        first_line: what the first line of an event matches; None where each line is one.
        mode: `blocking` or `non-blocking`; empty for the account's default.
        buffer: bytes that a non-blocking log keeps.
    """

    group: str
    prefix: str
    create: bool = False
    first_line: Expression | None = None
    mode: str = ""
    buffer: int = logbuffer.DEFAULT_SIZE


@dataclass(frozen=True)
class Port:
    """A port mapping: its name for Service Connect, and the port that the container listens on."""

    name: str
    port: int


@dataclass(frozen=True)
class ContainerDefinition:
    """A container to run. Durations in seconds; None where the image's or AWS's choice holds.

    `pinned`: every task of a deployment runs the digest that its first one resolved. `memory`: MiB that it may use.
    """

    name: str
    image: str
    essential: bool
    entry_point: tuple[str, ...] | None
    command: tuple[str, ...] | None
    environment: Mapping[str, str]
    secrets: tuple[tuple[str, str], ...]
    depends_on: tuple[Dependency, ...]
    start_timeout: float | None
    stop_timeout: float
    health: HealthCheck | None
    log: Log | None
    ports: tuple[Port, ...]
    directory: str | None
    limits: Mapping[str, tuple[int, int]]
    pinned: bool
    memory: int | None
    restart: RestartPolicy | None
    user: str | None = None
    read_only: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    environment_files: tuple[str, ...] = ()
    mount_points: tuple[MountPoint, ...] = ()
    memory_folders: tuple[Mount, ...] = ()
    privileges: Privileges = PLAIN


def containers(definition: Json, overrides: Json) -> list[ContainerDefinition]:
    """The containers of a task definition document, with RunTask's overrides applied."""
    by_name = {override["name"]: override for override in overrides.get("containerOverrides", []) if "name" in override}
    return [
        replace(
            container(body, by_name.get(body["name"], {})), mount_points=tuple(volumes.mount_points(definition, body))
        )
        for body in definition["containerDefinitions"]
    ]


def container(body: Json, override: Json) -> ContainerDefinition:
    """One container definition; where its volumes are is the task definition's to say."""
    files = override.get("environmentFiles") or body.get("environmentFiles", [])
    environment = {entry["name"]: entry.get("value", "") for entry in body.get("environment", [])}
    environment |= {entry["name"]: entry.get("value", "") for entry in override.get("environment", [])}
    command = override.get("command", body.get("command"))
    entry_point = body.get("entryPoint")
    return ContainerDefinition(
        name=body["name"],
        image=body["image"],
        essential=body.get("essential", True),
        entry_point=tuple(entry_point) if entry_point else None,
        command=tuple(command) if command else None,
        environment=environment,
        secrets=tuple((entry["name"], entry["valueFrom"]) for entry in body.get("secrets", [])),
        depends_on=tuple(Dependency(e["containerName"], e["condition"]) for e in body.get("dependsOn", [])),
        start_timeout=body.get("startTimeout"),
        stop_timeout=float(body.get("stopTimeout", STOP_TIMEOUT)),
        health=_health(body.get("healthCheck")),
        log=_log(body.get("logConfiguration")),
        ports=tuple(Port(e.get("name", ""), e["containerPort"]) for e in body.get("portMappings", [])),
        directory=body.get("workingDirectory"),
        limits={f"RLIMIT_{e['name'].upper()}": (e["softLimit"], e["hardLimit"]) for e in body.get("ulimits", [])},
        pinned=body.get("versionConsistency", "enabled") == "enabled",
        memory=override.get("memory", body.get("memory")),
        restart=_restart(body.get("restartPolicy")),
        user=body.get("user"),
        read_only=body.get("readonlyRootFilesystem", False),
        labels=body.get("dockerLabels", {}),
        environment_files=tuple(one["value"] for one in files),
        memory_folders=tuple(kernel.memory_folders(body)),
        privileges=kernel.privileges(body),
    )


# API shape ContainerRestartPolicy: 300 s unless restartAttemptPeriod says otherwise.
RESTART_PERIOD = 300.0


def _restart(body: Json | None) -> RestartPolicy | None:
    if body is None or not body["enabled"]:
        return None
    return RestartPolicy(
        float(body.get("restartAttemptPeriod", RESTART_PERIOD)), tuple(body.get("ignoredExitCodes", ()))
    )


def _health(body: Json | None) -> HealthCheck | None:
    if body is None or not body.get("command") or body["command"][0] == "NONE":
        return None
    return HealthCheck(
        command=tuple(body["command"]),
        interval=body.get("interval", 30),
        timeout=body.get("timeout", 5),
        retries=body.get("retries", 3),
        start_period=body.get("startPeriod", 0),
    )


def _log(body: Json | None) -> Log | None:
    if body is None or body["logDriver"] != "awslogs":
        return None
    options = body.get("options", {})
    create = options.get("awslogs-create-group", "false").lower() == "true"
    first = multiline.first_line(options)
    size = logbuffer.size(options[logbuffer.SIZE]) if logbuffer.SIZE in options else logbuffer.DEFAULT_SIZE
    mode = options.get(logbuffer.MODE, "")
    return Log(options["awslogs-group"], options.get("awslogs-stream-prefix", ""), create, first, mode, size)


@dataclass(frozen=True)
class Endpoint:
    """A Service Connect endpoint that a service offers.

    Attributes:
        name: discovery name, unique in the namespace.
        dns_name: what clients call it.
        port: that clients connect to.
        container_port: where the service's tasks listen.
        timeout: perRequestTimeout in seconds; 0 turns it off.
        http: whether the port's appProtocol is HTTP; the timeout holds for no other.
        idle: idleTimeoutSeconds, after which a connection without traffic ends; 0 turns it off.
        ingress: ingressPortOverride, where proxies ask the service's tasks; 0 for the container's own port.
    """

    name: str
    dns_name: str
    port: int
    container_port: int
    timeout: float
    http: bool
    idle: float
    ingress: int = 0


# API shape TimeoutConfiguration.
PER_REQUEST_TIMEOUT = 15.0
IDLE_TIMEOUT = 300.0
TCP_IDLE_TIMEOUT = 3600.0


def endpoints(connect: Json, namespace: str, definition: Json) -> list[Endpoint]:
    """The endpoints of a serviceConnectConfiguration, in the namespace of that name."""
    if not connect.get("enabled"):
        return []
    ports = {
        mapping["name"]: mapping
        for body in definition["containerDefinitions"]
        for mapping in body.get("portMappings", [])
        if mapping.get("name")
    }
    return [_endpoint(body, ports[body["portName"]], namespace) for body in connect.get("services", [])]


def _endpoint(body: Json, mapping: Json, namespace: str) -> Endpoint:
    discovery = body.get("discoveryName") or body["portName"]
    alias = (body.get("clientAliases") or [{}])[0]
    timeouts = body.get("timeout") or {}
    http = mapping.get("appProtocol", "tcp") in ("http", "http2", "grpc")
    return Endpoint(
        name=discovery,
        dns_name=alias.get("dnsName") or f"{discovery}.{namespace}",
        port=alias.get("port", mapping["containerPort"]),
        container_port=mapping["containerPort"],
        timeout=float(timeouts.get("perRequestTimeoutSeconds", PER_REQUEST_TIMEOUT)),
        http=http,
        idle=float(timeouts.get("idleTimeoutSeconds", IDLE_TIMEOUT if http else TCP_IDLE_TIMEOUT)),
        ingress=body.get("ingressPortOverride", 0),
    )


def subnets(network: Json) -> Sequence[str]:
    """Subnets of a networkConfiguration."""
    found: Sequence[str] = network.get("awsvpcConfiguration", {}).get("subnets", [])
    return found
