from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from netflux.cloudformation.bounded import Bounds, Failed, Overrun
from netflux.cloudformation.preloaded import Preloaded, Unavailable

PROGRAM = "tests.cloudformation.obedient"
BOUNDS = Bounds(60.0, 2**30)
TIGHT = Bounds(1.0, 256 * 2**20)


@pytest.fixture
async def program() -> AsyncIterator[Preloaded]:
    program = Preloaded(PROGRAM, 60.0)
    yield program
    await program.stop()


def _gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True


async def until(look: Callable[[], Any]) -> Any:
    end = asyncio.get_running_loop().time() + 10.0
    while not (seen := look()):
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0.01)
    return seen


async def _ends(pid: int) -> None:
    await until(lambda: _gone(pid))


async def _forks(server: int) -> list[int]:
    children = Path(f"/proc/{server}/task/{server}/children")
    return [int(fork) for fork in await until(lambda: children.read_text().split())]


async def who(program: Preloaded) -> tuple[int, int]:
    fork, server = await program.ask({"body": "who"}, BOUNDS)
    return fork, server


async def test_each_question_has_a_process_of_its_own_and_all_one_that_is_loaded(program: Preloaded) -> None:
    told = await asyncio.gather(*(who(program) for _ in range(5)))
    assert len({fork for fork, _ in told}) == 5
    assert len({server for _, server in told}) == 1


@pytest.mark.parametrize(
    ("deed", "error", "words"),
    [
        ("turn", Overrun, "^1 s$"),
        ("sleep", Overrun, "^1 s$"),
        ("grow", Overrun, "^256 MB$"),
        ("crash", Overrun, "^256 MB$"),
        ("leave", Failed, "ended with status 3"),
        ("break", Failed, "broken"),
    ],
)
async def test_what_goes_wrong_with_one_question_is_its_own(
    program: Preloaded, deed: str, error: type[Exception], words: str
) -> None:
    _, server = await who(program)
    with pytest.raises(error, match=words):
        await program.ask({"body": deed}, TIGHT)
    assert (await who(program))[1] == server


async def test_the_largest_questions_and_answers_pass(program: Preloaded) -> None:
    assert await program.ask({"body": "nothing#" + "ä" * 2**20}, BOUNDS) == []


async def test_a_process_that_others_killed_is_started_again(program: Preloaded) -> None:
    _, server = await who(program)
    os.kill(server, signal.SIGKILL)
    assert (await who(program))[1] != server
    with pytest.raises(Unavailable, match="without an answer"):
        await program.ask({"body": "kill"}, BOUNDS)


async def test_a_program_that_cannot_be_loaded_says_why() -> None:
    program = Preloaded("tests.cloudformation.nothing", 60.0)
    with pytest.raises(Unavailable, match=r"No module named .*nothing"):
        await program.ask({}, BOUNDS)


async def test_a_program_that_nobody_asks_leaves() -> None:
    program = Preloaded(PROGRAM, 0.0)
    _, first = await who(program)
    await _ends(first)
    assert (await who(program))[1] != first
    await program.stop()


async def test_stopping_ends_the_program_and_what_it_is_at() -> None:
    program = Preloaded(PROGRAM, 60.0)
    _, server = await who(program)
    asked: asyncio.Task[Any] = asyncio.create_task(program.ask({"body": "sleep"}, BOUNDS))
    forks = await _forks(server)
    asked.cancel()
    began = time.monotonic()
    await program.stop()
    assert time.monotonic() - began < 5
    for pid in (server, *forks):
        await _ends(pid)


async def test_a_program_ends_with_the_region() -> None:
    script = (
        "import asyncio, sys\n"
        "from netflux.cloudformation.bounded import Bounds\n"
        "from netflux.cloudformation.preloaded import Preloaded\n"
        "async def main():\n"
        f"    program = Preloaded({PROGRAM!r}, 60.0)\n"
        "    print(*await program.ask({'body': 'who'}, Bounds(60.0, 2**30)), flush=True)\n"
        "    await program.ask({'body': 'sleep'}, Bounds(60.0, 2**30))\n"
        "asyncio.run(main())\n"
    )
    region = await asyncio.create_subprocess_exec(sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE)
    assert region.stdout is not None
    server = int((await region.stdout.readline()).split()[1])
    forks = await _forks(server)
    region.kill()
    await region.communicate()
    for pid in (server, *forks):
        await _ends(pid)
