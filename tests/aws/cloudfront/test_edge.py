"""The edge: cache, behaviors, protocol, errors, through the gateway's port."""

from __future__ import annotations

import asyncio
import gzip
import ssl
from typing import Any

import pytest

from netflux.aws.cloudfront.origin import Origins
from netflux.network.endpoints import Address
from tests.aws.cloudfront.world import (
    ALB,
    ALL_METHODS,
    World,
    alb_origin,
    answers,
    api_behavior,
    behavior,
    config,
    site,
)
from tests.haproxy.targets import free_port

SEVEN = {"Quantity": 7, "Items": ALL_METHODS}


def asked(world: World) -> int:
    return len(world.application.requests)


async def test_a_stored_response_is_revalidated_when_it_expires(world: World) -> None:
    answers(world, "/a", ETag='"v1"', Cache_Control="max-age=60")
    made = await site(world)
    assert (await world.get(made, "/a")).cache == "Miss from cloudfront"
    world.clock.seconds += 59
    hit = await world.get(made, "/a")
    assert (hit.cache, hit.headers["Age"], asked(world)) == ("Hit from cloudfront", "59", 1)
    world.clock.seconds += 2
    refreshed = await world.get(made, "/a")
    assert (refreshed.cache, refreshed.body) == ("RefreshHit from cloudfront", b"page")
    assert world.application.requests[-1][2]["If-None-Match"] == '"v1"'
    assert (await world.get(made, "/a")).cache == "Hit from cloudfront"
    assert asked(world) == 2


async def test_no_store_is_kept_for_the_minimum_ttl_only(world: World) -> None:
    answers(world, "/a", Cache_Control="no-store")
    made = await site(world)
    await world.get(made, "/a")
    assert (await world.get(made, "/a")).cache == "Hit from cloudfront"
    world.clock.seconds += 1.1
    assert (await world.get(made, "/a")).cache == "Miss from cloudfront"


async def test_misses_for_one_key_are_collapsed(world: World) -> None:
    answers(world, "/a")
    world.application.gate = asyncio.Event()
    made = await site(world)
    waiting = [asyncio.create_task(world.get(made, "/a")) for _ in range(8)]
    async with asyncio.timeout(10):
        await world.application.arrived.wait()
    world.application.gate.set()
    got = await asyncio.gather(*waiting)
    assert asked(world) == 1
    assert sorted({one.cache for one in got}) == ["Hit from cloudfront", "Miss from cloudfront"]


