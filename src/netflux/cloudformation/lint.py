"""cfn-lint over a template, in a process of its own: importing it costs seconds that the region can't wait for.

A verdict depends on the template, the region and cfn-lint's version alone, so it is kept under their hash.
`python -m netflux.cloudformation.lint FILE…` fills the same cache beforehand.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import importlib.metadata
import ipaddress
import os
import re
import sys
from pathlib import Path
from typing import Any

from netflux.cloudformation.bounded import Bounds, Failed, Overrun
from netflux.cloudformation.preloaded import Preloaded, Unavailable
from netflux.cloudformation.verdicts import Finding, Verdicts
from netflux.errors import AwsError

BOUNDS = Bounds(45.0, 2 * 2**30)
"""A template that fits into a request takes cfn-lint two seconds at the most."""
LARGE_BOUNDS = Bounds(120.0, 2 * 2**30)
"""One of AWS's largest size, 500 resources and 12,000 rules of security groups in 1 MB, takes 40 s."""
LARGE = 51_200
"""Characters; only one template above them is linted at a time, so that the others need not wait for it."""
_AT_ONCE = 2
"""Templates that are linted at a time; each takes a processor."""
_IDLE = 20.0
"""Seconds after the last template until cfn-lint's 140 MB are given back."""
_PATIENCE = 50.0
"""Seconds until who waits for a verdict is told to come back: less than a call's deadline, more than one template's."""
_ROOM = 32 * 2**20
"""Characters of all templates that wait."""
_PROGRAM = "netflux.cloudformation.linting"

_LEFT = ("E1010", "E1029", "E1041", "E3062", "E3510", "E3512", "E3513", "E3530", "E3688", "E3690", "E3691", "E6101")
"""What AWS decides when it makes the resource, and not by the template: a role's name where its ARN is the custom, the
classes and engine versions of databases, policy documents (`Effect: ALLOW`, an empty Sid twice), a rule's ports, which
protocol -1 ignores. Here too, the API says what there is. Attributes of resources are judged by `validate`, and outputs
by the engine once they are evaluated: the linter takes a wait condition's Data, which is text, for an object. A text
with `${Name}` outside of Fn::Sub is a text.
"""
_FORM = 2
"""Of what `linting` does; another one where a verdict of before may not stand."""
_BLOCK = re.compile("'([^']+)' is not a 'ipv4-network'")


def cache_folder() -> Path:
    """Where verdicts are kept for all states of this user: `$XDG_CACHE_HOME/netflux/lint`."""
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "netflux" / "lint"


