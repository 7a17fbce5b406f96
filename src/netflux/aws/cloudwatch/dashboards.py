"""Operations on dashboards: their bodies are kept, and drawn by nobody."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from typing import Any

from netflux.aws.cloudwatch.ground import Ground, page
from netflux.aws.cloudwatch.tags import TAGGER
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.errors import AwsError
from netflux.resources.cloudwatch import DASHBOARD, Dashboard

Shape = dict[str, Any]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_PAGE = 1000


class Dashboards:
    """Handlers of dashboards.

    Args:
        ground: where they are kept.
    """

    def __init__(self, ground: Ground) -> None:
        self._dashboards = ground.documents.table(DASHBOARD)
        self._clock = ground.clock

    @operation("DashboardName DashboardBody Tags(Key Value)")
    def put_dashboard(self, call: Call, request: Shape) -> Shape:
        """Makes or replaces a dashboard; tags are those of a new one ("PutDashboard", CloudWatch API reference)."""
        name, body = request["DashboardName"], request["DashboardBody"]
        if not _NAME.fullmatch(name):
            raise AwsError(
                "InvalidParameterInput", f"The name {name} has more than letters, digits, hyphens and underscores."
            )
        _check_body(body)
        known = self._dashboards.get(name)
        now = self._clock.now().isoformat()
        if known is not None:
            self._dashboards.put(replace(known, body=body, modified=now))
        else:
            tags = TAGGER.read(request.get("Tags"), own=call.access_key is None)
            arn = identifiers.arn("cloudwatch", f"dashboard/{name}", call.account)
            self._dashboards.put(Dashboard(name, arn, body, now, tags))
        return {"DashboardValidationMessages": []}

    @operation("DashboardName")
    def get_dashboard(self, _call: Call, request: Shape) -> Shape:
        found = self._found(request["DashboardName"])
        return {"DashboardArn": found.arn, "DashboardBody": found.body, "DashboardName": found.name}

    @operation("DashboardNamePrefix NextToken")
    def list_dashboards(self, _call: Call, request: Shape) -> Shape:
        """By name."""
        prefix = request.get("DashboardNamePrefix", "")
        entries = [
            {
                "DashboardName": one.name,
                "DashboardArn": one.arn,
                "LastModified": datetime.fromisoformat(one.modified),
                "Size": len(one.body.encode()),
            }
            for one in sorted(self._dashboards, key=lambda one: one.name)
            if one.name.startswith(prefix)
        ]
        return page("DashboardEntries", entries, _PAGE, request.get("NextToken"))

    @operation("DashboardNames")
    def delete_dashboards(self, _call: Call, request: Shape) -> Shape:
        """One that is not there deletes none of them."""
        for name in request["DashboardNames"]:
            self._found(name)
        for name in request["DashboardNames"]:
            self._dashboards.delete(name)
        return {}

    def _found(self, name: str) -> Dashboard:
        found = self._dashboards.get(name)
        if found is None:
            raise AwsError("ResourceNotFound", f"Dashboard {name} does not exist", 404)
        return found


def _check_body(body: str) -> None:
    try:
        fine = isinstance(json.loads(body), dict)
    except ValueError:
        fine = False
    if not fine:
        raise AwsError("InvalidParameterInput", "The field DashboardBody must be a valid JSON object.")
