"""Event source mappings are made, changed, told and deleted.

"Using Lambda with Amazon SQS", Lambda Developer Guide.
"""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import uuid
from collections.abc import Mapping as Members
from dataclasses import replace
from typing import Any

from netflux.aws.awslambda.host import Host
from netflux.aws.awslambda.part import Part, invalid, missing, named
from netflux.controlplane.call import Call
from netflux.controlplane.identifiers import arn
from netflux.controlplane.operation import operation
from netflux.controlplane.records.paging import page
from netflux.controlplane.records.table import Table
from netflux.errors import AwsError
from netflux.resources.awslambda.function import LATEST
from netflux.resources.awslambda.mapping import DELETING, UPDATING, Mapping
from netflux.resources.awslambda.qualified import Qualified, key
from netflux.resources.sqs.queue import QUEUE

Request = dict[str, Any]
_PAGE = 100
_OWN = "EventSourceArn FunctionName Enabled BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes"
_NO_QUEUE = (
    "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: "
    "The specified queue does not exist."
)
_STREAM = "Leave it out: it belongs to streams, and queues are the only event source here."
_REFUSED = {
    "FilterCriteria": "Leave it out, and let the function look at its messages.",
    "KMSKeyArn": "Leave it out: it encrypts filters.",
    "MetricsConfig": "Leave it out: there are no metrics of mappings.",
    "LoggingConfig": "Leave it out: mappings have no log of their own.",
    "ProvisionedPollerConfig": "Leave it out: a queue has one poller.",
    **dict.fromkeys(
        (
            "ParallelizationFactor", "DestinationConfig", "MaximumRecordAgeInSeconds", "BisectBatchOnFunctionError",
            "MaximumRetryAttempts", "TumblingWindowInSeconds", "SourceAccessConfigurations",
            "DocumentDBEventSourceConfig", "AmazonManagedKafkaEventSourceConfig", "SelfManagedKafkaEventSourceConfig",
        ),
        _STREAM,
    ),
}  # fmt: skip
_CREATE_REFUSED = {
    **_REFUSED,
    **dict.fromkeys(
        ("StartingPosition", "StartingPositionTimestamp", "Topics", "Queues", "SelfManagedEventSource"), _STREAM
    ),
}
_SCALING = "ScalingConfig(MaximumConcurrency)"


