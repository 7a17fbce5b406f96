"""Which error of a service's model a code is, and what the model says of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from botocore.model import OperationModel

_SERVER = 500


@dataclass(frozen=True)
class Fault:
    """An error as answers name it.

    Attributes:
        code: of the query protocols and of REST XML.
        name: the shape's, which JSON and CBOR have.
        status: of the answer.
        namespace: before the name in AWS JSON 1.0; empty for none.
        known: the model has it.
    """

    code: str
    name: str
    status: int
    namespace: str = ""
    known: bool = False

    @property
    def blames(self) -> str:
        """Whose fault it is: `Sender` or `Receiver`."""
        return "Receiver" if self.status >= _SERVER else "Sender"


def find(model: OperationModel, code: str) -> Fault:
    """The error of a code: one that the operation has, else one of its service's.

    Args:
        model: the operation.
        code: the shape's name, the code that the model gives it, or one that no model has.
    """
    shape = _named(model.error_shapes).get(code)
    if shape is None:
        service = model.service_model
        shape = vars(service).setdefault("_faults", _named(service.error_shapes)).get(code)
    if shape is None:
        return Fault(code, code, 400)
    told = shape.metadata.get("error") or {}
    status = int(told.get("httpStatusCode") or (_SERVER if shape.metadata.get("fault") else 400))
    return Fault(str(told.get("code") or shape.name), shape.name, status, str(told.get("namespace") or ""), known=True)


def _named(shapes: Iterable[Any]) -> dict[str, Any]:
    """Shapes by all their names; of two with the same one, the first."""
    found: dict[str, Any] = {}
    for shape in shapes:
        told = shape.metadata.get("error") or {}
        for name in (shape.name, told.get("code"), *told.get("codeAliases", ())):
            found.setdefault(name, shape)
    return found
