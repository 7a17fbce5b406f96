"""Repositories of templates."""

from __future__ import annotations

from tests.cloudformation.cloud import Cloud

TEMPLATE = """
Resources:
  Repository:
    Type: AWS::ECR::Repository
    Properties:
      RepositoryName: movies
      ImageTagMutability: IMMUTABLE_WITH_EXCLUSION
      ImageTagMutabilityExclusionFilters:
        - {ImageTagMutabilityExclusionFilterType: WILDCARD, ImageTagMutabilityExclusionFilterValue: dev-*}
"""


async def test_tags_that_may_move_are_the_templates_and_follow_it(cloud: Cloud) -> None:
    async def told() -> tuple[str, list[str]]:
        (found,) = (await cloud.apis.call("ecr", "DescribeRepositories", {}))["repositories"]
        filters = found.get("imageTagMutabilityExclusionFilters") or []
        assert all(one["filterType"] == "WILDCARD" for one in filters)
        return found["imageTagMutability"], [one["filter"] for one in filters]

    assert (await cloud.create(TEMPLATE))["StackStatus"] == "CREATE_COMPLETE"
    assert await told() == ("IMMUTABLE_WITH_EXCLUSION", ["dev-*"])
    assert (await cloud.update(TEMPLATE.replace("dev-*", "test-*")))["StackStatus"] == "UPDATE_COMPLETE"
    assert await told() == ("IMMUTABLE_WITH_EXCLUSION", ["test-*"])
    plain = TEMPLATE.partition("      ImageTagMutability:")[0]
    assert (await cloud.update(plain))["StackStatus"] == "UPDATE_COMPLETE"
    assert await told() == ("MUTABLE", [])
