"""A service that runs an earlier push than its tag names is told, with the command that deploys it."""

from typing import Any

import pytest

from netflux.cli import versions

URI = "123456789012.dkr.ecr.us-east-1.localhost/movies"


def status(runs: list[str], image: str = f"{URI}:latest", group: str = "service:movie-service") -> dict[str, Any]:
    tasks = [
        {
            "group": group,
            "lastStatus": "RUNNING",
            "clusterArn": "arn:aws:ecs:us-east-1:123456789012:cluster/prod",
            "containers": [{"image": image, "imageDigest": digest}],
        }
        for digest in runs
    ]
    images = [{"imageDigest": "sha256:old"}, {"imageDigest": "sha256:new", "imageTags": ["latest"]}]
    return {"tasks": tasks, "images": {"movies": images}}


def test_a_service_of_before_is_told_with_what_deploys_it() -> None:
    (told,) = versions.behind(status(["sha256:old", "sha256:old"]))
    assert told.startswith("movie-service runs what movies:latest was before")
    assert "--cluster prod --service movie-service --force-new-deployment" in told


@pytest.mark.parametrize(
    "found",
    [
        status(["sha256:new"]),
        status(["sha256:old", "sha256:new"]),  # it is being deployed
        status(["sha256:old"], image=f"{URI}@sha256:" + "0" * 64),
        status(["sha256:old"], image=f"{URI}:other"),
        status(["sha256:old"], image="docker.io/movies:latest"),
        status(["sha256:old"], image=""),
        status(["sha256:old"], group="family:movies"),
        {},
    ],
)
def test_nothing_is_told_of_others(found: dict[str, Any]) -> None:
    assert versions.behind(found) == []
