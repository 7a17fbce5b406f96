"""Talks to the running region that holds a state directory, by HTTP at its gateway."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from netflux import state
from netflux.controlplane.authentication import development
from netflux.errors import UserError

_PATIENCE = 20.0
"""Real seconds for an answer: a region that is starting is busy."""


def running(place: Path) -> state.Holder:
    """Who holds the directory.

    Raises:
        UserError: nobody does.
    """
    held = state.holder(place)
    if held is None:
        raise UserError(
            f"No region is running in {place}.", "Start it with `netflux up`, or name its directory with --state DIR."
        )
    return held


def answers(held: state.Holder, patience: float) -> bool:
    """Whether the region answers anything at all within so many real seconds."""
    connection = http.client.HTTPConnection("127.0.0.1", held.port, timeout=patience)
    try:
        connection.request("GET", "/_netflux/static/icon.svg", headers={"Host": f"localhost:{held.port}"})
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def get(place: Path, path: str, **query: str) -> Any:
    """The JSON answer of the region's console."""
    return _ask(place, "GET", f"/_netflux/{path}?{urlencode(query)}" if query else f"/_netflux/{path}", None)


def post(place: Path, path: str, body: Any) -> Any:
    """Sends JSON, returns JSON."""
    return _ask(place, "POST", f"/_netflux/{path}", json.dumps(body).encode())


def _ask(place: Path, method: str, path: str, body: bytes | None) -> Any:
    held = running(place)
    connection = http.client.HTTPConnection("127.0.0.1", held.port, timeout=_PATIENCE)
    token = development.read(place).token
    headers = {"Host": f"localhost:{held.port}", "X-Netflux": token, "Content-Type": "application/json"}
    try:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        answer = response.read()
    except OSError as error:
        raise UserError(
            f"The region in {place} (pid {held.pid}, port {held.port}) does not answer: {error}.",
            f"It may still be starting. Its log is {place / 'netflux.log'}.",
        ) from error
    finally:
        connection.close()
    try:
        told = json.loads(answer)
    except ValueError as error:
        raise UserError(
            f"Port {held.port} answers {method} {path} with {response.status} and no JSON.",
            f"See {place / 'netflux.log'}.",
        ) from error
    if response.status >= 300:
        raise UserError(str(told.get("message", told)), str(told.get("hint", "")))
    return told
