"""Works on templates beside the event loop, one at a time: a hundred that come at once keep nobody else waiting.

What is done here is bounded by `syntax.LIMITS`, the quotas and the functions' allowance, so that a thread is enough:
a template as large as AWS takes costs half a second of it, and what can't be bounded goes to `bounded`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from netflux.cloudformation import parameters, validate
from netflux.cloudformation.allowance import TooLarge
from netflux.cloudformation.intrinsics import UNKNOWN, Environment
from netflux.cloudformation.patterns import Trials, Untried
from netflux.cloudformation.template import Template, parse, remembered
from netflux.errors import AwsError

P = ParamSpec("P")
T = TypeVar("T")


class Examiner:
    """The one thread for templates, and the processes for what RE2 can't run."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "templates")
        self._trials = Trials()

    async def beside(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The work's result, once those before it are done."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(*args, **kwargs))

    async def read(self, body: str) -> Template:
        """The template of a text. Raises AwsError as `parse` does."""
        known = remembered(body)
        return known if known is not None else await self.beside(parse, body)

    async def values(
        self, template: Template, given: list[dict[str, Any]], previous: Mapping[str, str]
    ) -> dict[str, str]:
        """Each parameter's text. Raises AwsError as `parameters.texts` does, and when a pattern isn't decided."""
        tried: dict[tuple[str, str], bool] = {}
        while True:
            try:
                return await self.beside(parameters.texts, template, given, previous, tried)
            except Untried as untried:
                tried |= await self._trials.attempt(untried)

    async def check(self, template: Template, region: str, values: Mapping[str, str]) -> None:
        """Raises AwsError ValidationError for what AWS says of the template, and for values that grow too large."""
        await self.beside(validate.check, template, region)
        await self.beside(_rehearse, template, region, values)

    def stop(self) -> None:
        """Takes no more work; what is waiting is given up."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _rehearse(template: Template, region: str, values: Mapping[str, str]) -> None:
    """Evaluates all that can be before anything is there. Raises TooLarge; other mistakes are told by who needs it."""
    known = {"AWS::Region": region, "AWS::URLSuffix": "amazonaws.com", "AWS::Partition": "aws"}
    env = Environment(
        parameters=parameters.references(template, values),
        pseudo=dict.fromkeys(validate.PSEUDO, "") | known,
        mappings=template.mappings,
        conditions=template.conditions,
        reference=lambda _logical: UNKNOWN,
        attribute=lambda _logical, _name: UNKNOWN,
    )
    for each in (*template.conditions.values(), *template.resources.values(), *template.outputs.values()):
        try:
            env.value(getattr(each, "properties", each))
        except TooLarge:
            raise
        except AwsError:
            continue
