"""What botocore writes is read back as it was given: every operation of the services that templates of ours touch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from botocore.serialize import create_serializer
from multidict import CIMultiDict

from netflux.controlplane.moto import backend
from netflux.controlplane.protocol import models, requests
from netflux.controlplane.protocol.message import HttpRequest

_SERVICES = (
    "acm", "application-autoscaling", "cloudformation", "cloudfront", "cloudwatch", "ec2", "ecr", "ecs", "elbv2", "iam",
    "kms", "logs", "rds", "route53", "secretsmanager", "servicediscovery", "sns", "sqs", "ssm", "sts",
)  # fmt: skip
_SINGLE = {
    "boolean": True,
    "integer": 3,
    "long": 2**40,
    "float": 1.5,
    "double": 0.25,
    "timestamp": datetime.fromisoformat("2026-01-02T03:04:05"),
}
_TEXT = "a ü&<b>+%/\n=.x"
_DEEP = 4


def _sample(shape: Any, level: int = 0, location: str = "") -> Any:
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return {"a": 1}
        members = {name: each for name, each in shape.members.items() if level < _DEEP or each.type_name in _SINGLE}
        if getattr(shape, "is_tagged_union", False):
            members = dict(list(members.items())[:1])
        found = {
            name: _sample(each, level + 1, each.serialization.get("location", location))
            for name, each in members.items()
        }
        return {name: value for name, value in found.items() if value not in ({}, [], [{}])}
    if kind == "list":
        items = [_sample(shape.member, level + 1, location) for _ in range(2)]
        return [item for item in items if item not in ({}, [])]
    if kind == "map":
        value = _sample(shape.value, level + 1, location)
        return {} if value in ({}, []) else {"k1": value, "k2": value}
    if kind == "blob":
        return b"\x00\xffbytes"
    return _SINGLE.get(kind, "plain" if location else _TEXT)


def _sent(service: str, model: Any, params: dict[str, Any], protocol: str) -> HttpRequest:
    wanted = create_serializer(protocol, include_validation=False).serialize_to_request(params, model)
    sent = backend._as_http(wanted, f"K/20260101/us-east-1/{service}")
    return HttpRequest(sent.method, sent.url, CIMultiDict(sent.headers), sent.body)


@pytest.mark.parametrize("service", _SERVICES)
def test_every_operation_is_read_as_botocore_wrote_it(service: str) -> None:
    service_model = models.service_model(service)
    for name in service_model.operation_names:
        model = models.operation_model(service, name)
        params = {} if model.input_shape is None else _sample(model.input_shape)
        request = _sent(service, model, params, service_model.resolved_protocol)
        found = requests.meant(service, request)
        assert found.model.name == name
        assert requests.parameters(service, request, found) == params, name


@pytest.mark.parametrize("service", ["cloudwatch"])
def test_a_service_is_also_asked_by_form(service: str) -> None:
    service_model = models.service_model(service)
    for name in service_model.operation_names:
        model = models.operation_model(service, name)
        params = {} if model.input_shape is None else _sample(model.input_shape)
        request = _sent(service, model, params, "query")
        found = requests.meant(service, request)
        assert (found.model.name, found.protocol) == (name, "query")
        assert requests.parameters(service, request, found) == params, name


def test_queues_are_asked_by_form_in_the_names_of_older_clients() -> None:
    body = (
        "Action=SendMessage&Version=2012-11-05&QueueUrl=http%3A%2F%2Flocalhost%2Fq&MessageBody=a+b"
        "&MessageAttribute.1.Name=n&MessageAttribute.1.Value.StringValue=v&MessageAttribute.1.Value.DataType=String"
    )
    request = HttpRequest("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, body.encode())
    found = requests.meant("sqs", request)
    assert requests.parameters("sqs", request, found) == {
        "QueueUrl": "http://localhost/q",
        "MessageBody": "a b",
        "MessageAttributes": {"n": {"StringValue": "v", "DataType": "String"}},
    }
    body = "Action=AddPermission&Label=l&AWSAccountId.1=1&AWSAccountId.2=2&ActionName.1=SendMessage"
    request = HttpRequest("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, body.encode())
    found = requests.meant("sqs", request)
    assert requests.parameters("sqs", request, found) == {
        "Label": "l",
        "AWSAccountIds": ["1", "2"],
        "Actions": ["SendMessage"],
    }


@pytest.mark.parametrize("service", ["cloudwatch", "servicediscovery"])
def test_a_service_is_also_asked_by_cbor(service: str) -> None:
    service_model = models.service_model(service)
    for name in service_model.operation_names:
        model = models.operation_model(service, name)
        params = {} if model.input_shape is None else _sample(model.input_shape)
        request = _sent(service, model, params, requests.CBOR)
        found = requests.meant(service, request)
        assert (found.model.name, found.protocol) == (name, requests.CBOR)
        assert requests.parameters(service, request, found) == params, name
