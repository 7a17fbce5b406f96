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
from netflux.controlplane.call import Call
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


async def test_images_come_in_pages_and_by_their_tag_status(apis: Apis, tmp_path: Path) -> None:
    digests = [await push(apis, f"movies:v{number}", tmp_path, [str(number)]) for number in range(5)]
    await push(apis, "movies:v0", tmp_path, ["new"])
    about = {"repositoryName": "movies", "filter": {"tagStatus": "TAGGED"}}
    seen: list[str] = []
    token: dict[str, str] = {}
    for size in (2, 2, 1):
        answer = await apis.call("ecr", "DescribeImages", {**about, **token, "maxResults": 2})
        assert len(answer["imageDetails"]) == size
        seen += [one["imageDigest"] for one in answer["imageDetails"]]
        token = {"nextToken": answer.get("nextToken", "")}
    assert token == {"nextToken": ""}
    assert seen[:4] == digests[1:]
    untagged = {"repositoryName": "movies", "filter": {"tagStatus": "UNTAGGED"}}
    assert (await apis.call("ecr", "ListImages", untagged))["imageIds"] == [{"imageDigest": digests[0]}]


async def test_a_pull_is_told_once_there_was_one(apis: Apis, tmp_path: Path) -> None:
    await push(apis, "movies:v1", tmp_path, ["one"])
    about = {"repositoryName": "movies"}
    (image,) = (await apis.call("ecr", "DescribeImages", about))["imageDetails"]
    assert "lastRecordedPullTime" not in image
    await apis.call("ecr", "BatchGetImage", {**about, "imageIds": [{"imageTag": "v1"}]})
    (image,) = (await apis.call("ecr", "DescribeImages", about))["imageDetails"]
    assert image["lastRecordedPullTime"] >= image["imagePushedAt"]
    pulled = image["lastRecordedPullTime"]
    await apis.call("ecr", "BatchGetImage", {**about, "imageIds": [{"imageTag": "v1"}]})
    (image,) = (await apis.call("ecr", "DescribeImages", about))["imageDetails"]
    assert image["lastRecordedPullTime"] == pulled  # recorded at most once a day


async def test_ids_that_name_no_image_are_failures_of_their_own(apis: Apis, tmp_path: Path) -> None:
    digest = await push(apis, "movies:v1", tmp_path, ["one"])
    await push(apis, "movies:v2", tmp_path, ["two"])
    absent = "sha256:" + "0" * 64
    wanted = [
        {}, {"imageDigest": "nonsense"}, {"imageDigest": absent}, {"imageDigest": digest, "imageTag": "v2"},
        {"imageDigest": digest, "imageTag": "v3"}, {"imageTag": "v1"},
    ]  # fmt: skip
    for operation, done in (("BatchGetImage", "images"), ("BatchDeleteImage", "imageIds")):
        answer = await apis.call("ecr", operation, {"repositoryName": "movies", "imageIds": wanted})
        codes = [one["failureCode"] for one in answer["failures"]]
        known = ["MissingDigestAndTag", "InvalidImageDigest", "ImageNotFound", "ImageTagDoesNotMatchDigest"]
        assert codes == [*known, "ImageNotFound"]
        assert len(answer[done]) == 1


async def test_a_digest_deletes_an_image_with_all_its_tags_whatever_tag_is_beside_it(
    apis: Apis, tmp_path: Path
) -> None:
    digest = await push(apis, "movies:v1", tmp_path, ["one"])
    await push(apis, "movies:v2", tmp_path, ["one"])
    about = {"repositoryName": "movies", "imageIds": [{"imageDigest": digest, "imageTag": "v1"}]}
    gone = await apis.call("ecr", "BatchDeleteImage", about)
    assert sorted(one["imageTag"] for one in gone["imageIds"]) == ["v1", "v2"]
    assert (await apis.call("ecr", "ListImages", {"repositoryName": "movies"}))["imageIds"] == []


async def test_a_preview_says_what_a_policy_would_expire_and_nothing_expires(apis: Apis, tmp_path: Path) -> None:
    digests = [await push(apis, f"movies:v{number}", tmp_path, [str(number)]) for number in range(3)]
    text = (
        '{"rules": [{"rulePriority": 3, "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", '
        '"countNumber": 2}, "action": {"type": "expire"}}]}'
    )
    about = {"repositoryName": "movies"}
    await apis.call("ecr", "StartLifecyclePolicyPreview", {**about, "lifecyclePolicyText": text})
    preview = await apis.call("ecr", "GetLifecyclePolicyPreview", about)
    (result,) = preview["previewResults"]
    assert (result["imageDigest"], result["appliedRulePriority"]) == (digests[0], 3)
    assert preview["summary"] == {"expiringImageTotalCount": 1}
    assert len((await apis.call("ecr", "ListImages", about))["imageIds"]) == 3


