"""Lists that must answer after a change, or it is not kept: one record that moto takes and can't list would make
a service's list fail for good.
"""

from __future__ import annotations

from collections.abc import Sequence

_LISTS = {
    "kms": ("ListKeys", "ListAliases"),
}
_FREQUENT = ("Encrypt", "Decrypt", "Generate", "Sign", "Verify", "Get")
"""What changes nothing that is listed, and is called often."""


def of(service: str, operation: str) -> Sequence[str]:
    """The lists that are to be tried after the operation."""
    return () if operation.startswith(_FREQUENT) else _LISTS.get(service, ())


def protocol(service: str) -> str:
    """In which a list is asked for."""
    from netflux.controlplane.protocol import models

    return str(models.service_model(service).resolved_protocol)
