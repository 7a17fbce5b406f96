"""The routes of the movie service and the queries behind them."""

from collections.abc import Mapping

from pydantic import TypeAdapter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from netflux_chassis.application import application
from netflux_chassis.catalogue import Movie, genre
from netflux_chassis.database import Database
from netflux_chassis.problem import Problem, identifier

MOVIES = TypeAdapter(list[Movie])

COLUMNS = "select id, title, release_year, genre from movie"
ALL = f"{COLUMNS} order by id"
OF_GENRE = f"{COLUMNS} where genre = %s order by id"
ONE = f"{COLUMNS} where id = %s"


class Movies:
    def __init__(self, database: Database) -> None:
        self.database = database

    async def list(self, request: Request) -> Response:
        """Every movie, or with ?genre= those of one genre, in the order of their ids."""
        asked = request.query_params.get("genre")
        rows = await (self.database.rows(ALL) if asked is None else self.database.rows(OF_GENRE, genre(asked)))
        body = MOVIES.dump_json(MOVIES.validate_python(rows), by_alias=True)
        return Response(body, media_type="application/json")

    async def one(self, request: Request) -> Response:
        asked = identifier(request)
        rows = await self.database.rows(ONE, asked)
        if not rows:
            raise Problem(404, f"There is no movie {asked}.")
        return Response(Movie(**rows[0]).model_dump_json(by_alias=True), media_type="application/json")


def create(database: Database, _environ: Mapping[str, str]) -> ASGIApp:
    movies = Movies(database)
    return application(database, [Route("/api/movies", movies.list), Route("/api/movies/{id}", movies.one)])
