"""Between HTTP and the service model: which operation a request means, its parameters, and the answer's bytes.

botocore has this for clients; moto's core has the server's half, and is used here and nowhere else.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from moto.core.exceptions import ServiceException
from moto.core.model import OperationModel
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.serialize import SerializationContext, get_serializer_class

from netflux.controlplane import models
from netflux.controlplane.message import HttpRequest, HttpResponse
from netflux.errors import AwsError

_SCOPE = re.compile(r"Credential=([^/,\s]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")
_QUERY_SCOPE = re.compile(r"([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request")
_FORM = "application/x-www-form-urlencoded"
_TARGETS = {
    "AmazonEC2ContainerServiceV20141113": "ecs",
    "AmazonEC2ContainerRegistry_V20150921": "ecr",
    "Logs_20140328": "logs",
    "secretsmanager": "secretsmanager",
    "Route53AutoNaming_v20170314": "servicediscovery",
    "AmazonSSM": "ssm",
}


@dataclass(frozen=True)
class Scope:
    """Who is asked, and by whom.

    Attributes:
        service: botocore's name.
        region: of the credential scope; None when unsigned.
        access_key: access key id that the request says it is signed with; None when unsigned.
        unsigned: the request may be for one of the few operations that need no signature.
    """

    service: str
    region: str | None
    access_key: str | None
    unsigned: bool = False


def scope_of(request: HttpRequest) -> Scope | None:
    """The service a request is for; None when nothing in it names one (then it is S3's, or a browser's).

    A credential in the query counts for S3's presigned URLs alone: a link or a form of any page can have one.
    """
    found = _SCOPE.search(request.headers.get("Authorization", ""))
    query = parse_qs(request.url.partition("?")[2])
    if not found and "X-Amz-Credential" in query:
        found = _QUERY_SCOPE.fullmatch(query["X-Amz-Credential"][0])
        found = found if found and found[4] == "s3" else None
    if found:
        return Scope(models.service_by_signing_name(found[4]), found[3], found[1])
    if request.headers.get("Authorization", "").startswith("AWS "):
        return None
    service = _TARGETS.get(request.headers.get("X-Amz-Target", "").partition(".")[0])
    if service is not None or "X-Amz-Target" in request.headers or "smithy-protocol" in request.headers:
        return Scope(service or "sts", None, None)
    form = request.headers.get("Content-Type", "").partition(";")[0].strip().lower() == _FORM
    if "Action" in query or (request.method == "POST" and form):
        return Scope("sts", None, None, unsigned=True)
    return None


def operation_of(service: str, request: HttpRequest) -> tuple[OperationModel, dict[str, Any]]:
    """The operation that the request means, and its parameters as botocore shapes them. AwsError when there is none."""
    wrapped = Request.from_primitives(
        request.method, f"https://{service}.amazonaws.com{request.url}", request.headers, request.body
    )
    uri_params: dict[str, Any] = {}
    target = request.headers.get("X-Amz-Target")
    if target:
        model = models.operation_model(service, target.rpartition(".")[2])
    elif "Action" in wrapped.values:
        model = models.operation_model(service, wrapped.values["Action"])
    else:
        model, uri_params = _route(service, wrapped)
    protocol = determine_request_protocol(model.service_model, wrapped.content_type)
    parsed = PROTOCOL_PARSERS[protocol](model).parse(
        {
            "method": request.method,
            "values": wrapped.values,
            "headers": wrapped.headers,
            "body": request.body,
            "url_path": wrapped.path,
            "url_params": uri_params,
        }
    )
    return model, _plain(parsed)


def _route(service: str, request: Request) -> tuple[OperationModel, dict[str, Any]]:
    try:
        model, params = get_service_router(service).match(request)
    except Exception as error:
        raise AwsError(
            "UnknownOperationException", f"{service} has no operation for {request.method} {request.path}.", 404
        ) from error
    return model, dict(params)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def answer(model: OperationModel, request: HttpRequest, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """The response's bytes for a result as botocore shapes it."""
    return _serialize(model, request, dict(result), request_id)


class _Failure(ServiceException):  # type: ignore[misc]
    """An error of ours: moto looks for the service of an exception in the name of the package that it is defined in."""


def failure(model: OperationModel, request: HttpRequest, error: AwsError, request_id: str) -> HttpResponse:
    """The response's bytes for an error; its status is the model's where the model knows the code."""
    with warnings.catch_warnings():  # moto warns of codes outside the model; AWS sends such codes too
        warnings.filterwarnings("ignore", message=".*does not match an error shape", category=UserWarning)
        response = _serialize(model, request, _Failure(error.code, error.message), request_id)
    if error.status not in (400, response.status):
        return HttpResponse(error.status, response.headers, response.body)
    return response


def _serialize(model: OperationModel, request: HttpRequest, result: Any, request_id: str) -> HttpResponse:
    protocol = determine_request_protocol(model.service_model, request.headers.get("Content-Type", "").split(";")[0])
    serializer = get_serializer_class(model.service_model.service_name, protocol)
    response = serializer(model, context=SerializationContext(request_id)).serialize(result)
    body = response["body"]
    headers = {**response["headers"], "x-amzn-RequestId": request_id}
    return HttpResponse(response["status_code"], headers, body.encode() if isinstance(body, str) else body)
