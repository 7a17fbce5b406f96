"""Function URLs: HTTPS endpoints of functions."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from netflux.controlplane.records.table import Schema


@dataclass(frozen=True)
class FunctionUrl:
    """One URL.

    Attributes:
        id: the first label of its host name.
        qualifier: alias; empty for `$LATEST`.
        auth: `NONE` or `AWS_IAM`.
        cors: as it was given.
    """

    id: str
    function: str
    qualifier: str
    auth: str
    created: datetime
    modified: datetime
    cors: dict[str, Any] = field(default_factory=dict)


URL = Schema(
    "lambda/url",
    FunctionUrl,
    lambda one: f"{one.function}:{one.qualifier}",
    indices={"function": lambda one: (one.function,), "id": lambda one: (one.id,)},
    remedy="Make it anew: aws lambda create-function-url-config.",
)
