"""What a create or modify operation was sent comes back from describe: every member that is carried."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from netflux.aws.ecr.api import EcrApi
from netflux.clock import Clock
from netflux.controlplane import operation as operations
from netflux.controlplane.apis import Apis
from netflux.controlplane.protocol import models
from netflux.resources.ecr import REPOSITORY, digest_of
from netflux.runtime import manifest
from tests.controlplane.plane import Plane

_MANIFEST = manifest.write(manifest.ProcessImage("/srv", command=("serve",)))
_DIGEST = digest_of(_MANIFEST)
POLICY = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}]}
)
REGISTRY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "ecr:ReplicateImage", "Resource": "*"}],
    }
)
LIFECYCLE = json.dumps(
    {
        "rules": [
            {
                "rulePriority": 1,
                "description": "the newest",
                "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 9},
                "action": {"type": "expire"},
            }
        ]
    }
)
_FILTERS = [{"filterType": "WILDCARD", "filter": "dev-*"}, {"filterType": "WILDCARD", "filter": "test"}]
_OWN: dict[str, Any] = {"registryId": "000000000000", "repositoryName": "movies"}

SENT: dict[str, dict[str, Any]] = {
    "CreateRepository": {
        **_OWN,
        "repositoryName": "shows/old",
        "tags": [{"Key": "team", "Value": "movies"}],
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": _FILTERS,
        "imageScanningConfiguration": {"scanOnPush": True},
        "encryptionConfiguration": {"encryptionType": "KMS", "kmsKey": "KEY"},
    },
    "PutImageTagMutability": {
        **_OWN,
        "imageTagMutability": "MUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": _FILTERS,
    },
    "PutImageScanningConfiguration": {**_OWN, "imageScanningConfiguration": {"scanOnPush": True}},
    "SetRepositoryPolicy": {**_OWN, "policyText": POLICY},
    "PutLifecyclePolicy": {**_OWN, "lifecyclePolicyText": LIFECYCLE},
    "PutRegistryPolicy": {"policyText": REGISTRY},
    "PutRegistryScanningConfiguration": {
        "scanType": "BASIC",
        "rules": [
            {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "mov*", "filterType": "WILDCARD"}]},
            {"scanFrequency": "MANUAL", "repositoryFilters": [{"filter": "shows", "filterType": "WILDCARD"}]},
        ],
    },
    "PutImage": {
        **_OWN,
        "imageManifest": _MANIFEST,
        "imageManifestMediaType": manifest.MEDIA_TYPE,
        "imageTag": "v1",
        "imageDigest": _DIGEST,
    },
    "TagResource": {"resourceArn": "ARN", "tags": [{"Key": "stage", "Value": "test"}]},
}
"""For each operation that makes or changes a record, every member that it carries."""

FOUND: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "CreateRepository": [
        ("DescribeRepositories", {"repositoryNames": ["shows/old"]}),
        ("ListTagsForResource", {"resourceArn": "ARN/old"}),
    ],
    "PutImageTagMutability": [("DescribeRepositories", {"repositoryNames": ["movies"]})],
    "PutImageScanningConfiguration": [("DescribeRepositories", {"repositoryNames": ["movies"]})],
    "SetRepositoryPolicy": [("GetRepositoryPolicy", {"repositoryName": "movies"})],
    "PutLifecyclePolicy": [("GetLifecyclePolicy", {"repositoryName": "movies"})],
    "PutRegistryPolicy": [("GetRegistryPolicy", {})],
    "PutRegistryScanningConfiguration": [("GetRegistryScanningConfiguration", {})],
    "PutImage": [("BatchGetImage", {"repositoryName": "movies", "imageIds": [{"imageTag": "v1"}]})],
    "TagResource": [
        ("ListTagsForResource", {"resourceArn": "ARN"}),
        ("DescribeRepositories", {"repositoryNames": ["movies"]}),
    ],
}
_CHANGES = ("Create", "Put", "Set", "Tag")


class World:
    def __init__(self, plane: Plane, apis: Apis, names: Mapping[str, str]) -> None:
        self.plane, self.apis, self.names = plane, apis, names

    def filled(self, value: Any) -> Any:
        text = json.dumps(value)
        for name, real in self.names.items():
            text = text.replace(f'"{name}"', f'"{real}"')
        return json.loads(text)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    plane = Plane(tmp_path)
    apis = await plane.start()
    apis.register(EcrApi(plane.documents, apis, Clock()))
    made = await apis.call("ecr", "CreateRepository", {"repositoryName": "movies"})
    key = await apis.call("kms", "CreateKey", {})
    arn = made["repository"]["repositoryArn"]
    names = {"ARN": arn, "ARN/old": arn.replace("movies", "shows/old"), "000000000000": apis.account}
    yield World(plane, apis, {**names, "KEY": key["KeyMetadata"]["Arn"]})
    plane.stop()


def leaves(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every member at the end of a path, with its value; elements of a list stand under the list's path."""
    if isinstance(value, Mapping):
        return [leaf for name, item in value.items() for leaf in leaves(item, f"{path}.{name}" if path else name)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item, path)]
    return [(path, value)]


