"""What HTTP does not allow, and what leaves early: answers that clients read, and no connection that goes silent."""

from __future__ import annotations

import socket

import pytest
from botocore.parsers import create_parser

from tests.behaviours.cloud import Cloud
from tests.frontdoor.client import Answer, Connection
from tests.frontdoor.round import keys_of
from tests.frontdoor.wire import Request, Signer

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

FORM = ("Content-Type", "application/x-www-form-urlencoded")
JSON = ("Content-Type", "application/x-amz-json-1.1")
WHO = b"Action=GetCallerIdentity&Version=2011-06-15"


async def ask(cloud: Cloud, request: Request, service: str, *more: tuple[str, str]) -> Answer:
    signed = Signer(*keys_of(cloud), f"localhost:{cloud.port}").signed(request, service)
    whole = Request(signed.method, signed.target, (*signed.headers, *more), signed.body)
    connection = Connection(cloud.port)
    answer = await connection.ask(whole.encoded(f"localhost:{cloud.port}"), request.method)
    connection.close()
    return answer


def code(protocol: str, answer: Answer) -> str:
    told = create_parser(protocol).parse(
        {"status_code": answer.status, "headers": answer.headers, "body": answer.body}, None
    )
    return str(told["Error"]["Code"])


@pytest.mark.parametrize(
    ("header", "status", "said"),
    [(FORM, 400, "InvalidRequest"), (("X-Odd", "a\x01b"), 400, "InvalidRequest")],
)  # fmt: skip
async def test_headers_that_http_does_not_allow_are_refused_in_the_protocols_words(
    empty_cloud: Cloud, header: tuple[str, str], status: int, said: str
) -> None:
    answer = await ask(empty_cloud, Request("POST", "/", (FORM,), WHO), "sts", header)
    assert (answer.status, code("query", answer)) == (status, said)


async def test_an_expectation_that_is_none_is_passed_over(empty_cloud: Cloud) -> None:
    answer = await ask(empty_cloud, Request("POST", "/", (FORM,), WHO), "sts", ("Expect", "nonsense"))
    assert answer.status == 200


async def test_a_method_that_nobody_has_is_refused_in_the_protocols_words(empty_cloud: Cloud) -> None:
    for headers, service, protocol in (((FORM,), "sts", "query"), ((JSON,), "ecs", "json"), ((), "s3", "rest-xml")):
        answer = await ask(empty_cloud, Request("NONSENSE", "/", headers, b""), service)
        assert (answer.status, code(protocol, answer)) == (405, "MethodNotAllowed")


async def test_services_that_sign_by_anothers_name_are_refused_by_their_own(empty_cloud: Cloud) -> None:
    answer = await ask(empty_cloud, Request("PUT", "/v2/email/identities/a", (JSON,), b"{}"), "ses")
    assert b"sesv2" in answer.body or answer.status == 404
    points = Request("GET", "/v20180820/accesspoint", (("x-amz-account-id", "123456789012"),))
    answer = await ask(empty_cloud, points, "s3")
    assert (answer.status, b"s3control:ListAccessPoints" in answer.body) == (501, True)


def test_an_answer_that_leaves_before_its_request_has_arrived_ends_the_connection(empty_cloud: Cloud) -> None:
    body = b"Action=GetCallerIdentity&Version=2011-06-15&x=" + b"x" * 3_000_000
    signer = Signer(*keys_of(empty_cloud), f"localhost:{empty_cloud.port}")
    data = signer.signed(Request("POST", "/", (FORM,), body), "sts").encoded(f"localhost:{empty_cloud.port}")
    with socket.create_connection(("127.0.0.1", empty_cloud.port), timeout=20) as client:
        client.sendall(data[:5_000])
        head = client.recv(100_000).partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 413")
    assert b"connection: close" in head
    assert b"x-netflux" not in head
