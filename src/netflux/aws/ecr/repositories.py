"""Operations on repositories: made, listed, deleted, tagged, and whether their tags may move."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from netflux.aws.ecr.distribution import Distribution
from netflux.aws.ecr.records import EcrRecords, invalid, page, unpaged
from netflux.clock import Clock
from netflux.controlplane import identifiers
from netflux.controlplane.call import Call, Caller
from netflux.controlplane.operation import operation
from netflux.controlplane.records.documents import Documents
from netflux.controlplane.tagging import Tagger
from netflux.errors import AwsError
from netflux.resources.ecr import Exclusion, Repository

if TYPE_CHECKING:
    from types_boto3_ecr import type_defs as ecr

Json = dict[str, Any]

MOST = 100_000
"""Repositories ("Amazon ECR service quotas", Amazon ECR User Guide)."""
_TAGGER = Tagger("InvalidTagParameterException", "TooManyTagsException")
_ARN = re.compile(r"arn:aws[a-z-]*:ecr:([a-z0-9-]+):(\d{12}):repository/(.+)")
_WILDCARDS = 2
"""In an exclusion filter ("Image tag mutability", Amazon ECR User Guide)."""
_MANAGED = "Protects ECR's data where a repository names no key"


class Repositories:
    """Handlers of the operations on repositories.

    Attributes:
        documents: make one of what a coroutine writes.
        records: of the registry.
        apis: look up KMS keys.
        clock: for timestamps.
        distribution: forgets the layers of deleted repositories; None where no registry is installed.
    """

    documents: Documents
    records: EcrRecords
    apis: Caller
    clock: Clock
    distribution: Distribution | None

    @operation(
        "registryId repositoryName tags(Key Value) imageTagMutability imageTagMutabilityExclusionFilters(filterType "
        "filter) imageScanningConfiguration(scanOnPush) encryptionConfiguration(encryptionType kmsKey)",
    )
    async def create_repository(self, call: Call, request: ecr.CreateRepositoryRequestTypeDef) -> Json:
        """Makes a repository; its key must be there, as AWS asks KMS for a grant then ("Encryption at rest")."""
        if request.get("registryId", call.account) != call.account:
            raise AwsError("AccessDeniedException", f"Repositories are made in the registry {call.account} only.", 400)
        kind, key = await self._encryption(request.get("encryptionConfiguration"))
        name, mutability = request["repositoryName"], request.get("imageTagMutability") or "MUTABLE"
        made = Repository(
            name=name,
            arn=identifiers.arn("ecr", f"repository/{name}", call.account, call.region),
            created_at=self.clock.now(),
            mutability=mutability,
            exclusions=_exclusions(mutability, request.get("imageTagMutabilityExclusionFilters")),
            scan_on_push=(request.get("imageScanningConfiguration") or {}).get("scanOnPush", False),
            encryption=kind,
            key=key,
            tags=_TAGGER.read(request.get("tags"), own=call.access_key is None),
        )
        if name in self.records.repositories:
            raise AwsError(
                "RepositoryAlreadyExistsException",
                f"The repository with name '{name}' already exists in the registry with id '{call.account}'",
            )
        if len(self.records.repositories) >= MOST:
            raise AwsError("LimitExceededException", f"There are {MOST} repositories, which is the most there may be.")
        self.records.repositories.put(made)
        return {"repository": self._shown(call, made)}

    async def _encryption(self, given: Mapping[str, Any] | None) -> tuple[str, str]:
        kind, key = (given or {}).get("encryptionType", "AES256"), (given or {}).get("kmsKey", "")
        if kind == "AES256":
            if key:
                raise invalid("encryptionConfiguration", "KMS key can't be set when encryption type is AES256")
            return kind, ""
        key = key or self.records.registry.key
        try:
            if not key:
                key = (await self.apis.call("kms", "CreateKey", {"Description": _MANAGED}))["KeyMetadata"]["Arn"]
                self.records.keep(replace(self.records.registry, key=key))
            metadata = (await self.apis.call("kms", "DescribeKey", {"KeyId": key}))["KeyMetadata"]
        except AwsError as error:
            raise AwsError("KmsException", f"The key {key} can't be used: {error.message}") from error
        if metadata.get("KeyState", "Enabled") != "Enabled":
            raise AwsError("KmsException", f"The key {metadata['Arn']} is {metadata['KeyState']}.")
        return kind, metadata["Arn"]

    @operation("registryId repositoryNames nextToken maxResults")
    def describe_repositories(self, call: Call, request: ecr.DescribeRepositoriesRequestTypeDef) -> Json:
        """All repositories, or those of the names."""
        registry = request.get("registryId")
        if unpaged(request, "repositoryNames"):
            found = [self.records.named(call, name, registry) for name in request["repositoryNames"]]
            return {"repositories": [self._shown(call, one) for one in found]}
        if registry not in (None, call.account):
            raise AwsError("AccessDeniedException", f"Nobody here may see the registry {registry}.")
        shown, token = page([*self.records.repositories], request)
        return {"repositories": [self._shown(call, one) for one in shown], **token}

    @operation("registryId repositoryName force")
    async def delete_repository(self, call: Call, request: ecr.DeleteRepositoryRequestTypeDef) -> Json:
        """Deletes a repository; with `force` its images too."""
        found = self.records.repository(call, request)
        with self.documents.transaction():
            if request.get("force"):
                for image in self.records.of(found.name):
                    self.records.images.delete(image.key)
            self.records.repositories.delete(found.name)
            self.records.evaluations.delete(found.name)
        if self.distribution is not None:
            await self.distribution.forget(found.name)
        return {"repository": self._shown(call, found)}

    @operation(
        "registryId repositoryName imageTagMutability imageTagMutabilityExclusionFilters(filterType filter)",
    )
    def put_image_tag_mutability(self, call: Call, request: ecr.PutImageTagMutabilityRequestTypeDef) -> Json:
        """Says whether tags may move from now on ("Preventing image tags from being overwritten", User Guide)."""
        found = self.records.repository(call, request)
        mutability = request["imageTagMutability"]
        exclusions = _exclusions(mutability, request.get("imageTagMutabilityExclusionFilters"))
        self.records.repositories.put(replace(found, mutability=mutability, exclusions=exclusions))
        about = {"registryId": call.account, "repositoryName": found.name, "imageTagMutability": mutability}
        return about | _shown_exclusions(exclusions)

    @operation("resourceArn tags(Key Value)")
    def tag_resource(self, call: Call, request: ecr.TagResourceRequestTypeDef) -> Json:
        """Adds tags, and replaces those of the same keys."""
        found = self._by_arn(call, request["resourceArn"])
        tags = _TAGGER.merged(found.tags, _TAGGER.read(request["tags"], own=call.access_key is None))
        self.records.repositories.put(replace(found, tags=tags))
        return {}

    @operation("resourceArn tagKeys")
    def untag_resource(self, call: Call, request: ecr.UntagResourceRequestTypeDef) -> Json:
        """Removes tags; keys that are not there are fine."""
        found = self._by_arn(call, request["resourceArn"])
        if call.access_key is not None:
            _TAGGER.read([{"Key": key} for key in dict.fromkeys(request["tagKeys"])])
        tags = {key: value for key, value in found.tags.items() if key not in request["tagKeys"]}
        self.records.repositories.put(replace(found, tags=tags))
        return {}

    @operation("resourceArn")
    def list_tags_for_resource(self, call: Call, request: ecr.ListTagsForResourceRequestTypeDef) -> Json:
        """The repository's tags."""
        return {"tags": _TAGGER.shown(self._by_arn(call, request["resourceArn"]).tags)}

    def _by_arn(self, call: Call, arn: str) -> Repository:
        parts = _ARN.fullmatch(arn)
        if parts is None:
            raise invalid("resourceArn", "Invalid ARN")
        region, account, name = parts.groups()
        return self.records.named(call, name, account if region == call.region else f"{account} of {region}")

    def _shown(self, call: Call, one: Repository) -> Json:
        encryption = {"encryptionType": one.encryption, **({"kmsKey": one.key} if one.key else {})}
        return {
            "repositoryArn": one.arn,
            "registryId": call.account,
            "repositoryName": one.name,
            "repositoryUri": f"{self.records.host(call)}/{one.name}",
            "createdAt": one.created_at,
            "imageTagMutability": one.mutability,
            **_shown_exclusions(one.exclusions),
            "imageScanningConfiguration": {"scanOnPush": one.scan_on_push},
            "encryptionConfiguration": encryption,
        }


def _exclusions(mutability: str, given: Sequence[Mapping[str, Any]] | None) -> tuple[Exclusion, ...]:
    """The filters of a request.

    Raises:
        AwsError: they don't go with the mutability, one has too many wildcards, or one stands twice.
    """
    member, excludes = "imageTagMutabilityExclusionFilters", mutability.endswith("_WITH_EXCLUSION")
    if excludes and not given:
        raise invalid(
            member, f"ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as {mutability}"
        )
    if given and not excludes:
        raise invalid(
            member, f"ImageTagMutabilityExclusionFilters can't be set when imageTagMutability is set as {mutability}"
        )
    found = tuple(Exclusion(one["filterType"], one["filter"]) for one in given or ())
    for one in found:
        if one.filter.count("*") > _WILDCARDS:
            raise invalid(member, f"A filter has at most {_WILDCARDS} wildcards, unlike '{one.filter}'")
    if len({one.filter for one in found}) < len(found):
        raise invalid(member, "Each filter must be unique")
    return found


def _shown_exclusions(exclusions: Sequence[Exclusion]) -> Json:
    shown = [{"filterType": one.kind, "filter": one.filter} for one in exclusions]
    return {"imageTagMutabilityExclusionFilters": shown} if shown else {}
