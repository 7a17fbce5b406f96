"""SNS to queues of this region; what would leave the machine is refused."""

from __future__ import annotations

from typing import Any

from netflux.controlplane.call import Call, Caller
from netflux.errors import Unsupported

_INSTEAD = "Nothing is sent from here: subscribe an SQS queue, or run this part on AWS."


class SnsApi:
    """The overlay: moto says of mails, text messages and pushes that they were sent.

    Args:
        moto: holds the topics, and puts their messages into its queues.
    """

    service = "sns"
    whole = False

    def __init__(self, moto: Caller) -> None:
        self._moto = moto

    async def subscribe(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """For queues alone."""
        if request["Protocol"] != "sqs":
            raise Unsupported(f"sns:Subscribe with Protocol {request['Protocol']}", _INSTEAD)
        return await self._moto.call("sns", "Subscribe", request)

    async def publish(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        """To topics alone."""
        if "PhoneNumber" in request:
            raise Unsupported("sns:Publish with PhoneNumber", _INSTEAD)
        return await self._moto.call("sns", "Publish", request)
