import json
from typing import Any

from netflux.console.status import snapshot
from tests.console import cloud


async def test_each_part_is_the_apis_answer() -> None:
    found = await snapshot(cloud.Cloud().call)
    assert found["target_health"][cloud.GROUP] == cloud.ANSWERS["DescribeTargetHealth"]["TargetHealthDescriptions"]
    assert found["listeners"][0]["Rules"] == cloud.ANSWERS["DescribeRules"]["Rules"]
    assert found["services"][0]["events"][0]["createdAt"] == "2026-11-24T03:00:00+00:00"
    assert found["unavailable"] == {}
    json.dumps(found)


async def test_a_part_whose_call_is_refused_is_absent_and_says_why() -> None:
    region = cloud.Cloud()
    region.without = {"ListDistributions", "DescribeTargetHealth"}
    found = await snapshot(region.call)
    assert "distributions" not in found
    assert "target_health" not in found
    assert found["unavailable"]["distributions"].startswith("UnsupportedOperation: cloudfront:ListDistributions")
    assert found["databases"]


async def test_services_are_described_ten_at_a_time() -> None:
    region = cloud.Cloud()
    ten = [f"arn:aws:ecs:us-east-1:000000000000:service/prod/{number}" for number in range(23)]

    async def call(service: str, operation: str, params: dict[str, object]) -> dict[str, object]:
        if operation == "ListServices":
            return {"serviceArns": ten}
        return await region.call(service, operation, params)

    await snapshot(call)
    asked = [params["services"] for operation, params in region.calls if operation == "DescribeServices"]
    assert [len(some) for some in asked] == [10, 10, 3]


async def test_what_comes_in_pages_is_told_whole() -> None:
    region = cloud.Cloud()
    pages = {None: ({"Name": "a"}, "1"), "1": ({"Name": "b"}, "2"), "2": ({"Name": "c"}, None)}

    async def call(service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        if operation != "ListSecrets":
            return await region.call(service, operation, params)
        secret, following = pages[params.get("NextToken")]
        return {"SecretList": [secret]} | ({"NextToken": following} if following else {})

    assert [secret["Name"] for secret in (await snapshot(call))["secrets"]] == ["a", "b", "c"]
