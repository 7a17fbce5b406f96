"""What stands around results and errors: status, headers, and the outermost elements of each protocol."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from xml.sax.saxutils import escape

from botocore.model import OperationModel

from netflux.controlplane.protocol.answers import cbor, document, fault, head, scalar
from netflux.controlplane.protocol.answers.markup import Writer, element
from netflux.controlplane.protocol.message import HttpResponse
from netflux.errors import AwsError

CBOR = "smithy-rpc-v2-cbor"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'
_USUAL = 400
Result = Mapping[str, Any]


def result(model: OperationModel, protocol: str, given: Result, request_id: str) -> HttpResponse:
    """The response for a result as botocore shapes it.

    Args:
        model: the operation.
        protocol: one of its service's, as botocore names it.
        given: the result.
        request_id: told in the answer.
    """
    response = _RESULTS[protocol](model, given, request_id)
    return HttpResponse(response.status, {**response.headers, "x-amzn-RequestId": request_id}, response.body)


def error(model: OperationModel, protocol: str, given: AwsError, request_id: str) -> HttpResponse:
    """The response for an error; its status is the model's where the model knows the code, and the error's else."""
    found = fault.find(model, given.code)
    response = _ERRORS[protocol](model, found, given.message, request_id)
    status = found.status if given.status == _USUAL else given.status
    return HttpResponse(status, {**response.headers, "x-amzn-RequestId": request_id}, response.body)


def _status(model: OperationModel) -> int:
    return int(model.http.get("responseCode", 200))


def _namespace(model: OperationModel) -> str:
    return str(model.service_model.metadata.get("xmlNamespace", ""))


def _json_type(model: OperationModel) -> str:
    return f"application/x-amz-json-{model.service_model.metadata.get('jsonVersion', '1.0')}"


def _json(model: OperationModel, given: Result, _request_id: str) -> HttpResponse:
    shape = model.output_shape
    body = document.encode({} if shape is None else document.structure(shape, given))
    return HttpResponse(_status(model), {"Content-Type": _json_type(model)}, body)


def _query(model: OperationModel, given: Result, request_id: str) -> HttpResponse:
    shape, inner = model.output_shape, ""
    if shape is not None:
        writer = Writer(compatible="awsQueryCompatible" in model.service_model.metadata)
        wrapper = shape.serialization.get("resultWrapper", f"{shape.name}Result")
        inner = element(wrapper, writer.members(shape, given))
    inner += element("ResponseMetadata", element("RequestId", request_id))
    body = element(f"{model.name}Response", inner, _namespace(model)).encode("utf-8", "replace")
    return HttpResponse(_status(model), {"Content-Type": "text/xml"}, body)


def _ec2(model: OperationModel, given: Result, request_id: str) -> HttpResponse:
    shape = model.output_shape
    inner = "" if shape is None else Writer(scalar.ISO_WITH_MILLISECONDS).members(shape, given)
    inner += element("requestId", request_id)
    body = _DECLARATION + element(f"{model.name}Response", inner, _namespace(model))
    return HttpResponse(_status(model), {"Content-Type": "text/xml"}, body.encode("utf-8", "replace"))


def _rest_xml(model: OperationModel, given: Result, _request_id: str) -> HttpResponse:
    shape = model.output_shape
    if shape is None:
        return HttpResponse(_status(model), {}, b"")
    headers, payload = head.headers(shape, given), shape.serialization.get("payload")
    if payload is not None and shape.members[payload].type_name in ("blob", "string"):
        return HttpResponse(_status(model), headers, _raw(given.get(payload)))
    timestamps = scalar.ISO_WITH_MILLISECONDS if model.service_model.service_name == "s3" else scalar.ISO
    inner = ""
    if payload is not None:
        if given.get(payload) is not None:
            inner = Writer(timestamps).members(shape.members[payload], given[payload])
        name = shape.serialization.get("resultWrapper", payload)
    elif all("location" in member.serialization for member in shape.members.values()):
        return HttpResponse(_status(model), headers, b"")
    else:
        inner = Writer(timestamps).members(shape, given, bound=True)
        name = shape.serialization.get("resultWrapper", f"{model.name}Response")
    body = _DECLARATION + element(name, inner, _namespace(model))
    headers["Content-Type"] = "application/xml"
    return HttpResponse(_status(model), headers, body.encode("utf-8", "replace"))


def _rest_json(model: OperationModel, given: Result, _request_id: str) -> HttpResponse:
    shape, headers = model.output_shape, {"Content-Type": "application/json"}
    if shape is None:
        return HttpResponse(_status(model), headers, b"{}")
    headers |= head.headers(shape, given)
    payload, status = shape.serialization.get("payload"), _told_status(model, given)
    if payload is not None:
        member, value = shape.members[payload], given.get(payload)
        if member.type_name in ("blob", "string"):
            return HttpResponse(status, headers, _raw(value))
        return HttpResponse(status, headers, document.encode({} if value is None else document.value(member, value)))
    inside = {name for name, member in shape.members.items() if "location" not in member.serialization}
    body = document.structure(shape, {name: value for name, value in given.items() if name in inside})
    return HttpResponse(status, headers, document.encode(body))


def _told_status(model: OperationModel, given: Result) -> int:
    """The operation's status, or that of the member which is bound to it ("httpResponseCode trait", Smithy)."""
    for name, member in model.output_shape.members.items():
        if member.serialization.get("location") == "statusCode" and given.get(name) is not None:
            return int(given[name])
    return _status(model)


