from typing import Any

from netflux.console import logs
from tests.console import cloud


def event(identity: str, moment: int) -> dict[str, Any]:
    return {"eventId": identity, "logStreamName": "s", "timestamp": moment, "message": identity}


class Two(cloud.Cloud):
    """Two services; the first one's group has more than a page holds."""

    async def call(self, service: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        if operation == "ListServices":
            return {"serviceArns": ["a", "b"]}
        if operation == "DescribeServices":
            (name,) = params["services"]
            return {"services": [{"serviceName": name, "taskDefinition": name}]}
        if operation == "DescribeTaskDefinition":
            options = {"awslogs-group": f"/ecs/{params['taskDefinition']}"}
            return {"taskDefinition": {"containerDefinitions": [{"logConfiguration": {"options": options}}]}}
        if operation != "FilterLogEvents":
            return await super().call(service, operation, params)
        if params["logGroupName"] == "/ecs/a":
            return {"events": [event("a1", 10), event("a2", 20)], "nextToken": "more"}
        return {"events": [event("b1", 5), event("b2", 30)]}


async def test_nothing_is_told_that_lines_still_to_come_would_precede() -> None:
    """b2 waits: between 20 and 30 the other group may have lines on its next page."""
    assert [line["id"] for line in await logs.read(Two().call, "", 0)] == ["b1", "a1", "a2"]


async def test_a_service_whose_group_is_whole_is_told_whole() -> None:
    assert [line["id"] for line in await logs.read(Two().call, "b", 0)] == ["b1", "b2"]
