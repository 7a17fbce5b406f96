"""ECR: repositories."""

from __future__ import annotations

from typing import Any

from netflux.cloudformation.types.table import Facts, Read, Row, Step, Tagging

_EXCLUSION = {
    "ImageTagMutabilityExclusionFilterType": "filterType",
    "ImageTagMutabilityExclusionFilterValue": "filter",
}


def _mutability(facts: Facts) -> list[dict[str, Any]]:
    """ECR takes the filters with the mutability that they are exceptions of, and never alone."""
    filters = [
        {_EXCLUSION[name]: value for name, value in one.items()}
        for one in facts.new.get("ImageTagMutabilityExclusionFilters") or ()
    ]
    wanted = {"repositoryName": facts.id, "imageTagMutability": facts.new.get("ImageTagMutability", "MUTABLE")}
    return [wanted | ({"imageTagMutabilityExclusionFilters": filters} if filters else {})]


def _lifecycle(facts: Facts) -> list[dict[str, Any]]:
    policy = facts.new["LifecyclePolicy"]
    return [{"repositoryName": facts.id, "lifecyclePolicyText": policy["LifecyclePolicyText"]}]


_REPOSITORY = Row(
    type="AWS::ECR::Repository",
    service="ecr",
    create=Step("CreateRepository", renames=_EXCLUSION),
    id="$new.RepositoryName",
    read=Read("DescribeRepositories", {"repositoryNames": ["$id"]}, "$response.repositories.0"),
    attributes={"Arn": "$item.repositoryArn", "RepositoryUri": "$item.repositoryUri"},
    also=(
        Step(
            "SetRepositoryPolicy",
            ("RepositoryPolicyText",),
            renames={"RepositoryPolicyText": "policyText"},
            params={"repositoryName": "$id"},
        ),
        Step("PutLifecyclePolicy", ("LifecyclePolicy",), build=_lifecycle),
    ),
    update=(
        Step(
            "PutImageTagMutability",
            ("ImageTagMutability", "ImageTagMutabilityExclusionFilters"),
            build=_mutability,
            defaults={"ImageTagMutability": "MUTABLE", "ImageTagMutabilityExclusionFilters": []},
        ),
        Step(
            "PutImageScanningConfiguration",
            ("ImageScanningConfiguration",),
            params={"repositoryName": "$id"},
            defaults={"ImageScanningConfiguration": {"ScanOnPush": False}},
        ),
    ),
    delete=(Step("DeleteRepository", params={"repositoryName": "$id", "force": "$new.EmptyOnDelete"}),),
    gone=("RepositoryNotFoundException",),
    named="RepositoryName",
    name_length=256,
    lower=True,
    consumed=("EmptyOnDelete",),
    tags=Tagging("TagResource", "UntagResource", {"resourceArn": "$attributes.Arn"}, "tags", "tagKeys"),
)

ROWS = (_REPOSITORY,)
