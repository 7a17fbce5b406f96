"""What a request speaks, which operation it means, and its parameters.

A request names its operation once: by a target header, an `Action`, a path. One that names two, or names one in a
protocol that the service does not have, is refused: another reader would find another operation in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, unquote

from botocore.model import OperationModel

from netflux.controlplane.protocol import models, routes, sizes
from netflux.controlplane.protocol.answers import envelope
from netflux.controlplane.protocol.message import HttpRequest
from netflux.controlplane.protocol.parameters import binding, document, element, form
from netflux.decoding import cbor, json, query, xml
from netflux.decoding.limits import Limits, Malformed
from netflux.errors import AwsError, Unsupported

CBOR = envelope.CBOR
_CBOR_PATH = re.compile(r"/service/([A-Za-z0-9_.]+)/operation/([A-Za-z0-9_]+)")
_JSON_TYPES = frozenset({"application/x-amz-json-1.0", "application/x-amz-json-1.1"})
_FORM = "application/x-www-form-urlencoded"
_MOST_IN_URL = 5000
_REST = ("rest-json", "rest-xml")
_CLASSIC = "2012-06-01"
"""The version of the API of Classic Load Balancers, whose requests are signed for the same service, and have operations
of the same names."""


@dataclass(frozen=True)
class Meant:
    """An operation, and how the request spells it.

    Attributes:
        model: the operation.
        protocol: one of the service's.
        form: the parameters of a query protocol.
        labels: what stands in a REST request's path.
    """

    model: OperationModel
    protocol: str
    form: dict[str, str]
    labels: dict[str, str]


def spoken(service: str, request: HttpRequest) -> str:
    """The protocol that a request for a service speaks, by its headers; also of one that is otherwise wrong."""
    try:
        model = models.service_model(service)
    except AwsError:
        return "json"
    offered = model.metadata.get("protocols") or [str(model.protocol)]
    if len(offered) == 1:
        return str(model.resolved_protocol)
    kind = _media_type(request)
    if CBOR in offered and request.headers.get("Smithy-Protocol", "").lower() == "rpc-v2-cbor":
        return CBOR
    if "json" in offered and (kind in _JSON_TYPES or "X-Amz-Target" in request.headers):
        return "json"
    for form_protocol in ("ec2", "query"):
        if form_protocol in offered and (kind == _FORM or "Action=" in request.url):
            return form_protocol
    return str(model.resolved_protocol)


def meant(service: str, request: HttpRequest) -> Meant:
    """The operation that a request means.

    Raises:
        AwsError: there is none, or there are two.
        Malformed: the names and values of a form can't be read.
    """
    protocol = spoken(service, request)
    if protocol == CBOR:
        return Meant(_by_path(service, request), protocol, {}, {})
    if protocol == "json":
        return Meant(_by_target(service, request), protocol, {}, {})
    if protocol in _REST:
        return _by_route(service, request, protocol)
    if "X-Amz-Target" in request.headers:
        raise AwsError("UnknownOperationException", f"{service} does not take X-Amz-Target; send an Action.")
    values = _form(request, sizes.parameters(service))
    if service == "elbv2" and values.get("Version") == _CLASSIC:
        raise Unsupported("elb (Classic Load Balancers)", "Use an Application Load Balancer (elbv2).")
    if "Action" not in values:
        raise AwsError("MissingAction", "The request must contain the parameter Action")
    return Meant(models.operation_model(service, values["Action"]), protocol, values, {})


def parameters(service: str, request: HttpRequest, found: Meant) -> dict[str, Any]:
    """The parameters as boto3 takes them.

    Raises:
        Malformed: they can't be read, or are not of the types of the model.
        AwsError: EC2's UnknownParameter.
    """
    shape, limits = found.model.input_shape, sizes.document(service)
    if found.protocol in ("query", "ec2"):
        return _from_form(found, limits)
    if found.protocol in _REST:
        return {} if shape is None else _from_rest(found, request, limits)
    return _from_document(shape, found.protocol, request.body, limits)


def _by_path(service: str, request: HttpRequest) -> OperationModel:
    path = _CBOR_PATH.fullmatch(request.url.partition("?")[0])
    prefix = models.service_model(service).metadata.get("targetPrefix")
    if path is None or request.method != "POST" or path[1] != prefix or "X-Amz-Target" in request.headers:
        raise _unknown(service, request)
    return models.operation_model(service, path[2], "UnknownOperationException")


def _by_target(service: str, request: HttpRequest) -> OperationModel:
    prefix, _, operation = request.headers.get("X-Amz-Target", "").rpartition(".")
    wanted = models.service_model(service).metadata.get("targetPrefix")
    if prefix != wanted or request.method != "POST" or "Action" in parse_qs(request.url.partition("?")[2]):
        raise _unknown(service, request)
    if _media_type(request) not in _JSON_TYPES:
        raise AwsError("UnsupportedMediaType", f"{service} takes application/x-amz-json-1.1 as Content-Type.", 415)
    return models.operation_model(service, operation, "UnknownOperationException")


def _by_route(service: str, request: HttpRequest, protocol: str) -> Meant:
    path, _, text = request.url.partition("?")
    headers = {name.lower(): value for name, value in request.headers.items()}
    values = parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_IN_URL)
    found = routes.match(models.service_model(service), request.method, path, values, headers)
    if found is None:
        raise _unknown(service, request)
    return Meant(found[0], protocol, {}, found[1])


def _unknown(service: str, request: HttpRequest) -> AwsError:
    what = request.headers.get("X-Amz-Target") or f"{request.method} {request.url.partition('?')[0]}"
    return AwsError("UnknownOperationException", f"{service} has no operation for {what[:200]}.", 404)


def _form(request: HttpRequest, number: int) -> dict[str, str]:
    most = Limits(size=max(len(request.body), len(request.url)), nodes=number)
    found = query.pairs(request.url.partition("?")[2].encode(), most)
    if _media_type(request) == _FORM:
        found += query.pairs(request.body, most)
    elif request.body:
        raise Malformed(f"a form has the Content-Type {_FORM}")
    return query.single(found)


def _from_form(found: Meant, limits: Limits) -> dict[str, Any]:
    reader = form.Reader(ec2=found.protocol == "ec2")
    shape = found.model.input_shape
    tree = query.tree({name: value for name, value in found.form.items() if not _around(name)}, limits)
    if shape is None:
        return {}
    read, unread = reader.read(shape, tree)
    if unread and found.protocol == "ec2":
        raise AwsError("UnknownParameter", f"The parameter {unread[0][:200]} is not recognized")
    return read


def _around(name: str) -> bool:
    """Whether a parameter is the protocol's and not the operation's: signatures in the query are among these."""
    return name in ("Action", "Version") or name.startswith("X-Amz-")


def _from_rest(found: Meant, request: HttpRequest, limits: Limits) -> dict[str, Any]:
    text = request.url.partition("?")[2].encode()
    values: dict[str, list[str]] = {}
    for name, value in query.pairs(text, Limits(size=len(text), nodes=_MOST_IN_URL)):
        values.setdefault(name, []).append(value)
    _check_path(request.url.partition("?")[0])
    headers = {name.lower(): value for name, value in request.headers.items()}

    def from_xml(shape: Any, root: str, body: bytes) -> Any:
        return element.read(shape, xml.decode(body, limits), root)

    def from_json(shape: Any, _root: str, body: bytes) -> Any:
        return document.read(shape, json.decode(body, limits))

    reader = from_xml if found.protocol == "rest-xml" else from_json
    return binding.read(found.model.input_shape, binding.Parts(found.labels, values, headers, request.body), reader)


def _check_path(path: str) -> None:
    """The router has decoded the labels, and whatever is not UTF-8 into U+FFFD."""
    try:
        unquote(path, errors="strict")
    except UnicodeDecodeError as error:
        raise Malformed("the path is not UTF-8") from error


def _from_document(shape: Any, protocol: str, body: bytes, limits: Limits) -> dict[str, Any]:
    if protocol == CBOR:
        value, notation = cbor.decode(body, limits) if body or shape is not None else {}, document.CBOR
    else:
        value, notation = json.decode(body, limits), document.JSON
    if not isinstance(value, dict):
        raise Malformed(
            "Unexpected field type" if not isinstance(value, list) else "Start of list found where not expected"
        )
    return {} if shape is None else dict(document.read(shape, value, notation))


def _media_type(request: HttpRequest) -> str:
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
