"""The environment of a container: what the task definition names, and what Fargate adds."""

from __future__ import annotations

from collections.abc import Mapping

from netflux.aws.ecs.desired import ContainerDefinition
from netflux.network.interface import Interface


def build(
    container: ContainerDefinition,
    secrets: Mapping[str, str],
    interface: Interface,
    region: str,
    local: Mapping[str, str],
    files: Mapping[str, str],
) -> dict[str, str]:
    """The variables of a container.

    Args:
        container: its definition; its `environment` wins over everything but secrets.
        secrets: values by variable name.
        interface: of the task. Without a network namespace all tasks share the loopback interface, so the address to
            listen on is told by SERVER_ADDRESS, which Spring Boot reads.
        region: AWS_REGION.
        files: variables of its environment files.
        local: where metadata, credentials and the region's endpoint are.
    """
    built = {
        "HOSTNAME": host_name(interface),
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE",
        **local,
    }
    if interface.namespace is None:
        built["SERVER_ADDRESS"] = interface.local_address
    return {**built, **files, **container.environment, **secrets}


def host_name(interface: Interface) -> str:
    """A task's host name: `ip-10-0-3-17.ec2.internal`, from its VPC address."""
    return f"ip-{interface.vpc_address.replace('.', '-')}.ec2.internal"
