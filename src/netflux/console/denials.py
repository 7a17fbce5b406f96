"""What was denied last, and why: for `netflux why-denied`."""

from __future__ import annotations

from typing import Any, Protocol

from aiohttp import web

from netflux.errors import AwsError, UserError


class Denials(Protocol):
    """Looks into denials."""

    async def last(self) -> list[dict[str, Any]]:
        """The last refusals, newest first."""
        ...

    async def explain(self, principal: str, action: str, resource: str) -> dict[str, Any]:
        """Whether a principal may do something, and what decides; UserError when there is no such principal."""
        ...


async def answer(denials: Denials, request: web.Request) -> tuple[Any, int]:
    """JSON and status of `denials.json`: the last refusals, or `?principal=&action=&resource=` explained."""
    query = request.query
    if not query:
        return {"denials": await denials.last()}, 200
    if not {"principal", "action", "resource"} <= query.keys():
        return {"message": "denials.json takes principal=ARN&action=SERVICE:ACTION&resource=ARN, or nothing"}, 400
    try:
        return await denials.explain(query["principal"], query["action"], query["resource"]), 200
    except UserError as error:
        return {"message": error.message, "hint": error.hint}, 404
    except AwsError as error:
        return {"message": str(error)}, error.status
