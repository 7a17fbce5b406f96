"""Collects what HAProxy logs of load balancers, and puts it into their buckets every five minutes."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from netflux.aws.elbv2.accesslog import lines as accesslog
from netflux.aws.elbv2.accesslog.lines import Balancer
from netflux.clock import Clock
from netflux.errors import AwsError
from netflux.haproxy.journal import Journal
from netflux.policy.document import parse
from netflux.policy.evaluate import Decision, Principal, Request, account_root, decide

_log = logging.getLogger(__name__)
PERIOD = 300.0
"""Simulated seconds."""
_OWNER = "127311923021"
"""Elastic Load Balancing's account in us-east-1; user guide, "Enable access logs"."""
_SERVICE = "logdelivery.elasticloadbalancing.amazonaws.com"

Api = Callable[[str, str, Mapping[str, Any]], Awaitable[dict[str, Any]]]


@dataclass
class _Book:
    balancer: Balancer
    bucket: str
    prefix: str
    address: str
    lines: list[str] = field(default_factory=list)


class LogDelivery:
    """The access logs of all load balancers.

    Args:
        call: the region's APIs.
        journal: what HAProxy writes.
        clock: for the five minutes.
        owner: account and region, for the keys.
    """

    def __init__(self, call: Api, journal: Journal, clock: Clock, owner: tuple[str, str]) -> None:
        self._call = call
        self._journal = journal
        self._clock = clock
        self._owner = owner
        self._books: dict[str, _Book] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to collect."""
        self._journal.listen(accesslog.KIND, self._note)
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Delivers what there is and collects no more."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        self._journal.read()
        await self.deliver()

    async def check(self, bucket: str, prefix: str) -> None:
        """AwsError when the bucket's policy does not let the logs in; leaves AWS's test file there.

        Raises:
            AwsError: InvalidConfigurationRequest.
        """
        account = self._owner[0]
        start = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        key = f"{start}AWSLogs/{account}/ELBAccessLogTestFile"
        denied = AwsError(
            "InvalidConfigurationRequest", f"Access Denied for bucket: {bucket}. Please check S3bucket permission"
        )
        try:
            told = await self._call("s3", "GetBucketPolicy", {"Bucket": bucket})
        except AwsError as error:
            raise denied from error
        text = told["Policy"] if isinstance(told["Policy"], str) else json.dumps(told["Policy"])
        policy = parse(text, needs_principal=True)
        askers = (Principal("Service", _SERVICE), account_root(_OWNER))
        asked = [Request(asker, "s3:PutObject", f"arn:aws:s3:::{bucket}/{key}") for asker in askers]
        if Decision.ALLOW not in {decide([policy], request) for request in asked}:
            raise denied
        body = b"Enable AccessLog for ELB succeeded\n"
        await self._call("s3", "PutObject", {"Bucket": bucket, "Key": key, "Body": body})

    def keep(self, identity: str, balancer: Balancer, where: tuple[str, str, str]) -> None:
        """The load balancer of this id logs from now on, or still.

        Args:
            identity: the last part of its ARN.
            balancer: how it is named.
            where: bucket, prefix, and a node's address.
        """
        lines = self._books[identity].lines if identity in self._books else []
        self._books[identity] = _Book(balancer, *where, lines)

    async def end(self, identity: str) -> None:
        """It logs no more: what there is is delivered."""
        book = self._books.pop(identity, None)
        if book is not None:
            await self._put(book)

    async def deliver(self) -> None:
        """Puts what there is into the buckets."""
        for book in [*self._books.values()]:
            await self._put(book)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._clock.real(PERIOD))
            await self.deliver()

    def _note(self, line: str) -> None:
        book = self._books.get(accesslog.balancer_id(line))
        if book is None:
            return
        try:
            book.lines.append(accesslog.entry(line, book.balancer, self._clock.now()))
        except (ValueError, IndexError):
            _log.warning("a line of the access log can't be read: %r", line)

    async def _put(self, book: _Book) -> None:
        """What can't be put is kept for the next time."""
        lines, book.lines = book.lines, []
        if not lines:
            return
        ended = self._clock.now(), book.address, secrets.token_hex(4)
        key = accesslog.key(book.prefix, self._owner, book.balancer.name, ended)
        body = gzip.compress("".join(f"{line}\n" for line in lines).encode())
        try:
            await self._call("s3", "PutObject", {"Bucket": book.bucket, "Key": key, "Body": body})
        except AwsError as error:
            _log.warning("access log of %s: %s", book.balancer.name, error)
            book.lines = lines + book.lines
