"""The operations of RDS: DB instances of PostgreSQL, the groups that they are in, their snapshots and events."""

from __future__ import annotations

from netflux.aws.rds.absent import AbsentOperations
from netflux.aws.rds.engine import EngineOperations
from netflux.aws.rds.event import EventOperations
from netflux.aws.rds.restore import RestoreOperations
from netflux.aws.rds.tag import TagOperations


class RdsApi(RestoreOperations, TagOperations, EngineOperations, EventOperations, AbsentOperations):
    """Handlers of RDS."""

    service = "rds"
    whole = True
