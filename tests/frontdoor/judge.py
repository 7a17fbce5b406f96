"""Whether an answer is one that AWS could give: read by botocore's own parsers."""

from __future__ import annotations

from typing import Any

from botocore.parsers import PROTOCOL_PARSERS, create_parser

from tests.frontdoor import operations
from tests.frontdoor.cases import Case
from tests.frontdoor.client import Answer

LATEST = 5.0
"""Seconds that an answer may take."""


def fault(case: Case, answer: Answer) -> str:
    """What is wrong with the answer; nothing when it will do."""
    if answer.status == 0:
        return f"no answer: {answer.why}"
    if answer.seconds > LATEST:
        return f"late: {answer.seconds:.1f} s"
    if answer.status == 500 or answer.status in (502, 504):
        return f"{answer.status}: {_said(answer)}"
    if answer.status == 400 and b"Your browser sent an invalid request" in answer.body:
        return "" if _no_http(case) else "refused by the gateway"
    if answer.status < 300:
        return ""
    if case.request.method == "HEAD":
        return ""
    return _unreadable(case, answer)


def _no_http(case: Case) -> bool:
    """Whether the request breaks RFC 9110 and 9112, so that no server needs to know whose it is."""
    request = case.request
    head = " ".join((request.target, *(f"{name}:{value}" for name, value in request.headers)))
    lengths = sum(name.lower() in ("content-length", "transfer-encoding") for name, _ in request.headers)
    return lengths > 0 or len(head) > 60_000 or any(ord(one) < 32 or one == "\x7f" for one in head)


def _said(answer: Answer) -> str:
    return answer.body[:300].decode("utf-8", "replace")


def _unreadable(case: Case, answer: Answer) -> str:
    """Every error has a code that the protocol's client reads."""
    kinds = (
        [case.protocol, *(one for one in PROTOCOL_PARSERS if one != case.protocol)] if case.wrong else [case.protocol]
    )
    shape = operations.model(case.service, case.operation).output_shape
    for kind in kinds:
        if _code(kind, shape, answer):
            return ""
    if answer.status in (301, 302, 304, 307, 308) or (case.wrong and answer.status in (404, 405, 411, 413, 414, 431)):
        return ""
    return f"unreadable: {answer.status} {answer.headers.get('content-type')} {_said(answer)}"


def _code(kind: str, shape: Any, answer: Answer) -> str:
    try:
        parsed = create_parser(kind).parse(
            {"status_code": answer.status, "headers": answer.headers, "body": answer.body}, shape
        )
    except Exception:  # botocore's parsers raise whatever their libraries do
        return ""
    code = str(parsed.get("Error", {}).get("Code") or "")
    return "" if code == str(answer.status) else code
