"""Between HTTP and the service model: which operation a request means, its parameters, and the answer's bytes."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import cbor2
from botocore.model import OperationModel

from netflux import heap
from netflux.controlplane.protocol import constraints, modelcache, models, refusals, requests
from netflux.controlplane.protocol.answers import envelope
from netflux.controlplane.protocol.message import HttpRequest, HttpResponse
from netflux.decoding import xml
from netflux.decoding.limits import Malformed
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

_LARGE = 64 * 1024
"""Bytes of a body from which on reading it takes more than some milliseconds."""


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
    if found:
        return Scope(models.service_by_signing_name(found[4], request.url), found[3], found[1])
    query = parse_qs(request.url.partition("?")[2])
    if "X-Amz-Credential" in query:
        found = _QUERY_SCOPE.fullmatch(query["X-Amz-Credential"][0])
        found = found if found and found[4] == "s3" else None
    if found:
        return Scope(models.service_by_signing_name(found[4], request.url), found[3], found[1])
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
    """The operation that the request means, and its parameters as botocore shapes them, held to the service's model.

    Raises:
        AwsError: what the service answers to a request that it can't read or that breaks its model. Nothing may be
            carried out then.
    """
    try:
        found = requests.meant(service, request)
        params = requests.parameters(service, request, found)
    except Malformed as error:
        raise refusals.malformed(service, requests.spoken(service, request), error) from error
    constraints.check(service, found.model, params, found.protocol)
    return found.model, params


def at_once(service: str, request: HttpRequest) -> bool:
    """Whether the request is understood within a millisecond or so: it is short, and its service's model is there."""
    return modelcache.loaded(service) and len(request.body) <= _LARGE


async def understand(service: str, request: HttpRequest) -> tuple[OperationModel, dict[str, Any]]:
    """`operation_of`; on a thread where the request is large or its model is not there yet, so that others are answered
    meanwhile."""
    if at_once(service, request):
        return operation_of(service, request)
    try:
        return await asyncio.to_thread(operation_of, service, request)
    finally:
        heap.tidy_soon(large=True)


def answer(model: OperationModel, request: HttpRequest, result: Mapping[str, Any], request_id: str) -> HttpResponse:
    """The response's bytes for a result as botocore shapes it."""
    protocol = requests.spoken(model.service_model.service_name, request)
    return readable(envelope.result(model, protocol, result, request_id))


def failure(model: OperationModel, request: HttpRequest, error: AwsError, request_id: str) -> HttpResponse:
    """The response's bytes for an error; its status is the model's where the model knows the code."""
    protocol = requests.spoken(model.service_model.service_name, request)
    return readable(envelope.error(model, protocol, error, request_id))


def bare_failure(request: HttpRequest, error: AwsError) -> HttpResponse:
    """An error where the service is not known, and so no model: in the protocol that the request looks like."""
    headers = {"x-amzn-ErrorType": error.code}
    kind = request.headers.get("Content-Type", "")
    told = {"__type": error.code, "message": error.message}
    if "smithy-protocol" in request.headers or "cbor" in kind:
        return HttpResponse(error.status, {**headers, "Content-Type": "application/cbor"}, cbor2.dumps(told))
    if "json" in kind or "X-Amz-Target" in request.headers:
        body = json.dumps(told).encode()
        return HttpResponse(error.status, {**headers, "Content-Type": "application/x-amz-json-1.0"}, body)
    fault = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    body = f"<ErrorResponse><Error>{fault}</Error></ErrorResponse>".encode("utf-8", "replace")
    return readable(HttpResponse(error.status, {**headers, "Content-Type": "text/xml"}, body))


def readable(response: HttpResponse) -> HttpResponse:
    """The response, its body such that an XML parser reads it if it is XML."""
    if response.body.lstrip()[:1] != b"<":
        return response
    return HttpResponse(response.status, response.headers, xml.readable(response.body))
