"""Expires images by their repositories' lifecycle policies."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.aws.ecr import expiry
from netflux.aws.ecr.records import EcrRecords
from netflux.clock import Clock
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError, Retryable
from netflux.reconcile.controller import Result
from netflux.resources.ecr import Evaluation

_EVERY = 3600.0  # simulated seconds; user guide: an image is gone within 24 hours of when it may go
_BATCH = 100  # BatchDeleteImage: at most so many images


class LifecycleController:
    """Controller `ecr-lifecycle`; keys are names of repositories that have a policy.

    Args:
        documents: keep policies and images.
        apis: deletes images.
        clock: of the region.
    """

    name = "ecr-lifecycle"

    def __init__(self, documents: Documents, apis: Caller, clock: Clock) -> None:
        self._records = EcrRecords(documents)
        self._apis = apis
        self._clock = clock

    async def keys(self) -> Sequence[str]:
        """Repositories with a policy."""
        return [one.name for one in self._records.repositories if one.lifecycle]

    async def reconcile(self, key: str) -> Result:
        """Removes what the policy says by now."""
        found = self._records.repositories.get(key)
        if found is None or not found.lifecycle:
            return Result()
        now = self._clock.now()
        gone = expiry.expired(expiry.rules(found.lifecycle), self._records.of(key), now, self._clock.speed)
        for start in range(0, len(gone), _BATCH):
            ids = [{"imageDigest": image.digest} for _, image in gone[start : start + _BATCH]]
            try:
                await self._apis.call("ecr", "BatchDeleteImage", {"repositoryName": key, "imageIds": ids})
            except AwsError as error:
                raise Retryable(f"images of repository {key} could not be expired: {error}") from error
        if self._records.repositories.get(key) == found:  # it may have been deleted or changed meanwhile
            self._records.evaluations.put(Evaluation(key, now))
        return Result(_EVERY)
