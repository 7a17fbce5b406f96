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
from netflux.cloudformation.intrinsics import UNKNOWN, Environment, Later
from netflux.cloudformation.patterns import Trials, Untried
from netflux.cloudformation.syntax import FORMAT_ERROR
from netflux.cloudformation.template import Template, parse, remembered
from netflux.errors import AwsError

P = ParamSpec("P")
T = TypeVar("T")


class Examiner:
    """The one thread for templates, and the processes for what RE2 can't run.

    Args:
        account: what AWS::AccountId stands for.
    """

    def __init__(self, account: str) -> None:
        self._account = account
        self._thread = ThreadPoolExecutor(1, "templates")
        self._trials = Trials()
        self._stopped = False

    async def beside(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The work's result, once those before it are done. Raises AwsError when the region stops."""
        if self._stopped:
            raise AwsError("ServiceUnavailable", "The region stops; nothing was changed. Try again when it is up.", 503)
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

    async def rehearse(self, template: Template, region: str, stack: str, values: Mapping[str, Any]) -> None:
        """Raises AwsError ValidationError for what AWS says of the template with its parameters, before all else.

        Args:
            stack: its name.
            values: what Ref gives for the parameters.
        """
        await self.beside(_rehearse, template, self.known(region, stack), values)

    def known(self, region: str, stack: str) -> dict[str, str]:
        """The pseudo parameters that are known before a stack is there."""
        return {
            "AWS::AccountId": self._account, "AWS::Partition": "aws", "AWS::Region": region, "AWS::StackName": stack,
            "AWS::URLSuffix": "amazonaws.com",
        }  # fmt: skip

    def stop(self) -> None:
        """Takes no more work; what is waiting is given up."""
        self._stopped = True
        self._thread.shutdown(wait=False, cancel_futures=True)


def _rehearse(template: Template, known: Mapping[str, str], values: Mapping[str, Any]) -> None:
    """Evaluates all that can be before anything is there.

    Raises AwsError ValidationError for functions that are given what they can't be, for what grows too large, for keys
    that a mapping lacks, and for references to resources whose condition is false.

    Args:
        known: pseudo parameters.
    """
    skipped: list[str] = []

    def reference(logical: str) -> Any:
        condition = template.resources[logical].condition
        if condition is not None and not env.holds(condition):
            skipped.append(logical)
        return UNKNOWN

    env = Environment(
        parameters=values,
        pseudo={**dict.fromkeys(validate.PSEUDO, UNKNOWN), **known},
        mappings=template.mappings,
        conditions=template.conditions,
        exports=Later(),
        outputs=lambda _stack: UNKNOWN,
        reference=reference,
        attribute=lambda logical, _name: reference(logical),
    )
    for name in template.conditions:
        env.holds(name)
    for declaration in template.resources.values():
        if declaration.condition is None or env.holds(declaration.condition):
            env.value(declaration.properties)
    if skipped:
        raise validate.unresolved(skipped, "Resources")
    for output in template.outputs.values():
        if "Condition" not in output or env.holds(output["Condition"]):
            env.value(output)
    if skipped:
        raise AwsError("ValidationError", validate.unresolved(skipped, "Outputs").message.removeprefix(FORMAT_ERROR))
