"""A service's ASGI application: its own routes, with health, problems and the access log around them."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Route

from netflux_chassis.access import AccessLog
from netflux_chassis.database import Database
from netflux_chassis.health import Health
from netflux_chassis.problem import HANDLERS


def application(database: Database, routes: Sequence[Route], *resources: AbstractAsyncContextManager[Any]) -> AccessLog:
    """`resources` are entered before the first request and left after the last, as the database's pool is."""

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            await database.open()
            stack.push_async_callback(database.close)
            for resource in resources:
                await stack.enter_async_context(resource)
            yield

    app = Starlette(routes=[*routes, *Health(database).routes()], exception_handlers=HANDLERS, lifespan=lifespan)
    # A redirect would name the host and scheme seen here, behind two proxies that changed both.
    app.router.redirect_slashes = False
    return AccessLog(app)
