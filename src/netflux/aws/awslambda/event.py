"""HTTP requests as events of functions, and functions' answers as HTTP responses: pure.

"Invoking Lambda function URLs" (payload format 2.0) and "Use Lambda functions as targets of an Application Load
Balancer".
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote

_TEXTS = ("text/", "application/json", "application/javascript", "application/xml")
"""Types of bodies that are told as text; all others, and those with a Content-Encoding, in Base64."""


@dataclass(frozen=True)
class Received:
    """An HTTP request.

    Attributes:
        path: as it came, without the query.
        query: as it came; empty for none.
        headers: in order, names in lower case.
        source: the client's address.
    """

    method: str
    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    body: bytes
    source: str

    def header(self, name: str) -> str:
        """The first one of a name; empty for none."""
        return next((value for key, value in self.headers if key == name), "")


@dataclass(frozen=True)
class Reply:
    """An HTTP response."""

    status: int
    headers: Sequence[tuple[str, str]] = ()
    body: bytes = b""


@dataclass(frozen=True)
class Place:
    """Where a function URL is.

    Attributes:
        host: its name.
        id: the first label.
        account: twelve digits, or `anonymous`.
        identity: who has signed the request; empty for nobody.
    """

    host: str
    id: str
    account: str
    identity: Mapping[str, str] = field(default_factory=dict)


def of_url(request: Received, place: Place, identity: str) -> dict[str, Any]:
    """The event of a function URL, in payload format 2.0.

    Args:
        request: what came.
        place: the URL.
        identity: request id.
    """
    now = time.time()
    text, encoded = _body(request)
    cookies = [one.strip() for one in request.header("cookie").split(";") if one.strip()]
    headers: dict[str, str] = {}
    for name, value in request.headers:
        if name != "cookie":
            headers[name] = f"{headers[name]},{value}" if name in headers else value
    queries: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        queries[name] = f"{queries[name]},{value}" if name in queries else value
    moment = datetime.fromtimestamp(now, UTC)
    context: dict[str, Any] = {
        "accountId": place.account,
        "apiId": place.id,
        "domainName": place.host,
        "domainPrefix": place.id,
        "http": {
            "method": request.method, "path": unquote(request.path), "protocol": "HTTP/1.1",
            "sourceIp": request.source, "userAgent": request.header("user-agent"),
        },
        "requestId": identity,
        "routeKey": "$default",
        "stage": "$default",
        "time": f"{moment:%d/%b/%Y:%H:%M:%S} +0000",
        "timeEpoch": int(now * 1000),
    }  # fmt: skip
    if place.identity:
        context["authorizer"] = {"iam": dict(place.identity)}
    found: dict[str, Any] = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": unquote(request.path),
        "rawQueryString": request.query,
        "headers": headers,
        "requestContext": context,
        "isBase64Encoded": encoded,
    }
    if cookies:
        found["cookies"] = cookies
    if queries:
        found["queryStringParameters"] = queries
    return found | ({"body": text} if request.body else {})


def url_reply(payload: bytes, error: str) -> Reply:
    """What a function URL answers; 502 where the function failed or its answer is no response."""
    if error:
        return Reply(502, [("content-type", "application/json")], b'{"Message":"Internal Server Error"}')
    try:
        answer = json.loads(payload)
    except ValueError:
        answer = None
    if not isinstance(answer, dict) or "statusCode" not in answer:
        return Reply(200, [("content-type", "application/json")], payload)
    try:
        return _reply(answer, multiple=False)
    except (ValueError, TypeError, AttributeError):
        return Reply(502, [("content-type", "application/json")], b'{"Message":"Internal Server Error"}')


def of_balancer(request: Received, group: str, *, multiple: bool) -> dict[str, Any]:
    """The event of a load balancer.

    Args:
        request: what came.
        group: ARN of the target group.
        multiple: whether headers and parameters are told with all of their values.
    """
    text, encoded = _body(request)
    pairs = [pair.partition("=")[::2] for pair in request.query.split("&") if pair]
    found: dict[str, Any] = {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": request.method,
        "path": request.path,
    }
    if multiple:
        found["multiValueQueryStringParameters"] = _all(pairs)
        found["multiValueHeaders"] = _all(request.headers)
    else:
        found["queryStringParameters"] = dict(pairs)
        found["headers"] = dict(request.headers)
    return found | {"body": text, "isBase64Encoded": encoded}


def balancer_reply(payload: bytes, error: str, *, multiple: bool) -> Reply:
    """What a load balancer answers; 502 where the function failed or its answer has no status."""
    try:
        answer = json.loads(payload) if not error else None
        return _reply(answer, multiple=multiple) if isinstance(answer, dict) else BAD_GATEWAY
    except (ValueError, TypeError, AttributeError, KeyError):
        return BAD_GATEWAY


def encoded(told: Mapping[str, Any]) -> bytes:
    """An event as functions get it."""
    return json.dumps(told, separators=(",", ":")).encode()


def page(status: int, reason: str) -> Reply:
    """A load balancer's own answer."""
    title = f"{status} {reason}"
    text = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "</body>\r\n</html>\r\n"
    )
    return Reply(status, [("content-type", "text/html")], text.encode())


BAD_GATEWAY = page(502, "Bad Gateway")


def _all(pairs: Sequence[tuple[str, ...]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found


def _body(request: Received) -> tuple[str, bool]:
    kind = request.header("content-type").partition(";")[0].strip().lower()
    plain = not request.body or (not request.header("content-encoding") and (not kind or kind.startswith(_TEXTS)))
    if plain:
        try:
            return request.body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode(), True


def _reply(answer: Mapping[str, Any], *, multiple: bool) -> Reply:
    status = int(answer["statusCode"])
    if not 100 <= status <= 999:
        raise ValueError(status)
    headers: list[tuple[str, str]] = []
    if multiple:
        for name, values in (answer.get("multiValueHeaders") or {}).items():
            headers += [(name, _text(value)) for value in values]
    else:
        headers += [(name, _text(value)) for name, value in (answer.get("headers") or {}).items()]
    headers += [("set-cookie", str(one)) for one in answer.get("cookies") or ()]
    given = answer.get("body")
    text = given if isinstance(given, str) else "" if given is None else json.dumps(given)
    try:
        body = base64.b64decode(text, validate=True) if answer.get("isBase64Encoded") else text.encode()
    except binascii.Error as error:
        raise ValueError(text[:40]) from error
    if not any(name.lower() == "content-type" for name, _ in headers) and not multiple and "cookies" in answer:
        headers.append(("content-type", "application/json"))
    return Reply(status, headers, body)


def _text(value: Any) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if any(ord(character) < 32 for character in text):
        raise ValueError("a header has a control character")
    return text
