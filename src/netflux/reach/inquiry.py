"""Answers questions about a running region: reads it, looks who listens, sends probes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from netflux.controlplane.records.documents import Documents
from netflux.network.endpoints import Endpoints
from netflux.network.interface import Network
from netflux.network.topology import Elsewhere, Interface
from netflux.reach import answer as answers
from netflux.reach import place as places
from netflux.reach import scene as scenes
from netflux.reach.answer import Answer, Path, Question
from netflux.reach.dropped import dropped
from netflux.reach.place import Kind
from netflux.reach.scene import Call, Scene
from netflux.resources.ec2.tables import Tables

PATIENCE = 3.0
"""Real seconds after which a probe counts as timed out."""

_UNFILTERED = (
    "The network driver `{name}` does not filter packets between processes: the answer is what the rules say, and a "
    "probe tells only who listens. Load balancers are the exception: they keep to their own groups and their targets'."
)


class Inquiry:
    """Asks the region.

    Args:
        call: `Apis.call`.
        documents: EC2's records.
        network: the driver, which knows the interfaces and sends probes.
        endpoints: names that answer: load balancers and databases are there once they do.
    """

    def __init__(self, call: Call, documents: Documents, network: Network, endpoints: Endpoints) -> None:
        self._call = call
        self._tables = Tables(documents)
        self._network = network
        self._endpoints = endpoints

    async def ask(self, source: str, destination: str, port: int | None, *, probe: bool) -> dict[str, Any]:
        """The answer in JSON's types.

        Raises:
            UserError: an end is not to be found, or is none.
            AwsError: a service can't tell, or the answer depends on what is not supported.
        """
        scene = await scenes.read(self._call, self._tables, self._network)
        asked = answers.question(places.find(source, scene.places), places.find(destination, scene.places), port)
        listening = {key: await self._listens(scene, key, asked.port) for key in asked.destination.interfaces}
        found = answers.answer(asked, scene.topology, scene.labels, listening)
        if probe:
            found = replace(found, paths=[await self._probed(scene, asked, path) for path in found.paths])
        enforced = self._network.enforces_security_groups
        return {
            **answers.told(found, await self._network.counters()),
            "network": self._network.name,
            "enforced": enforced,
            "note": "" if enforced else _UNFILTERED.format(name=self._network.name),
            "disagreements": [*self._disagreements(found)] if enforced else [],
        }

    async def dropped(self, interfaces: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What security groups have dropped of these interfaces, as `dropped.dropped` tells it; nothing where the
        driver has no rules.
        """
        return dropped(interfaces, await self._network.counters())

    async def _listens(self, scene: Scene, interface: str, port: int) -> bool:
        """As it was observed: published endpoints have been seen to answer, and of others the kernel knows."""
        name = scene.names.get(interface)
        if name is not None:
            return self._endpoints.find(name, port) is not None
        owner = scene.owners.get(interface)
        return owner is not None and await self._network.listening(owner, port)

    async def _probed(self, scene: Scene, asked: Question, path: Path) -> Path:
        """Nothing is sent to the internet."""
        connection = path.verdict.connection
        source, destination = connection.source, connection.destination
        owner = scene.owners.get(source.id) if isinstance(source, Interface) else None
        if isinstance(destination, Elsewhere) and asked.destination.kind is Kind.INTERNET:
            return path
        if asked.source.kind is Kind.INTERNET:
            sent = await self._network.probe_from_outside(source.address, destination.address, asked.port, PATIENCE)
        elif owner is not None:
            sent = await self._network.probe(owner, destination.address, asked.port, PATIENCE)
        else:
            return path
        return replace(path, probe=sent) if sent.source_port else path

    @staticmethod
    def _disagreements(found: Answer) -> Iterable[str]:
        for path in found.paths:
            said = found.disagreement(path)
            if said:
                connection = path.verdict.connection
                yield f"{connection.source.address} to {connection.destination.address}:{connection.port}: {said}"
