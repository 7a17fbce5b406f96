"""Expires images by their repositories' lifecycle policies."""

from __future__ import annotations

from collections.abc import Sequence

from netflux.aws.ecr import expiry
from netflux.aws.ecr.images import Images
from netflux.clock import Clock
from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import kind
from netflux.errors import AwsError, Retryable
from netflux.reconcile.controller import Result

POLICY = "ecr.lifecycle"
"""Kind of the documents with a repository's policy: name, ARN and text."""

_EVERY = 3600.0  # simulated seconds; user guide: an image is gone within 24 hours of when it may go


class LifecycleController:
    """Controller `ecr-lifecycle`; keys are names of repositories that have a policy.

    Args:
        documents: policies and images.
        apis: deletes images.
        clock: of the region.
    """

    name = "ecr-lifecycle"

    def __init__(self, documents: Documents, apis: Caller, clock: Clock) -> None:
        documents.declare(kind(POLICY, "Put it anew: aws ecr put-lifecycle-policy --repository-name {key}.", text=str))
        self._documents = documents
        self._images = Images(documents)
        self._apis = apis
        self._clock = clock

    async def keys(self) -> Sequence[str]:
        """Repositories with a policy."""
        return [name for name, _ in self._documents.list(POLICY)]

    async def reconcile(self, key: str) -> Result:
        """Removes what the policy says by now."""
        found = self._documents.get(POLICY, key)
        if found is None:
            return Result()
        policy, images = expiry.rules(found["text"]), self._images.of(found["arn"])
        gone = expiry.expired(policy, images, self._clock.now(), self._clock.speed)
        if gone:
            ids = [{"imageDigest": image.digest} for image in gone]
            try:
                await self._apis.call("ecr", "BatchDeleteImage", {"repositoryName": key, "imageIds": ids})
            except AwsError as error:
                raise Retryable(f"images of repository {key} could not be expired: {error}") from error
        return Result(_EVERY)
