"""What happened in the region, for EventBridge's default bus: told by the service where it happens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Happening:
    """An event of a service's own.

    Attributes:
        source: e.g. `aws.ecs`.
        kind: EventBridge's detail-type.
        detail: JSON's types.
        resources: ARNs.
    """

    source: str
    kind: str
    detail: Mapping[str, Any]
    resources: tuple[str, ...] = ()


class Happenings:
    """Takes happenings, in the transaction of whoever tells them.

    Attributes:
        listener: gets each one.
    """

    def __init__(self) -> None:
        self.listener: Callable[[Happening], None] = lambda _: None

    def tell(self, happening: Happening) -> None:
        """Something has happened."""
        self.listener(happening)
