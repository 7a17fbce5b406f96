"""Whether a task definition can be registered, and in ECS's words why not."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from netflux.aws.ecs import environmentfile
from netflux.aws.ecs.decide import kernel, logbuffer, multiline, volumes
from netflux.errors import AwsError, Unsupported

Json = Mapping[str, Any]

# Developer guide, "task-cpu-memory-error": CPU units to (least, most, step) of memory in MiB.
_SIZES: dict[int, tuple[int, int, int]] = {
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16384, 1024),
    4096: (8192, 30720, 1024),
    8192: (16384, 61440, 4096),
    16384: (32768, 122880, 8192),
}
_SMALLEST = {256: (512, 1024, 2048)}
_REQUIRED_LOG_OPTIONS = ("awslogs-group", "awslogs-region", "awslogs-stream-prefix")
_LOG_OPTIONS = (
    *_REQUIRED_LOG_OPTIONS, "awslogs-create-group", logbuffer.MODE, logbuffer.SIZE, multiline.PATTERN, multiline.FORMAT,
)  # fmt: skip
_CONDITIONS = ("START", "COMPLETE", "SUCCESS", "HEALTHY")


def client_error(message: str) -> AwsError:
    """ECS's plain error for a wrong request."""
    return AwsError("ClientException", message)


def normal_cpu(written: str) -> str:
    """CPU units from `512`, `.5 vCPU` or `1 vCPU`."""
    match = re.fullmatch(r"\s*([\d.]+)\s*vcpu\s*", written, re.IGNORECASE)
    if match:
        return str(int(float(match[1]) * 1024))
    if not written.strip().isdigit():
        raise client_error("Invalid 'cpu' setting for task.")
    return written.strip()


def normal_memory(written: str) -> str:
    """MiB from `1024`, `1 GB` or `.5 GB`."""
    match = re.fullmatch(r"\s*([\d.]+)\s*gb\s*", written, re.IGNORECASE)
    if match:
        return str(int(float(match[1]) * 1024))
    if not written.strip().isdigit():
        raise client_error("Invalid 'memory' setting for task.")
    return written.strip()


