"""Answers of Smithy's RPC v2 CBOR protocol, which newer SDKs speak to CloudWatch and Cloud Map.

Members go by their own names, timestamps are tagged seconds, blobs are bytes; an error has its name in `__type`
("Smithy RPC v2 CBOR", sections "Shape serialization" and "Operation error serialization").
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from moto.core.model import OperationModel

from netflux.controlplane.protocol.message import HttpResponse
from netflux.decoding import cbor

_SERVER = 500


def _moment(value: Any) -> datetime:
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_SINGLE: dict[str, Callable[[Any], Any]] = {
    "timestamp": _moment,
    "float": float,
    "double": float,
    "integer": int,
    "long": int,
    "string": str,
}


def serialize(model: OperationModel, result: Any, request_id: str) -> HttpResponse:
    """The response for a result as botocore shapes it, or for an exception with `code` and `message`."""
    headers = {
        "Content-Type": "application/cbor",
        "smithy-protocol": "rpc-v2-cbor",
        "x-amzn-RequestId": request_id,
    }
    if not isinstance(result, Exception):
        body = _value(model.output_shape, result) if model.output_shape is not None else {}
        return HttpResponse(200, headers, cbor.encode(body))
    code, message = str(getattr(result, "code", "InternalFailure")), str(getattr(result, "message", result))
    shape = _error_shape(model, code)
    status = 400 if shape is None else int((shape.metadata.get("error") or {}).get("httpStatusCode", 400))
    if "awsQueryCompatible" in model.service_model.metadata:
        headers["x-amzn-query-error"] = f"{code};{'Receiver' if status >= _SERVER else 'Sender'}"
    name = code if shape is None else shape.name
    return HttpResponse(status, headers, cbor.encode({"__type": name, "message": message}))


def _error_shape(model: OperationModel, code: str) -> Any:
    for shape in model.service_model.error_shapes:
        if code in (shape.name, (shape.metadata.get("error") or {}).get("code")):
            return shape
    return None


def _value(shape: Any, value: Any) -> Any:
    kind = shape.type_name
    if kind == "structure":
        given = {name: member for name, member in shape.members.items() if value.get(name) is not None}
        return {name: _value(member, value[name]) for name, member in given.items()}
    if kind == "list":
        return [_value(shape.member, item) for item in value]
    if kind == "map":
        return {str(key): _value(shape.value, item) for key, item in value.items()}
    made = _SINGLE.get(kind)
    return made(value) if made else value
