"""The operations of SQS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.sqs.lifecycle import Lifecycle
from netflux.aws.sqs.permissions import Permissions
from netflux.aws.sqs.receiving import Receiving
from netflux.aws.sqs.redrive import MoveTasks
from netflux.aws.sqs.sending import Sending
from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.call import Call, Caller
from netflux.resources import kms
from netflux.resources.sqs.queues import Queues

_ENCRYPTS = frozenset({"SendMessage", "SendMessageBatch", "ReceiveMessage"})


class SqsApi(Lifecycle, Sending, Receiving, Permissions, MoveTasks):
    """Handlers of SQS.

    Args:
        queues: the tables.
        keys: tell receivers who sent a message.
        apis: KMS is asked through it whether a queue's key can be used.
        place: region and account.
    """

    service = "sqs"
    whole = True

    def __init__(self, queues: Queues, keys: Keys, apis: Caller, place: tuple[str, str]) -> None:
        super().__init__(queues, keys, place)
        self._apis = apis

    async def precheck(self, call: Call, params: Mapping[str, Any]) -> None:
        """A queue with a key of its own takes and gives messages only while the key can be used."""
        if call.operation not in _ENCRYPTS:
            return
        queue = self.kept.queues.get(str(params["QueueUrl"]).rpartition("/")[2])
        if queue is not None:
            await kms.check(self._apis, queue.key, "Kms")
