"""A Lambda service that keeps what it is sent, and answers as a custom resource's function or a macro would."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from netflux.controlplane.call import Call
from netflux.errors import AwsError

ARN = "arn:aws:lambda:us-east-1:000000000000:function:provider"


class Functions:
    """`answer` makes of a custom resource's event what its function puts to the address; None: it never does."""

    service = "lambda"
    whole = True

    def __init__(self, cloud: Any) -> None:
        self._cloud = cloud
        self.events: list[dict[str, Any]] = []
        self.asked = asyncio.Event()
        self.answer: Callable[[dict[str, Any]], dict[str, Any] | None] = lambda event: {}
        self.macro: Callable[[dict[str, Any]], Any] = lambda event: event
        cloud.apis.register(self)

    async def invoke(self, call: Call, request: dict[str, Any]) -> dict[str, Any]:
        event = json.loads(request["Payload"])
        if request["FunctionName"].endswith("missing"):
            raise AwsError("ResourceNotFoundException", f"Function not found: {request['FunctionName']}", 404)
        self.events.append(event)
        self.asked.set()
        if request.get("InvocationType") != "Event":
            return {"StatusCode": 200, "Payload": json.dumps(self.macro(event)).encode()}
        said = self.answer(event)
        if said is not None:
            self.put(event, said)
        return {"StatusCode": 202}

    def put(self, event: dict[str, Any], said: dict[str, Any]) -> bool:
        """Puts an answer to an event's address."""
        whole = {"Status": "SUCCESS", "PhysicalResourceId": event.get("PhysicalResourceId", "made")}
        whole |= {name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")} | said
        parts = urlsplit(event["ResponseURL"])
        key = unquote(parts.path).lstrip("/").partition("/")[2]
        secret = parse_qs(parts.query)["Signature"][0]
        taken: bool = self._cloud.engine.providers.take(key, secret, json.dumps(whole))
        return taken

    def kinds(self) -> list[str]:
        """The requests so far."""
        return [event["RequestType"] for event in self.events]
