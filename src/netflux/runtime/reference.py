"""Names of container images, as task definitions write them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REGISTRY = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|localhost)(?::\d+)?"
)
_DEFAULT_HOST = "docker.io"


@dataclass(frozen=True)
class ImageReference:
    """A parsed image name.

    Attributes:
        text: as it was written.
        host: registry; Docker Hub when none was written.
        repository: path in the registry.
        tag: `latest` when neither tag nor digest was written; None when only a digest was.
        digest: `sha256:…`, or None.
        account: of the private registry at `host`; None for other registries.
        region: of the private registry; None for others.
    """

    text: str
    host: str
    repository: str
    tag: str | None
    digest: str | None
    account: str | None = None
    region: str | None = None

    def at(self, digest: str) -> str:
        """The same image by that digest, whatever its tag points to later."""
        return f"{self.host}/{self.repository}@{digest}"


def parse(text: str) -> ImageReference:
    """Splits an image name by Docker's rules; ValueError when it is none."""
    rest, _, digest = text.partition("@")
    first, slash, path = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        host, rest = first, path
    else:
        host = _DEFAULT_HOST
    repository, colon, tag = rest.rpartition(":")
    if not colon:
        repository, tag = rest, ""
    if not re.fullmatch(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*", repository):
        raise ValueError(f"invalid reference format: {text!r} has no repository name")
    if digest and not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        raise ValueError(f"invalid reference format: {digest!r} is no digest")
    if tag and not re.fullmatch(r"\w[\w.-]{0,127}", tag):
        raise ValueError(f"invalid reference format: {tag!r} is no tag")
    private = _REGISTRY.fullmatch(host)
    return ImageReference(
        text=text,
        host=host,
        repository=repository,
        tag=tag or (None if digest else "latest"),
        digest=digest or None,
        account=private["account"] if private else None,
        region=private["region"] if private else None,
    )
