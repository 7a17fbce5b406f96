"""What all parts of S3's API that configure a bucket have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.s3.store import Store
from netflux.clock import Clock
from netflux.controlplane.call import Call, Caller
from netflux.resources.s3 import Bucket


class Configured:
    """A part of S3's API that changes buckets' records."""

    store: Store
    clock: Clock
    apis: Caller | None

    def change(self, request: Mapping[str, Any], **settings: Any) -> None:
        """Puts the settings into the record of the request's bucket; NoSuchBucket where there is none."""
        self.store.put_bucket(replace(self.store.bucket(request["Bucket"]), **settings))

    def owner(self, bucket: Bucket, call: Call) -> str:
        """The account whose bucket it is."""
        return bucket.owner or call.account
