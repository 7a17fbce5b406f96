"""Images in ECR: true digests, moving tags, and what a runtime finds by a name."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from moto.moto_api._internal import moto_api_backend

from netflux import names
from netflux.aws.ecr.api import EcrApi
from netflux.aws.ecr.registry import EcrRegistry
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from netflux.controlplane.moto.backend import Moto
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.ecr import digest_of
from netflux.runtime.driver import PullError
from tests.aws.ecr.pushing import push

HOST = f"{names.ACCOUNT}.dkr.ecr.{names.REGION}"


@pytest.fixture
async def apis(tmp_path: Path) -> AsyncIterator[Apis]:
    documents = Documents(tmp_path / "netflux.db")
    moto = Moto(documents, names.ACCOUNT, names.REGION)
    moto_api_backend.reset()
    made = Apis(names.ACCOUNT, names.REGION, moto, lambda _: None)
    made.register(EcrApi(documents, made, Clock()))
    await made.call("ecr", "CreateRepository", {"repositoryName": "movies"})
    yield made
    moto.stop()
    documents.close()


@pytest.fixture
def registry(apis: Apis) -> EcrRegistry:
    return EcrRegistry(apis, names.ACCOUNT, names.REGION)


async def test_a_pushed_folder_has_the_digest_of_its_manifest(
    apis: Apis, registry: EcrRegistry, tmp_path: Path
) -> None:
    digest = await push(apis, "movies:v1", tmp_path, ["python", "-m", "movies"])
    found, manifest = await registry.manifest(f"{HOST}.amazonaws.com/movies:v1")
    assert found == digest == digest_of(manifest)
    described = await apis.call("ecr", "DescribeImages", {"repositoryName": "movies"})
    assert described["imageDetails"][0]["imageDigest"] == digest
    assert described["imageDetails"][0]["imageTags"] == ["v1"]
    assert await push(apis, "movies:v1", tmp_path, ["python", "-m", "movies"]) == digest


async def test_an_image_stays_under_its_digest_when_its_tag_moves(
    apis: Apis, registry: EcrRegistry, tmp_path: Path
) -> None:
    first = await push(apis, "movies:latest", tmp_path, ["one"])
    second = await push(apis, "movies", tmp_path, ["two"])
    assert (await registry.manifest(f"{HOST}.localhost/movies"))[0] == second
    assert (await registry.manifest(f"{HOST}.localhost/movies@{first}"))[0] == first
    listed = await apis.call("ecr", "ListImages", {"repositoryName": "movies"})
    assert {"imageDigest": first} in listed["imageIds"]
    assert {"imageDigest": second, "imageTag": "latest"} in listed["imageIds"]


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (f"{HOST}.amazonaws.com/absent:latest", "The repository with name 'absent' does not exist"),
        (f"{HOST}.amazonaws.com/movies:absent", "movies:absent: not found"),
        ("nginx", "no way to the registry docker.io"),
        (f"{HOST}.amazonaws.com/UPPER", "invalid reference format"),
    ],
)
async def test_an_image_that_is_not_there_is_named(registry: EcrRegistry, reference: str, message: str) -> None:
    with pytest.raises(PullError, match=message):
        await registry.manifest(reference)


async def test_an_immutable_tag_cannot_move(apis: Apis, tmp_path: Path) -> None:
    request = {"repositoryName": "fixed", "imageTagMutability": "IMMUTABLE"}
    await apis.call("ecr", "CreateRepository", request)
    await push(apis, "fixed:v1", tmp_path, ["one"])
    with pytest.raises(AwsError) as caught:
        await push(apis, "fixed:v1", tmp_path, ["two"])
    assert caught.value.code == "ImageTagAlreadyExistsException"


async def test_deleting_the_last_tag_deletes_the_image(apis: Apis, tmp_path: Path) -> None:
    await push(apis, "movies:a", tmp_path, ["one"])
    await push(apis, "movies:b", tmp_path, ["one"])
    for tag, left in (("a", 1), ("b", 0)):
        await apis.call("ecr", "BatchDeleteImage", {"repositoryName": "movies", "imageIds": [{"imageTag": tag}]})
        described = await apis.call("ecr", "DescribeImages", {"repositoryName": "movies"})
        assert len(described["imageDetails"]) == left


async def test_a_repository_with_images_is_deleted_only_by_force(apis: Apis, tmp_path: Path) -> None:
    await push(apis, "movies:a", tmp_path, ["one"])
    with pytest.raises(AwsError) as caught:
        await apis.call("ecr", "DeleteRepository", {"repositoryName": "movies"})
    assert caught.value.code == "RepositoryNotEmptyException"
    await apis.call("ecr", "DeleteRepository", {"repositoryName": "movies", "force": True})
    await apis.call("ecr", "CreateRepository", {"repositoryName": "movies"})
    assert (await apis.call("ecr", "ListImages", {"repositoryName": "movies"}))["imageIds"] == []


async def test_uris_name_the_local_registry_and_layers_are_refused(apis: Apis) -> None:
    found = await apis.call("ecr", "DescribeRepositories", {})
    assert found["repositories"][0]["repositoryUri"] == f"{HOST}.localhost/movies"
    token = await apis.call("ecr", "GetAuthorizationToken", {})
    assert token["authorizationData"][0]["proxyEndpoint"] == f"https://{HOST}.localhost"
    with pytest.raises(AwsError, match="netflux push"):
        await apis.call("ecr", "InitiateLayerUpload", {"repositoryName": "movies"})
