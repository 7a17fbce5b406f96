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
from netflux.errors import AwsError
from netflux.resources.sqs.queues import Queues

_MANAGED = "alias/aws/sqs"
_ENCRYPTS = frozenset({"SendMessage", "SendMessageBatch", "ReceiveMessage"})
_STATES = {"Disabled": "KmsDisabled", "PendingDeletion": "KmsInvalidState"}


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
        if queue is None or not queue.key or queue.key.endswith(_MANAGED):
            return
        try:
            found = (await self._apis.call("kms", "DescribeKey", {"KeyId": queue.key}))["KeyMetadata"]
        except AwsError as error:
            raise AwsError("KmsNotFound", f"The queue's key {queue.key} is not there: {error.message}") from error
        if found.get("KeyState") != "Enabled":
            code = _STATES.get(str(found.get("KeyState")), "KmsInvalidState")
            raise AwsError(code, f"The queue's key {found['Arn']} is {found.get('KeyState')}. Enable it.")
        if found.get("KeySpec") != "SYMMETRIC_DEFAULT":
            raise AwsError("KmsInvalidKeyUsage", f"The queue's key {found['Arn']} is no symmetric encryption key.")
