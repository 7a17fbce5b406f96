"""The loop: a key at a time, again when asked during a pass, back-off on errors, no controller stops another."""

import asyncio
from collections.abc import Callable, Sequence

from netflux.clock import Clock
from netflux.errors import Retryable, Terminal
from netflux.reconcile.controller import Result
from netflux.reconcile.loop import Loop


class Recording:
    """Does what its script says, pass by pass."""

    def __init__(self, *script: Result | Exception, name: str = "thing") -> None:
        self.name = name
        self.script = list(script)
        self.passes = 0
        self.inside = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def keys(self) -> Sequence[str]:
        return ["a"]

    async def reconcile(self, key: str) -> Result:
        assert self.inside == 0
        self.inside += 1
        self.passes += 1
        step = self.script.pop(0) if self.script else Result()
        await self.gate.wait()
        self.inside -= 1
        if isinstance(step, Exception):
            raise step
        return step


async def until(condition: Callable[[], bool], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  (the loop under test has no event to wait for)
            await asyncio.sleep(0)


async def test_it_begins_with_a_pass_over_everything() -> None:
    controller = Recording()
    loop = Loop(Clock(), [controller])
    loop.start()
    await until(lambda: controller.passes == 1)
    await loop.stop()


async def test_changes_that_come_together_share_a_pass_which_begins_after_whoever_told_of_them() -> None:
    controller = Recording()
    loop = Loop(Clock(), [controller])
    loop.start()
    await until(lambda: controller.passes == 1)
    for key in (None, "a", None, "b", "a"):
        loop.poke_soon("thing", key)
        await asyncio.sleep(0)
    loop.poke_soon("nobody", "a")
    assert controller.passes == 1
    assert controller.inside == 0
    await until(lambda: controller.passes == 3)
    loop.poke_soon("thing", "a")
    await until(lambda: controller.passes == 4)
    await loop.stop()


async def test_a_poke_during_a_pass_asks_for_another_after_it() -> None:
    controller = Recording()
    controller.gate.clear()
    loop = Loop(Clock(), [controller])
    loop.start()
    await until(lambda: controller.inside == 1)
    for _ in range(5):
        loop.poke("thing", "a")
    controller.gate.set()
    await until(lambda: controller.passes == 2 and controller.inside == 0)
    await loop.stop()
    assert controller.passes == 2


async def test_a_requeue_counts_simulated_seconds() -> None:
    controller = Recording(Result(requeue_after=1000.0))
    loop = Loop(Clock(speed=100_000), [controller])
    loop.start()
    await until(lambda: controller.passes >= 2)
    await loop.stop()


async def test_a_retryable_failure_is_shown_and_tried_again_until_it_succeeds() -> None:
    controller = Recording(Retryable("a: no answer"), Retryable("a: no answer"))
    loop = Loop(Clock(speed=1000), [controller])
    loop.start()
    await until(lambda: ("thing", "a") in loop.failures())
    assert loop.failures()["thing", "a"].message == "a: no answer"
    await until(lambda: controller.passes >= 3 and not loop.failures())
    await loop.stop()


async def test_a_terminal_failure_waits_for_a_change() -> None:
    controller = Recording(Terminal("a: unknown engine"))
    loop = Loop(Clock(), [controller])
    loop.start()
    await until(lambda: ("thing", "a") in loop.failures())
    assert loop.failures()["thing", "a"].terminal
    assert controller.passes == 1
    loop.poke("thing", "a")
    await until(lambda: not loop.failures())
    await loop.stop()


async def test_an_unexpected_error_in_one_controller_leaves_the_others_running() -> None:
    broken = Recording(*[ValueError("boom")] * 100, name="broken")
    sound = Recording(name="sound")
    loop = Loop(Clock(), [broken, sound])
    loop.start()
    await until(lambda: ("broken", "a") in loop.failures() and sound.passes == 1)
    loop.poke("sound", "a")
    await until(lambda: sound.passes == 2)
    await loop.stop()