async def test_text_is_compressed_for_viewers_that_take_gzip(world: World) -> None:
    body = b"<p>hello</p>" * 500
    answers(world, "/a", body, ETag='"v1"')
    made = await site(world)
    zipped = await world.get(made, "/a", headers={"Accept-Encoding": "gzip, br"})
    assert zipped.headers["Content-Encoding"] == "gzip"
    assert zipped.headers["ETag"] == 'W/"v1"'
    assert gzip.decompress(zipped.body) == body
    plain = await world.get(made, "/a", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert (plain.body, plain.headers["ETag"]) == (body, '"v1"')
    assert world.application.requests[-1][2]["Accept-Encoding"] == "identity"


async def test_ranges_and_conditions_are_answered_from_the_cache(world: World) -> None:
    answers(world, "/a", b"0123456789", ETag='"v1"')
    made = await site(world)
    part = await world.get(made, "/a", headers={"Range": "bytes=2-4"})
    assert (part.status, part.body, part.headers["Content-Range"]) == (206, b"234", "bytes 2-4/10")
    assert (await world.get(made, "/a", headers={"Range": "bytes=90-"})).status == 416
    same = await world.get(made, "/a", headers={"If-None-Match": '"v1"'})
    assert (same.status, same.body, same.cache) == (304, b"", "Hit from cloudfront")
    head = await world.request(made, "HEAD", "/a")
    assert (head.status, head.headers["Content-Length"], head.cache) == (200, "10", "Hit from cloudfront")
    assert asked(world) == 1


async def test_the_redirect_to_https_names_the_port_that_the_viewer_used(world: World) -> None:
    made = await site(world, default={"ViewerProtocolPolicy": "redirect-to-https", "AllowedMethods": SEVEN})
    got = await world.get(made, "/a?b=c")
    assert (got.status, got.cache) == (301, "Redirect from cloudfront")
    assert got.headers["Location"] == f"https://{made['DomainName']}:{world.port}/a?b=c"
    assert (await world.request(made, "POST", "/a", data=b"x")).status == 307
    assert (await world.get(made, "/a", scheme="https")).status == 404


async def test_https_only_refuses_http(world: World) -> None:
    answers(world, "/a")
    made = await site(world, default={"ViewerProtocolPolicy": "https-only"})
    assert (await world.get(made, "/a")).status == 403
    assert (await world.get(made, "/a", scheme="https")).status == 200


@pytest.mark.parametrize("method", ["POST", "DELETE", "OPTIONS", "PROPFIND"])
async def test_a_method_that_is_not_allowed_never_reaches_the_origin(world: World, method: str) -> None:
    made = await site(world)
    got = await world.request(made, method, "/a")
    assert got.status == 403
    assert b"The distribution supports only cachable requests." in got.body
    assert asked(world) == 0


async def test_the_first_matching_behavior_wins_in_haproxy_as_in_the_edge(world: World) -> None:
    answers(world, "/api/static/a")
    answers(world, "/api/x")
    rule = behavior("alb", PathPattern="/api/static/*")
    open_api = api_behavior(ViewerProtocolPolicy="allow-all")
    made = await site(world, rule, open_api)
    await world.get(made, "/api/static/a")
    assert (await world.get(made, "/api/static/a")).cache == "Hit from cloudfront"
    await world.get(made, "/api/x")
    assert (await world.get(made, "/api/x")).cache == "Miss from cloudfront"
    before = asked(world)
    for path in ("/other/../api/x", "//api/x", "/api/./x"):
        assert (await world.get(made, path)).cache.endswith("from cloudfront")
        assert world.application.requests[-1][1] == path
        await world.get(made, path)
    assert asked(world) == before + 6


async def test_custom_error_pages_replace_the_origins(world: World) -> None:
    answers(world, "/errors/404.html", b"nothing here")
    page = {"ErrorCode": 404, "ResponsePagePath": "/errors/404.html", "ResponseCode": "200", "ErrorCachingMinTTL": 3}
    made = await site(world, CustomErrorResponses={"Quantity": 1, "Items": [page]})
    for _ in range(2):
        got = await world.get(made, "/none")
        assert (got.status, got.body, got.cache) == (200, b"nothing here", "Error from cloudfront")
    assert asked(world) == 2
    world.clock.seconds += 4
    await world.get(made, "/none")
    assert asked(world) == 3


async def test_which_errors_are_kept(world: World) -> None:
    made = await site(world)
    for status, headers, kept in (
        (404, {}, True),
        (503, {}, True),
        (403, {}, False),
        (403, {"Cache_Control": "max-age=20"}, True),
        (404, {"Cache_Control": "no-store"}, False),
    ):
        path = f"/{status}{len(headers)}{kept}"
        answers(world, path, b"e", status, **headers)
        before = asked(world)
        for _ in range(2):
            assert (await world.get(made, path)).cache == "Error from cloudfront"
        assert asked(world) - before == (1 if kept else 2)


async def test_an_expired_copy_is_served_while_the_origin_is_down(world: World) -> None:
    answers(world, "/a", Cache_Control="max-age=10")
    made = await site(world)
    await world.get(made, "/a")
    world.clock.seconds += 20
    world.endpoints.publish(ALB, 80, Address("127.0.0.1", free_port()))
    stale = await world.get(made, "/a")
    assert (stale.status, stale.body) == (200, b"page")
    fresh = await world.get(made, "/b")
    assert (fresh.status, fresh.cache) == (502, "Error from cloudfront")
    assert b"The request could not be satisfied." in fresh.body


async def test_an_origin_outside_of_the_cloud_is_502_and_never_dialled(world: World) -> None:
    made = await world.distribute(config([alb_origin(DomainName="example.com")], behavior("alb")))
    got = await world.get(made, "/")
    assert got.status == 502
    assert b"example.com:80 answers nowhere in this cloud" in got.body


async def test_only_what_policies_name_reaches_the_origin(world: World) -> None:
    answers(world, "/a", Set_Cookie="x=y", Via="1.1 inner")
    made = await site(world)
    sent = {"Cookie": "a=b", "User-Agent": "me", "X-Thing": "1", "Referer": "r", "Authorization": "Basic x"}
    got = await world.get(made, "/a?q=1", headers=sent)
    _, target, headers, _ = world.application.requests[-1]
    assert target == "/a"
    assert headers["User-Agent"] == "Amazon CloudFront"
    assert headers["Host"] == "web-1.us-east-1.elb.localhost"
    assert not {"Cookie", "X-Thing", "Referer", "Authorization"} & set(headers)
    assert "Set-Cookie" not in got.headers
    assert got.headers.getall("Via") == [f"1.1 {made['DomainName']} (CloudFront)"]
    assert (await world.get(made, "/a?q=2")).cache == "Hit from cloudfront"


async def test_a_cache_policys_query_strings_are_in_the_key(world: World) -> None:
    answers(world, "/a")
    policy = await world.call(
        "create_cache_policy",
        CachePolicyConfig={
            "Name": "q",
            "MinTTL": 1,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": False,
                "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Quantity": 1, "Items": ["X-Tenant"]}},
                "CookiesConfig": {"CookieBehavior": "none"},
                "QueryStringsConfig": {
                    "QueryStringBehavior": "whitelist",
                    "QueryStrings": {"Quantity": 1, "Items": ["q"]},
                },
            },
        },
    )
    made = await site(world, default={"CachePolicyId": policy["CachePolicy"]["Id"]})
    await world.get(made, "/a?q=1&z=1", headers={"X-Tenant": "t"})
    assert world.application.requests[-1][1] == "/a?q=1"
    assert world.application.requests[-1][2]["X-Tenant"] == "t"
    assert (await world.get(made, "/a?z=2&q=1", headers={"X-Tenant": "t"})).cache == "Hit from cloudfront"
    assert (await world.get(made, "/a?q=2", headers={"X-Tenant": "t"})).cache == "Miss from cloudfront"
    assert (await world.get(made, "/a?q=1", headers={"X-Tenant": "u"})).cache == "Miss from cloudfront"


