"""Secrets of release 0.1, which were moto's, are records afterwards."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from netflux.resources.secretsmanager import Secrets
from netflux.upgrade import secretsmanager
from tests.controlplane.plane import Plane

A, B = "a" * 32, "b" * 32


async def test_secrets_with_values_labels_tags_and_dates_are_taken_over(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    await plane.start()

    async def call(operation: str, **params: Any) -> dict[str, Any]:
        return await plane.moto.call("secretsmanager", operation, params)

    tags = [{"Key": "k", "Value": "v"}]
    text: dict[str, Any] = {"SecretString": "one", "ClientRequestToken": A, "Description": "d", "Tags": tags}
    await call("CreateSecret", Name="a/b", **text)
    await call("PutSecretValue", SecretId="a/b", SecretString="two", ClientRequestToken=B)
    await call("CreateSecret", Name="bytes", SecretBinary=b"\x00\x01")
    await call("CreateSecret", Name="empty")
    owner = [{"Key": "aws:secretsmanager:owningService", "Value": "rds"}]
    await call("CreateSecret", Name="rds!db-1", SecretString="x", Tags=owner)
    await call("CreateSecret", Name="going", SecretString="x")
    date = (await call("DeleteSecret", SecretId="going", RecoveryWindowInDays=7))["DeletionDate"]
    await secretsmanager.adopt(plane.moto, plane.documents)
    await secretsmanager.adopt(plane.moto, plane.documents)
    kept = Secrets(plane.documents)
    found = {secret.name: secret for secret in kept.secrets}
    assert {*found} == {"a/b", "bytes", "empty", "rds!db-1", "going"}
    told = await call("DescribeSecret", SecretId="a/b")
    one = found["a/b"]
    assert (one.arn, one.description, one.tags, one.key) == (told["ARN"], "d", {"k": "v"}, "")
    assert {version.id: (version.text, version.stages) for version in kept.of(one)} == {
        A: ("one", ("AWSPREVIOUS",)),
        B: ("two", ("AWSCURRENT",)),
    }
    assert [version.binary for version in kept.of(found["bytes"])] == [b"\x00\x01"]
    assert kept.of(found["empty"]) == []
    assert found["rds!db-1"].owner == "rds"
    assert found["going"].deletion is not None
    assert abs((found["going"].deletion - date).total_seconds()) < 1
    assert [version.text for version in kept.of(found["going"])] == ["x"]
    plane.stop()
