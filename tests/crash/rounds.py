"""Rounds of a whole region: random calls of all services, SIGKILL at a random moment, and what is there after it.

One client makes the calls. After each answer the database is read from outside, as it is on the disk: that much has
been acknowledged. After the kill every row of it is there, but for what the call under way may have changed; after the
restart every reader answers, and answers what it did before where no call was under way.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.behaviours.cloud import Cloud, wait_for
from tests.mutations.storm import Storm

Row = tuple[str, str]
_RESTLESS = ("Stamp", "Time", "Date", "Age", "Last", "ResponseMetadata", "RequestId", "requestId", "nextToken")
"""Parts of names of members that say when something was seen."""
_BOOKS = ("network/", "elbv2/health", "ecs/", "cloudformation/", "ecr/")
"""Tables into which the region writes by itself, while no call is under way."""


@dataclass
class Found:
    """What the rounds have shown.

    Attributes:
        rounds: kills.
        calls: that were answered.
        rows: of the disk that were compared.
        answers: of readers that were compared.
        lost: what was acknowledged, and was not there.
        unreadable: readers that did not answer after a restart.
    """

    rounds: int = 0
    calls: int = 0
    rows: int = 0
    answers: int = 0
    lost: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)


def play(cloud: Cloud, seed: int, rounds: int) -> Found:
    """Kills the running cloud so many times; it runs again at the end."""
    random, found = Random(seed), Found()
    storm = Storm(cloud, seed)
    for number in range(rounds):
        idle = number % 2 == 1
        acknowledged, told = _blow(cloud, storm, random.uniform(0.1, 1.2), idle=idle)
        found.rounds += 1
        after = on_disk(cloud.state / "netflux.db")
        found.rows += len(acknowledged)
        found.lost += [f"round {number}: {row}" for row in _missing(acknowledged, after, idle=idle)]
        cloud.up()
        found.unreadable += [f"round {number}: {one}" for one in storm.unreadable()]
        if told is not None:
            again = _answers(storm)
            found.answers += len(told)
            found.lost += [f"round {number}: {name}" for name, answer in told.items() if again.get(name) != answer]
    found.calls = storm.tried
    return found


def _blow(cloud: Cloud, storm: Storm, seconds: float, *, idle: bool) -> tuple[dict[Row, str], dict[str, Any] | None]:
    """What the disk had when the last call was answered, and what readers said then if the region was killed idle."""
    database, stop = cloud.state / "netflux.db", threading.Event()
    acknowledged: dict[Row, str] = {}

    def call() -> None:
        while not stop.is_set():
            with contextlib.suppress(ClientError, BotoCoreError):
                storm._one()
            if not stop.is_set():
                acknowledged.clear()
                acknowledged.update(on_disk(database))

    client = threading.Thread(target=call)
    client.start()
    time.sleep(seconds)  # the kill is to come at a moment that nothing chose
    told: dict[str, Any] | None = None
    if idle:
        stop.set()
        client.join(60)
        acknowledged.update(_at_rest(database))
        told = _answers(storm)
    else:
        stop.set()
    cloud.kill()
    client.join(60)
    wait_for("the client has seen it", lambda: not client.is_alive(), 30)
    return acknowledged, told


def on_disk(database: Path) -> dict[Row, str]:
    """All rows, as another process reads them."""
    with contextlib.closing(sqlite3.connect(f"{database.as_uri()}?mode=ro", uri=True, timeout=10)) as opened:
        return {(kind, key): body for kind, key, body in opened.execute("SELECT kind, key, body FROM document")}


def _at_rest(database: Path) -> dict[Row, str]:
    """All rows once what the last calls have begun, such as Cloud Map's operations, has ended."""
    seen = on_disk(database)
    for _ in range(20):
        time.sleep(0.2)  # between two looks: nothing tells that the region does nothing
        before, seen = seen, on_disk(database)
        if not [*_missing(before, seen, idle=True), *_missing(seen, before, idle=True)]:
            break
    return seen


def _missing(acknowledged: dict[Row, str], after: dict[Row, str], *, idle: bool) -> Iterator[str]:
    """Rows that are gone or others, by more than one call and the region itself can have made them."""
    changed = [row for row, body in acknowledged.items() if after.get(row) != body and not row[0].startswith(_BOOKS)]
    if idle or len({kind.partition("/")[0] for kind, _ in changed}) > 1:
        yield from (f"{kind} {key}" for kind, key in changed)


def _answers(storm: Storm) -> dict[str, Any]:
    """What each reader that needs no parameter says, without what says when it was seen."""
    found: dict[str, Any] = {}
    for service, model in storm._models.items():
        for operation in model.operation_names:
            shape = model.operation_model(operation).input_shape
            name = f"{service} {operation}"
            if not operation.startswith(("Describe", "List")) or (shape is not None and shape.required_members):
                continue
            if storm.empty.get(name) or service in ("ecs", "cloudformation", "logs", "cloudwatch"):
                continue
            with contextlib.suppress(ClientError, BotoCoreError):
                found[name] = _steady(storm._call(service, operation, {}))
    return found


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _steady(item) for key, item in value.items() if not any(part in str(key) for part in _RESTLESS)}
    if isinstance(value, list):
        return sorted((_steady(item) for item in value), key=repr)
    return value
