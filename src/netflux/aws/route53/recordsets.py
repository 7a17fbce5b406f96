"""Record sets: changed in batches, listed in Route 53's own order."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Any

from netflux.aws.route53 import batch, shape
from netflux.aws.route53.aliases import problem
from netflux.aws.route53.tables import Tables, number, page
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.route53 import domain
from netflux.resources.route53.recordset import RecordSet, place

if TYPE_CHECKING:
    from types_boto3_route53.type_defs import (
        ChangeResourceRecordSetsRequestTypeDef,
        GetChangeRequestTypeDef,
        ListResourceRecordSetsRequestTypeDef,
    )

_PAGE = 300  # [ListResourceRecordSets]
_SET = "ChangeBatch.Changes.ResourceRecordSet."
_BY_PLACE = "Who asks, and from where, is not known here. Use weights, multivalue answers or a simple record set."


class RecordSets(Tables):
    """Operations on record sets."""

    @operation(
        "HostedZoneId ChangeBatch(Comment Changes(Action ResourceRecordSet(Name Type SetIdentifier Weight "
        "MultiValueAnswer TTL ResourceRecords(Value) AliasTarget(HostedZoneId DNSName EvaluateTargetHealth))))",
        refused={
            f"{_SET}Region": _BY_PLACE,
            f"{_SET}GeoLocation": _BY_PLACE,
            f"{_SET}GeoProximityLocation": _BY_PLACE,
            f"{_SET}CidrRoutingConfig": _BY_PLACE,
            f"{_SET}Failover": "There are no health checks, so nothing says when. Use a simple record set.",
            f"{_SET}HealthCheckId": "There are no health checks here: leave it out.",
            f"{_SET}TrafficPolicyInstanceId": "There are no traffic policies here: write the record sets themselves.",
        },
    )
    def change_resource_record_sets(
        self, _call: Call, request: ChangeResourceRecordSetsRequestTypeDef
    ) -> dict[str, Any]:
        """All changes of the batch, or none [ChangeResourceRecordSets]."""
        zone = self.own_zone(request["HostedZoneId"])
        steps, wrong = [], []
        for change in request["ChangeBatch"]["Changes"]:
            try:
                steps.append(batch.Step(change["Action"], shape.read(change, zone.id)))
            except domain.InvalidName as error:
                wrong.append(str(error))
        if wrong:
            raise batch.refused(wrong)
        if not steps:
            raise AwsError("InvalidInput", "Invalid request: a ChangeBatch has at least one Change.")
        around = batch.Surroundings(
            zone,
            lambda name: self.records.where("name", f"{zone.id}/{name}"),
            self.count(zone),
            lambda record: problem(record, self.balancers, self.region),
        )
        puts, deletes = batch.decide(steps, around)
        for record in deletes:
            self.records.delete(record.key)
        for record in puts:
            self.records.put(record)
        return {"ChangeInfo": self.changed(request["ChangeBatch"].get("Comment"))}

    @operation("HostedZoneId StartRecordName StartRecordType StartRecordIdentifier MaxItems")
    def list_resource_record_sets(self, _call: Call, request: ListResourceRecordSetsRequestTypeDef) -> dict[str, Any]:
        """A zone's, in Route 53's order, from the one asked for on."""
        zone, size = self.the_zone(request["HostedZoneId"]), number(request.get("MaxItems"), _PAGE)
        start = _start(request)
        left = self.records.where("zone", zone.id)
        if request.get("StartRecordName"):
            left = [one for one in left if place(one) >= start]
        shown, following = page(heapq.nsmallest(size + 1, left, key=place), size)
        answer: dict[str, Any] = {
            "ResourceRecordSets": [shape.record_set(one) for one in shown], "IsTruncated": following is not None,
            "MaxItems": str(size),
        }  # fmt: skip
        return answer if following is None else answer | _next(following)

    @operation("Id")
    def get_change(self, _call: Call, request: GetChangeRequestTypeDef) -> dict[str, Any]:
        """A change that is on disk is what the resolver answers from."""
        identity = shape.plain_id(request["Id"])
        found = self.changes.get(identity)
        if found is None:
            raise AwsError("NoSuchChange", f"Could not find resource with ID: {identity}", 404)
        return {"ChangeInfo": shape.change_info(found, "INSYNC")}


def _start(request: ListResourceRecordSetsRequestTypeDef) -> tuple[tuple[str, ...], str, str]:
    name, kind = request.get("StartRecordName"), request.get("StartRecordType")
    identifier = request.get("StartRecordIdentifier")
    if kind and not name:
        raise AwsError("InvalidInput", "StartRecordType needs StartRecordName beside it.")
    if identifier and not kind:
        raise AwsError("InvalidInput", "StartRecordIdentifier needs StartRecordName and StartRecordType beside it.")
    if not name:
        return (), "", ""
    try:
        return domain.order(domain.canonical(name)), kind or "", identifier or ""
    except domain.InvalidName as error:
        raise AwsError("InvalidInput", str(error)) from error


def _next(record: RecordSet) -> dict[str, str]:
    told = {"NextRecordName": record.name, "NextRecordType": record.type}
    return told | ({"NextRecordIdentifier": record.identifier} if record.identifier else {})
