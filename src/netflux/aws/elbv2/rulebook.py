"""What a rule has that moto does not keep: regular expressions of conditions, and transforms."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from netflux.controlplane.records.documents import Documents
from netflux.controlplane.records.kinds import kind

KIND = "elbv2/rules"
_STAND_IN = "*"
"""moto wants a value in each condition."""


class Rulebook:
    """Beside moto's rules.

    Args:
        documents: keeps it, by the rule's ARN.
    """

    def __init__(self, documents: Documents) -> None:
        documents.declare(
            kind(KIND, "Say it anew: aws elbv2 modify-rule --rule-arn {key}.", conditions=list | None, transforms=list)
        )
        self._documents = documents

    def plain(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """CreateRule's or ModifyRule's request as moto takes it."""
        found = {name: value for name, value in request.items() if name not in ("Transforms", "ResetTransforms")}
        if found.get("Conditions"):
            found["Conditions"] = [_plain(condition) for condition in found["Conditions"]]
        return found

    def note(self, arn: str, request: Mapping[str, Any]) -> None:
        """The rule has been made or modified so; parts that are left out stay."""
        entry = self._documents.get(KIND, arn) or {"conditions": None, "transforms": []}
        if request.get("Conditions"):
            conditions = [dict(condition) for condition in request["Conditions"]]
            entry["conditions"] = conditions if any(map(expressions, conditions)) else None
        if request.get("Transforms") or request.get("ResetTransforms"):
            entry["transforms"] = request.get("Transforms") or []
        if entry["conditions"] or entry["transforms"]:
            self._documents.put(KIND, arn, entry)
        else:
            self._documents.delete(KIND, arn)

    def whole(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """moto's rule with what is noted."""
        entry = self._documents.get(KIND, raw["RuleArn"]) or {}
        conditions = entry.get("conditions") or raw.get("Conditions") or []
        return {**raw, "Conditions": conditions, "Transforms": entry.get("transforms") or []}

    def forget(self, below: str) -> None:
        """A rule, or all rules of a listener or a load balancer, whose ARN is given, have gone."""
        start = below.replace(":loadbalancer/", ":listener-rule/").replace(":listener/", ":listener-rule/")
        for arn, _ in self._documents.list(KIND):
            if arn == start or arn.startswith(f"{start}/"):
                self._documents.delete(KIND, arn)


def expressions(condition: Mapping[str, Any]) -> Sequence[str]:
    """The condition's RegexValues, wherever they stand."""
    configs = [value for name, value in condition.items() if name.endswith("Config") and isinstance(value, Mapping)]
    return next((found["RegexValues"] for found in [*configs, condition] if found.get("RegexValues")), ())


def _plain(condition: Mapping[str, Any]) -> dict[str, Any]:
    if not expressions(condition):
        return dict(condition)
    found = copy.deepcopy(dict(condition))
    configs = [value for name, value in found.items() if name.endswith("Config")]
    for part in configs or [found]:
        part["Values"] = [_STAND_IN]
    found.pop("RegexValues", None)
    for part in configs:
        part.pop("RegexValues", None)
    return found
