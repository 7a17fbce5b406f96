"""Uncached behaviors, which HAProxy passes to their origin."""

from __future__ import annotations

import pytest

from netflux.network.endpoints import Address
from tests.aws.cloudfront.world import (
    ALB,
    ALL_VIEWER,
    DISABLED,
    World,
    alb_origin,
    answers,
    api_behavior,
    behavior,
    config,
    site,
)
from tests.haproxy.targets import free_port


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


async def test_an_uncached_behavior_needs_no_edge(world: World) -> None:
    answers(world, "/api/a", b"direct")
    made = await site(world, api_behavior(ViewerProtocolPolicy="allow-all"))
    await world.edge.stop()
    got = await world.get(made, "/api/a", headers={"Expect": "100-continue"})
    assert (got.status, got.body, got.cache) == (200, b"direct", "Miss from cloudfront")


async def test_a_dead_origin_is_cloudfronts_502_by_haproxy_too(world: World) -> None:
    made = await site(world, api_behavior(ViewerProtocolPolicy="allow-all"))
    world.endpoints.publish(ALB, 80, Address("127.0.0.1", free_port()))
    await world.controller.reconcile(made["Id"])
    got = await world.get(made, "/api/a")
    assert got.headers["Date"].endswith("GMT")
    assert (got.status, got.cache, got.headers["Server"]) == (502, "Error from cloudfront", "CloudFront")
    assert b"The request could not be satisfied." in got.body
    assert len(got.headers["X-Amz-Cf-Id"]) == 56
    world.publish_alb()
    await world.controller.reconcile(made["Id"])
    answers(world, "/api/a", b"mine", 503)
    own = await world.get(made, "/api/a")
    assert (own.status, own.body) == (503, b"mine")


async def test_an_origin_that_is_not_there_yet_is_waited_for(world: World) -> None:
    made = await world.distribute(
        config([alb_origin()], behavior("alb"), api_behavior(ViewerProtocolPolicy="allow-all"))
    )
    assert (await world.controller.reconcile(made["Id"])).requeue_after is not None
    assert (await world.get(made, "/api/a")).status == 502
    world.publish_alb()
    assert (await world.get(made, "/api/a")).status == 404
    assert (await world.controller.reconcile(made["Id"])).requeue_after is None


async def test_an_uncached_behavior_without_all_viewer_forwards_nothing(world: World) -> None:
    answers(world, "/a")
    made = await site(world, default={"CachePolicyId": DISABLED})
    await world.get(made, "/a?q=1", headers={"Cookie": "a=b"})
    assert world.application.requests[-1][1] == "/a"
    assert "Cookie" not in world.application.requests[-1][2]
    other = await world.distribute(
        config(
            [alb_origin(OriginPath="/base")], behavior("alb", CachePolicyId=DISABLED, OriginRequestPolicyId=ALL_VIEWER)
        )
    )
    await world.get(other, "/a?q=1")
    assert world.application.requests[-1][1] == "/base/a?q=1"


async def test_match_viewer_chooses_the_port_by_the_viewers_scheme(world: World) -> None:
    answers(world, "/api/a")
    world.endpoints.publish(ALB, 443, Address("127.0.0.1", world.origin_port))
    protocols = {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "match-viewer"}
    rules = (api_behavior(ViewerProtocolPolicy="allow-all"),)
    made = await world.distribute(config([alb_origin(CustomOriginConfig=protocols)], behavior("alb"), *rules))
    for path in ("/api/a", "/b"):
        assert (await world.get(made, path)).status == 502
    assert (await world.get(made, "/api/a", scheme="https")).status == 200
    protocols["OriginProtocolPolicy"] = "https-only"
    made = await world.distribute(config([alb_origin(CustomOriginConfig=protocols)], behavior("alb"), *rules))
    assert (await world.get(made, "/api/a")).status == 200


@pytest.mark.parametrize("cached", [True, False])
async def test_a_load_balancer_behind_a_unix_socket_is_reached(world: World, cached: bool) -> None:
    answers(world, "/api/a")
    world.endpoints.publish(ALB, 80, Address(str(await world.application_socket()), 0))
    rules = () if cached else (api_behavior(ViewerProtocolPolicy="allow-all"),)
    made = await world.distribute(config([alb_origin()], behavior("alb"), *rules))
    for last in ("Miss", "Hit" if cached else "Miss"):
        got = await world.get(made, "/api/a")
        assert (got.status, got.body, got.cache) == (200, b"page", f"{last} from cloudfront")
