"""The health endpoints in the shape of Spring Boot's actuator.

Liveness says the process answers and nothing more: a restart would not bring a database back. Health and readiness
ask the database, each time: the answer is what was observed, not what was remembered.
"""

import json
import logging

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from netflux_chassis.database import Database

log = logging.getLogger("health")


def answer(body: dict[str, object], *, up: bool) -> Response:
    content = json.dumps({"status": "UP" if up else "DOWN", **body})
    headers = {"Cache-Control": "no-store"}
    return Response(content, status_code=200 if up else 503, media_type="application/json", headers=headers)


class Health:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.was_up: bool | None = None

    async def health(self, _request: Request) -> Response:
        up = await self.database.answers()
        if up != self.was_up:
            log.log(logging.INFO if up else logging.WARNING, "database is %s", "UP" if up else "DOWN")
            self.was_up = up
        return answer({"components": {"db": {"status": "UP" if up else "DOWN"}}}, up=up)

    async def liveness(self, _request: Request) -> Response:
        return answer({}, up=True)

    def routes(self) -> list[Route]:
        return [
            Route("/actuator/health", self.health),
            Route("/actuator/health/liveness", self.liveness),
            Route("/actuator/health/readiness", self.health),
        ]
