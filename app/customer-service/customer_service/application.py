"""The routes of the customer service and the queries behind them."""

from collections.abc import Mapping

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from customer_service.movies import MovieService
from netflux_chassis.application import application
from netflux_chassis.catalogue import Document, Genre, Movie, genre
from netflux_chassis.database import Database
from netflux_chassis.problem import Problem, identifier

MOVIE_SERVICE_URL = "http://movie-service:8080"  # the name Service Connect gives it

ONE = "select id, name, favorite_genre from customer where id = %s"
CHANGE = "update customer set favorite_genre = %s where id = %s returning id"

LARGEST_BODY = 16 * 1024  # bytes; the one document we take has 30


class Customer(Document):
    id: int
    name: str
    favorite_genre: Genre
    recommended_movies: list[Movie]


class GenreChange(Document):
    favorite_genre: str


async def genre_change(request: Request) -> Genre:
    """The body of a change, or the problem it has."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Problem(415, f"The body must be application/json, not {kind or 'unnamed'}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Problem(413, f"The body is larger than {LARGEST_BODY} bytes.")
    try:
        change = GenreChange.model_validate_json(bytes(body))
    except ValidationError:
        raise Problem(400, 'The body must be JSON such as {"favoriteGenre": "DRAMA"}.') from None
    return genre(change.favorite_genre)


class Customers:
    def __init__(self, database: Database, movies: MovieService) -> None:
        self.database, self.movies = database, movies

    async def one(self, request: Request) -> Response:
        """The customer, and the movies of the favourite genre as the movie service has them now."""
        asked = identifier(request)
        rows = await self.database.rows(ONE, asked)
        if not rows:
            raise Problem(404, f"There is no customer {asked}.")
        recommended = await self.movies.of_genre(Genre(rows[0]["favorite_genre"]))
        customer = Customer(**rows[0], recommended_movies=recommended)
        return Response(customer.model_dump_json(by_alias=True), media_type="application/json")

    async def change_genre(self, request: Request) -> Response:
        """204 once the change is committed: what the movie service does has no part in it."""
        asked, wanted = identifier(request), await genre_change(request)
        if not await self.database.rows(CHANGE, wanted, asked):
            raise Problem(404, f"There is no customer {asked}.")
        return Response(status_code=204)


def create(database: Database, environ: Mapping[str, str]) -> ASGIApp:
    movies = MovieService(environ.get("MOVIE_SERVICE_URL") or MOVIE_SERVICE_URL)
    customers = Customers(database, movies)
    routes = [
        Route("/api/customers/{id}", customers.one),
        Route("/api/customers/{id}/genre", customers.change_genre, methods=["PATCH"]),
    ]
    return application(database, routes, movies)
