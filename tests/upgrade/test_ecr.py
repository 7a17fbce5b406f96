"""A state directory of release 0.1: its repositories, policies and images are there afterwards."""

from pathlib import Path

from netflux.aws.ecr.api import EcrApi
from netflux.clock import Clock
from netflux.upgrade import ecr
from tests.aws.ecr.test_roundtrip import LIFECYCLE, POLICY, REGISTRY
from tests.controlplane.plane import Plane

DIGEST = "sha256:" + "1" * 64


async def test_repositories_policies_and_images_are_taken_over_once(tmp_path: Path) -> None:
    plane = Plane(tmp_path)
    apis = await plane.start()
    about = {"repositoryName": "movies/api"}
    mutability = {
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev-*"}],
    }
    made = await plane.moto.call(
        "ecr", "CreateRepository", {**about, **mutability, "tags": [{"Key": "team", "Value": "a"}]}
    )
    arn = made["repository"]["repositoryArn"]
    await plane.moto.call("ecr", "SetRepositoryPolicy", {**about, "policyText": POLICY})
    await plane.moto.call("ecr", "PutLifecyclePolicy", {**about, "lifecyclePolicyText": LIFECYCLE})
    await plane.moto.call("ecr", "PutRegistryPolicy", {"policyText": REGISTRY})
    await plane.moto.call("ecr", "CreateRepository", {"repositoryName": "bare"})
    plane.documents.put(
        "ecr.image",
        f"{arn}@{DIGEST}",
        {
            "repository": arn,
            "digest": DIGEST,
            "manifest": "{}",
            "media_type": "text/plain",
            "tags": ["v1", "latest"],
            "pushed_at": "2026-11-01T10:00:00+00:00",
            "size": 7,
        },
    )
    plane.documents.put("ecr.lifecycle", "movies/api", {"arn": arn, "text": LIFECYCLE})
    apis.register(EcrApi(plane.documents, apis, Clock()))
    await ecr.adopt(plane.moto, plane.documents)
    await apis.call("ecr", "DeleteLifecyclePolicy", about)
    await ecr.adopt(plane.moto, plane.documents)  # a start after one that was killed: nothing comes back
    (found,) = (await apis.call("ecr", "DescribeRepositories", {"repositoryNames": ["movies/api"]}))["repositories"]
    assert found["createdAt"] == made["repository"]["createdAt"]
    assert {name: found[name] for name in mutability} == mutability
    assert (await apis.call("ecr", "GetRepositoryPolicy", about))["policyText"] == POLICY
    assert (await apis.call("ecr", "GetRegistryPolicy", {}))["policyText"] == REGISTRY
    (image,) = (await apis.call("ecr", "DescribeImages", about))["imageDetails"]
    assert (image["imageDigest"], image["imageTags"], image["imageSizeInBytes"]) == (DIGEST, ["v1", "latest"], 7)
    assert image["imagePushedAt"].isoformat() == "2026-11-01T10:00:00+00:00"
    assert (await apis.call("ecr", "ListTagsForResource", {"resourceArn": arn}))["tags"] == [
        {"Key": "team", "Value": "a"}
    ]
    assert not plane.documents.list("ecr.image")
    plane.stop()