async def test_excluded_tags_have_the_other_mutability(apis: Apis, tmp_path: Path) -> None:
    filters = [{"filterType": "WILDCARD", "filter": "dev-*"}]
    for name, excluded, moves in (("a", "IMMUTABLE", {"dev-1"}), ("b", "MUTABLE", {"v1"})):
        request = {
            "repositoryName": f"tags-{name}",
            "imageTagMutability": f"{excluded}_WITH_EXCLUSION",
            "imageTagMutabilityExclusionFilters": filters,
        }
        await apis.call("ecr", "CreateRepository", request)
        for tag in ("dev-1", "v1"):
            await push(apis, f"tags-{name}:{tag}", tmp_path, ["one", tag])
            if tag in moves:
                await push(apis, f"tags-{name}:{tag}", tmp_path, ["two", tag])
                continue
            with pytest.raises(AwsError) as caught:
                await push(apis, f"tags-{name}:{tag}", tmp_path, ["two", tag])
            assert caught.value.code == "ImageTagAlreadyExistsException"


async def test_repositories_that_name_no_key_share_one(apis: Apis) -> None:
    found = []
    for name in ("first", "second"):
        request = {"repositoryName": name, "encryptionConfiguration": {"encryptionType": "KMS"}}
        made = await apis.call("ecr", "CreateRepository", request)
        found.append(made["repository"]["encryptionConfiguration"]["kmsKey"])
    assert found[0] == found[1]
    key = await apis.call("kms", "DescribeKey", {"KeyId": found[0]})
    assert key["KeyMetadata"]["Arn"] == found[0]
    await apis.call("kms", "DisableKey", {"KeyId": key["KeyMetadata"]["KeyId"]})
    with pytest.raises(AwsError, match="is Disabled") as caught:
        await apis.call("ecr", "CreateRepository", {**request, "repositoryName": "third"})
    assert caught.value.code == "KmsException"


async def test_scanning_rules_of_the_registry_are_told_of_each_repository(apis: Apis) -> None:
    rule = {"scanFrequency": "SCAN_ON_PUSH", "repositoryFilters": [{"filter": "mov*", "filterType": "WILDCARD"}]}
    await apis.call("ecr", "PutRegistryScanningConfiguration", {"rules": [rule]})
    asked = {"repositoryNames": ["movies", "absent"]}
    answer = await apis.call("ecr", "BatchGetRepositoryScanningConfiguration", asked)
    (told,) = answer["scanningConfigurations"]
    assert told["appliedScanFilters"] == rule["repositoryFilters"]
    assert (told["scanFrequency"], told["scanOnPush"]) == ("SCAN_ON_PUSH", False)
    assert answer["failures"][0]["failureCode"] == "REPOSITORY_NOT_FOUND"


async def test_keys_of_aws_are_for_this_cloud_alone(apis: Apis) -> None:
    (found,) = (await apis.call("ecr", "DescribeRepositories", {}))["repositories"]
    request = {"resourceArn": found["repositoryArn"], "tags": [{"Key": "aws:cloudformation:stack-name", "Value": "s"}]}
    somebody = Call("ecr", "TagResource", apis.region, apis.account, access_key="AKIA")
    with pytest.raises(AwsError, match="reserved"):
        await apis.handle(somebody, request)
    await apis.call("ecr", "TagResource", request)
    about = {"resourceArn": found["repositoryArn"]}
    assert (await apis.call("ecr", "ListTagsForResource", about))["tags"] == request["tags"]
    with pytest.raises(AwsError, match="reserved"):
        await apis.handle(
            Call("ecr", "UntagResource", apis.region, apis.account, access_key="AKIA"),
            {**about, "tagKeys": ["aws:cloudformation:stack-name"]},
        )


async def test_what_is_not_here_is_refused_by_name(apis: Apis) -> None:
    for operation, params in (
        ("StartImageScan", {"repositoryName": "movies", "imageId": {"imageTag": "v1"}}),
        ("DescribeImageScanFindings", {"repositoryName": "movies", "imageId": {"imageTag": "v1"}}),
        ("CreatePullThroughCacheRule", {"ecrRepositoryPrefix": "hub", "upstreamRegistryUrl": "example.com"}),
        ("PutReplicationConfiguration", {"replicationConfiguration": {"rules": []}}),
        ("PutRegistryScanningConfiguration", {"scanType": "ENHANCED"}),
    ):
        with pytest.raises(AwsError, match=operation) as caught:
            await apis.call("ecr", operation, params)
        assert caught.value.code == "UnsupportedOperation"
