"""Tells whom a bucket's notification configuration names of what happens to its objects."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from netflux.aws.destinations import Destinations, Event, admit
from netflux.aws.happening import Happenings
from netflux.aws.s3 import happened, visits
from netflux.aws.s3.happened import Asker, Happened
from netflux.clock import Clock
from netflux.errors import AwsError
from netflux.resources.s3 import Bucket
from netflux.resources.s3owner import canonical_id

_log = logging.getLogger(__name__)
SERVICE = "s3.amazonaws.com"
SUBJECT = "Amazon S3 Notification"


@dataclass(frozen=True)
class Change:
    """What happened to a version of an object; see Happened."""

    event: str
    key: str
    size: int | None = None
    etag: str = ""
    version: str = ""


class Announcing:
    """Delivers events in the transaction of the change that they are of.

    Args:
        destinations: take what queues, topics and functions are told.
        happenings: take what EventBridge is told.
        clock: the region's.
        account: the region's, whose buckets those are that name no owner.
    """

    def __init__(self, destinations: Destinations, happenings: Happenings, clock: Clock, account: str = "") -> None:
        self.destinations = destinations
        self.account = account
        self._happenings = happenings
        self._clock = clock
        self._last = 0

    def tell(self, bucket: Bucket, change: Change) -> None:
        """Something happened. Who can't be told is not: S3 does not try again a destination that refuses."""
        if not bucket.notifications:
            return
        account = bucket.owner or self.account
        what = Happened(
            event=change.event,
            bucket=bucket.name,
            owner=canonical_id(account),
            region=bucket.region,
            key=change.key,
            moment=self._clock.now(),
            sequencer=self._sequencer(),
            size=change.size,
            etag=change.etag.strip('"'),
            version=change.version,
        )
        asker = _asker(change)
        for identity, arn in happened.wanted(bucket.notifications, change.event, change.key):
            self._deliver(bucket, account, arn, happened.record(what, asker, identity))
        if "EventBridgeConfiguration" in bucket.notifications:
            told = happened.happening(what, asker)
            if told is not None:
                self._happenings.tell(told)

    def try_out(self, bucket: Bucket, arn: str, request_id: str) -> None:
        """Sends the test event; AwsError where the destination does not take it."""
        account = bucket.owner or self.account
        text = happened.test_event(bucket.name, request_id, self._clock.now())
        self.destinations.deliver(_event(bucket, account, arn, text))

    def check_function(self, bucket: Bucket, arn: str, policy: str) -> None:
        """AccessDenied where a function's policy does not let the bucket invoke it."""
        account = bucket.owner or self.account
        admit(_event(bucket, account, arn, ""), "lambda:InvokeFunction", policy)

    def _deliver(self, bucket: Bucket, account: str, arn: str, text: str) -> None:
        try:
            self.destinations.deliver(_event(bucket, account, arn, text))
        except (AwsError, KeyError) as error:
            _log.warning("%s is not told of an event of the bucket %s: %s", arn, bucket.name, error)

    def _sequencer(self) -> str:
        self._last = max(self._last + 1, time.time_ns())
        return f"{self._last:018X}"


def _event(bucket: Bucket, account: str, arn: str, text: str) -> Event:
    context: Mapping[str, tuple[str, ...]] = {"aws:sourceaccount": (account,)}
    return Event(
        arn=arn, body=text, source=f"arn:aws:s3:::{bucket.name}", subject=SUBJECT, principal=SERVICE, context=context
    )


def _asker(change: Change) -> Asker:
    asked = visits.current()
    if asked is None:
        by_itself = change.event.startswith("Lifecycle")
        return Asker("AmazonCustomer" if by_itself else "AWS", SERVICE if by_itself else "", "", "")
    principal = asked.visitor.principal
    named: dict[str, Any] = {"Anonymous": "Anonymous", "Service": f"AWS:{principal.name}"}
    who = named.get(principal.kind) or _principal(asked.visitor.context, principal.account)
    address = asked.visitor.context.get("aws:sourceip", ("",))[0]
    return Asker(who, principal.account or principal.name, address, asked.call.request_id)


def _principal(context: Mapping[str, tuple[str, ...]], account: str) -> str:
    return f"AWS:{context.get('aws:userid', (account,))[0]}"