def check(request: Json) -> None:
    """Raises AwsError when ECS would refuse the task definition, Unsupported when only this cloud does."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", request["family"]):
        raise client_error(
            "Family should not contain any special characters; letters, digits, hyphens and underscores are allowed, "
            "255 at most."
        )
    containers = request["containerDefinitions"]
    if not containers:
        raise client_error("Container list cannot be empty.")
    _check_names(containers)
    for container in containers:
        _check_container(container, {other["name"]: other for other in containers})
    if not any(container.get("essential", True) for container in containers):
        raise client_error("A task definition must have at least one essential container.")
    volumes.check(request)
    _check_cycles(containers)
    _check_every_port(containers)
    _check_network(request)
    check_storage(request.get("ephemeralStorage"))


def check_storage(storage: Json | None) -> None:
    """Raises ClientException for a size that Fargate does not have ("EphemeralStorage", API reference), in GiB."""
    if storage is not None and not 21 <= storage["sizeInGiB"] <= 200:
        raise client_error("The ephemeralStorage of a task must be from 21 to 200 GiB.")


def _check_names(containers: Sequence[Json]) -> None:
    seen: set[str] = set()
    for container in containers:
        name = container.get("name", "")
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
            raise client_error(
                f"Container name '{name}' is invalid: letters, digits, hyphens and underscores are allowed."
            )
        if name in seen:
            raise client_error(
                f"Container name '{name}' is used more than once; names must be unique in a task definition."
            )
        if not container.get("image"):
            raise client_error(f"Container.image should not be null or empty (container '{name}').")
        seen.add(name)


def _check_container(container: Json, by_name: Mapping[str, Json]) -> None:
    name = container["name"]
    if container.get("extraHosts"):
        raise client_error("Extra hosts are not supported when networkMode=awsvpc.")
    if container.get("privileged"):
        raise client_error(f"Fargate does not support privileged containers (container '{name}').")
    _check_log(name, container.get("logConfiguration"))
    _check_health(name, container.get("healthCheck"))
    for limit in ("stopTimeout", "startTimeout"):
        if limit in container and not (0 if limit == "stopTimeout" else 2) <= container[limit] <= 120:
            raise client_error(f"{limit} of container '{name}' must be at most 120 seconds on Fargate.")
    _check_restart(name, container.get("restartPolicy"))
    _check_memory(container)
    _check_limits(name, container.get("ulimits", []))
    for dependency in container.get("dependsOn", []):
        _check_dependency(name, dependency, by_name)
    _check_ports(name, container.get("portMappings", []))
    kernel.check(container)
    wrong = environmentfile.check(name, container.get("environmentFiles", ()))
    if wrong is not None:
        raise client_error(wrong)


def _check_restart(name: str, policy: Json | None) -> None:
    """API shape ContainerRestartPolicy: at most 50 exit codes, a period of 60 to 1800 s."""
    if policy is None:
        return
    if len(policy.get("ignoredExitCodes", [])) > 50:
        raise client_error(f"restartPolicy.ignoredExitCodes of container '{name}' can have at most 50 items.")
    if not 60 <= policy.get("restartAttemptPeriod", 300) <= 1800:
        raise client_error(f"restartPolicy.restartAttemptPeriod of container '{name}' must be between 60 and 1800.")


def _check_memory(container: Json) -> None:
    soft, hard = container.get("memoryReservation"), container.get("memory")
    if soft is not None and hard is not None and soft > hard:
        raise client_error(
            f"Invalid setting for container '{container['name']}'. 'memory' must be at least 'memoryReservation'."
        )


def _check_limits(name: str, limits: Sequence[Json]) -> None:
    for limit in limits:
        if limit["softLimit"] > limit["hardLimit"]:
            raise client_error(
                f"ulimits of container '{name}': the soft limit of {limit['name']} is above the hard one."
            )


def _check_ports(name: str, mappings: Sequence[Json]) -> None:
    for mapping in mappings:
        if "containerPort" not in mapping:
            raise client_error(f"A port mapping of container '{name}' has no containerPort.")
        if mapping.get("hostPort", mapping.get("containerPort")) != mapping.get("containerPort"):
            raise client_error(
                "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
            )


def _check_every_port(containers: Sequence[Json]) -> None:
    """The containers of a task share its network interface, so a port is one container's."""
    ports: set[int] = set()
    names: set[str] = set()
    for container in containers:
        for mapping in container.get("portMappings", []):
            port, name = mapping["containerPort"], mapping.get("name")
            if not 1 <= port <= 65535:
                raise client_error(
                    f"Invalid container port {port} of container '{container['name']}': ports are from 1 to 65535."
                )
            if port in ports:
                raise client_error(f"The container port {port} is used more than once; a task's ports must be unique.")
            if name is not None and name in names:
                raise client_error(f"The port mapping name '{name}' is used more than once; names must be unique.")
            ports.add(port)
            names.update([name] if name else [])


def _check_dependency(name: str, dependency: Json, by_name: Mapping[str, Json]) -> None:
    target, condition = dependency["containerName"], dependency["condition"]
    if target not in by_name or target == name:
        raise client_error(f"Container '{name}' depends on '{target}', which is no other container of the task.")
    if condition not in _CONDITIONS:
        raise client_error(f"Invalid dependsOn condition '{condition}' of container '{name}'.")
    if condition in ("COMPLETE", "SUCCESS") and by_name[target].get("essential", True):
        raise client_error(
            f"Container '{name}' depends on '{target}' with {condition}; an essential container allows none."
        )
    if condition == "HEALTHY" and not by_name[target].get("healthCheck"):
        raise client_error(
            f"Container '{name}' depends on '{target}' being HEALTHY, but '{target}' has no healthCheck."
        )


def _check_cycles(containers: Sequence[Json]) -> None:
    left = {c["name"]: {d["containerName"] for d in c.get("dependsOn", [])} for c in containers}
    while left:
        free = [name for name, needs in left.items() if not needs & left.keys()]
        if not free:
            raise client_error(f"The dependencies of the containers {', '.join(sorted(left))} form a circle.")
        for name in free:
            del left[name]


