"""The operations of SNS: topics lead to queues of this region; what would leave the machine is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.sns.lifecycle import Lifecycle
from netflux.aws.sns.publishing import Publishing
from netflux.aws.sns.subscriptions import Subscriptions
from netflux.controlplane.authentication.keys import Keys
from netflux.controlplane.call import Call, Caller
from netflux.resources import kms
from netflux.resources.sns.topics import Topics

_ENCRYPTS = frozenset({"Publish", "PublishBatch"})


class SnsApi(Lifecycle, Subscriptions, Publishing):
    """Handlers of SNS.

    Args:
        topics: the tables.
        keys: tell who calls.
        apis: KMS is asked through it whether a topic's key can be used.
        place: region and account.
    """

    service = "sns"
    whole = True

    def __init__(self, topics: Topics, keys: Keys, apis: Caller, place: tuple[str, str]) -> None:
        super().__init__(topics, keys, place)
        self._apis = apis

    async def precheck(self, call: Call, params: Mapping[str, Any]) -> None:
        """A topic with a key of its own takes messages only while the key can be used."""
        if call.operation in _ENCRYPTS:
            topic = self.kept.topics.get(str(params.get("TopicArn") or params.get("TargetArn")))
            if topic is not None:
                await kms.check(self._apis, topic.key, "KMS")
