"""What ECS's rows refuse of values before anything is made."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.cloudformation.types import rows

TASK, SERVICE = "AWS::ECS::TaskDefinition", "AWS::ECS::Service"


@pytest.mark.parametrize(
    ("kind", "properties", "says"),
    [
        (TASK, {"NetworkMode": "awsvpc"}, ""),
        (TASK, {"RequiresCompatibilities": ["FARGATE"]}, ""),
        (TASK, {}, "NetworkMode bridge is of EC2 container instances."),
        (TASK, {"NetworkMode": "host", "RequiresCompatibilities": ["EC2"]}, "NetworkMode host"),
        (TASK, {"NetworkMode": object()}, ""),
        (SERVICE, {"LaunchType": "FARGATE"}, ""),
        (SERVICE, {"LaunchType": "EC2"}, "LaunchType EC2: Tasks run as on Fargate here"),
        (SERVICE, {"SchedulingStrategy": "DAEMON"}, "SchedulingStrategy DAEMON"),
    ],
)
def test_what_only_container_instances_can_run_is_told(kind: str, properties: dict[str, Any], says: str) -> None:
    refuses = rows()[kind].refuses
    assert refuses is not None
    told = [*refuses(properties)]
    assert len(told) == bool(says)
    assert all(one.startswith(says) for one in told)
