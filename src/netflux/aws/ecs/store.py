"""ECS documents: what was accepted, kept whole, and what was observed of it, kept beside.

Times are ISO 8601 strings on disk and aware datetimes in responses. Keys are ARNs.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import kind

Json = dict[str, Any]

CLUSTER, SERVICE, TASK, DEFINITION, FAMILY, SETTING = (
    "ecs.cluster", "ecs.service", "ecs.task", "ecs.task-definition", "ecs.family", "ecs.setting",
)  # fmt: skip
_COPY = "Put a copy of netflux.db back, or make it anew."
_KINDS = (
    kind(CLUSTER, "Make it anew: aws ecs create-cluster.", clusterName=str, clusterArn=str, status=str, settings=list),
    kind(
        SERVICE, "Make it anew: aws ecs create-service.", arn=str, clusterArn=str, name=str, accepted=dict, status=str,
        createdAt=str, deployments=list, events=list,
    ),
    kind(TASK, "Its service starts another one.", task=dict, subnet=str, securityGroups=list),
    kind(DEFINITION, "Register it anew: aws ecs register-task-definition.", family=str, containerDefinitions=list,
         taskDefinitionArn=str, revision=int, status=str),
    kind(FAMILY, "Register a task definition of the family anew.", family=str, latest=int),
)  # fmt: skip
EVENTS_KEPT = 100  # API shape Service: "The event stream for your service. A maximum of 100 of the latest events".


class Store:
    """Typed doors to the documents. Changes are made by `change`, which never awaits between reading and writing.

    Args:
        documents: where they are.
        clock: for timestamps.
    """

    def __init__(self, documents: Documents, clock: Clock) -> None:
        documents.declare(*_KINDS)
        self.documents = documents
        self.clock = clock

    def now(self) -> str:
        """A timestamp."""
        return self.clock.now().isoformat()

    def get(self, kind: str, key: str) -> Json | None:
        """A copy of the document."""
        return self.documents.get(kind, key)

    def put(self, kind: str, key: str, document: Json) -> None:
        """Stores a document."""
        self.documents.put(kind, key, document)

    def all(self, kind: str) -> list[tuple[str, Json]]:
        """All documents of a kind."""
        return [*self.documents.list(kind)]

    def delete(self, kind: str, key: str) -> None:
        """Removes a document."""
        self.documents.delete(kind, key)

    def change(self, kind: str, key: str, how: Callable[[Json], None]) -> Json | None:
        """Applies a function to the document and stores it if that changed it; None when it is not there."""
        with self.documents.transaction():
            document = self.documents.get(kind, key)
            if document is None:
                return None
            before = self.documents.get(kind, key)
            how(document)
            if document != before:
                self.documents.put(kind, key, document)
            return document

    def tasks_of(self, service: str) -> list[Json]:
        """The task documents of a service, oldest first."""
        return [body for _, body in self.all(TASK) if body.get("service") == service]

    def add_event(self, service: Json, message: str) -> None:
        """Puts an event before the others, in the document given."""
        event = {"id": str(uuid.uuid4()), "createdAt": self.now(), "message": message}
        service["events"] = [event, *service.get("events", [])][:EVENTS_KEPT]


def wire(value: Any) -> Any:
    """A document as a response: strings under keys that end in `At` become datetimes."""
    if isinstance(value, dict):
        return {
            key: datetime.fromisoformat(item) if key.endswith("At") and isinstance(item, str) else wire(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [wire(item) for item in value]
    return value
