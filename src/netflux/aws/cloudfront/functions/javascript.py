"""Runs a CloudFront function's code in QuickJS: an engine of its own for each call, bounded in time and memory.

Developer Guide, "JavaScript runtime 2.0 features for CloudFront Functions" and "Restrictions on CloudFront Functions".
"""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

SECONDS = 0.05
"""Of processor time that a call may take. AWS ends a function after about a millisecond on its own machines; the limit
here is for what never ends."""
_MEMORY = 8 * 1024 * 1024
"""Bytes: AWS's 2 MB are of its own engine; QuickJS's objects and the prelude need more."""
_STACK = 256 * 1024
_MOST_JOBS = 10_000
_IMPORT = re.compile(r"^\s*import\s+(\w+)\s+from\s+(['\"])([\w:-]+)\2\s*;?", re.MULTILINE)
_CALL = """
__run(__event, (event) => {
  if (typeof handler !== 'function') throw new Error('handler is not defined');
  return handler(event);
})
"""


@dataclass(frozen=True)
class Ran:
    """What came of a call.

    Attributes:
        value: what the handler returned, out of JSON.
        error: why there is none; empty where there is one.
        logs: what it wrote by `console.log`.
        used: processor time, as a share of what it may take.
    """

    value: Any = None
    error: str = ""
    logs: tuple[str, ...] = ()
    used: float = 0.0


def run(code: str, event: dict[str, Any]) -> Ran:
    """Calls the code's `handler` with an event."""
    begun = time.process_time()
    try:
        found = _called(code, json.dumps(event))
    except _failures() as failure:
        found = {"error": _told(str(failure))}
    used = min(1.0, (time.process_time() - begun) / SECONDS)
    error = "" if "value" in found else str(found["error"])
    return Ran(found.get("value"), error, tuple(found.get("lines", ())), used)


def problem(code: str) -> str:
    """Why the code can't be taken; empty where it can."""
    try:
        _engine(code)
    except _failures() as failure:
        return _told(str(failure))
    return ""


def _called(code: str, event: str) -> dict[str, Any]:
    engine = _engine(code)
    engine.set("__event", event)
    engine.eval(_CALL)
    jobs = 0
    while jobs < _MOST_JOBS and engine.execute_pending_job():
        jobs += 1
    found: dict[str, Any] = json.loads(engine.eval("__outcome()"))
    return found


def _engine(code: str) -> Any:
    import quickjs  # what most regions never need

    engine = quickjs.Context()
    engine.set_memory_limit(_MEMORY)
    engine.set_max_stack_size(_STACK)
    engine.set_time_limit(SECONDS)
    engine.eval(_source("prelude"))
    if "crypto" in code:
        engine.eval(_source("crypto"))
    engine.eval(_IMPORT.sub(r"const \1 = require('\3');", code))
    return engine


@cache
def _source(name: str) -> str:
    return Path(__file__).with_name(f"{name}.js").read_text()


def _failures() -> tuple[type[Exception], ...]:
    import quickjs

    return (quickjs.JSException, ValueError, RecursionError)


def _told(message: str) -> str:
    first = message.strip().splitlines()[0] if message.strip() else "null"
    return {
        "InternalError: interrupted": "The function exceeded its time.",
        "null": "The function exceeded its memory.",
    }.get(first, first)