def values(answer: Any) -> list[tuple[str, Any]]:
    """The last name of every path of an answer with its value."""
    return [(path.rpartition(".")[2], value) for path, value in leaves(answer)]


@pytest.mark.parametrize("name", SENT)
async def test_every_member_that_was_sent_is_found_again_also_after_a_restart(world: World, name: str) -> None:
    request = world.filled(SENT[name])
    await world.apis.call("ecr", name, request)
    for again in (False, True):
        if again:
            world.apis = await world.plane.restart()
            world.apis.register(EcrApi(world.plane.documents, world.apis, Clock()))
        found: list[tuple[str, Any]] = []
        for call, params in FOUND[name]:
            found += values(await world.apis.call("ecr", call, world.filled(params)))
        found += [("resourceArn", value) for member, value in found if member == "repositoryArn"]
        for path, value in leaves(request):
            assert (path.rpartition(".")[2], value) in found, f"{name}: {path} = {value!r} is not told again"


def test_every_member_that_a_change_carries_is_sent() -> None:
    """Of all operations that make or change something, so a new one is asked for here."""
    for name in models.service_model("ecr").operation_names:
        handler = getattr(EcrApi, xform_name(name), None)
        if handler is None or not name.startswith(_CHANGES):
            continue
        declared = operations.declaration(handler)
        assert declared is not None
        carried = {path for path, _ in _paths(declared.carries)}
        assert carried == {path for path, _ in leaves(SENT[name])}, name


def _paths(members: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, below in members.items():
        path = f"{above}.{name}" if above else name
        found += _paths(below, path) or [(path, None)]
    return found


async def test_removals_leave_nothing(world: World) -> None:
    for name in ("SetRepositoryPolicy", "PutLifecyclePolicy", "PutRegistryPolicy", "TagResource"):
        await world.apis.call("ecr", name, world.filled(SENT[name]))
    about = {"repositoryName": "movies"}
    assert (await world.apis.call("ecr", "DeleteRepositoryPolicy", about))["policyText"] == POLICY
    assert (await world.apis.call("ecr", "DeleteLifecyclePolicy", about))["lifecyclePolicyText"] == LIFECYCLE
    assert (await world.apis.call("ecr", "DeleteRegistryPolicy", {}))["policyText"] == REGISTRY
    arn = {"resourceArn": world.names["ARN"]}
    await world.apis.call("ecr", "UntagResource", {**arn, "tagKeys": ["stage", "never"]})
    assert (await world.apis.call("ecr", "ListTagsForResource", arn))["tags"] == []
    (record,) = world.plane.documents.table(REPOSITORY)
    assert (record.policy, record.lifecycle, record.tags) == ("", "", {})