async def test_security_headers_are_added(world: World) -> None:
    answers(world, "/a", X_Frame_Options="DENY")
    policy = "67f7725c-6f97-4210-82d7-5512b31e9d03"
    made = await site(world, default={"ResponseHeadersPolicyId": policy})
    for _ in range(2):
        got = await world.get(made, "/a")
        assert got.headers["X-Frame-Options"] == "DENY"
        assert got.headers["X-Content-Type-Options"] == "nosniff"
        assert got.headers["Strict-Transport-Security"] == "max-age=31536000"


async def test_an_invalidation_drops_all_variants_of_a_path_and_no_other(world: World) -> None:
    for path in ("/a", "/b"):
        answers(world, path, b"x" * 2000)
    made = await site(world)
    for path in ("/a", "/b"):
        for encoding in ("gzip", "identity"):
            await world.get(made, path, headers={"Accept-Encoding": encoding})
    await world.call(
        "create_invalidation",
        DistributionId=made["Id"],
        InvalidationBatch={"CallerReference": "1", "Paths": {"Quantity": 1, "Items": ["/a"]}},
    )
    await world.controller.reconcile(made["Id"])
    for encoding in ("gzip", "identity"):
        assert (await world.get(made, "/a", headers={"Accept-Encoding": encoding})).cache == "Miss from cloudfront"
        assert (await world.get(made, "/b", headers={"Accept-Encoding": encoding})).cache == "Hit from cloudfront"


async def test_a_large_upload_without_a_cache_arrives_by_the_edge_too(world: World) -> None:
    answers(world, "/up", b"ok")
    made = await site(world, default={"AllowedMethods": SEVEN})
    body = b"0123456789" * 90_000
    got = await world.request(made, "POST", "/up", data=body)
    assert (got.status, got.body, got.cache) == (200, b"ok", "Miss from cloudfront")
    assert world.application.requests[-1][3] == body
    assert world.application.requests[-1][2]["Content-Length"] == str(len(body))


