"""What ECR keeps: repositories, the images in them, and the registry's own settings."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from netflux.controlplane.records.table import Schema
from netflux.decoding import json
from netflux.errors import AwsError
from netflux.runtime import manifest as manifests

_LISTS = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")
"""Media types of manifests that name other images, one for each platform."""


@dataclass(frozen=True)
class Exclusion:
    """Tags for which a repository's mutability is the other one.

    Attributes:
        kind: `WILDCARD`.
        filter: a tag in which `*` stands for anything.
    """

    kind: str
    filter: str


@dataclass(frozen=True)
class Repository:
    """A repository.

    Attributes:
        name: with the parts of its path.
        arn: with account and region.
        created_at: by the wall clock.
        mutability: whether tags may move: `MUTABLE`, `IMMUTABLE`, or one of these `_WITH_EXCLUSION`.
        exclusions: of the latter.
        scan_on_push: as it was asked for; nothing scans here.
        encryption: `AES256`, `KMS` or `KMS_DSSE`.
        key: ARN of the KMS key; empty for AES256.
        tags: of the resource.
        policy: text of the repository policy; empty where there is none.
        lifecycle: text of the lifecycle policy; empty where there is none.
    """

    name: str
    arn: str
    created_at: datetime
    mutability: str
    exclusions: tuple[Exclusion, ...]
    scan_on_push: bool
    encryption: str
    key: str
    tags: dict[str, str]
    policy: str = ""
    lifecycle: str = ""


@dataclass(frozen=True)
class Image:
    """An image in a repository.

    Attributes:
        repository: its name.
        digest: `sha256:` and the hash of the manifest's bytes.
        manifest: as it was pushed.
        media_type: of the manifest.
        tags: those that point here, oldest first; none for an untagged image.
        pushed_at: by the wall clock.
        size: bytes, as DescribeImages shows.
        pulled_at: when a pull was last recorded; None before the first.
    """

    repository: str
    digest: str
    manifest: str
    media_type: str
    tags: tuple[str, ...]
    pushed_at: datetime
    size: int
    pulled_at: datetime | None = None

    @property
    def key(self) -> str:
        """Its record's."""
        return f"{self.repository}@{self.digest}"

    @property
    def parts(self) -> Sequence[str]:
        """Keys of the images that a list of images names; none for an image."""
        if self.media_type not in _LISTS:
            return ()
        try:
            return [f"{self.repository}@{one['digest']}" for one in json.value(self.manifest)["manifests"]]
        except (ValueError, KeyError, TypeError):
            return ()

    @property
    def trees(self) -> Sequence[str]:
        """Digests of contents that the region keeps for it."""
        if self.media_type != manifests.MEDIA_TYPE:
            return ()
        try:
            tree = manifests.read(self.manifest).tree
        except ValueError:
            return ()
        return (tree,) if tree else ()


@dataclass(frozen=True)
class Evaluation:
    """When a repository's lifecycle policy was last carried out."""

    repository: str
    at: datetime


@dataclass(frozen=True)
class ScanningRule:
    """How often images of some repositories are to be scanned.

    Attributes:
        frequency: `SCAN_ON_PUSH` or `MANUAL`.
        filters: repository names in which `*` stands for anything.
    """

    frequency: str
    filters: tuple[str, ...]


@dataclass(frozen=True)
class Registry:
    """The settings of the account's registry.

    Attributes:
        policy: text of the registry policy; empty where there is none.
        scanning: rules of the basic scanning type.
        key: ARN of the KMS key for repositories that name none; empty until one is needed.
    """

    policy: str = ""
    scanning: tuple[ScanningRule, ...] = ()
    key: str = ""


def _not_empty(repository: Repository, _image: str) -> AwsError:
    account = repository.arn.split(":")[4]
    return AwsError(
        "RepositoryNotEmptyException",
        f"The repository with name '{repository.name}' in registry with id '{account}' cannot be deleted because it "
        "still contains images",
    )


REPOSITORY = Schema("ecr/repository", Repository, lambda one: one.name, in_use=_not_empty, remedy="Make {key} anew.")
IMAGE = Schema(
    "ecr/image",
    Image,
    lambda one: one.key,
    indices={
        "repository": lambda one: (one.repository,),
        "tag": lambda one: [f"{one.repository}:{tag}" for tag in one.tags],
        "part": lambda one: one.parts,
        "tree": lambda one: one.trees,
    },
    references={"repository": REPOSITORY.name},
    remedy="Push the image anew.",
)
EVALUATION = Schema("ecr/evaluation", Evaluation, lambda one: one.repository)
REGISTRY = Schema("ecr/registry", Registry, lambda _: "registry", remedy="Put the registry's settings anew.")


def digest_of(manifest: str) -> str:
    """The digest by which the OCI distribution specification names a manifest."""
    return "sha256:" + hashlib.sha256(manifest.encode()).hexdigest()
