"""S3's API for calls from inside the region: whoever calls is the account."""

from __future__ import annotations

from netflux.aws.s3.buckets import Buckets
from netflux.aws.s3.multipart import Multipart
from netflux.aws.s3.store import Store
from netflux.clock import Clock


class S3Api(Buckets, Multipart):
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
