"""The records of the registry, and the refusals for what is not among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from netflux import names
from netflux.controlplane.call import Call
from netflux.controlplane.records import paging
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.ecr import EVALUATION, IMAGE, REGISTRY, REPOSITORY, Image, Registry, Repository

T = TypeVar("T")
Params = Mapping[str, Any]

REGISTRY_ID = "registryId"
_PAGE = 100  # DescribeRepositories, DescribeImages, ListImages: "If this parameter is not used, … up to 100 results"
_HTTPS = 443


class EcrRecords:
    """Tables of ECR.

    Args:
        documents: keep them.
        port: of the gateway, which repositories' URIs name.
    """

    def __init__(self, documents: Documents, port: int = _HTTPS) -> None:
        self.repositories = documents.table(REPOSITORY)
        self.images = documents.table(IMAGE)
        self.evaluations = documents.table(EVALUATION)
        self._registry = documents.table(REGISTRY)
        self._port = port

    @property
    def registry(self) -> Registry:
        """The registry's settings."""
        return self._registry.get("registry") or Registry()

    def keep(self, registry: Registry) -> None:
        """Replaces the registry's settings."""
        self._registry.put(registry)

    def host(self, call: Call) -> str:
        """Where clients find the registry."""
        host = names.registry(call.account, call.region)
        return host if self._port == _HTTPS else f"{host}:{self._port}"

    def repository(self, call: Call, request: Params) -> Repository:
        """The repository that the request names.

        Raises:
            AwsError: there is none, or it is asked for in the registry of another account.
        """
        return self.named(call, request["repositoryName"], request.get(REGISTRY_ID))

    def named(self, call: Call, name: str, registry: str | None = None) -> Repository:
        """The repository of this name; AwsError as `repository` raises it."""
        found = self.repositories.get(name) if registry in (None, call.account) else None
        if found is None:
            raise AwsError(
                "RepositoryNotFoundException",
                f"The repository with name '{name}' does not exist in the registry with id "
                f"'{registry or call.account}'",
            )
        return found

    def of(self, repository: str) -> list[Image]:
        """All images of a repository, the oldest first."""
        return self.images.where("repository", repository)

    def by_digest(self, repository: str, digest: str) -> Image | None:
        """The image with that digest."""
        return self.images.get(f"{repository}@{digest}")

    def by_tag(self, repository: str, tag: str) -> Image | None:
        """The image that the tag points to."""
        return next(iter(self.images.where("tag", f"{repository}:{tag}")), None)

    def find(self, repository: str, wanted: Mapping[str, Any]) -> Image | None:
        """The image of an id: by digest, by tag, or by both where they belong together."""
        if wanted.get("imageDigest"):
            found = self.by_digest(repository, wanted["imageDigest"])
            return found if found and wanted.get("imageTag") in (None, *found.tags) else None
        return self.by_tag(repository, wanted.get("imageTag", ""))

    def put(self, image: Image, tag: str | None) -> Image:
        """Keeps the image; the tag points to it from now on, and no longer to another."""
        known = self.images.get(image.key) or image
        holder = self.by_tag(image.repository, tag) if tag else None
        if holder is not None and tag is not None and holder.digest != image.digest:
            self.untag(holder, tag)
        tags = known.tags if tag is None or tag in known.tags else (*known.tags, tag)
        stored = replace(known, tags=tags)
        self.images.put(stored)
        return stored

    def untag(self, image: Image, tag: str) -> None:
        """The tag points to nothing; the image stays."""
        self.images.put(replace(image, tags=tuple(name for name in image.tags if name != tag)))


def page(items: Sequence[T], request: Params) -> tuple[list[T], dict[str, str]]:
    """The page that a request asks for, and the member with the token of the next one."""
    refusal = invalid("nextToken", "Invalid token")
    found, token = paging.page(items, request.get("nextToken"), request.get("maxResults") or _PAGE, refusal)
    return found, {"nextToken": token} if token else {}


def unpaged(request: Params, member: str) -> bool:
    """Whether a list of what is wanted is given; AwsError where a page is asked for as well."""
    if not request.get(member):
        return False
    for name in ("nextToken", "maxResults"):
        if request.get(name) is not None:
            raise invalid(name, f"{name} can't be used together with {member}")
    return True


def invalid(member: str, constraint: str) -> AwsError:
    """ECR's refusal of a parameter."""
    return AwsError(
        "InvalidParameterException", f"Invalid parameter at '{member}' failed to satisfy constraint: '{constraint}'"
    )