class MappingOperations(Part):
    """Handlers of mappings."""

    host: Host
    qualified: Qualified
    mappings: Table[Mapping]

    @operation(f"{_OWN} Tags {_SCALING}", refused=_CREATE_REFUSED)
    async def create_event_source_mapping(self, call: Call, request: Request) -> Request:
        """The queue is read by the function's role."""
        source = request.get("EventSourceArn") or ""
        if not source.startswith("arn:aws:sqs:"):
            raise invalid(f"Unrecognized event source: {source or 'none'}. Queues of SQS are the only one here.")
        wanted = named(self.kept, request["FunctionName"])
        self._check_function(wanted.name, wanted.qualifier)
        if self.host.kept.documents.table(QUEUE).get(source.rpartition(":")[2]) is None:
            raise invalid(_NO_QUEUE)
        for one in self.mappings.where("source", source):
            if (one.function, one.qualifier) == (wanted.name, wanted.qualifier):
                raise AwsError(
                    "ResourceConflictException",
                    f'An event source mapping with SQS arn (" {source} ") and function (" {wanted.name} ") already '
                    f"exists. Please update or delete the existing mapping with UUID {one.id}",
                    409,
                )
        made = Mapping(
            str(uuid.uuid4()), source, wanted.name, wanted.qualifier, self.host.clock.now(),
            tags=dict(request.get("Tags") or {}),
        )  # fmt: skip
        made = _changed(made, request)
        _check(made)
        await self._check_reader(made)
        with self.documents.transaction():
            self.mappings.put(made)
        return self._shown(made)

    @operation("UUID")
    def get_event_source_mapping(self, call: Call, request: Request) -> Request:
        """One mapping."""
        return self._shown(self._mapping(request))

    @operation("EventSourceArn FunctionName Marker MaxItems")
    def list_event_source_mappings(self, call: Call, request: Request) -> Request:
        """Of a queue, of a function, or all."""
        name = named(self.kept, request["FunctionName"]).name if request.get("FunctionName") else None
        found = [
            one
            for one in self.mappings
            if name in (None, one.function) and request.get("EventSourceArn") in (None, one.source)
        ]
        size = min(_PAGE, request.get("MaxItems") or _PAGE)
        listed, following = page(found, request.get("Marker"), size, invalid("The marker is not one of an answer."))
        told = [self._shown(one) for one in listed]
        return {"EventSourceMappings": told} | ({"NextMarker": following} if following else {})

    @operation(
        f"UUID FunctionName Enabled BatchSize MaximumBatchingWindowInSeconds FunctionResponseTypes {_SCALING}",
        refused=_REFUSED,
    )
    def update_event_source_mapping(self, call: Call, request: Request) -> Request:
        """Calls that are under way end as they began."""
        before = self._mapping(request)
        made = replace(_changed(before, request), modified=self.host.clock.now(), state=UPDATING)
        if request.get("FunctionName"):
            wanted = named(self.kept, request["FunctionName"])
            self._check_function(wanted.name, wanted.qualifier)
            made = replace(made, function=wanted.name, qualifier=wanted.qualifier)
        _check(made)
        self.mappings.put(made)
        return self._shown(made)

    @operation("UUID")
    def delete_event_source_mapping(self, call: Call, request: Request) -> Request:
        """Gone as soon as its calls have ended."""
        made = replace(self._mapping(request), enabled=False, state=DELETING)
        self.mappings.put(made)
        return self._shown(made)

    def _mapping(self, request: Members[str, Any]) -> Mapping:
        found = self.mappings.get(request["UUID"])
        if found is None:
            raise AwsError("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        return found

    def _check_function(self, name: str, qualifier: str) -> None:
        there = self.kept.version(name, qualifier or LATEST) or key(name, qualifier) in self.qualified.aliases
        if name not in self.kept.functions or not there:
            raise missing(self.kept.arn(name, qualifier))

    async def _check_reader(self, mapping: Mapping) -> None:
        """The function's role has to be able to read the queue."""
        version = self.kept.version(mapping.function)
        caller = self.host.calling(version.settings.role if version is not None else "", mapping.function)
        permit = getattr(caller, "permit", None)
        if permit is None:
            return
        url = mapping.source.rpartition(":")[2]
        for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes"):
            try:
                await permit("sqs", action, {"QueueUrl": url})
            except AwsError as error:
                raise invalid(
                    f"The provided execution role does not have permissions to call {action} on SQS"
                ) from error

    def _shown(self, one: Mapping) -> Request:
        found: Request = {
            "UUID": one.id,
            "EventSourceMappingArn": arn(
                "lambda", f"event-source-mapping:{one.id}", self.kept.account, self.kept.region
            ),
            "BatchSize": one.batch,
            "MaximumBatchingWindowInSeconds": one.window,
            "EventSourceArn": one.source,
            "FunctionArn": self.kept.arn(one.function, one.qualifier),
            "LastModified": one.modified,
            "State": one.state,
            "StateTransitionReason": "USER_INITIATED",
            "FunctionResponseTypes": ["ReportBatchItemFailures"] if one.reports else [],
        }
        return found | ({"ScalingConfig": {"MaximumConcurrency": one.concurrency}} if one.concurrency else {})


def _changed(one: Mapping, request: Members[str, Any]) -> Mapping:
    for member, field in (
        ("Enabled", "enabled"), ("BatchSize", "batch"), ("MaximumBatchingWindowInSeconds", "window"),
    ):  # fmt: skip
        if request.get(member) is not None:
            one = replace(one, **{field: request[member]})
    if request.get("FunctionResponseTypes") is not None:
        one = replace(one, reports="ReportBatchItemFailures" in request["FunctionResponseTypes"])
    if request.get("ScalingConfig") is not None:
        one = replace(one, concurrency=request["ScalingConfig"].get("MaximumConcurrency"))
    return one


def _check(one: Mapping) -> None:
    fifo = one.source.endswith(".fifo")
    if fifo and one.window:
        raise invalid("Batching window is not supported for FIFO queues.")
    if one.batch > 10 and (fifo or not one.window):
        said = "for FIFO queues" if fifo else "with a batch window of 0"
        raise invalid(f"Maximum batch size {said} is 10: {one.batch} was given. Set MaximumBatchingWindowInSeconds.")
