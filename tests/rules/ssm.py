"""What Parameter Store refuses."""

from __future__ import annotations

from typing import Any

from netflux.aws.ssm.api import SsmApi
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "ssm"

_PUT = "PutParameter, AWS Systems Manager API Reference"
_TIERS = "Managing parameter tiers, AWS Systems Manager User Guide"
_NAMES = "Understanding requirements and constraints for parameter names, AWS Systems Manager User Guide"


def _put(**changes: Any) -> dict[str, Any]:
    return {"Name": "new", "Value": "v", "Type": "String", **changes}


RULES = [
    Rule("A standard parameter has 4 KB at most.", "PutParameter", _put(Value="x" * 5120), "ValidationException",
         _TIERS, "4096"),
    Rule("An advanced parameter has 8 KB at most.", "PutParameter", _put(Value="x" * 8193, Tier="Advanced"),
         "ValidationException", _TIERS, "8192"),
    Rule("The bytes of a value count, not its letters.", "PutParameter", _put(Value="é" * 3000),
         "ValidationException", _TIERS),
    Rule("A name has no space.", "PutParameter", _put(Name="a b"), "ValidationException", _NAMES, "Spaces"),
    Rule("A name has letters, digits and four symbols.", "PutParameter", _put(Name="a!b"), "ValidationException",
         _NAMES),
    Rule("A hierarchy begins with a slash.", "PutParameter", _put(Name="a/b"), "ValidationException", _NAMES),
    Rule("A hierarchy has no empty level.", "PutParameter", _put(Name="/a//b"), "ValidationException", _NAMES),
    Rule("A hierarchy has 15 levels at most.", "PutParameter", _put(Name="/a" * 16),
         "HierarchyLevelLimitExceededException", _NAMES),
    Rule("A name does not begin with aws.", "PutParameter", _put(Name="aws-mine"), "ValidationException", _NAMES),
    Rule("A name does not begin with ssm.", "PutParameter", _put(Name="/ssm/mine"), "ValidationException", _NAMES),
    Rule("A parameter is overwritten only where that is asked for.", "PutParameter", _put(Name="kept"),
         "ParameterAlreadyExists", _PUT),
    Rule("A new parameter has a type.", "PutParameter", {"Name": "new", "Value": "v"}, "ValidationException", _PUT),
    Rule("A type is one of three.", "PutParameter", _put(Type="Number"), "ValidationException", _PUT),
    Rule("A value is not empty.", "PutParameter", _put(Value=""), "ValidationException", _PUT),
    Rule("A parameter that is read is there.", "GetParameter", {"Name": "nobody"}, "ParameterNotFound",
         "GetParameter, AWS Systems Manager API Reference"),
    Rule("A parameter that is deleted is there.", "DeleteParameter", {"Name": "nobody"}, "ParameterNotFound",
         "DeleteParameter, AWS Systems Manager API Reference"),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    apis.register(SsmApi(plane.documents, Clock(), apis, plane.keys))


async def prepare(apis: Apis) -> dict[str, str]:
    await apis.call(SERVICE, "PutParameter", _put(Name="kept"))
    return {}
