"""cfn-lint over a template, in a process of its own: importing it costs seconds that the region can't wait for.

A verdict depends on the template, the region and cfn-lint's version alone, so it is kept under their hash.
`python -m netflux.cloudformation.lint FILE…` fills the same cache beforehand.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.metadata
import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from netflux.cloudformation import bounded
from netflux.cloudformation.bounded import Bounds, Failed, Overrun
from netflux.errors import AwsError

BOUNDS = Bounds(60.0, 2 * 2**30)
"""A template of AWS's largest size takes cfn-lint ten seconds and half a gigabyte of addresses."""
_AT_ONCE = 2
"""Linters that run at a time; each takes a processor and 180 MB."""

_LEFT = ("E1041", "E3062", "E3690", "E3691")
"""What AWS decides when it makes the resource, and not by the template: a role's name where its ARN is the custom, the
classes and engine versions of databases. Here too, the API says what there is.
"""

_CHILD = """
import json
from cfnlint.api import lint
from cfnlint.config import ManualArgs
region = sys.argv[1]
left = sys.argv[2].split(",")
found = lint(sys.stdin.read(), config=ManualArgs(regions=[region], ignore_checks=["W", "I", *left]))
print(json.dumps([{"rule": m.rule.id, "line": m.linenumber, "message": m.message} for m in found]))
"""


@dataclass(frozen=True)
class Finding:
    """An error that cfn-lint found; `line` counts from 1."""

    rule: str
    line: int
    message: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.message} ({self.rule})"


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
        self._folders = folders or (cache_folder(),)
        self._running: dict[str, asyncio.Task[list[Finding]]] = {}
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._off = False

    @classmethod
    def none(cls) -> Linter:
        """One that finds nothing, for a region that must not spend the time."""
        linter = cls()
        linter._off = True
        return linter

    async def findings(self, body: str, region: str) -> list[Finding]:
        """The template's errors. Raises AwsError when the linter itself fails."""
        if self._off:
            return []
        key = _key(body, region)
        known = self._known(key)
        if known is not None:
            return known
        self.begin(body, region)
        return await asyncio.shield(self._running[key])

    def begin(self, body: str, region: str) -> None:
        """Starts on a template whose verdict will be wanted, so that it is there when it is."""
        key = _key(body, region)
        if not self._off and key not in self._running and self._known(key) is None:
            self._running[key] = task = asyncio.create_task(self._lint(body, region, key))
            task.add_done_callback(lambda done: self._forget(key, done))

    def _forget(self, key: str, done: asyncio.Task[list[Finding]]) -> None:
        """Whoever waits has the task still; an error that nobody waits for is found again by who asks next."""
        self._running.pop(key, None)
        if not done.cancelled():
            done.exception()

    async def stop(self) -> None:
        """Ends the children."""
        for task in self._running.values():
            task.cancel()
        await asyncio.gather(*self._running.values(), return_exceptions=True)
        self._running.clear()

    async def check(self, body: str, region: str) -> None:
        """Raises AwsError ValidationError listing every error with its line."""
        found = await self.findings(body, region)
        if found:
            raise AwsError("ValidationError", "Template validation error:\n" + "\n".join(str(each) for each in found))

    def _known(self, key: str) -> list[Finding] | None:
        for folder in self._folders:
            path = folder / f"{key}.json"
            try:
                return [Finding(**each) for each in json.loads(path.read_text())]
            except FileNotFoundError:
                continue
            except (ValueError, TypeError, OSError):
                continue
        return None

    def _keep(self, key: str, found: list[Finding]) -> None:
        """A verdict that can't be kept is only made again the next time."""
        for folder in self._folders:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                draft = folder / f".{key}.{os.getpid()}"
                draft.write_text(json.dumps([asdict(each) for each in found]))
                draft.rename(folder / f"{key}.json")
            except OSError:
                continue
            return

    async def _lint(self, body: str, region: str, key: str) -> list[Finding]:
        try:
            async with self._free:
                out = await bounded.run(_CHILD, (region, ",".join(_LEFT)), body.encode(), BOUNDS)
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
        found = [Finding(**each) for each in json.loads(out)]
        self._keep(key, found)
        return found


def _key(body: str, region: str) -> str:
    version = importlib.metadata.version("cfn-lint")
    return hashlib.sha256(f"{version}\0{','.join(_LEFT)}\0{region}\0{body}".encode()).hexdigest()


async def _warm(paths: list[str]) -> int:
    linter = Linter()
    region = os.environ.get("AWS_REGION", "us-east-1")
    bad = 0
    for path in paths:
        body = await asyncio.to_thread(Path(path).read_text)
        for finding in await linter.findings(body, region):
            bad = 1
            sys.stderr.write(f"{path}: {finding}\n")
    return bad


if __name__ == "__main__":
    raise SystemExit(asyncio.run(_warm(sys.argv[1:])))
