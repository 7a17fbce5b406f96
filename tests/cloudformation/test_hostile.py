"""Templates that nobody should send are answered in time, by their names, while others are served."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from netflux.errors import AwsError
from tests.cloudformation.hostile import Case, cases

_EACH = 12
_PROMPT = 5.0
_LAG = 0.25
_MEGABYTES = 256


@asynccontextmanager
async def lags() -> AsyncIterator[list[float]]:
    """How late the event loop came to a task that wants it every 5 ms, as far as this process is the reason.

    Other tests may have the machine: what holds the loop is work of this process, and not its wait for a processor.
    """
    found = [0.0]

    async def tick() -> None:
        while True:
            work, began, waited = time.process_time(), time.monotonic(), _waited()
            await asyncio.sleep(0.005)
            took = time.monotonic() - began - (_waited() - waited)
            found.append(min(time.process_time() - work, took))

    task = asyncio.create_task(tick())
    yield found
    task.cancel()


def _waited() -> float:
    """Seconds for which threads of this process were ready to run and had no processor (proc(5), schedstat)."""
    total = 0
    for thread in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            total += int((thread / "schedstat").read_text().split()[1])
    return total / 1e9


async def _refusal(cloud: Any, case: Case) -> AwsError | None:
    """The refusal; None where the template is accepted, and the stack it made is gone again."""
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in case.parameters.items()]
    try:
        answer = await cloud.cf("CreateStack", StackName="hostile", TemplateBody=case.body, Parameters=given)
    except AwsError as error:
        return error
    await cloud.settled(answer["StackId"])
    await cloud.cf("DeleteStack", StackName="hostile")
    assert (await cloud.settled(answer["StackId"]))["StackStatus"] == "DELETE_COMPLETE"
    return None


@pytest.mark.parametrize("seed", range(2))
async def test_hostile_templates_are_refused_in_time_by_their_names(cloud: Any, seed: int) -> None:
    found = list(cases(seed, _EACH))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with lags() as late:
        for case in found:
            began = time.monotonic()
            refused = await _refusal(cloud, case)
            assert time.monotonic() - began < _PROMPT, (case.kind, case.body[:300])
            message = refused.message if refused else ""
            assert case.words in message, (case.kind, message[:500], case.body[:300])
            assert refused is None or refused.status < 500, (case.kind, message[:500], case.body[:300])
    assert max(late) < _LAG
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < _MEGABYTES
    assert len(found) > 150
