"""ECR of release 0.1: repositories were moto's, images and lifecycle policies documents."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from netflux.controlplane.call import Caller
from netflux.controlplane.records.documents import Documents
from netflux.errors import AwsError
from netflux.resources.ecr import IMAGE, REGISTRY, REPOSITORY, Exclusion, Image, Registry, Repository

_IMAGES, _LIFECYCLES = "ecr.image", "ecr.lifecycle"
Json = dict[str, Any]


async def adopt(moto: Caller, documents: Documents) -> None:
    """Puts records of all that is there; a repository that has a record already is left as it is."""
    told = (await moto.call("ecr", "DescribeRepositories", {}))["repositories"]
    found = [await _repository(moto, one) for one in told]
    policy = await _text(moto, "GetRegistryPolicy", {}, "policyText")
    repositories, images = documents.table(REPOSITORY), documents.table(IMAGE)
    with documents.transaction():
        for one in found:
            if one.name not in repositories:
                repositories.put(one)
        if policy and "registry" not in documents.table(REGISTRY):
            documents.table(REGISTRY).put(Registry(policy=policy))
        for key, body in documents.list(_IMAGES):
            image = _image(body)
            if image.repository in repositories and image.key not in images:
                images.put(image)
            documents.delete(_IMAGES, key)
        for key, _ in documents.list(_LIFECYCLES):
            documents.delete(_LIFECYCLES, key)


async def _repository(moto: Caller, told: Json) -> Repository:
    about = {"repositoryName": told["repositoryName"]}
    tags = (await moto.call("ecr", "ListTagsForResource", {"resourceArn": told["repositoryArn"]}))["tags"]
    encryption = told.get("encryptionConfiguration", {})
    excluded = told.get("imageTagMutabilityExclusionFilters") or ()
    return Repository(
        name=told["repositoryName"],
        arn=told["repositoryArn"],
        created_at=told["createdAt"],
        mutability=told["imageTagMutability"],
        exclusions=tuple(Exclusion(one["filterType"], one["filter"]) for one in excluded),
        scan_on_push=told.get("imageScanningConfiguration", {}).get("scanOnPush", False),
        encryption=encryption.get("encryptionType", "AES256"),
        key=encryption.get("kmsKey", ""),
        tags={tag["Key"]: tag["Value"] for tag in tags},
        policy=await _text(moto, "GetRepositoryPolicy", about, "policyText"),
        lifecycle=await _text(moto, "GetLifecyclePolicy", about, "lifecyclePolicyText"),
    )


async def _text(moto: Caller, operation: str, params: Json, member: str) -> str:
    try:
        return str((await moto.call("ecr", operation, params))[member])
    except AwsError as error:
        if error.code.endswith("PolicyNotFoundException"):
            return ""
        raise


def _image(body: Json) -> Image:
    return Image(
        repository=body["repository"].partition(":repository/")[2],
        digest=body["digest"],
        manifest=body["manifest"],
        media_type=body["media_type"],
        tags=tuple(body["tags"]),
        pushed_at=datetime.fromisoformat(body["pushed_at"]),
        size=body["size"],
    )
