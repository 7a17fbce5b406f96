"""Who may use a queue, and its tags."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

from netflux.aws.sqs.part import TAGS, Part, Request
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.policy import grant
from netflux.resources.sqs.checks import value
from netflux.resources.sqs.queue import Queue

_SHARED = (
    "*", "ChangeMessageVisibility", "DeleteMessage", "GetQueueAttributes", "GetQueueUrl", "ListDeadLetterSourceQueues",
    "PurgeQueue", "ReceiveMessage", "SendMessage",
)  # fmt: skip
"""Actions that another account may be allowed ("AddPermission", Amazon SQS API Reference)."""
_MOST_ACTIONS = 7
_LABEL, _ACCOUNT = re.compile("[A-Za-z0-9_-]{1,80}"), re.compile("[0-9]{12}")


class Permissions(Part):
    """Handlers of a queue's policy and tags."""

    @operation("QueueUrl Label AWSAccountIds Actions")
    def add_permission(self, _call: Call, request: Request) -> dict[str, Any]:
        """One more statement in the queue's policy."""
        queue, label = self.queue(request), request["Label"]
        policy = _policy(queue)
        if not _LABEL.fullmatch(label):
            raise value(label, "Label", "Must be 1 to 80 alphanumeric characters, hyphens or underscores.")
        _check_actions([*request["Actions"]])
        accounts = [*request["AWSAccountIds"]]
        if not accounts or not all(_ACCOUNT.fullmatch(one) for one in accounts):
            raise value(f"[{', '.join(accounts)}]", "PrincipalId", "Unable to verify.")
        if any(one.get("Sid") == label for one in policy["Statement"]):
            raise value(label, "Label", "Already exists.")
        actions = [f"SQS:{action}" for action in request["Actions"]]
        statement = grant.statement(label, accounts, actions, queue.arn)
        policy["Statement"] = [*policy["Statement"], statement]
        return self._keep(queue, json.dumps(policy, separators=(",", ":")))

    @operation("QueueUrl Label")
    def remove_permission(self, _call: Call, request: Request) -> dict[str, Any]:
        """The policy goes with its last statement."""
        queue, label = self.queue(request), request["Label"]
        policy = _policy(queue)
        left = [one for one in policy["Statement"] if one.get("Sid") != label]
        if len(left) == len(policy["Statement"]):
            reason = "can't find label." if queue.policy else "can't find label on existing policy."
            raise value(label, "Label", reason)
        policy["Statement"] = left
        return self._keep(queue, json.dumps(policy, separators=(",", ":")) if left else "")

    def _keep(self, queue: Queue, policy: str) -> dict[str, Any]:
        self.kept.queues.put(replace(queue, policy=policy, modified=self.kept.now()))
        return {}

    @operation("QueueUrl Tags")
    def tag_queue(self, call: Call, request: Request) -> dict[str, Any]:
        """A tag of a key that is there is replaced."""
        queue = self.queue(request)
        if not request["Tags"]:
            raise AwsError("MissingParameter", "The request must contain the parameter Tags.")
        given = ({"Key": key, "Value": text} for key, text in request["Tags"].items())
        added = TAGS.read(given, own=call.access_key is None)
        self.kept.queues.put(replace(queue, tags=TAGS.merged(queue.tags, added)))
        return {}

    @operation("QueueUrl TagKeys")
    def untag_queue(self, _call: Call, request: Request) -> dict[str, Any]:
        """Keys that the queue has not are no error."""
        queue = self.queue(request)
        if not request["TagKeys"]:
            raise AwsError("InvalidParameterValue", "Tag keys must be between 1 and 128 characters in length.")
        left = {key: text for key, text in queue.tags.items() if key not in request["TagKeys"]}
        self.kept.queues.put(replace(queue, tags=left))
        return {}

    @operation("QueueUrl")
    def list_queue_tags(self, _call: Call, request: Request) -> dict[str, Any]:
        """All of them."""
        tags = self.queue(request).tags
        return {"Tags": dict(tags)} if tags else {}


def _policy(queue: Queue) -> dict[str, Any]:
    if not queue.policy:
        return {"Version": "2008-10-17", "Id": f"{queue.arn}/SQSDefaultPolicy", "Statement": []}
    found: dict[str, Any] = json.loads(queue.policy)
    if isinstance(found["Statement"], dict):
        found["Statement"] = [found["Statement"]]
    return found


def _check_actions(actions: list[str]) -> None:
    if not actions:
        raise AwsError("MissingParameter", "The request must contain the parameter Actions.")
    if len(actions) > _MOST_ACTIONS:
        raise AwsError("OverLimit", f"{len(actions)} Actions were found, maximum allowed is {_MOST_ACTIONS}.", 403)
    for action in actions:
        if action not in _SHARED:
            raise value(f"SQS:{action}", "ActionName", "Only the queue owner is allowed to invoke this action.")
