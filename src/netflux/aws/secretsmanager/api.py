"""The operations of Secrets Manager."""

# ruff: noqa: ARG002 every operation takes the call, as the control plane hands it over

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from netflux.aws.secretsmanager import password
from netflux.aws.secretsmanager.part import invalid_token
from netflux.aws.secretsmanager.policy import PolicyOperations
from netflux.aws.secretsmanager.rotation import RotationOperations
from netflux.aws.secretsmanager.search import check, matching
from netflux.aws.secretsmanager.secret import SecretOperations
from netflux.aws.secretsmanager.shape import described
from netflux.aws.secretsmanager.version import VersionOperations
from netflux.controlplane.call import Call
from netflux.controlplane.operation import operation
from netflux.controlplane.records.paging import page
from netflux.resources.secretsmanager import Secret

if TYPE_CHECKING:
    from types_boto3_secretsmanager.type_defs import GetRandomPasswordRequestTypeDef, ListSecretsRequestTypeDef

_PAGE = 100


class SecretsManagerApi(SecretOperations, VersionOperations, PolicyOperations, RotationOperations):
    """Handlers of Secrets Manager."""

    service = "secretsmanager"
    whole = True

    @operation("IncludePlannedDeletion MaxResults NextToken Filters(Key Values) SortOrder SortBy")
    def list_secrets(self, call: Call, request: ListSecretsRequestTypeDef) -> dict[str, Any]:
        """Those to be deleted only where they are asked for."""
        filters, planned = request.get("Filters", ()), request.get("IncludePlannedDeletion", False)
        check(filters)
        found = [one for one in self.kept.secrets if planned or one.deletion is None]
        if filters:
            found = [one for one in found if matching(one, filters)]
        found = _sorted(found, request.get("SortBy", "created-date"), descending=request.get("SortOrder") == "desc")
        shown, following = page(found, request.get("NextToken"), request.get("MaxResults", _PAGE), invalid_token())
        answer: dict[str, Any] = {"SecretList": [self._listed(one) for one in shown]}
        return answer | ({"NextToken": following} if following else {})

    def _listed(self, secret: Secret) -> dict[str, Any]:
        stages = {version.id: [*version.stages] for version in self.kept.of(secret) if version.stages}
        return described(secret) | ({"SecretVersionsToStages": stages} if stages else {})

    @operation(
        "PasswordLength ExcludeCharacters ExcludeNumbers ExcludePunctuation ExcludeUppercase ExcludeLowercase "
        "IncludeSpace RequireEachIncludedType"
    )
    def get_random_password(self, call: Call, request: GetRandomPasswordRequestTypeDef) -> dict[str, Any]:
        """See `password.generate`."""
        return {"RandomPassword": password.generate(request)}


def _sorted(secrets: list[Secret], order: str, *, descending: bool) -> list[Secret]:
    """The table has them as they were made."""
    match order:
        case "name":
            return sorted(secrets, key=lambda one: one.name, reverse=descending)
        case "last-changed-date":
            return sorted(secrets, key=lambda one: one.changed, reverse=descending)
        case "last-accessed-date":
            return sorted(secrets, key=lambda one: one.accessed or date.min, reverse=descending)
    return secrets[::-1] if descending else secrets
