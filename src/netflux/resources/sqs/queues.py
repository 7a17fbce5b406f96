"""The tables of queues and messages: sending, receiving and deleting, for SQS and for who sends to queues."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from netflux.clock import Clock
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.table import Change
from netflux.resources.sqs.checks import check
from netflux.resources.sqs.message import (
    DEDUPLICATION,
    DELIVERY,
    MESSAGE,
    Deduplication,
    Delivery,
    Draft,
    Message,
    Value,
    attempt_key,
)
from netflux.resources.sqs.queue import DELETED, MOVE_TASK, QUEUE, Queue, absent
from netflux.resources.sqs.shelf import Shelf

INTERVAL = 300
"""Simulated seconds for which deduplication ids and receive request attempts count ("Exactly-once processing in Amazon
SQS", Amazon SQS Developer Guide)."""
_SWEPT = 100
"""Records of messages that were kept long enough, deleted by one call."""


@dataclass(frozen=True)
class Sent:
    """What a sender is told of a message.

    Attributes:
        sequence: of a FIFO queue's message; 0 otherwise.
    """

    id: str
    sequence: int


@dataclass(frozen=True)
class Wanted:
    """What a receiver asks for.

    Attributes:
        most: messages.
        visibility: simulated seconds for which others don't see them; None for the queue's.
        attempt: the same one again gets the same messages, of a FIFO queue; empty for none.
    """

    most: int = 1
    visibility: int | None = None
    attempt: str = ""


Received = tuple[Message, Delivery]


class Queues:
    """Queues and messages. Whoever changes something does it in a transaction.

    Args:
        documents: of the region.
        clock: of the region.
    """

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self.documents = documents
        self.queues = documents.table(QUEUE)
        self.messages = documents.table(MESSAGE)
        self.deliveries = documents.table(DELIVERY)
        self.deduplications = documents.table(DEDUPLICATION)
        self.deleted = documents.table(DELETED)
        self.tasks = documents.table(MOVE_TASK)
        self.clock = clock
        self._shelves: dict[str, Shelf] = {}
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self._last = 0
        self._fill()
        documents.watch(self._told)

    def now(self) -> float:
        """Seconds since 1970."""
        return self.clock.now().timestamp()

    def find(self, arn: str) -> Queue | None:
        """The queue of an ARN."""
        found = self.queues.get(arn.rpartition(":")[2])
        return found if found is not None and found.arn == arn else None

    def send(self, arn: str, body: str, attributes: Mapping[str, Value] | None = None, group: str = "") -> Sent:
        """Puts a message of a service's own into a queue.

        Args:
            arn: of the queue.
            body: of the message.
            attributes: of the message.
            group: of a FIFO queue's message, which the queue tells from others by its content.

        Raises:
            AwsError: there is no such queue, or it does not take this message.
        """
        queue = self.find(arn)
        if queue is None:
            raise absent()
        return self.put(queue, Draft(body, attributes or {}, group=group))

    def put(self, queue: Queue, draft: Draft) -> Sent:
        """Puts a message into a queue; one that a FIFO queue has had within five minutes is the same one.

        Raises:
            AwsError: the queue does not take it.
        """
        check(queue, draft)
        now = self.now()
        self._sweep(queue, now)
        deduplication = draft.deduplication
        if queue.fifo:
            deduplication = deduplication or hashlib.sha256(draft.body.encode()).hexdigest()
            known = self.deduplications.get(_deduplication_key(queue, draft.group, deduplication))
            if known is not None and known.until > now:
                return Sent(known.message, known.sequence)
        delay = queue.delay if draft.delay is None else draft.delay
        message = Message(
            id=str(uuid.uuid4()),
            queue=queue.name,
            body=draft.body,
            sent=now,
            available=now + self.clock.real(delay) if delay else now,
            sequence=self._next(now),
            sender=draft.sender,
            attributes=dict(draft.attributes),
            group=draft.group,
            deduplication=deduplication,
            trace=draft.trace,
        )
        self.messages.put(message)
        if not queue.fifo:
            return Sent(message.id, 0)
        key, until = _deduplication_key(queue, draft.group, deduplication), now + self.clock.real(INTERVAL)
        self.deduplications.put(Deduplication(key, queue.name, message.id, message.sequence, until))
        return Sent(message.id, message.sequence)

    def receive(self, queue: Queue, wanted: Wanted) -> list[Received]:
        """Messages that others don't see for a while; those that were received too often become dead letters."""
        now = self.now()
        shelf = self._sweep(queue, now)
        if wanted.attempt:
            again = self._again(queue, wanted, now)
            if again:
                return again
        found: list[Received] = []
        for line in shelf.lines():
            for message, known in self._visible(queue, line, now):
                if self._is_dead(queue, known):
                    self._bury(queue, message, now)
                    continue
                found.append((message, self._deliver(message, known, queue, wanted)))
                if len(found) == wanted.most:
                    return found
        return found

    def in_flight(self, queue: Queue) -> int:
        """Messages that are received and not deleted."""
        return self.shelf(queue).in_flight

    def may_receive(self, queue: Queue) -> bool:
        """Whether a receive would find or change anything; looking costs no transaction."""
        shelf = self.shelf(queue)
        return bool(shelf.gone) or next(iter(shelf.lines()), None) is not None

    def hold(self, delivery: Delivery, until: float) -> None:
        """Nobody else sees a message in flight until that moment."""
        self.deliveries.put(replace(delivery, until=until, attempt=""))

    def counts(self, queue: Queue) -> tuple[int, int, int]:
        """Messages that can be received, those in flight, and those that are delayed."""
        shelf = self.shelf(queue)
        return len(shelf) - shelf.in_flight - shelf.delayed, shelf.in_flight, shelf.delayed

    def remove(self, message: Message) -> None:
        """Deletes a message."""
        self.deliveries.delete(message.id)
        self.messages.delete(message.id)

    def purge(self, queue: Queue) -> None:
        """Deletes all messages of a queue."""
        for message in self.messages.where("queue", queue.name):
            self.remove(message)

    def move(self, message: Message, target: Queue, source: str, now: float) -> None:
        """Puts a message into another queue; a standard queue's goes on being as old as it is, a FIFO queue's begins
        anew ("Using dead-letter queues in Amazon SQS", Amazon SQS Developer Guide).
        """
        self.deliveries.delete(message.id)
        sent = now if target.fifo else message.sent
        moved = replace(message, queue=target.name, sent=sent, available=now, sequence=self._next(now), source=source)
        self.messages.put(moved)

    def shelf(self, queue: Queue) -> Shelf:
        """The order of a queue's messages as it is now."""
        shelf = self._shelves.setdefault(queue.name, Shelf())
        shelf.advance(self.now(), self.clock.real(queue.retention))
        return shelf

    async def arrival(self, name: str, seconds: float) -> None:
        """Returns when a queue may have a message to receive, at the latest after so many real seconds."""
        queue = self.queues.get(name)
        due = self.shelf(queue).due() if queue is not None else None
        if due is not None:
            seconds = min(seconds, max(due - self.now(), 0.0) + 0.001)
        future = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(name, set())
        waiting.add(future)
        try:
            async with asyncio.timeout(seconds):
                await future
        except TimeoutError:
            pass
        finally:
            waiting.discard(future)
            if not waiting and self._waiting.get(name) is waiting:
                del self._waiting[name]

    def _visible(
        self, queue: Queue, line: Sequence[tuple[int, str]], now: float
    ) -> Iterator[tuple[Message, Delivery | None]]:
        """A line's messages that can be received now, the oldest first. The records decide: the shelf may be behind."""
        for _, identity in line:
            message, known = self.messages.get(identity), self.deliveries.get(identity)
            if message is None or message.queue != queue.name:
                continue
            if message.available > now or (known is not None and known.until > now):
                return
            yield message, known

    def _deliver(self, message: Message, known: Delivery | None, queue: Queue, wanted: Wanted) -> Delivery:
        now = self.now()
        seconds = queue.visibility if wanted.visibility is None else wanted.visibility
        delivery = Delivery(
            message=message.id,
            queue=queue.name,
            count=known.count + 1 if known else 1,
            first=known.first if known else now,
            last=now,
            until=now + self.clock.real(seconds),
            token=secrets.token_hex(8),
            attempt=wanted.attempt,
        )
        self.deliveries.put(delivery)
        return delivery

    def _again(self, queue: Queue, wanted: Wanted, now: float) -> list[Received]:
        """The messages of an earlier request with this attempt, where none of them was changed since."""
        found: list[Received] = []
        for delivery in self.deliveries.where("attempt", attempt_key(queue.name, wanted.attempt)):
            message = self.messages.get(delivery.message)
            if message is None or delivery.until <= now or delivery.last + self.clock.real(INTERVAL) <= now:
                return []
            seconds = queue.visibility if wanted.visibility is None else wanted.visibility
            repeated = replace(delivery, until=now + self.clock.real(seconds))
            self.deliveries.put(repeated)
            found.append((message, repeated))
        return found

    def _is_dead(self, queue: Queue, known: Delivery | None) -> bool:
        if queue.redrive is None or known is None or known.count < queue.redrive.most:
            return False
        return self.find(queue.redrive.target) is not None

    def _bury(self, queue: Queue, message: Message, now: float) -> None:
        target = self.find(queue.redrive.target) if queue.redrive else None
        if target is not None:
            self.move(message, target, queue.arn, now)

    def _sweep(self, queue: Queue, now: float) -> Shelf:
        """Deletes records of messages that are too old and of deduplication ids that no longer count."""
        shelf = self.shelf(queue)
        for identity in [*shelf.gone][:_SWEPT]:
            self.deliveries.delete(identity)
            self.messages.delete(identity)
        for key in shelf.deduplications.ended(now):
            self.deduplications.delete(key)
        return shelf

    def _next(self, now: float) -> int:
        self._last = max(self._last + 1, int(now * 1_000_000))
        return self._last

    def _fill(self) -> None:
        for queue in self.queues:
            self._shelves[queue.name] = Shelf()
        for message in self.messages:
            self._shelve(message)
        for delivery in self.deliveries:
            self._hide(delivery)
        for one in self.deduplications:
            self._remember(one)

    def _told(self, changes: Sequence[Change]) -> None:
        """Follows what is on disk, and wakes those who wait for it."""
        wake: dict[str, None] = {}
        for change in changes:
            if change.table == MESSAGE.name:
                self._message_changed(change.before, change.after)
            elif change.table == DELIVERY.name:
                self._delivery_changed(change.before, change.after)
            elif change.table == DEDUPLICATION.name:
                self._deduplication_changed(change.before, change.after)
            elif change.table == QUEUE.name and change.after is None:
                self._shelves.pop(change.key, None)
            else:
                continue
            one = change.after or change.before
            wake[change.key if change.table == QUEUE.name else one.queue] = None
        for name in wake:
            for future in self._waiting.pop(name, ()):
                if not future.done():
                    future.set_result(None)

    def _message_changed(self, before: Message | None, after: Message | None) -> None:
        if before is not None and (after is None or after.queue != before.queue):
            self._at(before.queue).remove(before.id)
        if after is not None:
            self._shelve(after)

    def _delivery_changed(self, before: Delivery | None, after: Delivery | None) -> None:
        if after is not None:
            self._hide(after)
        elif before is not None:
            self._at(before.queue).show(before.message)

    def _deduplication_changed(self, before: Deduplication | None, after: Deduplication | None) -> None:
        if before is not None:
            self._at(before.queue).deduplications.discard(before.until, before.key)
        if after is not None:
            self._remember(after)

    def _shelve(self, message: Message) -> None:
        self._last = max(self._last, message.sequence)
        queue = self.queues.get(message.queue)
        line = message.group if queue is not None and queue.fifo else message.id
        shelf = self._at(message.queue)
        shelf.add(message.id, line, message.sequence, message.sent)
        if message.available > self.now():
            shelf.hide(message.id, message.available, flying=False)

    def _hide(self, delivery: Delivery) -> None:
        self._at(delivery.queue).hide(delivery.message, delivery.until, flying=True)

    def _remember(self, one: Deduplication) -> None:
        self._at(one.queue).deduplications.add(one.until, one.key)

    def _at(self, name: str) -> Shelf:
        return self._shelves.setdefault(name, Shelf())


def _deduplication_key(queue: Queue, group: str, identity: str) -> str:
    return f"{queue.name} {group if queue.scope == 'messageGroup' else ''} {identity}"
