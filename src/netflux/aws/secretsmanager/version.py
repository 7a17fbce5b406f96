"""Values of secrets: read, put, and moved between staging labels."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.secretsmanager import history, keys
from netflux.aws.secretsmanager.part import Part, absent, invalid_token, token, token_in_use, value, wrong, wrong_state
from netflux.aws.secretsmanager.search import check, matching
from netflux.aws.secretsmanager.shape import listed, names, valued
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.paging import page
from netflux.errors import AwsError
from netflux.resources.secretsmanager import CURRENT, Secret, Version

if TYPE_CHECKING:
    from types_boto3_secretsmanager.type_defs import (
        BatchGetSecretValueRequestTypeDef,
        GetSecretValueRequestTypeDef,
        ListSecretVersionIdsRequestTypeDef,
        PutSecretValueRequestTypeDef,
        UpdateSecretVersionStageRequestTypeDef,
    )

_BATCH, _PAGE = 20, 100


class VersionOperations(Part):
    """Handlers of versions."""

    @operation("SecretId VersionId VersionStage")
    async def get_secret_value(self, call: Call, request: GetSecretValueRequestTypeDef) -> dict[str, Any]:
        """A version id and a stage that are both given must be of one version ("GetSecretValue", Secrets Manager API
        Reference).
        """
        secret = self.usable(request)
        version = self._asked_for(secret, request)
        if version.text is None and version.binary is None:
            raise absent(
                f"Secrets Manager can't find the specified secret value for VersionId: {version.id}: its rotation "
                "function has not given it one yet"
            )
        await keys.check_decrypting(self.apis, version.key)
        self._read(secret, version)
        return valued(secret, version)

    @operation("SecretIdList Filters(Key Values) MaxResults NextToken")
    async def batch_get_secret_value(self, call: Call, request: BatchGetSecretValueRequestTypeDef) -> dict[str, Any]:
        """What can't be read is told beside what can."""
        identities, filters = request.get("SecretIdList"), request.get("Filters")
        if bool(identities) == bool(filters):
            raise wrong("Either 'SecretIdList' or 'Filters' must be provided, but not both.")
        for member in ("MaxResults", "NextToken"):
            if identities and member in request:
                raise wrong(f"'Filters' not specified. 'Filters' must also be specified when '{member}' is provided.")
        check(filters or ())
        following = ""
        if not identities:
            found = [one for one in self.kept.secrets if one.deletion is None and matching(one, filters or ())]
            shown, following = page(found, request.get("NextToken"), request.get("MaxResults", _BATCH), invalid_token())
            identities = [one.arn for one in shown]
        values, errors = [], []
        for identity in identities:
            try:
                values.append(await self.get_secret_value(call, {"SecretId": identity}))
            except AwsError as error:
                errors.append({"SecretId": identity, "ErrorCode": error.code, "Message": error.message})
        return {"SecretValues": values, "Errors": errors} | ({"NextToken": following} if following else {})

    @operation(
        "SecretId ClientRequestToken SecretBinary SecretString VersionStages",
        neutral={"RotationToken": "It is for rotation from another account, and this cloud has one."},
    )
    def put_secret_value(self, call: Call, request: PutSecretValueRequestTypeDef) -> dict[str, Any]:
        """The same call again, with the same token and value, changes nothing. The first version is current whatever
        its labels ("PutSecretValue", Secrets Manager API Reference).
        """
        given, identity = value(request), token(request)
        if not given.given:
            raise wrong_state("You must provide either SecretString or SecretBinary.")
        secret = self.own(request)
        known = self.kept.version(secret, identity)
        if known is None:
            labels = [*request.get("VersionStages", [CURRENT])]
            if self.kept.staged(secret, CURRENT) is None and CURRENT not in labels:
                labels.append(CURRENT)
            self.add_version(secret, identity, given, labels)
            self.touch(secret)
            known = self._known_version(secret, identity)
        elif known.text is None and known.binary is None:
            self.kept.versions.put(replace(known, text=given.text, binary=given.binary))
            self.kept.label(secret.arn, request.get("VersionStages", [CURRENT]), identity)
            self.touch(secret)
            known = self._known_version(secret, identity)
        elif (known.text, known.binary) != (given.text, given.binary):
            raise token_in_use(secret, identity)
        return {**names(secret), "VersionId": identity, "VersionStages": [*known.stages]}

    @operation("SecretId VersionStage RemoveFromVersionId MoveToVersionId")
    def update_secret_version_stage(
        self, call: Call, request: UpdateSecretVersionStageRequestTypeDef
    ) -> dict[str, Any]:
        """A label that is on a version moves only when that version is named ("UpdateSecretVersionStage", Secrets
        Manager API Reference).
        """
        secret, label = self.own(request), request["VersionStage"]
        target, source = request.get("MoveToVersionId", ""), request.get("RemoveFromVersionId", "")
        if not target and not source:
            raise wrong("You must give RemoveFromVersionId, MoveToVersionId, or both.")
        for named in (target, source):
            if named and self.kept.version(secret, named) is None:
                raise absent(f"Secrets Manager can't find the specified secret version: {named}.")
        holder = self.kept.staged(secret, label)
        self._check_move(label, holder.id if holder else "", source, target)
        if target:
            history.check_labels(self.kept.of(secret), [label])
        self.kept.label(secret.arn, (label,), target)
        return names(self.touch(secret))

    def _check_move(self, label: str, holder: str, source: str, target: str) -> None:
        if source and source != holder:
            raise wrong(f"The staging label {label} isn't attached to version {source}.")
        if not target and label == CURRENT:
            raise wrong(
                f"You can only move staging label {CURRENT} to a different secret version. It can't be completely "
                "removed."
            )
        if target and holder not in ("", target) and not source:
            raise wrong(
                f"The parameter RemoveFromVersionId can't be empty. Staging label {label} is currently attached to "
                f"version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
            )

    @operation("SecretId MaxResults NextToken IncludeDeprecated")
    def list_secret_version_ids(self, call: Call, request: ListSecretVersionIdsRequestTypeDef) -> dict[str, Any]:
        """Versions without labels only where the deprecated ones are asked for."""
        secret = self.secret(request)
        found = [one for one in self.kept.of(secret) if one.stages or request.get("IncludeDeprecated")]
        shown, following = page(found, request.get("NextToken"), request.get("MaxResults", _PAGE), invalid_token())
        answer = {**names(secret), "Versions": [listed(one) for one in shown]}
        return answer | ({"NextToken": following} if following else {})

    def _asked_for(self, secret: Secret, request: Mapping[str, Any]) -> Version:
        identity, stage = request.get("VersionId"), request.get("VersionStage")
        if identity is None:
            found = self.kept.staged(secret, stage or CURRENT)
            if found is None:
                raise absent(
                    "Secrets Manager can't find the specified secret value for staging label: " + (stage or CURRENT)
                )
            return found
        found = self._known_version(secret, identity)
        if stage is not None and stage not in found.stages:
            raise wrong_state("You provided a VersionStage that is not associated to the provided VersionId.")
        return found

    def _known_version(self, secret: Secret, identity: str) -> Version:
        found = self.kept.version(secret, identity)
        if found is None:
            raise absent(f"Secrets Manager can't find the specified secret value for VersionId: {identity}")
        return found

    def _read(self, secret: Secret, version: Version) -> None:
        """Notes the day on which it was read. A full disk does not keep a secret from being read."""
        today = self.now().date()
        if (secret.accessed, version.accessed) != (today, today):
            with contextlib.suppress(OSError, sqlite3.Error), self.documents.transaction():
                self.kept.secrets.put(replace(secret, accessed=today))
                self.kept.versions.put(replace(version, accessed=today))
