"""Functions are called by clients."""

from __future__ import annotations

import base64
import json
from typing import Any

from netflux.aws.awslambda.calls import Calls
from netflux.aws.awslambda.decide import LARGEST_REQUEST, Outcome
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.awslambda.function import LATEST

Request = dict[str, Any]
_DURABLE = {
    "DurableExecutionName": "Leave it out: there are no durable executions here.",
    "TenantId": "Leave it out: environments are not kept apart by tenant here.",
}
_NO_WAIT = "Event"
_DRY = "DryRun"


class InvokeOperations:
    """Handlers of calls.

    Args:
        calls: makes them.
    """

    calls: Calls

    @operation("FunctionName InvocationType LogType ClientContext Payload Qualifier", refused=_DURABLE)
    async def invoke(self, call: Call, request: Request) -> Request:
        """What the function answers; nothing for a call that nobody waits for."""
        payload, qualifier = _payload(request), request.get("Qualifier") or ""
        context = request.get("ClientContext") or ""
        name, kind = request["FunctionName"], request.get("InvocationType", "RequestResponse")
        if kind == _NO_WAIT:
            self.calls.enqueue(name, payload, qualifier=qualifier, context=context)
            return {"StatusCode": 202, "Payload": b""}
        target = self.calls.target(name, qualifier)
        if kind == _DRY:
            return {"StatusCode": 204, "Payload": b""}
        outcome = await self.calls.run(target, call.request_id, payload, context)
        return _told(outcome) | (
            {"LogResult": base64.b64encode(outcome.log).decode()} if request.get("LogType") == "Tail" else {}
        )

    invoke.deadline = 1000.0  # type: ignore[attr-defined]

    @operation("FunctionName InvokeArgs")
    def invoke_async(self, _call: Call, request: Request) -> Request:
        """The older form of a call that nobody waits for."""
        arguments = request["InvokeArgs"]
        payload = arguments.read() if hasattr(arguments, "read") else bytes(arguments)
        _check_json(payload)
        self.calls.enqueue(request["FunctionName"], payload)
        return {"Status": 202}


def _told(outcome: Outcome) -> Request:
    found: Request = {"StatusCode": 200, "Payload": outcome.payload, "ExecutedVersion": outcome.version or LATEST}
    return found | ({"FunctionError": outcome.error} if outcome.error else {})


def _payload(request: Request) -> bytes:
    given = request.get("Payload") or b""
    payload = given.read() if hasattr(given, "read") else bytes(given)
    if len(payload) > LARGEST_REQUEST:
        raise AwsError(
            "RequestTooLargeException",
            f"{len(payload)} byte payload is too large for the RequestResponse invocation type (limit "
            f"{LARGEST_REQUEST} bytes)",
            413,
        )
    _check_json(payload)
    return payload


def _check_json(payload: bytes) -> None:
    if payload:
        try:
            json.loads(payload)
        except (ValueError, RecursionError) as error:
            raise AwsError(
                "InvalidRequestContentException", f"Could not parse request body into json: {error}"
            ) from error
