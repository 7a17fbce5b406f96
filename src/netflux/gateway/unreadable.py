"""Requests whose HTTP the control plane's server can't read, refused at the gateway in words of AWS's protocols. Pure.

The server would answer them itself, before anything of ours sees them, with a line of text that no AWS client can read.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

from netflux.haproxy.configuration import quote

_METHODS = "GET HEAD POST PUT DELETE PATCH OPTIONS"
_ONCE = ("Content-Type", "Content-Range", "Content-Location", "ETag", "Max-Forwards", "Server", "User-Agent")
"""Headers of which a request has one [RFC 9110, 5.5]; HAProxy itself refuses two lengths and two hosts."""


@functools.cache
def lines() -> tuple[str, ...]:
    """For the backend of the control plane, before all that changes a request."""
    return tuple(_lines())


def _lines() -> Iterator[str]:
    yield from _refused(405, "MethodNotAllowed", "The method is not one that AWS takes.", f"!{{ method {_METHODS} }}")
    expected = "{ req.fhdr(expect) -m found } !{ req.fhdr(expect) -i 100-continue }"
    yield f"http-request del-header expect if {expected}"  # S3 takes such requests, and RFC 9110 (10.1.1) lets servers
    control = "{ req.hdrs -m reg [\\x01-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f] }"
    yield from _refused(400, "InvalidRequest", "A header has a control character in it.", control)
    for name in _ONCE:
        twice = f"{{ req.fhdr_cnt({name}) gt 1 }}"
        yield from _refused(400, "InvalidRequest", f"The request has the header {name} twice.", twice)


def _refused(status: int, code: str, message: str, condition: str) -> Iterator[str]:
    json = f'{{"__type":"{code}","message":"{message}"}}'
    fault = f"<Code>{code}</Code><Message>{message}</Message>"
    answer = f"http-request return status {status} hdr x-amzn-ErrorType {code}"
    asked_in_json = "{ req.fhdr(content-type) -m sub -i json }"
    yield f"{answer} content-type application/x-amz-json-1.0 string {quote(json)} if {condition} {asked_in_json}"
    simple = "{ req.fhdr(authorization) -m sub /s3/aws4_request }"
    yield f"{answer} content-type application/xml string {quote(f'<Error>{fault}</Error>')} if {condition} {simple}"
    whole = f"<ErrorResponse><Error>{fault}</Error></ErrorResponse>"
    yield f"{answer} content-type text/xml string {quote(whole)} if {condition}"
