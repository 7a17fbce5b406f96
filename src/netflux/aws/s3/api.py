"""S3's API for calls from inside the region: whoever calls is the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.s3 import members
from netflux.aws.s3.attributes import Attributes
from netflux.aws.s3.buckets import Buckets
from netflux.aws.s3.deletion import Deletion
from netflux.aws.s3.lifecycle.configuration import LifecycleConfiguration
from netflux.aws.s3.listings import Listings
from netflux.aws.s3.locks import Locks
from netflux.aws.s3.multipart import Multipart
from netflux.aws.s3.store import Store
from netflux.aws.s3.uploads import Uploads
from netflux.aws.s3.versioning import Versioning
from netflux.clock import Clock
from netflux.controlplane.call import Call


class S3Api(Buckets, Versioning, LifecycleConfiguration, Listings, Attributes, Locks, Deletion, Uploads, Multipart):
    """All operations; one that is not here is refused by its name.

    Args:
        store: buckets and objects.
        clock: the region's.
    """

    service = "s3"
    whole = True

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    async def precheck(self, call: Call, params: Mapping[str, Any]) -> None:
        """What every request says of owners is true."""
        members.check(call, params)
