"""Random calls of the services whose records are ours, made in this process without HTTP."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from botocore import xform_name

import tests.rules
from netflux import names
from netflux.controlplane import operation as operations
from netflux.controlplane.apis import Apis
from netflux.controlplane.call import Call
from netflux.controlplane.protocol import constraints, models
from netflux.errors import AwsError
from tests.controlplane.plane import Plane
from tests.mutations.values import Values


@dataclass(frozen=True)
class Made:
    """A call that was accepted."""

    service: str
    operation: str
    params: dict[str, Any]


class Services:
    """The control plane's handlers on a database, called as the kernel calls them: in one transaction.

    Args:
        directory: of the database.
    """

    def __init__(self, directory: Path) -> None:
        self.plane = Plane(directory)
        self._directory = directory

    async def start(self) -> None:
        """Opens the database, with the handlers of every service that has a table of rules."""
        self.apis: Apis = await self.plane.start()
        for module in pkgutil.iter_modules(tests.rules.__path__):
            if module.name not in ("rule", "test_rules"):
                importlib.import_module(f"tests.rules.{module.name}").register(self.plane, self.apis)

    def operations(self) -> list[tuple[str, str]]:
        """Changing operations with a plain handler."""
        found = []
        for service, handlers in self.apis._handlers.items():
            for name in models.service_model(service).operation_names:
                handler = getattr(handlers, xform_name(name), None)
                if handler and models.changes_state(name) and not inspect.iscoroutinefunction(handler):
                    found.append((service, name))
        return found

    def call(self, made: Made) -> dict[str, Any]:
        """Carries the call out; AwsError when it is refused."""
        handler: Any = getattr(self.apis._handlers[made.service], xform_name(made.operation))
        model = models.operation_model(made.service, made.operation)
        constraints.check(made.service, model, made.params)
        declared = operations.declaration(handler)
        if declared is not None:
            declared.check(made.operation, model.input_shape, made.params)
        with self.plane.documents.transaction():
            answer: dict[str, Any] = handler(
                Call(made.service, made.operation, names.REGION, names.ACCOUNT), made.params
            )
        return answer

    def rows(self) -> list[tuple[str, str, str]]:
        """What is on the disk."""
        return [*self.plane.documents._db.execute("SELECT kind, key, body FROM document ORDER BY kind, key")]


def accepted(services: Services, seed: int, tries: int) -> Iterator[Made]:
    """Calls that were accepted and have changed something, of as many operations as the tries reach.

    Each is yielded before it is made, when a rehearsal has accepted it; it is made when the next one is asked for.
    """
    random = Random(seed)
    values, wanted = Values(random), services.operations()
    for _ in range(tries):
        service, operation = random.choice(wanted)
        shape = models.operation_model(service, operation).input_shape
        made = Made(service, operation, {} if shape is None else values.of(shape))
        before = services.rows()
        try:
            with services.plane.documents.rehearsal():
                services.call(made)
                if services.rows() == before:
                    continue
        except (AwsError, KeyError, ValueError, TypeError):
            continue
        yield made
        values.learn(services.call(made))
