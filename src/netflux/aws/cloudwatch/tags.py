"""Tags of alarms and dashboards, by ARN."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from netflux.aws.cloudwatch.ground import Ground
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.cloudwatch import ALARM, DASHBOARD, Alarm, Dashboard

Shape = dict[str, Any]

TAGGER = Tagger(invalid="InvalidParameterValue", too_many="InvalidParameterValue")


class Tags:
    """Handlers of tags.

    Args:
        ground: where alarms and dashboards are.
    """

    def __init__(self, ground: Ground) -> None:
        self._tagged = (ground.documents.table(ALARM), ground.documents.table(DASHBOARD))

    @operation("ResourceARN")
    def list_tags_for_resource(self, _call: Call, request: Shape) -> Shape:
        return {"Tags": TAGGER.shown(self._by_arn(request["ResourceARN"]).tags)}

    @operation("ResourceARN Tags(Key Value)")
    def tag_resource(self, call: Call, request: Shape) -> Shape:
        found = self._by_arn(request["ResourceARN"])
        self._set(found, TAGGER.merged(found.tags, TAGGER.read(request["Tags"], own=call.access_key is None)))
        return {}

    @operation("ResourceARN TagKeys")
    def untag_resource(self, _call: Call, request: Shape) -> Shape:
        found = self._by_arn(request["ResourceARN"])
        self._set(found, {key: value for key, value in found.tags.items() if key not in request["TagKeys"]})
        return {}

    def _by_arn(self, arn: str) -> Alarm | Dashboard:
        for table in self._tagged:
            found: list[Alarm] | list[Dashboard] = table.where("arn", arn)
            if found:
                return found[0]
        raise AwsError("ResourceNotFoundException", f"There is no alarm or dashboard {arn}.", 404)

    def _set(self, found: Alarm | Dashboard, tags: Mapping[str, str]) -> None:
        alarms, dashboards = self._tagged
        if isinstance(found, Alarm):
            alarms.put(replace(found, tags={**tags}))
        else:
            dashboards.put(replace(found, tags={**tags}))
