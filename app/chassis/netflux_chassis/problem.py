"""Errors as RFC 9457 problem details, with the members Spring's ProblemDetail writes."""

import json
import re
from collections.abc import Awaitable, Callable
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from netflux_chassis.database import DatabaseUnavailable

MEDIA_TYPE = "application/problem+json"

IDENTIFIER = re.compile(r"-?[0-9]{1,19}")
LARGEST = 2**63 - 1  # PostgreSQL's bigint


class Problem(Exception):
    """The request ends with this status; the detail is for the person who sent it."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


def problem_response(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    content = json.dumps(body, ensure_ascii=False)
    return Response(content, status_code=status, media_type=MEDIA_TYPE, headers=headers)


def identifier(request: Request) -> int:
    """The path's {id}; anything that is no 64-bit integer is the client's mistake."""
    text = request.path_params["id"]
    if not IDENTIFIER.fullmatch(text) or abs(int(text)) > LARGEST:
        raise Problem(400, f"The id {text!r} is not an integer.")
    return int(text)


async def on_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return problem_response(request, error.status, error.detail)


async def on_database_unavailable(request: Request, _error: Exception) -> Response:
    return problem_response(request, 503, "The database cannot be reached.", {"Retry-After": "1"})


async def on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    details = {404: "There is nothing at this path.", 405: f"{request.method} is not allowed here."}
    headers = dict(error.headers) if error.headers else None
    return problem_response(request, error.status_code, details.get(error.status_code, error.detail), headers)


async def on_defect(request: Request, _error: Exception) -> Response:
    return problem_response(request, 500, "The service failed; its log has the reason.")


HANDLERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    Problem: on_problem,
    DatabaseUnavailable: on_database_unavailable,
    HTTPException: on_http_exception,
    Exception: on_defect,
}