class Linter:
    """Lints templates, each only once.

    Args:
        folders: where verdicts are looked for; new ones go into the first that can be written.
    """

    def __init__(self, *folders: Path) -> None:
        self._verdicts = Verdicts(folders or (cache_folder(),))
        self._program = Preloaded(_PROGRAM, _IDLE)
        self._running: dict[str, asyncio.Task[list[Finding]]] = {}
        self._waiting = 0
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._large = asyncio.Semaphore(1)
        self._off = False
        self._stopping = False

    @classmethod
    def none(cls) -> Linter:
        """One that finds nothing, for a region that must not spend the time."""
        linter = cls()
        linter._off = True
        return linter

    async def findings(self, body: str, region: str) -> list[Finding]:
        """The template's errors.

        Raises AwsError ValidationError when cfn-lint fails on this template; Throttling when too much waits for it, who
        asks again finds the verdict; and ServiceUnavailable when it can't be run, or the region stops.
        """
        if self._off:
            return []
        key = _key(body, region)
        known = self._verdicts.known(key)
        if known is not None:
            return known
        if self._stopping:
            raise _stops()
        if key not in self._running and self._waiting + len(body) > _ROOM:
            raise _throttled()
        task = self._begin(body, region, key)
        await asyncio.wait((task,), timeout=_PATIENCE)
        if not task.done():
            raise _throttled()
        if task.cancelled():
            raise _stops()
        return task.result()

    def begin(self, body: str, region: str) -> None:
        """Starts on a template whose verdict will be wanted, so that it is there when it is."""
        key = _key(body, region)
        if not self._off and not self._stopping and self._verdicts.known(key) is None:
            self._begin(body, region, key)

    def _begin(self, body: str, region: str, key: str) -> asyncio.Task[list[Finding]]:
        if key in self._running:
            return self._running[key]
        self._running[key] = task = asyncio.create_task(self._lint(body, region, key))
        self._waiting += len(body)
        task.add_done_callback(lambda done: self._forget(key, len(body), done))
        return task

    def _forget(self, key: str, length: int, done: asyncio.Task[list[Finding]]) -> None:
        """Whoever waits has the task still; an error that nobody waits for is found again by who asks next."""
        self._running.pop(key, None)
        self._waiting -= length
        if not done.cancelled():
            done.exception()

    async def stop(self) -> None:
        """Ends cfn-lint's process; nothing is linted any more."""
        self._stopping = True
        tasks = [*self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._program.stop()

    async def check(self, body: str, region: str) -> None:
        """Raises AwsError ValidationError listing every error with its line."""
        found = await self.findings(body, region)
        if found:
            raise AwsError("ValidationError", "Template validation error:\n" + "\n".join(str(each) for each in found))

    async def _lint(self, body: str, region: str, key: str) -> list[Finding]:
        try:
            answer = await self._ask(body, region)
        except Overrun as error:
            raise AwsError(
                "ValidationError",
                f"Template validation error: cfn-lint was ended, it had no verdict within {error}. Look at what it "
                "stops at with `cfn-lint FILE`, and make nested stacks of the template's parts.",
            ) from error
        except Failed as error:
            raise AwsError(
                "ValidationError", f"Template validation error: cfn-lint failed: {str(error).strip()[-1000:]}"
            ) from error
        except Unavailable as error:
            raise AwsError("ServiceUnavailable", f"cfn-lint could not be run: {error}", 503) from error
        found = [Finding(**each) for each in answer if not _host_bits(each["message"])]
        await asyncio.to_thread(self._verdicts.keep, key, found)
        return found

    async def _ask(self, body: str, region: str) -> list[dict[str, Any]]:
        question = {"body": body, "region": region, "left": _LEFT}
        bounds = LARGE_BOUNDS if len(body) > LARGE else BOUNDS
        async with contextlib.AsyncExitStack() as places:
            if bounds is LARGE_BOUNDS:
                await places.enter_async_context(self._large)
            await places.enter_async_context(self._free)
            found: list[dict[str, Any]] = await self._program.ask(
                question, LARGE_BOUNDS if len(body) > LARGE else BOUNDS
            )
            return found


def _host_bits(message: str) -> bool:
    """Whether it is about a block whose host bits EC2 clears ("CreateVpc"), which is no mistake."""
    block = _BLOCK.search(message)
    if block is None:
        return False
    try:
        ipaddress.IPv4Network(block[1], strict=False)
    except ValueError:
        return False
    return True


def _throttled() -> AwsError:
    return AwsError("Throttling", "Rate exceeded: more templates wait for cfn-lint than it is through with. Try again.")


def _stops() -> AwsError:
    return AwsError("ServiceUnavailable", "The region stops; nothing was changed. Try again when it is up.", 503)


def _key(body: str, region: str) -> str:
    version = importlib.metadata.version("cfn-lint")
    return hashlib.sha256(f"{version}\0{_FORM}\0{','.join(_LEFT)}\0{region}\0{body}".encode()).hexdigest()


async def _warm(paths: list[str]) -> int:
    linter = Linter()
    region = os.environ.get("AWS_REGION", "us-east-1")
    bad = 0
    try:
        for path in paths:
            body = await asyncio.to_thread(Path(path).read_text)
            for finding in await linter.findings(body, region):
                bad = 1
                sys.stderr.write(f"{path}: {finding}\n")
    finally:
        await linter.stop()
    return bad


if __name__ == "__main__":
    raise SystemExit(asyncio.run(_warm(sys.argv[1:])))
