"""The movie service, as this service asks it: pooled connections, bounded time, and an error that names it."""

import asyncio
import re
from types import TracebackType
from typing import Self

import httpcore
from pydantic import TypeAdapter, ValidationError

from netflux_chassis.catalogue import Genre, Movie
from netflux_chassis.problem import Problem
from netflux_database.datasource import ConfigurationError

MOVIES = TypeAdapter(list[Movie])

TOTAL_SECONDS = 3.0  # for one recommendation, a second attempt included
TIMEOUTS = {"connect": 1.0, "read": 2.5, "write": 1.0, "pool": 1.0}
CONNECTIONS, KEPT, KEPT_SECONDS = 64, 16, 30.0

BASE_URL = re.compile(r"https?://[^/?#\s]+(/[^?#\s]*)?")

# The connection was closed by the other side, as an idle one may be at any moment: a GET may be sent once more.
BROKEN = (httpcore.RemoteProtocolError, httpcore.ReadError, httpcore.WriteError)


class MovieService:
    def __init__(self, url: str) -> None:
        """`url` without /api/movies; raises ConfigurationError for what is not an HTTP URL."""
        if not BASE_URL.fullmatch(url):
            raise ConfigurationError(f"MOVIE_SERVICE_URL is {url!r}, not http://host:port")
        self.url = url.rstrip("/")
        self.pool = httpcore.AsyncConnectionPool(
            max_connections=CONNECTIONS, max_keepalive_connections=KEPT, keepalive_expiry=KEPT_SECONDS, retries=0
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.pool.aclose()

    async def of_genre(self, genre: Genre) -> list[Movie]:
        """The movies of a genre. A silent or absent movie service is 503, one that answers nonsense 502."""
        url = f"{self.url}/api/movies?genre={genre}"
        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                response = await self.get(url)
        except (TimeoutError, httpcore.TimeoutException) as error:
            raise Problem(503, f"The movie service at {self.url} did not answer in time.") from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise Problem(503, f"The movie service at {self.url} cannot be reached.") from error
        if response.status == 503:
            raise Problem(503, f"The movie service at {self.url} is not available.")
        if response.status != 200:
            raise Problem(502, f"The movie service at {self.url} answered {response.status}.")
        try:
            return MOVIES.validate_json(response.content)
        except ValidationError as error:
            raise Problem(502, f"The movie service at {self.url} answered what is not a list of movies.") from error

    async def get(self, url: str) -> httpcore.Response:
        headers: dict[bytes | str, bytes | str] = {"Accept": "application/json"}
        extensions = {"timeout": TIMEOUTS}
        try:
            return await self.pool.request("GET", url, headers=headers, extensions=extensions)
        except BROKEN:
            return await self.pool.request("GET", url, headers=headers, extensions=extensions)
