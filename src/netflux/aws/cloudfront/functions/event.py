"""A function's event, and what it may make of it. Pure.

Developer Guide, "CloudFront Functions event structure" and "Restrictions on all edge functions".
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from netflux.aws.cloudfront.answer import Answer
from netflux.aws.cloudfront.decide import Headers, Viewer

_READ_ONLY = {"content-length", "host", "transfer-encoding", "via"}
_READ_ONLY_OF_RESPONSES = {"transfer-encoding", "via", "warning"}
_NEVER = {
    "connection", "expect", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "trailer",
    "upgrade", "x-accel-buffering", "x-accel-charset", "x-accel-limit-rate", "x-accel-redirect", "x-cache",
    "x-forwarded-proto", "x-real-ip",
}  # fmt: skip
_NEVER_FROM = ("x-amz-cf-", "x-edge-")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


class Invalid(ValueError):
    """The function returned what it must not."""


def of_request(viewer: Viewer, context: Mapping[str, str]) -> dict[str, Any]:
    """What a viewer request function is called with.

    Args:
        viewer: the request.
        context: distributionDomainName, distributionId, eventType, requestId.
    """
    return {
        "version": "1.0",
        "context": dict(context),
        "viewer": {"ip": viewer.address},
        "request": {
            "method": viewer.method,
            "uri": viewer.path or "/",
            "querystring": _several(part.partition("=")[::2] for part in viewer.query.split("&") if part),
            "headers": _several((name.lower(), value) for name, value in _shown(viewer.headers)),
            "cookies": _several(_pairs(viewer.header("cookie") or "")),
        },
    }


def of_response(viewer: Viewer, answer: Answer, context: Mapping[str, str]) -> dict[str, Any]:
    """What a viewer response function is called with."""
    cookies: dict[str, Any] = {}
    for name, value in answer.headers:
        if name.lower() == "set-cookie":
            pair, _, attributes = value.partition(";")
            key, _, own = pair.strip().partition("=")
            cookies[key] = {"value": own, "attributes": attributes.strip()}
    shown = ((name.lower(), value) for name, value in answer.headers if name.lower() != "set-cookie")
    response = {
        "statusCode": answer.status,
        "statusDescription": _phrase(answer.status),
        "headers": _several(shown),
        "cookies": cookies,
    }
    return of_request(viewer, context) | {"response": response}


def request(viewer: Viewer, before: Mapping[str, Any], value: Any) -> Viewer | Answer:
    """What goes on: the request as the function returned it, or the response that it made.

    Raises:
        Invalid: it returned neither, or changed what it must not.
    """
    if not isinstance(value, dict):
        raise Invalid("The CloudFront function didn't return an object.")
    if "statusCode" in value:
        return _made(value)
    uri = value.get("uri", before["uri"])
    if not isinstance(uri, str) or not uri.startswith("/"):
        raise Invalid("The CloudFront function returned a uri that does not begin with a slash.")
    if value.get("method", before["method"]) != before["method"]:
        raise Invalid("The CloudFront function tried to change the method.")
    headers = _headers(value.get("headers", {}), before["headers"], _READ_ONLY)
    cookies = _flat(value.get("cookies", {}))
    if cookies:
        headers.append(("Cookie", "; ".join(f"{name}={own}" for name, own in cookies)))
    same = value.get("querystring", {}) == before["querystring"]
    query = viewer.query if same else _query(value.get("querystring", {}))
    hidden = [pair for pair in viewer.headers if pair[0].lower().startswith("x-edge-")]
    return replace(viewer, path=uri.replace(" ", "%20"), query=query, headers=(*headers, *hidden))


def response(answer: Answer, before: Mapping[str, Any], value: Any) -> Answer:
    """The response as the function returned it.

    Raises:
        Invalid: it returned something else, or changed what it must not.
    """
    if not isinstance(value, dict):
        raise Invalid("The CloudFront function didn't return an object.")
    status = value.get("statusCode", answer.status)
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise Invalid(f"The CloudFront function returned the status {status}.")
    headers = _headers(value.get("headers", {}), before["headers"], _READ_ONLY_OF_RESPONSES)
    return replace(answer, status=status, headers=(*headers, *_set_cookies(value.get("cookies", {}))))


def _made(value: Mapping[str, Any]) -> Answer:
    status = value["statusCode"]
    if not isinstance(status, int) or not 200 <= status <= 599:
        raise Invalid(f"The CloudFront function returned the status {status}.")
    headers = [("Server", "CloudFront"), *_headers(value.get("headers", {}), {}, _READ_ONLY_OF_RESPONSES)]
    cookies = _set_cookies(value.get("cookies", {}))
    return Answer(status, (*headers, *cookies), _body(value.get("body", "")), "FunctionGeneratedResponse")


def _body(body: Any) -> bytes:
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, dict) and isinstance(body.get("data"), str):
        try:
            return base64.b64decode(body["data"]) if body.get("encoding") == "base64" else body["data"].encode()
        except ValueError as error:
            raise Invalid("The CloudFront function returned a body that is no base64.") from error
    raise Invalid("The CloudFront function returned a body that is no text.")


def _headers(given: Any, before: Mapping[str, Any], read_only: set[str]) -> list[tuple[str, str]]:
    found = _flat(given)
    for name, value in found:
        if name != name.lower() or not _TOKEN.fullmatch(name):
            raise Invalid(f"The CloudFront function returned the header name {name}; names are lower-case.")
        if any(letter in value for letter in "\r\n\0"):
            raise Invalid(f"The CloudFront function returned a value of the header {name} with a line's end.")
        if name in _NEVER or name.startswith(_NEVER_FROM):
            raise Invalid(f"The CloudFront function tried to add a disallowed header: {name}")
    for name in read_only & ({*before} | {name for name, _ in found}):
        if [value for key, value in found if key == name] != [value for key, value in _flat(before) if key == name]:
            raise Invalid(f"The CloudFront function tried to add, delete, or change a read-only header: {name}")
    return found


def _set_cookies(given: Any) -> Headers:
    found = []
    for name, one in _each(given):
        attributes = one.get("attributes") or ""
        found.append(("Set-Cookie", f"{name}={one.get('value', '')}" + (f"; {attributes}" if attributes else "")))
    return tuple(found)


def _query(given: Any) -> str:
    return "&".join(f"{name}={value}" if value else name for name, value in _flat(given))


def _several(pairs: Iterable[Any]) -> dict[str, Any]:
    """By name; one that is there several times has its values in `multiValue` as well."""
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return {
        name: {"value": found[0]}
        if len(found) == 1
        else {"value": found[0], "multiValue": [{"value": x} for x in found]}
        for name, found in values.items()
    }


def _flat(given: Any) -> list[tuple[str, str]]:
    found = []
    for name, one in _each(given):
        several = one.get("multiValue")
        values = (
            [part.get("value", "") for part in several if isinstance(part, dict)] if several else [one.get("value", "")]
        )
        found += [(name, str(value)) for value in values]
    return found


def _each(given: Any) -> list[tuple[str, Mapping[str, Any]]]:
    if not isinstance(given, dict) or not all(isinstance(one, dict) for one in given.values()):
        raise Invalid("The CloudFront function returned headers, cookies or a query that are no objects with values.")
    return [*given.items()]


def _pairs(header: str) -> list[tuple[str, str]]:
    parts = (part.strip().partition("=") for part in header.split(";") if part.strip())
    return [(name, value) for name, _, value in parts]


def _shown(headers: Headers) -> Headers:
    return tuple(pair for pair in headers if not pair[0].lower().startswith("x-edge-") and pair[0].lower() != "cookie")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
