"""Operations on how images are to be scanned: what was asked for is kept, and nothing here scans or tells findings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux import expressions
from netflux.aws.ecr.records import EcrRecords, invalid
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.resources.ecr import Repository, ScanningRule

if TYPE_CHECKING:
    from types_boto3_ecr import type_defs as ecr

Json = dict[str, Any]

_BASIC = "BASIC"


class Scanning:
    """Handlers of the operations on scanning.

    Attributes:
        records: of the registry.
    """

    records: EcrRecords

    @operation("registryId repositoryName imageScanningConfiguration(scanOnPush)")
    def put_image_scanning_configuration(
        self, call: Call, request: ecr.PutImageScanningConfigurationRequestTypeDef
    ) -> Json:
        """Keeps the repository's own setting, which AWS calls deprecated."""
        found = self.records.repository(call, request)
        wanted = request["imageScanningConfiguration"].get("scanOnPush", False)
        self.records.repositories.put(replace(found, scan_on_push=wanted))
        return {
            "registryId": call.account,
            "repositoryName": found.name,
            "imageScanningConfiguration": {"scanOnPush": wanted},
        }

    @operation(
        "scanType rules(scanFrequency repositoryFilters(filter filterType))",
        only={"scanType": (_BASIC,)},
    )
    def put_registry_scanning_configuration(
        self, _call: Call, request: ecr.PutRegistryScanningConfigurationRequestTypeDef
    ) -> Json:
        """Keeps the rules of basic scanning; enhanced scanning is Amazon Inspector's ("Scan images for …")."""
        rules = [
            ScanningRule(one["scanFrequency"], tuple(pattern["filter"] for pattern in one["repositoryFilters"]))
            for one in request.get("rules") or ()
        ]
        if any(rule.frequency == "CONTINUOUS_SCAN" for rule in rules):
            raise invalid("scanFrequency", f"CONTINUOUS_SCAN is not valid for scan type {_BASIC}")
        if len({rule.frequency for rule in rules}) < len(rules):
            raise invalid("rules", "There is at most one rule for each scan frequency")
        self.records.keep(replace(self.records.registry, scanning=tuple(rules)))
        return {"registryScanningConfiguration": self._configuration()}

    @operation()
    def get_registry_scanning_configuration(self, call: Call, _request: Json) -> Json:
        """The rules of basic scanning."""
        return {"registryId": call.account, "scanningConfiguration": self._configuration()}

    @operation("repositoryNames")
    def batch_get_repository_scanning_configuration(
        self, _call: Call, request: ecr.BatchGetRepositoryScanningConfigurationRequestTypeDef
    ) -> Json:
        """Which of the registry's rules a repository comes under."""
        found: list[Json] = []
        failures: list[Json] = []
        for name in request["repositoryNames"]:
            repository = self.records.repositories.get(name)
            if repository is None:
                reason = "REPOSITORY_NOT_FOUND"
                failures.append({"repositoryName": name, "failureCode": reason, "failureReason": reason})
            else:
                found.append(self._of(repository))
        return {"scanningConfigurations": found, "failures": failures}

    def _configuration(self) -> Json:
        rules = [
            {"scanFrequency": rule.frequency, "repositoryFilters": [*map(_shown, rule.filters)]}
            for rule in self.records.registry.scanning
        ]
        return {"scanType": _BASIC, "rules": rules}

    def _of(self, repository: Repository) -> Json:
        fitting = [
            (rule, pattern)
            for rule in self.records.registry.scanning
            for pattern in rule.filters
            if expressions.like(repository.name, pattern, {"*": ".*"})
        ]
        on_push = [pattern for rule, pattern in fitting if rule.frequency == "SCAN_ON_PUSH"]
        scans = on_push or repository.scan_on_push
        return {
            "repositoryArn": repository.arn,
            "repositoryName": repository.name,
            "scanOnPush": repository.scan_on_push,
            "scanFrequency": "SCAN_ON_PUSH" if scans else "MANUAL",
            "appliedScanFilters": [*map(_shown, on_push or [pattern for _, pattern in fitting])],
        }


def _shown(pattern: str) -> Json:
    return {"filter": pattern, "filterType": "WILDCARD"}
