"""What the registry allows, and what a manifest says. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from netflux import expressions
from netflux.decoding import json as decoding
from netflux.resources.ecr import Repository

OCI_TYPES = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
"""Media types of manifests that speak of layers in the registry, by the OCI image specification and Docker's."""

_NAME = r"(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
_PATHS = (
    ("manifest", re.compile(rf"/v2/{_NAME}/manifests/(?P<reference>[^/]+)")),
    ("tags", re.compile(rf"/v2/{_NAME}/tags/list")),
    ("uploads", re.compile(rf"/v2/{_NAME}/blobs/uploads/(?P<reference>[^/]*)")),
    ("blob", re.compile(rf"/v2/{_NAME}/blobs/(?P<reference>[^/]+)")),
)


@dataclass(frozen=True)
class Wanted:
    """What a request of the registry's protocol is about.

    Attributes:
        kind: `base`, `catalog`, `manifest`, `tags`, `uploads` or `blob`.
        repository: its name; empty for `base` and `catalog`.
        reference: tag, digest or upload id.
    """

    kind: str
    repository: str = ""
    reference: str = ""


def wanted(path: str) -> Wanted | None:
    """What the path of a request names, by the OCI distribution specification; None when it names nothing."""
    if path in ("/v2", "/v2/"):
        return Wanted("base")
    if path == "/v2/_catalog":
        return Wanted("catalog")
    for kind, pattern in _PATHS:
        found = pattern.fullmatch(path)
        if found:
            return Wanted(kind, found["name"], found.groupdict().get("reference") or "")
    return None


def image_id(reference: str) -> dict[str, str]:
    """A tag or digest as ECR's API names images."""
    return {"imageDigest": reference} if ":" in reference else {"imageTag": reference}


def immutable(repository: Repository, tag: str) -> bool:
    """Whether a tag of the repository may not move to another image.

    The exclusion filters of IMMUTABLE_WITH_EXCLUSION and MUTABLE_WITH_EXCLUSION are wildcards.
    """
    excluded = any(expressions.like(tag, one.filter, {"*": ".*"}) for one in repository.exclusions)
    return repository.mutability.startswith("IMMUTABLE") != excluded


def size_of(manifest: str) -> int:
    """Bytes of what a manifest names, configuration and layers; of one that names none, its own."""
    body = _body(manifest)
    parts = [part for part in [body.get("config"), *(body.get("layers") or ())] if part]
    return sum(int(part["size"]) for part in parts) if parts else len(manifest.encode())


def artifact_type(manifest: str) -> str | None:
    """`artifactMediaType` of DescribeImages: the type of the manifest's configuration."""
    found = (_body(manifest).get("config") or {}).get("mediaType")
    return str(found) if found else None


def subject(manifest: str) -> str | None:
    """`subjectManifestDigest` of DescribeImages: the image that the manifest is about, a signature for example."""
    found = (_body(manifest).get("subject") or {}).get("digest")
    return str(found) if found else None


def failure(code: str, message: str) -> bytes:
    """The body of an error answer, by the OCI distribution specification."""
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


def page(tags: Sequence[str], after: str, limit: int | None) -> tuple[list[str], bool]:
    """Tags in the order of the alphabet after that one, and whether more follow."""
    rest = sorted(tag for tag in tags if tag > after)
    return (rest, False) if limit is None else (rest[:limit], len(rest) > limit)


def _body(manifest: str) -> dict[str, Any]:
    try:
        body = decoding.value(manifest)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
