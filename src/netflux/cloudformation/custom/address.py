"""Addresses that take one answer without an AWS key: who knows the address may put to it until its time is over."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass
from urllib.parse import parse_qs, quote, urlsplit

from netflux.cloudformation.fetched import place

KEY = "NETFLUXCLOUDFORMATION"
"""Stands where AWS's own access key id stands in such an address; it signs nothing."""


def custom_bucket(region: str) -> str:
    """The bucket's name in the addresses for answers of custom resources."""
    return f"cloudformation-custom-resource-response-{region.replace('-', '')}"


def wait_bucket(region: str) -> str:
    """The bucket's name in the addresses of wait conditions' handles."""
    return f"cloudformation-waitcondition-{region}"


@dataclass(frozen=True)
class Grant:
    """What an address lets its holder do, once or until a moment.

    Attributes:
        secret: known to who was given the address.
        until: seconds since the epoch.
    """

    secret: str
    until: float

    def admits(self, given: str) -> bool:
        """Whether it is the secret, in time."""
        return hmac.compare_digest(self.secret.encode(), given.encode()) and time.time() < self.until


def address(base: str, bucket: str, key: str, grant: Grant) -> str:
    """The whole address.

    Args:
        base: scheme, host and port of this region; `{bucket}` in it stands for the bucket's name.
    """
    start = base.format(bucket=bucket) if "{bucket}" in base else f"{base}/{bucket}"
    return (
        f"{start}/{quote(key, safe='/')}?AWSAccessKeyId={KEY}&Expires={int(grant.until)}&"
        f"Signature={quote(grant.secret, safe='')}"
    )


def asked(host: str, raw_path: str) -> tuple[str, str, str]:
    """Bucket, key and secret of a request."""
    bucket, key = place(f"http://{host}{raw_path}")
    given = parse_qs(urlsplit(raw_path).query, max_num_fields=16).get("Signature", [""])
    return bucket, key, given[0]
