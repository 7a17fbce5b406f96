"""Packages whose own `__init__` imports several times what we use of their parts.

`import moto.core.model` first runs `moto/__init__` and `moto/core/__init__`, which import boto3, s3transfer, responses
and requests for decorators that nothing here uses; `import aiohttp.web` first runs aiohttp's client and builds its TLS
contexts. That is 0.5 s of 0.9 s before the gateway could open. A package that is `deferred` exists for the import
system, so its modules can be imported; its `__init__` runs in the same module object when somebody first asks the
package itself for a name, exactly as if it had been imported then.
"""

from __future__ import annotations

import functools
import importlib.machinery
import importlib.util
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

_VERSIONED = frozenset(["aiohttp", "urllib3"])
"""Their own modules read the package's version, which is all that they take from it besides other modules."""


def defer(name: str) -> None:
    """From now on the package is imported piece by piece; one that is imported already stays as it is."""
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    module = importlib.util.module_from_spec(spec)
    if name in _VERSIONED and spec.origin is not None:
        vars(module)["__version__"] = _version(Path(spec.origin))
    vars(module)["__getattr__"] = lambda attribute: _ask(module, spec, attribute)
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def _version(file: Path) -> str:
    """As the package's text has it: asking the import system for it takes longer than reading the package."""
    found = re.search(r"^__version__ = [\"']([^\"']+)", file.read_text(), re.MULTILINE)
    return found[1] if found else ""


def prepare_moto() -> None:
    """Completes moto, on the thread that uses it, before its backends are imported.

    moto makes boto3 sessions to list regions, four of them for EC2, and each session parses EC2's model, 0.1 s of it,
    anew: they share one loader, which is made for that and keeps what it has read.
    """
    import botocore.session

    if not isinstance(botocore.session.create_loader, functools._lru_cache_wrapper):
        botocore.session.create_loader = functools.cache(botocore.session.create_loader)
    for name in ("moto", "moto.core"):
        module = sys.modules[name]
        if "__getattr__" in vars(module) and module.__spec__ is not None:
            _run(module, module.__spec__)
    from moto.core import utils

    if not isinstance(utils.get_service_model, _Models):
        utils.get_service_model = _Models(utils.get_service_model.__wrapped__)


class _Models:
    """moto's models of the services that were asked for last: it would keep all of them, half a gigabyte."""

    def __init__(self, made: Any) -> None:
        self._known = functools.lru_cache(maxsize=40)(made)

    def __call__(self, service: str) -> Any:
        return self._known(service)


def _ask(module: ModuleType, spec: importlib.machinery.ModuleSpec, attribute: str) -> Any:
    """A name that the bare package lacks: a module of it is the import system's to find, all else its `__init__`'s."""
    if importlib.machinery.PathFinder.find_spec(f"{spec.name}.{attribute}", spec.submodule_search_locations) is None:
        _run(module, spec)
        if attribute in vars(module):
            return vars(module)[attribute]
    raise AttributeError(f"module {spec.name!r} has no attribute {attribute!r}")


def _run(module: ModuleType, spec: importlib.machinery.ModuleSpec) -> None:
    vars(module).pop("__getattr__", None)
    if spec.loader is not None:
        spec.loader.exec_module(module)
