"""What every noun of Route 53's operations is built on: its tables, and changes written down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from netflux.aws.route53 import shape
from netflux.clock import Clock
from netflux.controlplane import identifiers
from netflux.controlplane.records import paging
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.ec2.vpc import VPC
from netflux.resources.elbv2 import LOAD_BALANCER
from netflux.resources.route53.change import CHANGE, Change
from netflux.resources.route53.delegationset import DELEGATION_SET, DelegationSet
from netflux.resources.route53.hostedzone import HOSTED_ZONE, HostedZone
from netflux.resources.route53.recordset import RECORD_SET

_T = TypeVar("_T")
_CHANGES_KEPT = 1000
_IDENTIFIER = 20


class Tables:
    """Zones, record sets and changes.

    Args:
        documents: where they are.
        clock: for the times of changes.
        place: region and account.
    """

    def __init__(self, documents: Documents, clock: Clock, place: tuple[str, str]) -> None:
        self.documents = documents
        self.clock = clock
        self.region, self.account = place
        self.delegation_sets = documents.table(DELEGATION_SET)
        self.zones = documents.table(HOSTED_ZONE)
        self.records = documents.table(RECORD_SET)
        self.changes = documents.table(CHANGE)
        self.vpcs = documents.table(VPC)
        self.balancers = documents.table(LOAD_BALANCER)

    def the_zone(self, written: str) -> HostedZone:
        """By id; AwsError when there is none."""
        identity = shape.plain_id(written)
        found = self.zones.get(identity)
        if found is None:
            raise AwsError("NoSuchHostedZone", f"No hosted zone found with ID: {identity}", 404)
        return found

    def own_zone(self, written: str) -> HostedZone:
        """The same, for whoever changes it: a zone of Cloud Map's is changed through Cloud Map alone."""
        found = self.the_zone(written)
        if found.namespace:
            said = f"The resource hostedzone/{found.id} can only be managed through AWS Cloud Map ({found.namespace})"
            raise AwsError("AccessDenied", said, 403)
        return found

    def the_delegation_set(self, written: str) -> DelegationSet:
        """By id; AwsError when there is none."""
        identity = shape.plain_id(written)
        found = self.delegation_sets.get(identity)
        if found is None:
            raise AwsError("NoSuchDelegationSet", identity)
        return found

    def count(self, zone: HostedZone) -> int:
        """Of the zone's record sets."""
        return len(self.records.keys("zone", zone.id))

    def changed(self, comment: str | None = None) -> dict[str, Any]:
        """Writes a change down, and tells of it as it is while its transaction is under way.

        The resolver reads the tables for each question, so it has the change as soon as it is on disk: GetChange finds
        it INSYNC.
        """
        if len(self.changes) >= _CHANGES_KEPT:
            self.changes.delete(next(iter(self.changes)).id)
        change = Change(identifiers.capitals("C0", _IDENTIFIER - 1), self.clock.now(), comment)
        self.changes.put(change)
        return shape.change_info(change, "PENDING")


def number(text: str | None, most: int) -> int:
    """MaxItems of a request; AwsError when it is no number from 1 on.

    Args:
        text: as the request has it.
        most: entries that a page has at most, also where more are asked for.
    """
    size = most if text is None else paging.number(str(text))
    if not size:
        raise AwsError("InvalidInput", f"MaxItems is a number from 1 on, not {text}.")
    return min(size, most)


def page(items: Sequence[_T], size: int) -> tuple[list[_T], _T | None]:
    """The first page of what is left of a list, and the first entry of the next one."""
    return [*items[:size]], items[size] if len(items) > size else None
