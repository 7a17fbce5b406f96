"""Dead-letter queues: which queue may have which one, and moving their messages back."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import base64
import uuid
from typing import Any

from netflux.aws.sqs import attributes
from netflux.aws.sqs.part import Part, Request
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.sqs.checks import value
from netflux.resources.sqs.queue import MoveTask, Queue
from netflux.resources.sqs.queues import Queues

_MOST_TASKS = 10


def check_redrive(kept: Queues, queue: Queue, written: str) -> None:
    """Refuses a dead-letter queue that is not there, of another kind, or that does not let this queue use it."""
    if queue.redrive is None:
        return
    target = kept.find(queue.redrive.target)
    place = attributes.region_and_account(queue.redrive.target)
    if place is not None and place[1] != (attributes.region_and_account(queue.arn) or place)[1]:
        raise value(written, "RedrivePolicy", "Dead letter target owner should be same as the source.")
    if target is None:
        raise value(written, "RedrivePolicy", "Dead letter target does not exist.")
    if target.fifo != queue.fifo:
        raise value(written, "RedrivePolicy", "Dead-letter queue must be same type of queue as the source.")
    allow = target.redrive_allow
    if allow is not None and (
        allow.permission == "denyAll" or (allow.permission == "byQueue" and queue.arn not in allow.sources)
    ):
        raise value(
            written, "RedrivePolicy", f"{target.arn} does not allow {queue.arn} to use it: its RedriveAllowPolicy."
        )


class MoveTasks(Part):
    """Handlers of message move tasks."""

    @operation(
        "SourceArn DestinationArn",
        refused={"MaxNumberOfMessagesPerSecond": "All messages are moved at once here. Leave it out."},
    )
    def start_message_move_task(self, call: Call, request: Request) -> dict[str, Any]:
        """Every message that is not in flight is moved before the answer leaves."""
        source, destination = self.by_arn(request["SourceArn"]), request.get("DestinationArn")
        if not self.kept.queues.has("dead letters", source.arn):
            raise AwsError("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.")
        fixed = self._destination(destination, source) if destination else None
        now, moved = self.kept.now(), 0
        for message in self.kept.messages.where("queue", source.name):
            known = self.kept.deliveries.get(message.id)
            target = fixed or self.kept.find(message.source)
            if target is None or (known is not None and known.until > now):
                continue
            self.kept.move(message, target, "", now)
            moved += 1
        said = f'{{"taskId":"{uuid.uuid4()}","sourceArn":"{source.arn}"}}'
        handle = base64.b64encode(said.encode()).decode()
        for old in self.kept.tasks.where("source", source.arn)[: 1 - _MOST_TASKS]:
            self.kept.tasks.delete(old.handle)
        self.kept.tasks.put(MoveTask(handle, source.arn, destination or "", moved, now))
        return {"TaskHandle": handle}

    def _destination(self, arn: str, source: Queue) -> Queue:
        target = self.kept.find(arn)
        if target is None:
            raise AwsError(
                "ResourceNotFoundException",
                "The resource that you specified for the DestinationArn parameter doesn't exist.",
                404,
            )
        if target.arn == source.arn:
            raise AwsError("InvalidParameterValue", "Source queue arn and destination queue arn can't be the same.")
        if target.fifo != source.fifo:
            raise AwsError("InvalidParameterValue", "Source and destination queue must be of the same type.")
        return target

    @operation("SourceArn MaxResults")
    def list_message_move_tasks(self, call: Call, request: Request) -> dict[str, Any]:
        """The latest first; one unless more are asked for."""
        source, most = self.by_arn(request["SourceArn"]), request.get("MaxResults", 1)
        if not 1 <= most <= _MOST_TASKS:
            raise value(most, "MaxResults", f"MaxResults must be between 1 and {_MOST_TASKS}.")
        return {"Results": [_shown(task) for task in self.kept.tasks.where("source", source.arn)[::-1][:most]]}

    @operation("TaskHandle")
    def cancel_message_move_task(self, call: Call, request: Request) -> dict[str, Any]:
        """A task is over when it was started, so none can be cancelled."""
        if request["TaskHandle"] not in self.kept.tasks:
            raise AwsError("ResourceNotFoundException", "Task does not exist.", 404)
        raise AwsError("InvalidParameterValue", "Only active tasks can be cancelled.")


def _shown(task: MoveTask) -> dict[str, Any]:
    found = {
        "Status": "COMPLETED",
        "SourceArn": task.source,
        "ApproximateNumberOfMessagesMoved": task.moved,
        "ApproximateNumberOfMessagesToMove": task.moved,
        "StartedTimestamp": int(task.started * 1000),
    }
    return found | ({"DestinationArn": task.destination} if task.destination else {})
