"""Which controllers read what, so that a change reaches those and nobody else."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.controlplane.call import Call
from netflux.controlplane.records.table import Change
from netflux.network import configured
from netflux.reconcile.loop import Loop
from netflux.resources import events, kmskeys, ssm
from netflux.resources.ec2.tables import Tables
from netflux.resources.route53 import targets
from netflux.resources.route53.recordset import RECORD_SET

READERS = {
    "ec2": ("network", "elbv2", "ecs-service"),
    "elbv2": ("ecs-service", "ecs-connect", "cloudfront"),
    "ecs": ("ecs-service", "ecs-task", "ecs-connect"),
    "application-autoscaling": ("autoscaling",),
    "ecr": ("seed", "ecs-service", "ecr-lifecycle"),
    "s3": ("seed",),
    "rds": ("rds", "rds-snapshot", "rds-telemetry"),
    "cloudfront": ("cloudfront",),
    "route53": ("elbv2", "cloudfront"),
    "acm": ("elbv2",),
    "secretsmanager": ("secret-deletion", "secret-rotation"),
    "ssm": ("parameter-expiration",),
    "kms": ("kms",),
    "events": ("events",),
    "scheduler": ("events",),
}
"""Which controllers read what a service's API has accepted, and its tables."""
TABLES = frozenset({"acm", "cloudfront", "ec2", "elbv2", "events", "kms", "route53", "scheduler", "ssm"})
"""Services of which all that controllers read are records."""


class Readers:
    """Asks for the passes that a change makes necessary.

    Args:
        loop: of the controllers.
        tables: EC2's, by which it is told whether anything that runs has to do with a change.
    """

    def __init__(self, loop: Loop, tables: Tables) -> None:
        self._loop = loop
        self._tables = tables

    def changed(self, call: Call) -> None:
        """After a call of a service that keeps documents; of the others `recorded` is told."""
        for controller in READERS.get(call.service, ()) if call.service not in TABLES else ():
            self._loop.poke_soon(controller)

    def recorded(self, changes: Sequence[Change]) -> None:
        """After a transaction: whoever reads a service's tables looks at them again, where it matters to more than
        their next reader.
        """
        acting = [change for change in changes if self._acts(change)]
        for service in {change.table.partition("/")[0] for change in acting}:
            for controller in READERS.get(service, ()):
                self._loop.poke_soon(controller)

    def _acts(self, change: Change) -> bool:
        if change.table.startswith("route53/"):
            return change.table == RECORD_SET.name and targets.acts(change)
        if change.table.startswith("ssm/"):
            return ssm.acts(change)
        if change.table.startswith(("events/", "scheduler/")):
            return events.acts(change)
        if change.table.startswith("kms/"):
            return change.table == kmskeys.KEY.name and kmskeys.acts(change)
        return configured.acts(self._tables, change)
