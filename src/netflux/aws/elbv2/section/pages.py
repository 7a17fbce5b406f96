"""The answers that a load balancer makes itself, as a browser sees them."""

from __future__ import annotations

from http import HTTPStatus

SERVER = "awselb/2.0"
"""The `server` header of a load balancer's own answers; user guide, "Listener attributes"."""

_TITLES = {
    405: "405 Not Allowed",
    414: "414 Request-URI Too Large",
    463: "463",
    464: "464",
    503: "503 Service Temporarily Unavailable",
    504: "504 Gateway Time-out",
}


def title(code: int) -> str:
    """Of the page of an error."""
    return _TITLES.get(code) or f"{code} {HTTPStatus(code).phrase}"


def body(code: int) -> str:
    """The page of an error."""
    return page(title(code))


def page(title: str) -> str:
    """A page that has nothing but a title."""
    return (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}</h1></center>\r\n"
        "</body>\r\n</html>\r\n"
    )


def message(code: int, *, server: bool) -> str:
    """A whole HTTP response, for HAProxy's `errorfile`."""
    content = body(code)
    named = f"Server: {SERVER}\r\n" if server else ""
    head = f"HTTP/1.1 {code} {HTTPStatus(code).phrase}\r\n{named}Content-Type: text/html\r\n"
    return f"{head}Content-Length: {len(content)}\r\n\r\n{content}"


def file_name(code: int, *, server: bool) -> str:
    """Of the response's file in the run directory."""
    return f"elbv2-{code}{'' if server else '-unnamed'}.http"


CODES = (400, 408, 502, 504)
"""HAProxy's own errors that are a load balancer's as well; its 503, for a target that can't be reached, is not."""
