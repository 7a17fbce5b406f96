"""What we write is read by botocore as it was given: every operation of the services that templates of ours touch."""

from __future__ import annotations

import warnings
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.parsers import create_parser

from netflux.controlplane.protocol import models
from netflux.controlplane.protocol.answers import envelope, scalar
from netflux.controlplane.protocol.message import HttpResponse
from netflux.errors import AwsError

_SERVICES = (
    "acm", "application-autoscaling", "cloudformation", "cloudfront", "cloudwatch", "dynamodb", "ec2", "ecr", "ecs",
    "elbv2", "iam", "kms", "lambda", "logs", "rds", "route53", "secretsmanager", "servicediscovery", "sns", "sqs",
    "ssm", "sts",
)  # fmt: skip
_SINGLE = {
    "boolean": True, "integer": 3, "long": 2**40, "float": 1.5, "double": 0.25,
    "timestamp": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
}  # fmt: skip
_TEXT = "a ü&<b>\"'\r\n ]]>.x"
_DEEP = 5


def _sample(shape: Any, level: int = 0, location: str = "") -> Any:
    kind = shape.type_name
    if kind == "structure":
        if shape.is_document_type:
            return {"a": 1}
        found = {
            name: _sample(each, level + 1, each.serialization.get("location", location))
            for name, each in shape.members.items()
            if (level < _DEEP or each.type_name in _SINGLE) and not each.serialization.get("eventstream")
        }
        kept = {name: value for name, value in found.items() if value not in ({}, [], [{}])}
        return dict([*kept.items()][:1]) if getattr(shape, "is_tagged_union", False) else kept
    if kind == "list":
        item = _sample(shape.member, level + 1, location)
        return [] if item in ({}, []) else [item, item]
    if kind == "map":
        value = _sample(shape.value, level + 1, location)
        return {} if value in ({}, []) else {"k1": value, "k2": value}
    if kind == "blob":
        return b"\x00\xffbytes"
    return _SINGLE.get(kind, "plain" if location else _TEXT)


def _read(protocol: str, response: HttpResponse, shape: Any) -> dict[str, Any]:
    message = {"status_code": response.status, "headers": dict(response.headers), "body": response.body}
    if protocol == envelope.CBOR:
        message["headers"]["smithy-protocol"] = "rpc-v2-cbor"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: dict[str, Any] = create_parser(protocol).parse(message, shape)
    found.pop("ResponseMetadata", None)
    return found


def _protocols(service: str) -> list[str]:
    """Those whose names the model has: of a form to a service that speaks JSON now, botocore has no parser."""
    model = models.service_model(service)
    offered = {*model.metadata.get("protocols", ()), str(model.resolved_protocol)}
    return sorted(offered & ({envelope.CBOR, "json"} | {str(model.resolved_protocol)}))


@pytest.mark.parametrize("service", _SERVICES)
def test_every_result_is_read_as_it_was_given(service: str) -> None:
    for name in models.service_model(service).operation_names:
        model = models.operation_model(service, name)
        if model.output_shape is None or model.has_event_stream_output or model.has_streaming_output:
            continue
        given = _sample(model.output_shape)
        for protocol in _protocols(service):
            response = envelope.result(model, protocol, given, "id-1")
            read = _read(protocol, response, model.output_shape)
            assert read == _as_botocore(model, given, protocol), f"{name} by {protocol}"


def _as_botocore(model: Any, given: dict[str, Any], protocol: str) -> dict[str, Any]:
    """What the parsers make of members that are not in the body: a status code that no member was given for."""
    expected = dict(given)
    for name, member in model.output_shape.members.items():
        if member.serialization.get("location") == "statusCode" and name not in given:
            expected[name] = model.http.get("responseCode", 200)
    return expected


@pytest.mark.parametrize("service", _SERVICES)
def test_every_error_of_a_model_is_read_with_its_code_and_message(service: str) -> None:
    model = models.service_model(service)
    operation = model.operation_model(model.operation_names[0])
    for shape in model.error_shapes:
        code = str((shape.metadata.get("error") or {}).get("code") or shape.name)
        for protocol in _protocols(service):
            response = envelope.error(operation, protocol, AwsError(code, "what & why"), "id-1")
            read = _read(protocol, response, None)["Error"]
            assert read["Message"] == "what & why", (code, protocol)
            assert read["Code"].rpartition("#")[2] in (code, shape.name), protocol
            assert response.status >= 400


@pytest.mark.parametrize(
    ("value", "form", "written"),
    [
        (datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC), scalar.ISO, "2026-01-02T03:04:05.678Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), scalar.ISO, "2026-01-02T03:04:05Z"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), scalar.ISO_WITH_MILLISECONDS, "2026-01-02T03:04:05.000Z"),
        (datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC), scalar.UNIX, 1767323045.678),
        (1767323045, scalar.UNIX, 1767323045),
        ("2026-01-02T03:04:05", scalar.RFC822, "Fri, 02 Jan 2026 03:04:05 GMT"),
    ],
)
def test_a_timestamp_is_written_in_its_form(value: Any, form: str, written: Any) -> None:
    assert scalar.timestamp(value, form) == written


def test_an_error_that_no_model_has_keeps_its_status() -> None:
    model = models.operation_model("ec2", "CreateVpc")
    response = envelope.error(model, "ec2", AwsError("UnauthorizedOperation", "no", 403), "id-1")
    assert response.status == 403
    assert b"<Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors>" in response.body
