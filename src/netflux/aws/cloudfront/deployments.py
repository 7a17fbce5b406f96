"""What was seen to be served: in memory, since after a restart it must be seen again."""

from __future__ import annotations


class Deployments:
    """Distributions by the configuration (ETag) that they were last seen to serve."""

    def __init__(self) -> None:
        self._seen: dict[str, str] = {}

    def saw(self, distribution_id: str, etag: str) -> None:
        """It serves this configuration."""
        self._seen[distribution_id] = etag

    def forget(self, distribution_id: str) -> None:
        """It is gone."""
        self._seen.pop(distribution_id, None)

    def is_deployed(self, distribution_id: str, etag: str) -> bool:
        """Whether this configuration is the one that was seen."""
        return self._seen.get(distribution_id) == etag
