"""The edge's decisions, without an edge."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from netflux.aws.cloudfront import configuration, decide, freshness
from netflux.aws.cloudfront.decide import Viewer
from netflux.aws.cloudfront.desired import Behavior, Distribution, Origin
from netflux.aws.cloudfront.selection import CachePolicy, RequestPolicy, Selection
from netflux.network.endpoints import Address

OPTIMIZED = CachePolicy(1, 86_400, 31_536_000, gzip=True, brotli=True)
BY_ORIGIN = CachePolicy(0, 0, 31_536_000)
NEVER = CachePolicy(0, 0, 0)
ALL = Selection("all")
RULE = Behavior(
    "*",
    Origin("o", "origin.localhost"),
    "allow-all",
    frozenset({"GET", "HEAD"}),
    frozenset({"GET", "HEAD"}),
    False,
    OPTIMIZED,
    RequestPolicy(),
)
VIEWER = Viewer("GET", "http", "d.cloudfront.localhost:4566", "/a", "", (), "127.0.0.1")


def distribution(*patterns: str) -> Distribution:
    rules = tuple(replace(RULE, pattern=pattern) for pattern in (*patterns, "*"))
    return Distribution("E1", "arn", "e1.cloudfront.localhost", "T", True, "", rules)


@pytest.mark.parametrize(
    ("path", "clean"),
    [
        ("/a/b", "/a/b"), ("//a///b", "/a/b"), ("/a/../b", "/b"), ("/../../b", "/b"), ("/a/./b/", "/a/b/"),
        ("/a/..", "/"), ("/", "/"), ("/a/b/..", "/a/"), ("/%2e%2e/b", "/%2e%2e/b"),
    ],
)  # fmt: skip
def test_paths_are_normalised_for_the_match(path: str, clean: str) -> None:
    assert decide.normalized(path) == clean


@pytest.mark.parametrize(
    ("pattern", "path", "matches"),
    [
        ("/api/*", "/api/", True),
        ("/api/*", "/api", False),
        ("api/*", "/api/x/y", True),
        ("/API/*", "/api/x", False),
        ("*.jpg", "/a/b.jpg", True),
        ("*.jpg", "/a/b.jpgx", False),
        ("/a?.html", "/ab.html", True),
        ("/a?.html", "/a.html", False),
        ("/a.b", "/axb", False),
        ("/$x+(1)", "/$x+(1)", True),
    ],
)
def test_path_patterns(pattern: str, path: str, matches: bool) -> None:
    found = decide.behavior(distribution(pattern), path)
    assert (found.pattern == pattern) is matches


def test_the_earlier_behavior_wins() -> None:
    assert decide.behavior(distribution("/a/b/*", "/a/*"), "/a/b/c").pattern == "/a/b/*"
    assert decide.behavior(distribution("/a/*", "/a/b/*"), "/a/b/c").pattern == "/a/*"


@pytest.mark.parametrize(
    ("header", "normal"),
    [
        ("gzip, deflate, br", "br,gzip"), ("gzip", "gzip"), ("br;q=0.5", "br"), ("gzip;q=0, br;q=0.0", ""),
        ("*", "br,gzip"), ("identity", ""), ("", ""),
    ],
)  # fmt: skip
def test_accept_encoding_is_normalised(header: str, normal: str) -> None:
    viewer = replace(VIEWER, headers=(("Accept-Encoding", header),))
    assert decide.encoding(RULE, viewer) == normal


def test_the_key_keeps_what_the_policy_names_in_the_viewers_order() -> None:
    policy = replace(
        OPTIMIZED, query=Selection("allExcept", frozenset({"utm"})), cookies=Selection("whitelist", frozenset({"s"}))
    )
    viewer = replace(VIEWER, query="b=1&utm=2&a=3&b=0", headers=(("Cookie", "t=1; s=2"),))
    key = decide.key(replace(RULE, cache=policy), viewer, "/a")
    assert (key.query, key.cookies) == ("b=1&a=3&b=0", (("s", "2"),))
    assert decide.key(RULE, replace(viewer, method="HEAD"), "/a") == decide.key(RULE, viewer, "/a")


def test_authorization_stays_on_methods_that_change_things() -> None:
    viewer = replace(VIEWER, method="POST", headers=(("Authorization", "x"),))
    assert ("Authorization", "x") in decide.origin_headers(RULE, viewer, "id", "via")
    assert "Authorization" not in dict(decide.origin_headers(RULE, replace(viewer, method="GET"), "id", "via"))


@pytest.mark.parametrize(
    ("policy", "status", "header", "seconds"),
    [
        (OPTIMIZED, 200, "", 86_400),
        (OPTIMIZED, 200, "max-age=60", 60),
        (OPTIMIZED, 200, "max-age=60, s-maxage=5", 5),
        (OPTIMIZED, 200, "max-age=0", 1),
        (OPTIMIZED, 200, "no-cache", 1),
        (OPTIMIZED, 200, "max-age=99999999999", 31_536_000),
        (BY_ORIGIN, 200, "", 0),
        (BY_ORIGIN, 200, "private, max-age=60", 0),
        (BY_ORIGIN, 200, "max-age=60", 60),
        (NEVER, 200, "max-age=60", 0),
        (NEVER, 404, "", 0),
        (OPTIMIZED, 307, "", 0),
        (OPTIMIZED, 307, "max-age=60", 60),
        (OPTIMIZED, 301, "", 86_400),
        (OPTIMIZED, 404, "", 10),
        (OPTIMIZED, 404, "max-age=60", 60),
        (OPTIMIZED, 404, "no-store", 0),
        (OPTIMIZED, 500, "no-store", 10),
        (OPTIMIZED, 403, "", 0),
        (OPTIMIZED, 403, "max-age=60", 60),
        (OPTIMIZED, 416, "max-age=60", 0),
    ],
)
def test_lifetimes(policy: CachePolicy, status: int, header: str, seconds: int) -> None:
    said = freshness.control({"cache-control": header} if header else {}, 0)
    assert freshness.lifetime(policy, status, said) == seconds


def test_expires_counts_from_date() -> None:
    headers = {"expires": "Thu, 01 Jan 2026 00:01:00 GMT", "date": "Thu, 01 Jan 2026 00:00:00 GMT"}
    assert freshness.control(headers, 0).seconds == 60
    assert freshness.control({"expires": "0"}, 0).seconds == 0


DIRECT = replace(RULE, pattern="/api/*", cache=NEVER, request=RequestPolicy(ALL, ALL, ALL))


@pytest.mark.parametrize(
    ("change", "direct"),
    [
        ({}, True),
        ({"request": RequestPolicy(Selection("allExcept", frozenset({"host"})), ALL, ALL)}, True),
        ({"request": RequestPolicy(Selection("allExcept", frozenset({"host", "x"})), ALL, ALL)}, False),
        ({"request": RequestPolicy(ALL, Selection(), ALL)}, False),
        ({"cache": OPTIMIZED}, False),
        ({"origin": Origin("o", "b.s3.localhost", is_bucket=True)}, False),
    ],
)
def test_which_behaviors_haproxy_can_carry(change: dict[str, object], direct: bool) -> None:
    assert configuration.is_direct(distribution(), replace(DIRECT, **change)) is direct


def test_haproxys_lines_follow_the_order_of_behaviors() -> None:
    whole = replace(
        distribution(),
        behaviors=(replace(RULE, pattern="/api/x"), replace(DIRECT, viewer_protocol="redirect-to-https"), RULE),
    )
    section = configuration.section(whole, lambda *_: Address("127.0.0.1", 1), "/run/edge.sock")
    http, https = section.gateway
    assert (http.scheme, https.scheme) == ("http", "https")
    assert all("origin_1" not in line for line in http.lines)
    backends = [re.findall(r"use_backend \S+_(edge|origin)_", line)[0] for line in https.lines]
    assert backends == ["edge", "edge", "edge", "edge", "origin", "edge", "edge"]
    assert https.lines[-1] == "use_backend cloudfront_e1_edge_https"


def test_without_an_address_all_goes_to_the_edge() -> None:
    whole = replace(distribution(), behaviors=(DIRECT, RULE))
    section = configuration.section(whole, lambda *_: None, "/run/edge.sock")
    assert all("origin_" not in line for route in section.gateway for line in route.lines)
    assert configuration.waits(whole, lambda *_: None)
