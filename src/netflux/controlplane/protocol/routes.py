"""Which operation of a REST service a method and a path mean ("http trait", Smithy's specification)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from botocore.model import OperationModel, ServiceModel

_LABEL = re.compile(r"\{([^}+]+)(\+?)\}")


@dataclass(frozen=True)
class Route:
    """One operation's.

    Attributes:
        model: the operation.
        path: of the raw path, with a group for each label.
        labels: their names, in order.
        query: parameters that have to be there, with their value where the model says which.
        headers: those that have to be there, in lower case.
        rank: of routes that match, the one with the highest is meant.
    """

    model: OperationModel
    path: re.Pattern[str]
    labels: tuple[str, ...]
    query: Mapping[str, str | None]
    headers: tuple[str, ...]
    rank: tuple[int, ...]

    def asks(self, query: Mapping[str, list[str]], headers: Mapping[str, str]) -> bool:
        """Whether the request has what this route needs besides its path."""
        for name, value in self.query.items():
            if name not in query or (value is not None and value not in query[name]):
                return False
        return all(name in headers for name in self.headers)


def match(
    service: ServiceModel, method: str, path: str, query: Mapping[str, list[str]], headers: Mapping[str, str]
) -> tuple[OperationModel, dict[str, str]] | None:
    """The operation and what the path says for its labels; None when there is none.

    Args:
        service: the service's model.
        method: of the request.
        path: as it came, without the query.
        query: values by name.
        headers: by name in lower case.
    """
    for route in _routes(service).get(method, ()):
        found = route.path.fullmatch(path)
        if found is not None and route.asks(query, headers):
            return route.model, {name: unquote(text) for name, text in zip(route.labels, found.groups(), strict=True)}
    return None


def _routes(service: ServiceModel) -> dict[str, list[Route]]:
    """By method, the highest rank first; kept beside the model and for as long."""
    known: dict[str, list[Route]] | None = vars(service).get("_routes")
    if known is None:
        known = {}
        for name in service.operation_names:
            route = _route(service.operation_model(name))
            known.setdefault(route.model.http.get("method", "POST"), []).append(route)
        for routes in known.values():
            routes.sort(key=lambda route: route.rank, reverse=True)
        vars(service)["_routes"] = known
    return known


def _route(model: OperationModel) -> Route:
    path, _, literal = model.http.get("requestUri", "/").partition("?")
    query: dict[str, str | None] = {}
    for pair in filter(None, literal.split("&")):
        name, given, value = pair.partition("=")
        query[name] = value if given else None
    headers: list[str] = []
    for name, member in _required(model):
        place, key = member.serialization.get("location"), member.serialization.get("name", name)
        if place == "querystring":
            query.setdefault(key, None)
        elif place == "header":
            headers.append(key.lower())
    labels = [found[1] for found in _LABEL.finditer(path)]
    greedy = path.count("+}")
    fixed = sum("{" not in part for part in path.split("/"))
    rank = (-greedy, fixed, len(query), len(headers), not model.deprecated)
    return Route(model, _pattern(path), tuple(labels), query, tuple(headers), rank)


def _required(model: OperationModel) -> Iterator[tuple[str, Any]]:
    shape = model.input_shape
    for name in shape.required_members if shape is not None else ():
        yield name, shape.members[name]


def _pattern(path: str) -> re.Pattern[str]:
    """Of a template: a label takes one part of the path, a greedy one all that is left for it."""
    made, last = "", 0
    for found in _LABEL.finditer(path):
        made += re.escape(path[last : found.start()]) + ("(.+?)" if found[2] else "([^/]+)")
        last = found.end()
    return re.compile(f"{made}{re.escape(path[last:]).removesuffix('/')}/?", re.DOTALL)
