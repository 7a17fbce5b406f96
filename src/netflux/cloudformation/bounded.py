"""A Python program in a process of its own, with limits of time and memory, for work whose cost nobody can foretell."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass

_PRELUDE = """
import resource, sys
seconds, memory = int(sys.argv.pop(1)), int(sys.argv.pop(1))
for limit, most in ((resource.RLIMIT_CPU, seconds), (resource.RLIMIT_AS, memory), (resource.RLIMIT_CORE, 0)):
    try:
        resource.setrlimit(limit, (most, most))
    except (ValueError, OSError):
        pass
"""
_SLOW = (-signal.SIGXCPU, -signal.SIGKILL)


@dataclass(frozen=True)
class Bounds:
    """What a program may use.

    Attributes:
        seconds: of real time, and of processor time.
        memory: bytes of address space.
    """

    seconds: float
    memory: int


class Overrun(Exception):
    """The program came to the end of its time or memory, and was ended; the message says of which."""


class Failed(Exception):
    """The program ended with an error; the message is the end of what it said."""


async def run(program: str, arguments: Sequence[str], given: bytes, bounds: Bounds) -> bytes:
    """What the program writes, `given` on its standard input. The process is gone when this returns or is cancelled.

    Raises:
        Overrun: too slow or too large.
        Failed: anything else.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _PRELUDE + program, str(int(bounds.seconds) + 1), str(bounds.memory), *arguments,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(child.communicate(given), bounds.seconds)
    except TimeoutError as error:
        raise Overrun(f"{bounds.seconds:.0f} s") from error
    finally:
        if child.returncode is None:
            child.kill()
            await asyncio.shield(child.wait())
    status = child.returncode or 0
    if status == 0:
        return out
    if status in _SLOW:
        raise Overrun(f"{bounds.seconds:.0f} s")
    said = err.decode(errors="replace")
    if "MemoryError" in said or "memory" in said.rsplit("\n", 2)[-1] or status < 0:
        raise Overrun(f"{bounds.memory // 2**20} MB")
    raise Failed(said[-2000:] or f"it ended with status {status}")
