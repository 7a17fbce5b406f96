"""Uncached behaviors, which HAProxy passes to their origin."""

from __future__ import annotations

from tests.aws.cloudfront.world import World, alb_origin, api_behavior, behavior, config


async def test_a_request_to_the_api_arrives_whole(world: World) -> None:
    world.publish_alb()
    world.application.answers["/api/echo"] = (201, {"Content-Type": "text/plain", "Set-Cookie": "a=b"}, b"made")
    made = await world.distribute(config([alb_origin()], behavior("alb"), api_behavior()))
    got = await world.request(
        made,
        "POST",
        "/api/echo?b=2&a=%20x",
        scheme="https",
        data=b'{"k": 1}',
        headers={"Cookie": "s=1; t=2", "Authorization": "Bearer x", "X-Forwarded-For": "9.9.9.9", "X-Edge-Evil": "1"},
    )
    assert (got.status, got.body, got.cache) == (201, b"made", "Miss from cloudfront")
    assert got.headers["Set-Cookie"] == "a=b"
    method, target, headers, body = world.application.requests[-1]
    assert (method, target, body) == ("POST", "/api/echo?b=2&a=%20x", b'{"k": 1}')
    assert headers["Cookie"] == "s=1; t=2"
    assert headers["Authorization"] == "Bearer x"
    assert headers["Host"] == f"{made['DomainName']}:{world.port}"
    assert headers["X-Forwarded-For"] == "9.9.9.9,127.0.0.1"
    assert headers["Via"] == f"1.1 {made['DomainName']} (CloudFront)"
    assert headers["X-Amz-Cf-Id"] == got.headers["X-Amz-Cf-Id"]
    assert len(headers["X-Amz-Cf-Id"]) == 56
    assert not [name for name in headers if name.lower().startswith("x-edge-")]


async def test_the_origins_404_comes_through_as_an_error(world: World) -> None:
    world.publish_alb()
    made = await world.distribute(config([alb_origin()], behavior("alb"), api_behavior()))
    got = await world.get(made, "/api/test", scheme="https")
    assert (got.status, got.body, got.cache) == (404, b":(", "Error from cloudfront")
