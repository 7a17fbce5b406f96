"""The models in memory. botocore has 439 services, whose models are half a gigabyte as Python objects: those that the
cloud serves stay once they were read, and of the others the ones that were asked for last.

moto's core keeps all that it has ever read; it is given these functions before any of its modules imports its own.
"""

from __future__ import annotations

import re
import threading
from collections import OrderedDict
from collections.abc import Iterable

from botocore.exceptions import DataNotFoundError, UnknownServiceError
from moto.core import utils
from moto.core.loaders import create_loader
from moto.core.model import ServiceModel

MOST = 160
"""Models of services that are not kept for good: as many as moto has something of. Reading one takes 0.1 s."""
_NAME = re.compile("[a-z0-9-]{1,64}")

_lock = threading.Lock()
_for_good: set[str] = set()
_models: OrderedDict[str, ServiceModel] = OrderedDict()


def keep(services: Iterable[str]) -> None:
    """From now on the models of these services stay in memory."""
    _for_good.update(services)


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
            del _models[one]
    return found


def _read(service: str) -> ServiceModel:
    if not _NAME.fullmatch(service):
        raise LookupError(service)
    try:
        # A loader of its own: each keeps all that it has read.
        return ServiceModel(create_loader().load_service_model(service, "service-2"), service)
    except (UnknownServiceError, DataNotFoundError) as error:
        raise LookupError(service) from error


utils.get_service_model = get
