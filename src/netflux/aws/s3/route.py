"""Which operation a request is: host and path to bucket and key, method and query to S3's model. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from netflux.decoding import query as parameters
from netflux.decoding.limits import Limits, Malformed
from netflux.errors import AwsError

_VIRTUAL_HOST = re.compile(
    r"(?:(?P<bucket>.+)\.)?s3(?:\.dualstack)?(?:[.-](?P<region>[a-z]{2}(?:-[a-z]+)+-\d))?\.(?:localhost|amazonaws\.com)"
)
# The model's marks on operations and not on requests.
_UNMARKED = {"x-id"}


@dataclass(frozen=True)
class Place:
    """What host and path address; empty where they name none."""

    bucket: str
    key: str


@dataclass(frozen=True)
class Candidate:
    """An operation of the model and what a request must have to be it."""

    name: str
    query: frozenset[tuple[str, str]]
    headers: frozenset[str]

    def fits(self, query: Mapping[str, str], headers: Iterable[str]) -> bool:
        """Whether all of it is there."""
        return self.headers <= set(headers) and all(
            name in query and (not value or query[name] == value) for name, value in self.query
        )


def place(host: str, raw_path: str) -> Place:
    """Bucket and key, virtual-hosted or path-style."""
    found = _VIRTUAL_HOST.fullmatch(host.lower().partition(":")[0])
    try:
        path = unquote(raw_path.partition("?")[0], errors="strict").removeprefix("/")
    except UnicodeDecodeError as error:
        raise AwsError("InvalidURI", "Couldn't parse the specified URI.") from error
    if found and found["bucket"]:
        return Place(found["bucket"], path)
    bucket, _, key = path.partition("/")
    return Place(bucket, key)


def query(raw_path: str) -> dict[str, str]:
    """The query string's parameters; AwsError InvalidURI when they can't be read, or can be read in two ways."""
    text = raw_path.partition("?")[2].encode()
    try:
        return parameters.single(parameters.pairs(text, Limits(size=len(text))))
    except Malformed as error:
        raise AwsError("InvalidURI", f"Couldn't parse the specified URI: {error}") from error


class Router:
    """Finds operations by S3's service model.

    Args:
        operations: name to botocore's `http` dict and the names of required query parameters and headers.
    """

    def __init__(self, operations: Iterable[tuple[str, Mapping[str, Any], Iterable[str], Iterable[str]]]) -> None:
        self._candidates: dict[tuple[str, str], list[Candidate]] = {}
        for name, http, needed_query, needed_headers in operations:
            path, _, query = http["requestUri"].partition("?")
            pairs = [pair.partition("=")[::2] for pair in query.split("&") if pair]
            constants = {(key, value) for key, value in pairs if key not in _UNMARKED}
            constants |= {(key, "") for key in needed_query}
            candidate = Candidate(name, frozenset(constants), frozenset(header.lower() for header in needed_headers))
            self._candidates.setdefault((http["method"], _shape(path)), []).append(candidate)
        for candidates in self._candidates.values():
            candidates.sort(key=lambda one: len(one.query) + len(one.headers), reverse=True)

    def find(self, method: str, where: Place, query: Mapping[str, str], headers: Iterable[str]) -> str | None:
        """The operation's name, the one with most of its marks present; None when there is none."""
        shape = "key" if where.key else "bucket" if where.bucket else "root"
        names = {name.lower() for name in headers}
        for candidate in self._candidates.get((method, shape), []):
            if candidate.fits(query, names):
                return candidate.name
        return None


def _shape(path: str) -> str:
    return {"/": "root", "/{Bucket}": "bucket", "/{Bucket}/{Key+}": "key"}.get(path, "other")


@lru_cache(maxsize=1)
def model() -> Any:
    """botocore's model of S3, loaded at the first request.

    By a loader of its own: a client in this process takes the bucket out of the paths of the model that it has loaded.
    """
    from botocore.loaders import create_loader
    from botocore.model import ServiceModel

    return ServiceModel(create_loader().load_service_model("s3", "service-2"), "s3")


@lru_cache(maxsize=1)
def router() -> Router:
    """The router over the whole model, so that what is not ours is still known by its name.

    A deprecated operation has the same requests as the one after it, and is that one.
    """
    rows = []
    for name in model().operation_names:
        operation = model().operation_model(name)
        if operation.deprecated:
            continue
        members = operation.input_shape.members if operation.input_shape else {}
        required = operation.input_shape.required_members if operation.input_shape else []
        located: dict[str, list[str]] = {"querystring": [], "header": []}
        for member in required:
            serialization = members[member].serialization
            located.setdefault(serialization.get("location", ""), []).append(serialization.get("name", member))
        rows.append((name, operation.http, located["querystring"], located["header"]))
    return Router(rows)
