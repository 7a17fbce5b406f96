"""HTTP requests as events, and answers as responses: pure."""

from __future__ import annotations

import json

import pytest

from netflux.aws.awslambda import event
from netflux.aws.awslambda.event import Place, Received

REQUEST = Received(
    "POST",
    "/a%20b",
    "x=1&x=2&y=",
    [("host", "h"), ("cookie", "c=1; d=2"), ("x-a", "1"), ("x-a", "2")],
    b"hi",
    "10.0.0.1",
)


def test_a_function_urls_event_has_format_2() -> None:
    told = event.of_url(REQUEST, Place("id.lambda-url", "id", "anonymous"), "r")
    assert (told["version"], told["rawPath"], told["rawQueryString"]) == ("2.0", "/a b", "x=1&x=2&y=")
    assert told["queryStringParameters"] == {"x": "1,2", "y": ""}
    assert told["headers"] == {"host": "h", "x-a": "1,2"}
    assert told["cookies"] == ["c=1", "d=2"]
    assert (told["body"], told["isBase64Encoded"]) == ("hi", False)
    http = told["requestContext"]["http"]
    assert (http["method"], http["sourceIp"], told["requestContext"]["requestId"]) == ("POST", "10.0.0.1", "r")


def test_a_load_balancers_event_has_the_last_value_or_all() -> None:
    one = event.of_balancer(REQUEST, "g", multiple=False)
    assert (one["path"], one["queryStringParameters"], one["headers"]["x-a"]) == ("/a%20b", {"x": "2", "y": ""}, "2")
    many = event.of_balancer(REQUEST, "g", multiple=True)
    assert many["multiValueQueryStringParameters"] == {"x": ["1", "2"], "y": [""]}
    assert many["multiValueHeaders"]["x-a"] == ["1", "2"]
    assert many["requestContext"] == {"elb": {"targetGroupArn": "g"}}
    assert "headers" not in many


def test_a_body_that_is_no_text_is_told_in_base64() -> None:
    binary = Received("POST", "/", "", [("content-type", "image/png")], b"\x89", "")
    assert [event.of_balancer(binary, "g", multiple=False)[name] for name in ("body", "isBase64Encoded")] == [
        "iQ==",
        True,
    ]


def test_an_answer_becomes_a_response() -> None:
    answer = {"statusCode": 201, "headers": {"x": "1"}, "body": "aGk=", "isBase64Encoded": True, "cookies": ["a=b"]}
    reply = event.url_reply(json.dumps(answer).encode(), "")
    assert (reply.status, reply.body) == (201, b"hi")
    assert ("set-cookie", "a=b") in reply.headers
    many = {"statusCode": 200, "multiValueHeaders": {"x": ["1", "2"]}, "headers": {"y": "3"}}
    assert event.balancer_reply(json.dumps(many).encode(), "", multiple=True).headers == [("x", "1"), ("x", "2")]


@pytest.mark.parametrize(
    "payload", [b"[]", b"{}", b"nope", b'{"statusCode": "x"}', b'{"statusCode": 200, "headers": {"a": "x\\r\\ny"}}']
)
def test_a_load_balancer_answers_502_for_what_is_no_response(payload: bytes) -> None:
    assert event.balancer_reply(payload, "", multiple=False) == event.BAD_GATEWAY


def test_a_failed_function_is_502() -> None:
    assert event.url_reply(b'{"statusCode": 200}', "Unhandled").status == 502
    assert event.balancer_reply(b'{"statusCode": 200}', "Unhandled", multiple=False).status == 502


def test_a_function_url_takes_any_json_for_a_body() -> None:
    reply = event.url_reply(b'{"a": 1}', "")
    assert (reply.status, reply.body) == (200, b'{"a": 1}')
