"""AllowedPattern: a parameter's text against the expression that its template gives.

RE2 decides, in linear time. AWS's engine is Java's, whose look-around and back-references RE2 does not have; templates
use them (`^(?!-)…`), so an expression of that kind is tried by Python's engine, for a second, in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence

from netflux import expressions
from netflux.cloudformation import bounded
from netflux.cloudformation.bounded import Bounds, Failed, Overrun
from netflux.cloudformation.syntax import malformed
from netflux.errors import AwsError

Tried = Mapping[tuple[str, str], bool]
"""What was found out beforehand: whether the pattern fits the text."""

_BOUNDS = Bounds(1.0, 256 * 2**20)
_PATIENCE = 4.0
"""Real seconds for all expressions of one call, the wait for other calls' among them."""
_AT_ONCE = 2
_TRY = """
import json, re
asked = json.load(sys.stdin)
try:
    pattern = re.compile(asked["pattern"])
except (re.error, RecursionError, OverflowError) as error:
    print(json.dumps({"error": str(error)}))
else:
    print(json.dumps({"fits": [pattern.fullmatch(text) is not None for text in asked["texts"]]}))
"""


class Untried(Exception):
    """A pattern that RE2 can't run; `Trials.attempt` finds out, and the caller asks again."""

    def __init__(self, pattern: str, texts: Sequence[str]) -> None:
        super().__init__(pattern)
        self.pattern = pattern
        self.texts = tuple(texts)


def fits(pattern: str, texts: Sequence[str], tried: Tried) -> bool:
    """Whether the pattern fits each text. Raises Untried when RE2 doesn't have what it needs."""
    if "&&" not in pattern:  # an intersection in Java's classes, and text in RE2's
        try:
            expression = expressions.compiled(pattern)
        except expressions.Invalid:
            pass
        else:
            return all(expression.fullmatch(text) is not None for text in texts)
    if any((pattern, text) not in tried for text in texts):
        raise Untried(pattern, texts)
    return all(tried[pattern, text] for text in texts)


class Trials:
    """Runs what RE2 can't, a few at once."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)

    async def attempt(self, untried: Untried) -> Tried:
        """What comes out.

        Raises AwsError ValidationError when the pattern is none, or isn't decided in time, and ThrottlingException
        when other calls' patterns keep it waiting.
        """
        asked = json.dumps({"pattern": untried.pattern, "texts": untried.texts}).encode()
        try:
            async with asyncio.timeout(_PATIENCE), self._free:
                answer = json.loads(await bounded.run(_TRY, (), asked, _BOUNDS))
        except TimeoutError as error:
            raise AwsError("ThrottlingException", "Rate exceeded: other calls' AllowedPatterns are tried.") from error
        except (Overrun, Failed) as error:
            raise _undecided(untried.pattern, error) from error
        if "error" in answer:
            raise malformed(
                f"the AllowedPattern {_short(untried.pattern)} is no regular expression that Netflux can run: "
                f"{answer['error']}"
            )
        return {(untried.pattern, text): fit for text, fit in zip(untried.texts, answer["fits"], strict=True)}


def _undecided(pattern: str, error: Exception) -> AwsError:
    why = expressions.beyond(pattern)
    said = f"it has {why}, which can only be tried" if why else "it can only be tried"
    return AwsError(
        "ValidationError",
        f"Template error: whether the AllowedPattern {_short(pattern)} fits was not decided within {error}: {said}. "
        "Write it without, or with fewer repetitions inside repetitions.",
    )


def _short(pattern: str) -> str:
    return pattern if len(pattern) <= 200 else f"{pattern[:200]}…"
