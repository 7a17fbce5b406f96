"""What metrics, alarms and dashboards stand on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from netflux.aws.cloudwatch.series import Observed, Series
from netflux.aws.cloudwatch.submitted import Submitted
from netflux.clock import Clock
from netflux.controlplane.records import paging
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError

_NO_PAGE = AwsError("InvalidNextToken", "The next token specified is invalid.")


class Ground:
    """Metrics of the region and of its clients.

    Args:
        series: what the region observes of its own services.
        namespaces: of those, whether they have data or not.
        documents: where records are kept.
        clock: whose minutes periods are made of.
    """

    def __init__(self, series: Series, namespaces: frozenset[str], documents: Documents, clock: Clock) -> None:
        self.series = series
        self.namespaces = namespaces
        self.documents = documents
        self.clock = clock
        self.submitted = Submitted(documents, clock)

    def source(self, namespace: str) -> Observed:
        """Who has the metrics of a namespace."""
        return self.series if namespace in self.namespaces else self.submitted


def page(name: str, found: Sequence[Any], size: int, token: str | None) -> dict[str, Any]:
    """A page under its name, with NextToken when there is more."""
    shown, following = paging.page(found, token, size, _NO_PAGE)
    return {name: shown, **({"NextToken": following} if following else {})}


def aware(time: datetime) -> datetime:
    """Of a request, whose times are UTC where they don't say."""
    return time if time.tzinfo else time.replace(tzinfo=UTC)
