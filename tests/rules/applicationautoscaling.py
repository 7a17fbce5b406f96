"""What Application Auto Scaling refuses."""

from __future__ import annotations

from netflux.aws.applicationautoscaling.api import ApplicationAutoScalingApi
from netflux.aws.applicationautoscaling.store import Store
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "application-autoscaling"

_API = "Application Auto Scaling API Reference"
_NONSENSE = {"ServiceNamespace": "ecs", "NextToken": "nonsense"}

RULES = [
    Rule(f"A page's token is one that an answer gave ({call}).", call, _NONSENSE, "InvalidNextTokenException",
         f"{call}, {_API}")
    for call in ("DescribeScalableTargets", "DescribeScalingPolicies", "DescribeScalingActivities",
                 "DescribeScheduledActions")
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    apis.register(ApplicationAutoScalingApi(Store(plane.documents, Clock()), apis))


async def prepare(apis: Apis) -> dict[str, str]:
    return {}
