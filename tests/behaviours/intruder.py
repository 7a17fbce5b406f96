"""A task of the hostile program beside the movie service's tasks, and what it must not get at of them and the cloud."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests import hostile
from tests.behaviours import errand, stack
from tests.behaviours.cloud import ROOT, Cloud, descendants, wait_for
from tests.behaviours.images import service_image
from tests.oci import OciImage

PROGRAM = Path(hostile.__file__)
_IDENTITY = re.compile(rb"ECS_CONTAINER_METADATA_URI_V4=(\S+?)/v4/(\w+)")
_CREDENTIALS = re.compile(rb"AWS_CONTAINER_CREDENTIALS_(?:RELATIVE|FULL)_URI=(?:http://[^/]*)?/v2/credentials/([\w-]+)")


def pushed(cloud: Cloud, folder: Path) -> str:
    """The program as a process image."""
    folder.mkdir()
    (folder / PROGRAM.name).write_text(PROGRAM.read_text())
    folder.chmod(0o755)
    cloud.boto3("ecr").create_repository(repositoryName="hostile")
    cloud.command("push", str(folder), "hostile:v1", "--", "python", PROGRAM.name)
    (repository,) = cloud.boto3("ecr").describe_repositories(repositoryNames=["hostile"])["repositories"]
    return f"{repository['repositoryUri']}:v1"


def image() -> OciImage:
    """The program as an OCI image, in which it is root."""
    service = service_image("movie-service", ["python", PROGRAM.name])
    return OciImage(
        {**service.files, f"/srv/{PROGRAM.name}": PROGRAM.read_bytes()},
        service.command,
        {**service.config, "User": "0"},
    )


def got(cloud: Cloud, image: str, program: Sequence[str]) -> dict[str, Any]:
    """What the program got, by what it tried. It fails when the task could not ask about itself.

    Args:
        program: what runs it, up to its argument.
    """
    stopped = errand.run(cloud, image, {"command": [*program, json.dumps(_given(cloud))]})
    assert stopped["containers"][0]["exitCode"] == 0, stopped
    itself, found = (json.loads(line) for line in errand.said(cloud, stopped)[-2:])
    assert itself == {"metadata": 200, "credentials": 200}
    return dict(found)


def _given(cloud: Cloud) -> dict[str, Any]:
    pid = stack.program_pids(cloud, "movie_service")[0]
    environment = Path(f"/proc/{pid}/environ").read_bytes()
    where, credentials = _IDENTITY.search(environment), _CREDENTIALS.search(environment)
    assert where is not None
    url, identity = where[1].decode(), where[2].decode()
    asked = [f"{url}/v4/{identity}{path}" for path in ("", "/task", "/stats", "/task/stats")]
    if credentials is not None:
        asked.append(f"{url}/v2/credentials/{credentials[1].decode()}")
    run = cloud.state / "run"
    return {
        "read": [str(cloud.state / name) for name in ("ca/ca.key", "netflux.db", "lock", "version", "netflux.log")],
        "list": [str(cloud.state), str(run), str(cloud.state / "databases"), str(cloud.state / "podman")],
        "connect": [str(path) for path in run.glob("**/*") if path.is_socket()],
        "find": [f"/proc/{pid}", "/run/netns", "/var/lib/containers/storage"],
        "marker": identity,
        "pids": [cloud.pid(), *descendants(cloud.pid())[:50]],
        "write": [str(cloud.state / "x"), str(ROOT / "netflux-hostile"), "/proc/sys/kernel/core_pattern"],
        "ask": asked if url.startswith("http://169.254.") else [],
        "itself": True,
    }


def gets_nothing(cloud: Cloud, image: str, program: Sequence[str] = ("python", PROGRAM.name)) -> None:
    """The test."""
    wait_for("a movie task runs", lambda: stack.program_pids(cloud, "movie_service"))
    found = got(cloud, image, program)
    assert found == {}, found