async def test_a_compressed_upload_arrives_as_it_was_sent(world: World) -> None:
    answers(world, "/up", b"ok")
    made = await site(world, default={"AllowedMethods": SEVEN})
    zipped = gzip.compress(b"hello" * 1000)
    got = await world.request(made, "POST", "/up", data=zipped, headers={"Content-Encoding": "gzip"})
    assert (got.status, got.body) == (200, b"ok")
    _, _, headers, inflated = world.application.requests[-1]
    assert (headers["Content-Length"], headers["Content-Encoding"]) == (str(len(zipped)), "gzip")
    assert inflated == b"hello" * 1000  # by the origin, to which aiohttp hands bodies so


async def test_a_body_that_is_too_large_to_store_passes_through(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netflux.aws.cloudfront.fetch.LARGEST_BODY", 1000)
    answers(world, "/big", b"x" * 5000)
    made = await site(world)
    for _ in range(2):
        got = await world.get(made, "/big")
        assert (len(got.body), got.cache) == (5000, "Miss from cloudfront")
    await world.get(made, "/big", headers={"Range": "bytes=0-9"})
    assert world.application.requests[-1][2]["Range"] == "bytes=0-9"


async def test_a_get_with_a_body_is_refused(world: World) -> None:
    made = await site(world, api_behavior(ViewerProtocolPolicy="allow-all"))
    for path in ("/a", "/api/a"):
        assert (await world.request(made, "GET", path, data=b"x")).status == 403
    assert asked(world) == 0


def legacy(**given: Any) -> dict[str, Any]:
    rule = behavior("alb", ForwardedValues={"QueryString": False, "Cookies": {"Forward": "none"}} | given)
    del rule["CachePolicyId"]
    return rule


async def test_forwarded_values_still_mean_what_they_did(world: World) -> None:
    answers(world, "/a", Set_Cookie="x=y")
    world.publish_alb()
    made = await world.distribute(config([alb_origin()], legacy()))
    sent = {"X-Thing": "1", "Cookie": "a=b", "Referer": "r"}
    await world.get(made, "/a?q=1", headers=sent)
    headers = world.application.requests[-1][2]
    assert (world.application.requests[-1][1], headers["X-Thing"]) == ("/a", "1")
    assert not {"Cookie", "Referer"} & set(headers)
    assert (await world.get(made, "/a?q=2")).cache == "Hit from cloudfront"

    whole = legacy(QueryString=True, Cookies={"Forward": "all"}, Headers={"Quantity": 1, "Items": ["*"]})
    made = await world.distribute(config([alb_origin()], whole))
    for _ in range(2):
        got = await world.get(made, "/a?q=1", headers=sent)
        assert (got.cache, got.headers["Set-Cookie"]) == ("Miss from cloudfront", "x=y")
    _, target, headers, _ = world.application.requests[-1]
    assert (target, headers["Cookie"], headers["Referer"]) == ("/a?q=1", "a=b", "r")


async def test_invalidating_the_root_drops_the_root_object(world: World) -> None:
    answers(world, "/index.html")
    made = await site(world, DefaultRootObject="index.html")
    await world.get(made, "/")
    assert (await world.get(made, "/")).cache == "Hit from cloudfront"
    world.edge.invalidate(made["Id"], ["/"])
    assert (await world.get(made, "/")).cache == "Miss from cloudfront"


async def test_a_connection_stays_open_for_as_long_as_its_origin_says(world: World) -> None:
    origins = Origins(world.endpoints, world.run / "controlplane.sock", world.keys, "000000000000")
    seconds = [origins._session("", each).connector._keepalive_timeout for each in (7, 60, 7)]  # type: ignore[union-attr]
    assert seconds == [7, 60, 7]
    assert len(origins._sessions) == 2
    await origins.stop()


async def test_http2_is_offered_unless_the_distribution_is_of_http1(world: World) -> None:
    distribution, other = await site(world, HttpVersion="http1.1"), await site(world)
    context = ssl.create_default_context(cafile=str(world.gateway.authority.certificate))
    context.set_alpn_protocols(["h2", "http/1.1"])

    async def chosen(host: str) -> str | None:
        _, writer = await asyncio.open_connection("127.0.0.1", world.port, ssl=context, server_hostname=host)
        found: str | None = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        writer.close()
        return found

    assert await chosen(distribution["DomainName"]) == "http/1.1"
    assert await chosen(other["DomainName"]) == "h2"
