"""The certificate of notifications' signatures, at the path that they name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web


def routes(certificate: Callable[[str], Awaitable[str | None]]) -> list[web.RouteDef]:
    """What anybody may read."""

    async def shown(request: web.Request) -> web.Response:
        found = await certificate(request.path)
        if found is None:
            raise web.HTTPNotFound
        return web.Response(text=found, content_type="application/x-pem-file")

    return [web.get("/SimpleNotificationService-{digest:[0-9a-f]{32}}.pem", shown)]
