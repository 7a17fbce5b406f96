"""The certificate of notifications' signatures, at the path that they name."""

from __future__ import annotations

from aiohttp import web

from netflux.resources.sns.signing import Signatures


def routes(signatures: Signatures) -> list[web.RouteDef]:
    """What anybody may read."""

    async def shown(request: web.Request) -> web.Response:
        found = signatures.certificate(request.path)
        if found is None:
            raise web.HTTPNotFound
        return web.Response(text=found, content_type="application/x-pem-file")

    return [web.get("/SimpleNotificationService-{digest:[0-9a-f]{32}}.pem", shown)]
