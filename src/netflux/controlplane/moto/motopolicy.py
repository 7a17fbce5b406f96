"""What moto may answer for this cloud.

moto keeps records of 190 services. Of some that is all there is to be true: a key, a table's item, a queued
message is what was put there. Of others the record would claim that something runs, protects or was sent: an
instance is `running`, a cluster `ACTIVE`, a mail has a message id, and nobody does it. Those calls are refused by name.
"""

from __future__ import annotations

import re

from netflux.controlplane.protocol import modelcache, models
from netflux.errors import Unsupported

_ANY = ".*"
_WRITES = {
    "dynamodb": "(Create|Update|Delete)Table|(Put|Update|Delete)Item|Batch.*|Transact.*|Execute.*|(Unt|T)agResource",
    "kms": _ANY,
}  # fmt: skip
"""Of each service whose records are the whole truth, the changing operations that claim no more than a record."""

_EMPTY = re.compile("Describe.*|List.*")
"""Operations that truly find nothing in a service where nothing can be made. Others would make their answers up."""

modelcache.keep(_WRITES)

_OTHERS = frozenset({"s3control"})
"""Services of which moto would tell its own records of things that this cloud keeps itself."""

_INSTEAD = "Its answer would be a record with nothing behind it. Run this part on AWS."


def writes(service: str) -> bool:
    """Whether moto may change anything of the service, so that there is state of it to keep."""
    return service in _WRITES


def check(service: str, operation: str) -> None:
    """Raises Unsupported when moto's answer to the operation would claim what is not so."""
    if service in _OTHERS:
        raise Unsupported(f"{service}:{operation}")
    if service in _WRITES:
        true = not models.changes_state(operation) or re.fullmatch(_WRITES[service], operation)
    else:
        true = _EMPTY.fullmatch(operation)
    if not true:
        raise Unsupported(f"{service}:{operation}", _INSTEAD)
