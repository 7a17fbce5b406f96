"""What can be wrong with an operation's parameters while they still fit a serializer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from botocore.model import OperationModel

from tests.frontdoor.values import NONSENSE, NUMBERS, TOKENS

Mutation = Callable[[Random, OperationModel, dict[str, Any]], None]
_LIMITS = ("max", "limit", "pagesize", "count", "size", "first", "number")
_PAGING = ("token", "marker", "cursor", "startingtoken", "nextpage")


def nonsense(random: Random, _: OperationModel, params: dict[str, Any]) -> None:
    """Texts that mean nothing."""
    _replace(random, params, str, lambda: random.choice(NONSENSE))


def number(random: Random, model: OperationModel, params: dict[str, Any]) -> None:
    """Numbers out of every range; limits of pages first."""
    shape = model.input_shape
    for name, member in shape.members.items() if shape else ():
        if member.type_name in ("integer", "long") and name.lower().startswith(_LIMITS):
            params[name] = random.choice(NUMBERS)
    _replace(random, params, int, lambda: random.choice(NUMBERS))


def token(random: Random, model: OperationModel, params: dict[str, Any]) -> None:
    """Paging tokens that no answer gave."""
    shape = model.input_shape
    for name, member in shape.members.items() if shape else ():
        if member.type_name == "string" and name.lower().endswith(_PAGING):
            params[name] = random.choice(TOKENS)


def missing(random: Random, _: OperationModel, params: dict[str, Any]) -> None:
    """A member less, at any depth."""
    places = [place for place in _places(params) if isinstance(place[0], dict)]
    if places:
        holder, key = random.choice(places)
        del holder[key]


def empty(random: Random, _: OperationModel, params: dict[str, Any]) -> None:
    """A list, map or structure with nothing in it."""
    for kind in (list, dict):
        _replace(random, params, kind, kind)


def many(random: Random, _: OperationModel, params: dict[str, Any]) -> None:
    """A list of a thousand equal items."""
    places = [place for place in _places(params) if isinstance(place[0][place[1]], list)]
    if places:
        holder, key = random.choice(places)
        holder[key] = holder[key] * 1_000


def other(random: Random, _: OperationModel, params: dict[str, Any]) -> None:
    """Two texts that change places: ids of the wrong kind."""
    places = [place for place in _places(params) if isinstance(place[0][place[1]], str)]
    if len(places) > 1:
        (one, first), (two, second) = random.sample(places, 2)
        one[first], two[second] = two[second], one[first]


MUTATIONS: tuple[Mutation, ...] = (nonsense, nonsense, number, token, missing, empty, many, other)


def _replace(random: Random, params: dict[str, Any], kind: type, value: Callable[[], Any]) -> None:
    places = [place for place in _places(params) if type(place[0][place[1]]) is kind]
    for holder, key in random.sample(places, min(len(places), random.randint(1, 2))):
        holder[key] = value()


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Where each value is: what holds it, and its key."""
    if isinstance(value, dict):
        for key in [*value]:
            yield value, key
            yield from _places(value[key])
    elif isinstance(value, list):
        for index in range(len(value)):
            yield value, index
            yield from _places(value[index])
