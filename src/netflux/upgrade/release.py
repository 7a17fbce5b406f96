"""The state of the release before, taken over at the first start: what was moto's becomes records.

Each service reads by moto's own calls, which is why it has to be the moto that wrote the state. Nothing is deleted
before all have read it, and each leaves a record that is there already as it is: a region that is killed meanwhile
begins anew.
"""

from __future__ import annotations

import importlib
import logging
from collections.abc import Sequence

from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.moto.ledger import PREFIX, VERSION
from netflux.controlplane.records.documents import Documents
from netflux.errors import UserError

_log = logging.getLogger(__name__)

SERVICES: Sequence[tuple[str, Sequence[str]]] = (
    ("iam", ("iam", "sts")),
    ("ec2", ("ec2",)),
    ("ec2routes", ("ec2",)),
    ("acm", ("acm",)),
    ("ecr", ("ecr",)),
    ("route53", ("route53",)),
    ("servicediscovery", ("servicediscovery",)),
    ("secretsmanager", ("secretsmanager",)),
    ("rds", ("rds",)),
    ("elbv2", ("elbv2",)),
    ("ssm", ("ssm",)),
    ("cloudwatch", ("cloudwatch",)),
    ("sqs", ("sqs",)),
    ("sns", ("sns",)),
    ("kms", ("kms",)),
)
"""Module of this package, and the services whose state it takes over; what others refer to comes first."""


def due(moto: Moto) -> bool:
    """Whether moto's bytes of a service that has records now are there still, whatever the directory's format."""
    return any(moto.holds(service) for _, services in SERVICES for service in services)


async def take_over(moto: Moto, documents: Documents) -> None:
    """Returns when every service has its records, and moto's bytes of them are gone."""
    for module, services in SERVICES:
        if any(moto.holds(service) for service in services):
            _log.info("the state of %s is taken over from the release before", module)
            await _taken_over(module, moto, documents)
    with documents.transaction():
        for service in [service for _, services in SERVICES for service in services]:
            for key, _ in documents.blobs(f"{PREFIX}{service}/"):
                documents.delete_blob(key)
            documents.delete(VERSION, service)


async def _taken_over(module: str, moto: Moto, documents: Documents) -> None:
    try:
        await importlib.import_module(f"netflux.upgrade.{module}").adopt(moto, documents)
    except Exception as error:
        _log.exception("the state of %s can't be taken over", module)
        raise UserError(
            f"The state of {module} that the release before has left can't be taken over "
            f"({type(error).__name__}: {error}). Nothing of it was deleted.",
            "The release before still reads it. Start anew with --state DIR, or delete it: netflux down --delete.",
        ) from error
