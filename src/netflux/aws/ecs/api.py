"""ECS: every operation is ours, and one without a method here is refused by name."""

from __future__ import annotations

from netflux.aws.ecs.clusters import Clusters
from netflux.aws.ecs.definitions import Definitions
from netflux.aws.ecs.servicehistory import ServiceHistory
from netflux.aws.ecs.services import Services
from netflux.aws.ecs.settings import Settings
from netflux.aws.ecs.tasks import Tasks


class EcsApi(Clusters, Definitions, Services, ServiceHistory, Tasks, Settings):
    """Handlers of ECS's operations."""

    service = "ecs"
    whole = True
