"""Server access logs: gathered as requests are answered, and put into the target bucket every five minutes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from netflux import names
from netflux.aws.s3 import logline, route
from netflux.aws.s3.access import Guard, Lists, permits
from netflux.aws.s3.asking import Asked
from netflux.aws.s3.logline import Entry
from netflux.aws.s3.policies import read_policy
from netflux.aws.s3.store import Store
from netflux.aws.s3.visits import Seen
from netflux.clock import Clock
from netflux.errors import AwsError
from netflux.policy.evaluate import Principal, Request
from netflux.resources.s3 import ENFORCED, Bucket
from netflux.resources.s3owner import canonical_id

_log = logging.getLogger(__name__)
PERIOD = 300.0
"""Simulated seconds between two deliveries; AWS's come within some hours ["Best-effort server log delivery"]."""
_MOST_KEPT = 100_000
"""Lines of a bucket that wait for a delivery; of more, the newest are lost."""
_SERVICE = Principal("Service", "logging.s3.amazonaws.com")

Put = Callable[[Mapping[str, Any]], Awaitable[object]]


@dataclass(frozen=True)
class _Place:
    account: str
    region: str


class AccessLogs:
    """The logs of all buckets.

    Args:
        store: has the buckets, and says which are logged.
        clock: the region's.
        put: PutObject for the region itself.
    """

    def __init__(self, store: Store, clock: Clock, put: Put) -> None:
        self._store = store
        self._clock = clock
        self._put = put
        self._place = _Place("", "")
        self._lines: dict[str, list[str]] = defaultdict(list)
        self._task: asyncio.Task[None] | None = None

    async def start(self, account: str, region: str) -> None:
        """Begins to deliver."""
        self._place = _Place(account, region)
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Delivers what there is, and no more."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await self.deliver()

    def note(self, request: web.Request, response: web.StreamResponse, seen: Seen) -> None:
        """A request was answered: keeps its line where its bucket is logged."""
        website = names.website_bucket(request.host)
        try:
            where = route.place(request.host, request.raw_path)
        except AwsError:
            return
        bucket = self._store.find_bucket(website or where.bucket)
        if bucket is None or not bucket.logging:
            return
        kept = self._lines[bucket.name]
        if len(kept) < _MOST_KEPT:
            key = request.path.removeprefix("/") if website else where.key
            kept.append(logline.line(self._entry(bucket, key, (request, response, seen), bool(website))))

    def _entry(
        self, bucket: Bucket, key: str, answered: tuple[web.Request, web.StreamResponse, Seen], website: bool
    ) -> Entry:
        request, response, seen = answered
        headers = {name.lower(): value for name, value in request.headers.items()}
        query = dict(request.query)
        authorization = headers.get("authorization", "")
        presigned = "X-Amz-Signature" in query or "Signature" in query
        fourth = authorization.startswith("AWS4") or "X-Amz-Signature" in query
        name = logline.operation(request.method, key, query, headers)
        forwarded = headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return Entry(
            owner=canonical_id(bucket.owner or self._place.account),
            bucket=bucket.name,
            moment=seen.arrived,
            remote=request.remote or forwarded,
            requester=_requester(seen.asked),
            request_id=response.headers.get("x-amz-request-id", ""),
            operation=f"WEBSITE.{request.method}.OBJECT" if website else name,
            key=key,
            target=f"{request.method} {request.raw_path} HTTP/{request.version.major}.{request.version.minor}",
            status=response.status,
            error=seen.error or response.headers.get("x-amz-error-code", ""),
            sent=_sent(response),
            size=_size(seen),
            total=int((time.monotonic() - seen.started) * 1000),
            referrer=headers.get("referer", ""),
            agent=headers.get("user-agent", ""),
            version=query.get("versionId", ""),
            signature="SigV4" if fourth else "SigV2" if authorization or presigned else "",
            authentication="AuthHeader" if authorization else "QueryString" if presigned else "",
            host=request.host,
        )

    async def deliver(self) -> None:
        """Puts what there is into the target buckets."""
        for name in [*self._lines]:
            lines = self._lines.pop(name)
            bucket = self._store.find_bucket(name)
            if bucket is not None and bucket.logging:
                await self._deliver(bucket, lines)

    async def _deliver(self, bucket: Bucket, lines: list[str]) -> None:
        to, moment = bucket.logging["TargetBucket"], self._clock.now()
        source = (bucket.logging.get("TargetObjectKeyFormat") or {}).get("PartitionedPrefix")
        partitioned = "" if source is None else source.get("PartitionDateSource") or "DeliveryTime"
        account = bucket.owner or self._place.account
        key = logline.target_key(
            bucket.logging["TargetPrefix"], partitioned, (account, self._place.region, bucket.name), moment,
            secrets.token_hex(8).upper(),
        )  # fmt: skip
        target = self._store.find_bucket(to)
        if target is None or not self._lets_in(target, key, bucket):
            _log.warning("access log of %s: %s is not there, or its policy does not let the lines in", bucket.name, to)
            return
        body = "".join(f"{line}\n" for line in lines).encode()
        try:
            await self._put({"Bucket": to, "Key": key, "Body": body, "ContentType": "text/plain"})
        except AwsError as error:
            _log.warning("access log of %s: %s", bucket.name, error)
            self._lines[bucket.name] = (lines + self._lines[bucket.name])[:_MOST_KEPT]

    def _lets_in(self, target: Bucket, key: str, source: Bucket) -> bool:
        """Whether the target's policy or list lets the log's service write ["Permissions for log delivery"]."""
        account = target.owner or self._place.account
        guard = Guard(account, read_policy(target), restrict_public=False)
        lists = Lists() if target.ownership == ENFORCED else Lists(target.acl or ())
        context = {
            "aws:sourcearn": (f"arn:aws:s3:::{source.name}",),
            "aws:sourceaccount": (source.owner or self._place.account,),
            "aws:securetransport": ("true",),
            "aws:principalisawsservice": ("true",),
            "aws:principalservicename": (_SERVICE.name,),
        }
        return permits(guard, lists, Request(_SERVICE, "s3:PutObject", f"arn:aws:s3:::{target.name}/{key}", context))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._clock.real(PERIOD))
            await self.deliver()


def _requester(asked: Asked | None) -> str:
    if asked is None or asked.visitor.principal.kind == "Anonymous":
        return ""
    principal = asked.visitor.principal
    if principal.kind == "Service":
        return f"svc:{principal.name}"
    return canonical_id(principal.account) if principal.is_root else principal.name


def _sent(response: web.StreamResponse) -> int | None:
    if isinstance(response, web.Response):
        return len(response.body) if isinstance(response.body, bytes) else None
    return response.body_length


def _size(seen: Seen) -> int | None:
    staged = getattr(seen.params.get("Body"), "size", None)
    found = staged if staged is not None else seen.answer.get("ContentLength")
    return int(found) if found is not None else None
