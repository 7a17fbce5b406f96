"""S3's API for calls from inside the region: whoever calls is the account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from netflux.aws.destinations import Destinations
from netflux.aws.happening import Happenings
from netflux.aws.s3 import members
from netflux.aws.s3.accesslogs import AccessLogs
from netflux.aws.s3.announcing import Announcing, Change
from netflux.aws.s3.attributes import Attributes
from netflux.aws.s3.buckets import Buckets
from netflux.aws.s3.datakeys import DataKeys
from netflux.aws.s3.deletion import Deletion
from netflux.aws.s3.lifecycle.configuration import LifecycleConfiguration
from netflux.aws.s3.listings import Listings
from netflux.aws.s3.locks import Locks
from netflux.aws.s3.logged import Logged
from netflux.aws.s3.multipart import Multipart
from netflux.aws.s3.notifications import Notifications
from netflux.aws.s3.objectlists import ObjectLists
from netflux.aws.s3.policies import Policies
from netflux.aws.s3.settings import Settings
from netflux.aws.s3.store import Store
from netflux.aws.s3.uploads import Uploads
from netflux.aws.s3.versioning import Versioning
from netflux.clock import Clock
from netflux.controlplane.call import Call, Caller
from netflux.resources.s3objects import Version


class S3Api(
    Buckets, Policies, Settings, Logged, Notifications, Versioning, LifecycleConfiguration, Listings, Attributes, Locks,
    ObjectLists, Deletion, Uploads, Multipart,
):  # fmt: skip
    """All operations; one that is not here is refused by its name.

    Args:
        store: buckets and objects.
        clock: the region's.
        apis: the region's, which tell functions' policies and encrypt; None where there are no others.
    """

    service = "s3"
    whole = True

    def __init__(self, store: Store, clock: Clock, apis: Caller | None = None) -> None:
        self.apis = apis
        self.store = store
        self.clock = clock
        self.accesslogs = AccessLogs(store, clock, self._put)
        self.datakeys = DataKeys(apis)
        self.announcing = Announcing(Destinations(), Happenings(), clock)
        store.announce = self._announce

    async def precheck(self, call: Call, params: Mapping[str, Any]) -> None:
        """What every request says of owners is true."""
        members.check(call, params, self.store.find_bucket)

    def _announce(self, version: Version, event: str) -> None:
        """A version was made, changed or removed."""
        bucket, content = self.store.bucket(version.bucket), version.content
        gone = event in ("ObjectRemoved:Delete", "LifecycleExpiration:Delete")
        self.announcing.tell(
            bucket,
            Change(
                event=event,
                key=version.key,
                size=None if gone or content is None else content.size,
                etag="" if gone or content is None else content.etag,
                version=version.id if bucket.versioning else "",
            ),
        )

    async def _put(self, params: Mapping[str, Any]) -> object:
        """An object that the region itself writes into a bucket."""
        bucket = self.store.bucket(params["Bucket"])
        return await self.put_object(Call(self.service, "PutObject", bucket.region, bucket.owner), dict(params))
