"""The models in memory. botocore has 439 services, whose models are half a gigabyte as Python objects: those that the
cloud serves stay once they were read, and of the others the ones that were asked for last.

moto's core keeps all that it has ever read; it is given `get` for its own function (`moto/backend.py`).
"""

from __future__ import annotations

import importlib.util
import re
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from botocore.exceptions import DataNotFoundError, UnknownServiceError
from botocore.loaders import Loader
from botocore.model import ServiceModel

from netflux import heap

MOST = 160
"""Models of services that are not kept for good: as many as moto has something of. Reading one takes 0.1 s."""
_IN_USE = 120.0
"""Seconds in which whoever had a model is done with it: calls have 60."""
_NAME = re.compile("[a-z0-9-]{1,64}")

_lock = threading.Lock()
_for_good: set[str] = set()
_leaving: deque[tuple[float, ServiceModel]] = deque()
"""Models that are no longer found, taken apart when nobody can use them any more: a model and its operations refer to
each other, and the garbage collector does not look at them (`heap.tidy_soon`)."""
_models: OrderedDict[str, ServiceModel] = OrderedDict()


def keep(services: Iterable[str]) -> None:
    """From now on the models of these services stay in memory."""
    _for_good.update(services)


def older_name(shape: Any) -> str | None:
    """A member's name in the query protocol of a service that speaks JSON now; of SQS these are known."""
    name: str | None = shape._shape_model.get("locationNameForQueryCompatibility")
    return name


def loaded(service: str) -> bool:
    """Whether asking for the model costs nothing."""
    return service in _models


def get(service: str) -> ServiceModel:
    """The model of a service, by botocore's name of it.

    Raises:
        LookupError: botocore knows no such service.
    """
    found = _models.get(service)
    if found is not None:
        return found
    made = _read(service)
    with _lock:
        found = _models.setdefault(service, made)
        passing = [one for one in _models if one not in _for_good and one != service]
        for one in passing[: max(len(passing) - MOST + 1, 0)]:
            _leaving.append((time.monotonic(), _models.pop(one)))
        while _leaving and time.monotonic() - _leaving[0][0] > _IN_USE:
            _leaving.popleft()[1].__dict__.clear()
    heap.came_to_stay()
    return found


class _Loader(Loader):  # type: ignore[misc]
    """botocore's, with what moto knows besides: names of older protocols, which SQS still speaks, and error codes."""

    BUILTIN_EXTRAS_TYPES: ClassVar[list[str]] = ["moto"]
    asked: tuple[str, ...] = ()

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 (botocore's)
        """Those of which this loader was told: it is made for one, and looking for all 439 takes 20 ms."""
        return [name for name in self.asked if any(Path(path, name).is_dir() for path in self.search_paths)]

    def _find_extras(self, service_name: str, type_name: str, api_version: str) -> Iterator[dict[str, Any]]:
        yield from super()._find_extras(service_name.replace("-", ""), type_name, api_version)


def _loader(service: str) -> _Loader:
    """moto itself is not imported for its files."""
    found = importlib.util.find_spec("moto")
    made = _Loader(extra_search_paths=[*(found.submodule_search_locations or ())] if found else [])
    made.asked = (service,)
    return made


def _read(service: str) -> ServiceModel:
    if not _NAME.fullmatch(service):
        raise LookupError(service)
    try:
        description = _loader(service).load_service_model(service, "service-2")
        return ServiceModel(description, service)
    except (UnknownServiceError, DataNotFoundError) as error:
        raise LookupError(service) from error
