"""Queues, as records."""

from __future__ import annotations

from dataclasses import dataclass, field

from netflux.controlplane.records.table import Schema
from netflux.errors import AwsError

LARGEST = 1024 * 1024
"""Bytes of a message or of a batch ("Amazon SQS message quotas", Amazon SQS Developer Guide)."""
PER_QUEUE = "perQueue"


@dataclass(frozen=True)
class Redrive:
    """Where messages go that nobody can process.

    Attributes:
        target: ARN of the dead-letter queue.
        most: times that a message is received before it goes there.
    """

    target: str
    most: int


@dataclass(frozen=True)
class RedriveAllow:
    """Which queues may use this one as their dead-letter queue.

    Attributes:
        permission: `allowAll`, `denyAll` or `byQueue`.
        sources: ARNs, for `byQueue`.
    """

    permission: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Queue:
    """A queue without its messages. Durations are simulated seconds, moments are seconds since 1970.

    Attributes:
        largest: bytes of a message.
        wait: seconds that a receiver waits who does not say how long.
        policy: its resource policy; empty for none.
        content_based: a message without a deduplication id gets its body's hash for one.
        scope: of deduplication ids, `queue` or `messageGroup`.
        throughput: `perQueue` or `perMessageGroupId`.
        key: of KMS; empty for none.
        key_reuse: seconds for which a data key is used again.
        managed: whether SQS's own encryption is on.
        purged: when it was emptied last.
    """

    name: str
    arn: str
    url: str
    created: float
    modified: float
    fifo: bool = False
    delay: int = 0
    largest: int = LARGEST
    retention: int = 345_600
    wait: int = 0
    visibility: int = 30
    policy: str = ""
    redrive: Redrive | None = None
    redrive_allow: RedriveAllow | None = None
    content_based: bool = False
    scope: str = "queue"
    throughput: str = PER_QUEUE
    key: str = ""
    key_reuse: int = 300
    managed: bool = True
    tags: dict[str, str] = field(default_factory=dict)
    purged: float = 0.0


@dataclass(frozen=True)
class Deleted:
    """The name of a queue that was deleted, which can't be given again for a minute."""

    name: str
    at: float


@dataclass(frozen=True)
class MoveTask:
    """A dead-letter queue's messages were moved.

    Attributes:
        source: ARN of the dead-letter queue.
        destination: ARN; empty where each message went back to where it came from.
        moved: how many.
        started: seconds since 1970.
    """

    handle: str
    source: str
    destination: str
    moved: int
    started: float


QUEUE = Schema(
    "sqs/queue",
    Queue,
    lambda queue: queue.name,
    indices={"dead letters": lambda queue: (queue.redrive.target,) if queue.redrive else ()},
    remedy="Make it anew: aws sqs create-queue.",
)
DELETED = Schema("sqs/deleted", Deleted, lambda deleted: deleted.name)
MOVE_TASK = Schema("sqs/movetask", MoveTask, lambda task: task.handle, indices={"source": lambda task: (task.source,)})


def absent() -> AwsError:
    """QueueDoesNotExist."""
    return AwsError("QueueDoesNotExist", "The specified queue does not exist.")
