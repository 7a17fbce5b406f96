"""Who is answered by the metadata service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import httpx
import pytest

from netflux.aws.ecs.metadata import Metadata
from netflux.aws.ecs.run import Run
from netflux.network.interface import Interface

TASK, ROLE = "arn:aws:ecs:us-east-1:123456789012:task/prod/1", "arn:aws:iam::123456789012:role/app"
CLUSTER = "arn:aws:ecs:us-east-1:123456789012:cluster/prod"


class Documents:
    """A store of one task, with a role."""

    def get(self, _kind: str, _name: str) -> dict[str, Any]:
        return {"task": {"taskArn": TASK, "clusterArn": CLUSTER, "overrides": {"taskRoleArn": ROLE}}}


class Roles:
    """An API that lets everybody be everything."""

    async def call(self, *_: object) -> dict[str, Any]:
        keys = {"AccessKeyId": "A", "SecretAccessKey": "S", "SessionToken": "T", "Expiration": "2030-01-01T00:00:00Z"}
        return {"Credentials": keys}


@pytest.fixture
async def metadata() -> AsyncIterator[Metadata]:
    made = Metadata(cast("Any", Documents()), cast("Any", Roles()), cast("Any", None))
    await made.start()
    yield made
    await made.stop()


def interface(address: str, namespace: str | None) -> Interface:
    return Interface("eni-1", "o", "subnet-1", address, address, "02:00:00:00:00:01", "us-east-1a", namespace)


@pytest.mark.parametrize(
    ("address", "namespace", "status"),
    [("127.0.0.1", "eni-1", 200), ("10.0.0.9", "eni-1", 400), ("10.0.0.9", None, 200)],
)
async def test_an_address_of_its_own_is_asked_from_by_the_task_alone(
    metadata: Metadata, address: str, namespace: str | None, status: int
) -> None:
    """The client of this test is 127.0.0.1. Without a network of its own every task is, and the identifier decides."""
    metadata.runs[TASK] = Run("1", {}, targeted=False, interface=interface(address, namespace))
    variables = metadata.variables(TASK, "web", link_local=False)
    async with httpx.AsyncClient() as client:
        credentials = await client.get(variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        task = await client.get(f"{variables['ECS_CONTAINER_METADATA_URI_V4']}/task/stats")
    assert credentials.status_code == status
    assert task.status_code == (404 if status == 400 else 200)
    assert ("AccessKeyId" in credentials.json()) == (status == 200)
