"""The generator: which malformed request has which number. The same seed, number and world make the same request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from botocore.exceptions import BotoCoreError

from tests.frontdoor import bodies, heads, operations, parameters
from tests.frontdoor.values import Values
from tests.frontdoor.wire import Request, Signer, protocols, serialized

_SHARES = ((0.70, operations.SERVED), (0.97, None), (1.0, ()))
"""Of all requests: to services that are served, to moto's others, to any that botocore knows."""


@dataclass(frozen=True)
class Case:
    """A request and what it was made from.

    Attributes:
        index: its number; with the seed it makes the request anew.
        wrong: what is wrong with it; nothing for a well-formed one.
        protocol: the one it was serialized for.
    """

    index: int
    service: str
    operation: str
    wrong: tuple[str, ...]
    protocol: str
    request: Request

    def __str__(self) -> str:
        where = (
            f"#{self.index} {self.service}:{self.operation} ({', '.join(self.wrong) or 'well-formed'}; {self.protocol})"
        )
        headers = {
            name: value for name, value in self.request.headers if name.lower() not in ("user-agent", "x-amz-date")
        }
        return f"{where} {self.request.method} {self.request.target[:300]} {headers} {self.request.body[:600]!r}"


@dataclass(frozen=True)
class Generator:
    """Makes cases.

    Args:
        seed: of all chance.
        signer: signs what was made.
        there: texts that name what the cloud has.
        protocols: of these only, where a service has one of them.
    """

    seed: int
    signer: Signer
    there: tuple[str, ...] = ()
    only: tuple[str, ...] = ()

    def case(self, index: int) -> Case:
        """The malformed request with that number."""
        random = Random(f"{self.seed}:{index}")
        service = self._service(random)
        model = operations.model(service, random.choice(operations.names(service)))
        protocol = random.choice(protocols(model) or ("json",))
        values = Values(random, self.there)
        params: dict[str, Any] = {}
        if model.input_shape is not None:
            params = values.of(model.input_shape, random.choice((0.0, 0.1, 0.5)))
        wrong: list[str] = []
        kind = random.random()
        if kind < 0.5:
            for mutation in random.sample(parameters.MUTATIONS, random.randint(1, 3)):
                mutation(random, model, params)
                wrong.append(mutation.__name__)
        request = _serialized(model, params, protocol)
        if kind >= 0.5:
            request = self._mangled(random, service, protocol, request, wrong)
        signing = model.service_model.signing_name or service
        signed = self.signer.signed(request, signing)
        if "signature" in wrong or "date" in wrong:
            chosen = next(one for one in heads.SIGNATURE if one.__name__ in wrong)
            signed = chosen(random, signed)
        return Case(index, service, model.name, tuple(wrong), protocol, signed)

    def _service(self, random: Random) -> str:
        if self.only:
            return random.choice(self.only)
        chance = random.random()
        for share, names in _SHARES:
            if chance < share:
                return random.choice(operations.lent() if names is None else names or operations.known())
        raise AssertionError

    def _mangled(self, random: Random, service: str, protocol: str, request: Request, wrong: list[str]) -> Request:
        if service == "s3" and request.method == "PUT" and random.random() < 0.3:
            wrong.append("chunked")
            return heads.chunked(random, request)
        chance = random.random()
        if chance < 0.1:
            wrong.append(random.choice(heads.SIGNATURE).__name__)
            return request
        if chance < 0.11:
            wrong.append("unpacked")
            return bodies.unpacked(random, request)
        chosen: tuple[bodies.Mutation, ...] = heads.REQUEST
        if chance < 0.55:
            chosen = bodies.BY_PROTOCOL[protocol]
        elif chance < 0.7:
            chosen = bodies.ANY
        mutation = random.choice(chosen)
        wrong.append(mutation.__name__)
        return mutation(random, request)


def well_formed(signer: Signer, services: tuple[str, ...], share: float, there: Mapping[str, str]) -> Iterator[Case]:
    """Each operation of the services once, by each of its protocols."""
    index = 0
    for service in services:
        for name in operations.names(service):
            model = operations.model(service, name)
            for protocol in protocols(model):
                random = Random(f"{service}:{name}")
                values = Values(random, tuple(there))
                params = values.of(model.input_shape, share) if model.input_shape is not None else {}
                signing = model.service_model.signing_name or service
                request = signer.signed(_serialized(model, params, protocol), signing)
                yield Case(index, service, name, (), protocol, request)
                index += 1


def _serialized(model: Any, params: dict[str, Any], protocol: str) -> Request:
    try:
        return serialized(model, params, protocol)
    except (BotoCoreError, ValueError, TypeError, AttributeError, OverflowError, UnicodeError, KeyError):
        return Request(
            "POST", "/", (("Content-Type", "application/json"),), repr(params).encode("utf-8", "surrogatepass")[:1000]
        )