def _check_log(name: str, log: Json | None) -> None:
    if log is None:
        return
    for option in log.get("options", {}):
        if option not in _LOG_OPTIONS:
            raise Unsupported(f"log option {option} of container '{name}'")
    for option in _REQUIRED_LOG_OPTIONS:
        if not log.get("options", {}).get(option):
            raise client_error(f"Log driver awslogs requires options: {option} (container '{name}').")
    try:
        multiline.first_line(log["options"])
        logbuffer.check(log["options"])
    except ValueError as error:
        raise client_error(f"Log driver awslogs of container '{name}': {error}.") from error


def _check_health(name: str, check: Json | None) -> None:
    if check is None:
        return
    if check["command"][:1] not in (["CMD"], ["CMD-SHELL"], ["NONE"]):
        raise client_error(f"The healthCheck command of container '{name}' must begin with CMD or CMD-SHELL.")
    ranges = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}
    for key, (least, most) in ranges.items():
        if key in check and not least <= check[key] <= most:
            raise client_error(f"healthCheck.{key} of container '{name}' must be between {least} and {most}.")


def _check_network(request: Json) -> None:
    if request.get("networkMode", "bridge" if not _fargate(request) else None) != "awsvpc":
        if _fargate(request):
            raise client_error("Fargate only supports network mode 'awsvpc'.")
        raise Unsupported(
            f"networkMode {request.get('networkMode', 'bridge')} of an ECS task definition",
            "Use awsvpc, as Fargate does.",
        )
    if _fargate(request):
        check_size(request.get("cpu"), request.get("memory"))
        _check_shares(request)
        _check_execution_role(request)


def _check_shares(request: Json) -> None:
    """What containers reserve fits into the task ("ContainerDefinition", Amazon ECS API Reference)."""
    cpu, memory = int(normal_cpu(request["cpu"])), int(normal_memory(request["memory"]))
    containers = request["containerDefinitions"]
    reserved = {body["name"]: body.get("memoryReservation", body.get("memory", 0)) for body in containers}
    for body in containers:
        largest = max(body.get("memory", 0), body.get("memoryReservation", 0))
        if largest > memory:
            raise client_error(
                f"Invalid 'memory' setting for container '{body['name']}': {largest} MiB are more than the task's "
                f"{memory} MiB."
            )
    if sum(reserved.values()) > memory:
        raise client_error(
            f"The containers reserve {sum(reserved.values())} MiB of memory, more than the task's {memory} MiB."
        )
    shares = sum(body.get("cpu", 0) for body in containers)
    if shares > cpu:
        raise client_error(f"The containers reserve {shares} CPU units, more than the task's {cpu}.")


def _check_execution_role(request: Json) -> None:
    if request.get("executionRoleArn"):
        return
    for container in request["containerDefinitions"]:
        need = ""
        if container.get("logConfiguration"):
            need = f"log driver {container['logConfiguration']['logDriver']}"
        elif container.get("secrets"):
            need = "container secrets"
        elif container.get("environmentFiles"):
            need = "environment files"
        elif ".dkr.ecr." in container["image"]:
            need = "ECR images"
        if need:
            raise client_error(f"Fargate requires task definition to have execution role ARN to support {need}.")


def check_size(cpu: str | None, memory: str | None) -> None:
    """Raises ClientException for a pair of sizes that Fargate does not have."""
    if not cpu:
        raise client_error("Fargate requires that 'cpu' be defined at the task level.")
    if not memory:
        raise client_error("Fargate requires that 'memory' be defined at the task level.")
    units, mebibytes = int(normal_cpu(cpu)), int(normal_memory(memory))
    if units in _SMALLEST:
        fits = mebibytes in _SMALLEST[units]
    elif units in _SIZES:
        least, most, by = _SIZES[units]
        fits = least <= mebibytes <= most and mebibytes % by == 0
    else:
        raise client_error("Invalid 'cpu' setting for task.")
    if not fits:
        raise client_error(f"No Fargate configuration exists for given values: {units} CPU, {mebibytes} memory.")


def _fargate(request: Json) -> bool:
    return "FARGATE" in request.get("requiresCompatibilities", [])
