"""CloudWatch: metrics, alarms on them, and dashboards; one without a method here is refused by name."""

from __future__ import annotations

from netflux.aws.cloudwatch.alarms import Alarms
from netflux.aws.cloudwatch.dashboards import Dashboards
from netflux.aws.cloudwatch.ground import Ground
from netflux.aws.cloudwatch.metrics import Metrics
from netflux.aws.cloudwatch.tags import Tags


class CloudWatchApi(Alarms, Metrics, Dashboards, Tags):
    """Handlers of CloudWatch's operations.

    Args:
        ground: metrics and records.
    """

    service = "cloudwatch"
    whole = True

    def __init__(self, ground: Ground) -> None:
        Alarms.__init__(self, ground)
        Metrics.__init__(self, ground)
        Dashboards.__init__(self, ground)
        Tags.__init__(self, ground)
        self.documents = ground.documents
