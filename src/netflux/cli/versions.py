"""Which services run an earlier push of their image than its tag names by now: an edit waits for a deployment. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netflux.runtime import reference


def behind(status: dict[str, Any]) -> list[str]:
    """A sentence for each service of which all tasks run what its image's tag named before.

    Args:
        status: of `/_netflux/status.json`.
    """
    images = status.get("images", {})
    found: dict[tuple[str, str], dict[str, bool]] = {}
    for task in status.get("tasks", ()):
        name = task.get("group", "").removeprefix("service:")
        if not task.get("group", "").startswith("service:") or task.get("lastStatus") != "RUNNING":
            continue
        cluster = task.get("clusterArn", "").rpartition("/")[2]
        for image, digest in _named(task):
            latest = _digest(images, image)
            if latest is not None:
                known = found.setdefault((cluster, name), {})
                key = f"{image.repository}:{image.tag}"
                known[key] = known.get(key, True) and digest != latest
    return [
        f"{service} runs what {image} was before it was pushed again; `aws ecs update-service --cluster {cluster} "
        f"--service {service} --force-new-deployment` runs it as it is now."
        for (cluster, service), behind in found.items()
        for image, old in behind.items()
        if old
    ]


def _named(task: dict[str, Any]) -> Iterator[tuple[reference.ImageReference, str]]:
    """Images of this account's registry by tag, with the digests that run."""
    for container in task.get("containers", ()):
        try:
            image = reference.parse(container.get("image", ""))
        except ValueError:
            continue
        if image.account is not None and image.tag and not image.digest and container.get("imageDigest"):
            yield image, container["imageDigest"]


def _digest(images: dict[str, Any], image: reference.ImageReference) -> str | None:
    for one in images.get(image.repository, ()):
        if image.tag in one.get("imageTags", ()):
            return str(one["imageDigest"])
    return None
