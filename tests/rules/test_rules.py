"""Each request of the tables is refused with AWS's code, and nothing on the disk has changed."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import AsyncIterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import tests.rules
from netflux.controlplane.apis import Apis
from netflux.errors import AwsError
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule, filled

SERVICES = [
    importlib.import_module(f"tests.rules.{module.name}")
    for module in pkgutil.iter_modules(tests.rules.__path__)
    if module.name not in ("rule", "test_rules")
]
"""Modules with SERVICE, RULES, `register(plane, apis)` and a coroutine `prepare(apis)` that answers ids by name."""


class Prepared:
    """A region with what the rules of one service are about."""

    def __init__(self, plane: Plane, apis: Apis, names: dict[str, str]) -> None:
        self.plane, self.apis, self.names = plane, apis, names

    def on_disk(self) -> list[Any]:
        return [*self.plane.documents._db.execute("SELECT kind, key, body FROM document ORDER BY kind, key")]


@pytest.fixture(scope="module", params=SERVICES, ids=lambda module: module.__name__.rpartition(".")[2])
def module(request: pytest.FixtureRequest) -> ModuleType:
    found: ModuleType = request.param
    return found


@pytest.fixture
async def prepared(module: ModuleType, tmp_path: Path) -> AsyncIterator[Prepared]:
    plane = Plane(tmp_path)
    apis = await plane.start()
    module.register(plane, apis)
    yield Prepared(plane, apis, await module.prepare(apis))
    plane.stop()


async def test_what_aws_refuses_is_refused(module: ModuleType, prepared: Prepared) -> None:
    rules: list[Rule] = module.RULES
    wrong = [said for rule in rules if (said := await _broken(module.SERVICE, rule, prepared))]
    assert not wrong, "\n".join(wrong)


async def _broken(service: str, rule: Rule, prepared: Prepared) -> str:
    before = prepared.on_disk()
    try:
        await prepared.apis.call(service, rule.call, filled(rule.params, prepared.names))
    except AwsError as error:
        if prepared.on_disk() != before:
            return f"{rule.call} ({rule.rule}): refused, and something was changed"
        if error.code == rule.code and rule.says in error.message:
            return ""
        return f"{rule.call} ({rule.rule}): {error.code} {error.message!r} instead of {rule.code} {rule.says}"
    return f"{rule.call} ({rule.rule}): carried out, AWS answers {rule.code}"
