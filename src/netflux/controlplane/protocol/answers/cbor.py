"""Answers of Smithy's RPC v2 CBOR protocol, which newer SDKs speak to CloudWatch and Cloud Map.

Members go by their own names, timestamps are tagged seconds, blobs are bytes; an error has its name in `__type`
("Smithy RPC v2 CBOR", sections "Shape serialization" and "Operation error serialization").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.model import OperationModel

from netflux.controlplane.protocol.answers import scalar
from netflux.controlplane.protocol.answers.fault import Fault
from netflux.controlplane.protocol.message import HttpResponse
from netflux.decoding import cbor as encoding

_SINGLE: dict[str, Callable[[Any], Any]] = {
    "timestamp": scalar.moment,
    "float": float,
    "double": float,
    "integer": int,
    "long": int,
    "string": str,
}


def result(model: OperationModel, given: Mapping[str, Any], request_id: str) -> HttpResponse:
    """The response for a result as botocore shapes it."""
    body = _value(model.output_shape, given) if model.output_shape is not None else {}
    return HttpResponse(200, _headers(request_id), encoding.encode(body))


def error(model: OperationModel, found: Fault, message: str, request_id: str) -> HttpResponse:
    """The response for an error."""
    headers = _headers(request_id)
    if "awsQueryCompatible" in model.service_model.metadata:
        headers["x-amzn-query-error"] = f"{found.code};{found.blames}"
    return HttpResponse(found.status, headers, encoding.encode({"__type": found.name, "message": message}))


def _headers(request_id: str) -> dict[str, str]:
    return {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor", "x-amzn-RequestId": request_id}


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
