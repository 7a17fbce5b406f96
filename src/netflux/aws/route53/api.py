"""All operations of Route 53."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.route53 import aliases
from netflux.aws.route53.delegationsets import DelegationSets
from netflux.aws.route53.limits import Limits
from netflux.aws.route53.recordsets import RecordSets
from netflux.aws.route53.tags import Tags
from netflux.aws.route53.zones import Zones
from netflux.clock import Clock
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.records.documents import Documents


class Route53Api(Zones, DelegationSets, RecordSets, Tags, Limits):
    """Handlers of `route53`.

    Args:
        documents: where the records are.
        clock: for the times of changes.
        apis: has distributions, which aliases lead to.
        place: region and account.
    """

    service = "route53"
    whole = True

    def __init__(self, documents: Documents, clock: Clock, apis: Caller, place: tuple[str, str]) -> None:
        super().__init__(documents, clock, place)
        self._apis = apis

    async def precheck(self, call: Call, params: Mapping[str, Any]) -> None:
        """Whether the distributions are there that aliases lead to."""
        if call.operation == "ChangeResourceRecordSets":
            await aliases.check(self._apis, params["ChangeBatch"]["Changes"])