def _raw(value: Any) -> bytes:
    if value is None:
        return b""
    return value.encode() if isinstance(value, str) else bytes(value)


def _cbor(model: OperationModel, given: Result, request_id: str) -> HttpResponse:
    return cbor.result(model, given, request_id)


def _cbor_error(model: OperationModel, found: fault.Fault, message: str, request_id: str) -> HttpResponse:
    return cbor.error(model, found, message, request_id)


def _json_error(model: OperationModel, found: fault.Fault, message: str, _request_id: str) -> HttpResponse:
    metadata, name = model.service_model.metadata, found.name
    if metadata.get("jsonVersion") == "1.0" and found.known:
        prefix = found.namespace or metadata.get("errorNamespace") or metadata.get("targetPrefix")
        name = f"{prefix}#{name}" if prefix else name
    headers = {"X-Amzn-Errortype": name, "Content-Type": _json_type(model)}
    if "awsQueryCompatible" in metadata:
        headers["x-amzn-query-error"] = f"{found.code};{found.blames}"
    return HttpResponse(
        found.status, headers, document.encode({"__type": name, "message": message, "Message": message})
    )


def _rest_json_error(model: OperationModel, found: fault.Fault, message: str, request_id: str) -> HttpResponse:
    response = _json_error(model, found, message, request_id)
    return HttpResponse(response.status, {**response.headers, "Content-Type": "application/json"}, response.body)


def _xml_error(model: OperationModel, found: fault.Fault, message: str, request_id: str) -> HttpResponse:
    told = element("Type", found.blames) + element("Code", escape(found.code)) + element("Message", escape(message))
    inner = element("Error", told) + element("RequestId", request_id)
    body = element("ErrorResponse", inner, _namespace(model)).encode("utf-8", "replace")
    return HttpResponse(found.status, {"Content-Type": "text/xml"}, body)


def _ec2_error(_model: OperationModel, found: fault.Fault, message: str, request_id: str) -> HttpResponse:
    told = element("Code", escape(found.code)) + element("Message", escape(message))
    inner = element("Errors", element("Error", told)) + element("RequestID", request_id)
    body = (_DECLARATION + element("Response", inner)).encode("utf-8", "replace")
    return HttpResponse(found.status, {"Content-Type": "text/xml"}, body)


_RESULTS: dict[str, Callable[[OperationModel, Result, str], HttpResponse]] = {
    CBOR: _cbor,
    "ec2": _ec2,
    "json": _json,
    "query": _query,
    "rest-json": _rest_json,
    "rest-xml": _rest_xml,
}
_ERRORS: dict[str, Callable[[OperationModel, fault.Fault, str, str], HttpResponse]] = {
    CBOR: _cbor_error,
    "ec2": _ec2_error,
    "json": _json_error,
    "query": _xml_error,
    "rest-json": _rest_json_error,
    "rest-xml": _xml_error,
}
