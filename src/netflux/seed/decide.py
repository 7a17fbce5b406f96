"""What is sent to a repository or a bucket. Pure.

Each is filled once, when it is new and empty. After that something is sent again only where it still holds just what
was sent before, so nothing that a person has put, changed or deleted is ever touched.
"""

from __future__ import annotations

from collections.abc import Mapping, Set

from netflux.seed.config import Config, ContainerSource, ImageSource

Images = dict[str, ImageSource | ContainerSource]


def images(config: Config | None, runtime: str) -> Images:
    """What stands for the images of repositories under a runtime, by `REPOSITORY:TAG`.

    Containers under `podman`, folders otherwise, and under `auto` containers where there is no folder.
    """
    if config is None:
        return {}
    folders: Images = {f"{one.repository}:{one.tag}": one for one in config.images}
    containers: Images = {f"{one.repository}:{one.tag}": one for one in config.containers}
    return {"podman": {**folders, **containers}, "process": folders}.get(runtime, {**containers, **folders})


def pushes(tag: str, held: Mapping[str, str], sent: Set[str], wanted: str, first: bool) -> bool:
    """Whether an image is to be pushed.

    Args:
        tag: of the image.
        held: the repository's digests by tag.
        sent: digests that were sent to the repository before.
        wanted: the image's digest.
        first: nothing was ever decided about this tag of this repository.
    """
    if first:
        return not set(held.values()) - sent
    return held.get(tag, wanted) in sent - {wanted}


def uploads(local: Mapping[str, str], remote: Mapping[str, str], sent: Mapping[str, str]) -> list[str]:
    """Keys to upload, in the order of the alphabet.

    Args:
        local: keys of the folder's files, with their MD5 in hexadecimal, which is S3's ETag of an object put whole.
        remote: keys of the bucket's objects, with their ETags.
        sent: what was sent to this very bucket, with ETags.
    """
    return sorted(
        key
        for key, etag in local.items()
        if (key not in sent and key not in remote) or (key in sent and remote.get(key) == sent[key] != etag)
    )
