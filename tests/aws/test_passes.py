"""A request through CloudFront and a load balancer by one pass of HAProxy, and the same one by two: nobody can tell.

Two HAProxys run the same distribution and the same load balancer; in one the distribution does not say where its
requests go on, so that its pass ends at the load balancer's socket. Requests of a table and generated ones go to both.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import re
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.cloudfront import configuration as edge
from netflux.aws.cloudfront import desired, managed
from netflux.aws.elbv2.balancer.desired import LoadBalancer, TargetGroup
from netflux.aws.elbv2.section import sticky
from netflux.haproxy.section import Server
from netflux.network.endpoints import Address
from netflux.resources.cloudfront import Distribution
from tests.aws.cloudfront.world import ALL_METHODS, ALL_VIEWER, DISABLED, alb_origin, behavior, config
from tests.aws.elbv2 import bare
from tests.aws.elbv2.bare import Bare
from tests.aws.elbv2.place import fixed, forward, path_is
from tests.haproxy.targets import free_port, fresh_address, read_request

DOMAIN = "d1.cloudfront.localhost"
EXCEPT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
GATEWAY_PORT = 4566
IDS = (
    (rb"1-[0-9a-f]{8}-[0-9a-f]{24}", b"1-TRACE"),
    (rb"(?i)(x-amz-cf-id: )[\w-]{54}==", rb"\1ID"),
    (rb"(?i)((?:date|expires): ?|expires=)\w{3}, [\w :]+GMT", rb"\1WHEN"),
    (rb"(AWSALB\w*=[0-9a-f]+)(?:\|[\w+/]+)+", rb"\1|WHEN"),
)
ANSWERS = {
    "/chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-A: 1\r\nx-a: 2\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "/closed": b"HTTP/1.0 200 Fine\r\nContent-Type: text/x\r\n\r\nuntil the end",
    "/cookies": b"HTTP/1.1 201 Made\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\nContent-Length: 0\r\n\r\n",
    "/own": b"HTTP/1.1 503 Mine\r\nServer: me\r\nVia: 1.0 x\r\nX-Cache: no\r\nContent-Length: 2\r\n\r\n:(",
    "/late": b"HTTP/1.1 504 Mine\r\nServer: me\r\nContent-Length: 2\r\n\r\n:(",
    "/none": b"HTTP/1.1 204 No Content\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n",
    "/same": b'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n',
    "/broken": b"HELLO\r\n\r\n",
    "/nothing": b"",
    "/hsts": b"HTTP/1.1 200 OK\r\nStrict-Transport-Security: theirs\r\nContent-Length: 0\r\n\r\n",
}


@dataclass
class Mirror:
    """A target that remembers requests, and answers by path; `/silent` never."""

    address: str = field(default_factory=fresh_address)
    seen: list[bytes] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                if request.header("transfer-encoding"):
                    request.body = await reader.readuntil(b"0\r\n\r\n")
                lines = [request.line, *(f"{name}: {value}" for name, value in request.headers)]
                self.seen.append("\n".join(lines).encode("latin-1") + b"\n" + request.body)
                path = request.line.split()[1].partition("?")[0]
                if path == "/silent":
                    await reader.read()
                    return
                answer = ANSWERS.get(path, b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nyes")
                head, end, _ = answer.partition(b"\r\n\r\n")
                writer.write(head + end if request.line.startswith("HEAD") else answer)
                if path in ("/closed", "/nothing", "/broken"):
                    return
        except ConnectionError:
            return
        finally:
            writer.close()


@dataclass
class Pair:
    """Both ways, and what is asked of them."""

    one: Bare
    two: Bare
    target: Mirror

    async def alike(self, request: bytes, *, secure: bool = False) -> bytes:
        """The answer, the same by both; and the target got the same."""
        told: list[tuple[bytes, list[bytes]]] = []
        for way in (self.one, self.two):
            self.target.seen.clear()
            answer = await _ask(way, request, secure=secure)
            told.append((_without_ids(answer), [_without_ids(seen) for seen in self.target.seen]))
        assert told[0] == told[1], request
        return told[0][0]


async def _ask(way: Bare, request: bytes, *, secure: bool) -> bytes:
    context = ssl.create_default_context(cafile=str(way.gateway.authority.certificate)) if secure else None
    options: dict[str, Any] = {"ssl": context, "server_hostname": DOMAIN} if context else {}
    reader, writer = await asyncio.open_connection("127.0.0.1", way.port, **options)
    try:
        writer.write(request)
        return await asyncio.wait_for(reader.read(), 10)
    finally:
        writer.close()


def _without_ids(text: bytes) -> bytes:
    for pattern, instead in IDS:
        text = re.sub(pattern, instead, text)
    return text


def request(
    method: str, path: str, *headers: str, body: bytes = b"", host: str = DOMAIN, version: str = "1.1"
) -> bytes:
    lines = [f"{method} {path} HTTP/{version}", f"Host: {host}", "Connection: close", *headers]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def distribution(policy: str = ALL_VIEWER, **origin: Any) -> desired.Distribution:
    allowed = {"Quantity": 7, "Items": ALL_METHODS}
    wanted = behavior("alb", CachePolicyId=DISABLED, OriginRequestPolicyId=policy, AllowedMethods=allowed)
    made = config([alb_origin(**origin)], wanted, Enabled=True)
    record = Distribution("E1", "arn:d", "e", datetime(2026, 11, 1, tzinfo=UTC), made)
    found = desired.read(record, DOMAIN, lambda kind, name: _policies(kind)[name])
    return replace(found, behaviors=tuple(_at_the_balancer(one) for one in found.behaviors))


def _policies(kind: str) -> Any:
    return managed.CACHE_POLICIES if kind == "CachePolicy" else managed.ORIGIN_REQUEST_POLICIES


def _at_the_balancer(found: desired.Behavior) -> desired.Behavior:
    return replace(found, origin=replace(found.origin, domain=bare.HOST))


Groups = tuple[tuple[TargetGroup, Sequence[Server]], ...]


@asynccontextmanager
async def pair(
    directory: Path, wanted: desired.Distribution, balancer: LoadBalancer, groups: Callable[[str], Groups]
) -> AsyncIterator[Pair]:
    async with AsyncExitStack() as stack:
        target = Mirror()
        server = await asyncio.start_server(target.serve, target.address, 8080)
        stack.callback(server.close)
        ways = []
        for name in ("one", "two"):
            way = Bare(directory / name)
            stack.push_async_callback(way.stop)
            await way.start()
            await way.put(balancer, *groups(target.address), gateway_port=GATEWAY_PORT)
            (entry,) = way.section(balancer, [group for group, _ in groups(target.address)]).entries
            found = edge.section(wanted, lambda _name, _port, path=entry.socket: Address(path, 0), "/nowhere.sock")
            await way.haproxy.put(found if name == "one" else replace(found, onward=()))
            ways.append(way)
        joined = [(way.run / "haproxy.cfg").read_text().count("--elbv2-") for way in ways]
        assert joined[0] > 0, "no request goes by one pass"
        assert joined[1] == 0
        yield Pair(ways[0], ways[1], target)


def actions() -> tuple[list[Any], Callable[[str], Groups]]:
    """Rules with each kind of condition that does not hinder one pass, and each kind of action."""
    movies, empty, dead = bare.group("movies"), bare.group("empty"), bare.group("dead")

    def to(**given: str) -> dict[str, Any]:
        return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_302", **given}}

    header = {"Field": "http-header", "HttpHeaderConfig": {"HttpHeaderName": "X-Device", "Values": ["*phone*"]}}
    host = {"Field": "host-header", "HostHeaderConfig": {"Values": ["shop.test", "*.cloudfront.localhost"]}}
    query = {"Field": "query-string", "QueryStringConfig": {"Values": [{"Key": "v", "Value": "1*"}]}}
    method = {"Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["DELETE", "PUT"]}}
    rules = [
        bare.rule(1, [path_is("/fixed*"), host], fixed("418", "teapot %[src]")),
        bare.rule(2, [query], fixed("200", "query")),
        bare.rule(3, [method], fixed("405", "method")),
        bare.rule(4, [header], to(Host="m.#{host}", Path="/#{path}", Query="#{query}&p=#{port}")),
        bare.rule(5, [path_is("/secure")], to(Protocol="HTTPS", Port="443")),
        bare.rule(6, [path_is("/empty")], forward(empty.arn)),
        bare.rule(7, [path_is("/dead")], forward(dead.arn)),
        bare.default(forward(movies.arn)),
    ]

    def groups(address: str) -> Groups:
        refused = [bare.server("127.0.0.1", free_port())]
        return (movies, [bare.server(address)]), (empty, []), (dead, refused)

    return rules, groups


TABLE = (
    *(request("GET", path) for path in ANSWERS),
    request("HEAD", "/x"),
    request("GET", "/x", version="1.0"),
    request("GET", "/chunked", version="1.0"),
    request("GET", "/x?a=%20b&a=c&d"),
    request("GET", f"http://{DOMAIN}/absolute?x=y"),
    request("GET", "/fixed"), request("GET", "/x?V=1.2"), request("PUT", "/x", body=b"x"), request("DELETE", "/x"),
    request("GET", "/a/b?c=d", "X-Device: my PHONE"),
    request("GET", "/secure?x"), request("GET", "/secure", host=f"{DOMAIN}:{GATEWAY_PORT}"),
    request("GET", "/empty"), request("POST", "/empty", body=b"abc"),
    request("GET", "/x", host=DOMAIN.upper()), request("GET", "/x", host=f"{DOMAIN}:80"),
    request("POST", "/x", "Expect: 100-continue", body=b"abc" * 100),
    request("POST", "/x", "Transfer-Encoding: chunked") + b"3\r\nabc\r\n0\r\n\r\n",
    request("POST", "/x", body=b"y" * 100_000),
    request("GET", "/x", "Cookie: a=1; b=2", "Cookie: c=3"),
    request("GET", "/x", "X-Forwarded-For: 1.1.1.1", "X-Forwarded-Proto: ftp", "X-Forwarded-Port: 1", "X-Real-IP: 9"),
    request("GET", "/x", "X-Forwarded-For: 1.1.1.1", "X-Forwarded-For: 2.2.2.2, 3.3.3.3"),
    request("GET", "/x", "X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678"),
    request("GET", "/x", "X-Amzn-Trace-Id: Self=1-67891233-abcdef012345678912345678;Root=1-1-1;A=b"),
    request("GET", "/x", "Via: 1.0 proxy", "TE: trailers", "X-Edge-Evil: 1", "X-Amz-Cf-Id: mine", "Proxy-Foo: 1"),
    request("GET", "/x", "X_Odd: 1", "X-Empty:", "Accept: */*", "Accept: text/html", "Authorization: Bearer x"),
    request("GET", "/x", "Upgrade: h2c", "HTTP2-Settings: AAA"),
    request("TRACE", "/x"), request("GET", "/x", "X-Big: " + "y" * 12_000),
)  # fmt: skip


def generated(seed: int, count: int) -> list[bytes]:
    """Requests made at random of the parts above and some more."""
    chance = random.Random(seed)
    parts = (
        "Cookie: a=1", "Cookie: session=x; AWSALB=nothing", "X-Forwarded-For: 1.2.3.4", "X-Forwarded-For: ::1, 5.6.7.8",
        "X-Forwarded-Proto: https", "X-Forwarded-Host: h", "Forwarded: for=1.1.1.1", "X-Device: phone", "X-Device: pc",
        "X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678;X=1", "Via: 1.1 a", "TE: trailers", "X_y: 1",
        'If-None-Match: "x"', "Accept-Encoding: gzip, br", "Content-Type: application/json", "Origin: http://o",
        "Proxy-Authorization: x", "X-Edge-Viewer-Address: 9.9.9.9", "Cache-Control: no-cache", "Max-Forwards: 0",
        "Range: bytes=0-1",
    )  # fmt: skip
    paths = ("/", "/x", "/a%2Fb", "/é".encode().decode("latin-1"), "/x;y=1", "/fixed/1", "/%66ixed", "/x/../empty",
             "/empty", *ANSWERS)  # fmt: skip
    queries = ("", "", "?", "?v=1", "?v=2&v=11", "?a=b%26c", "?=")
    hosts = (DOMAIN, DOMAIN, DOMAIN.title(), f"{DOMAIN}:{GATEWAY_PORT}", "d1.cloudfront.net")
    found = []
    for _ in range(count):
        method = chance.choice(["GET", "GET", "HEAD", "POST", "PATCH", "OPTIONS", "DELETE", "PUT"])
        body = chance.randbytes(chance.choice([1, 100, 20_000])) if method in ("POST", "PATCH", "PUT") else b""
        headers = chance.sample(parts, chance.randrange(6))
        path = chance.choice(paths) + chance.choice(queries)
        found.append(request(method, path, *headers, body=body, host=chance.choice(hosts)))
    return found


async def test_requests_reach_the_target_and_answers_the_viewer_alike(tmp_path: Path) -> None:
    rules, groups = actions()
    async with pair(tmp_path, distribution(), bare.balancer(bare.listener(*rules)), groups) as ways:
        statuses = set()
        for one in (*TABLE, *generated(1, 150)):
            statuses.add((await ways.alike(one)).split()[1])
        assert {b"200", b"201", b"204", b"302", b"304", b"405", b"418", b"502", b"503"} <= statuses
        for one in TABLE[:14]:
            await ways.alike(one, secure=True)


async def test_a_target_that_can_not_be_reached_is_told_alike(tmp_path: Path) -> None:
    rules, groups = actions()
    async with pair(tmp_path, distribution(), bare.balancer(bare.listener(*rules)), groups) as ways:
        assert b"502 Bad Gateway" in await ways.alike(request("GET", "/dead"))


@pytest.mark.parametrize(("patience", "idle", "whose"), [(1, 2, b"cloudfront"), (2, 1, b"awselb/2.0")])
async def test_whose_patience_ends_first_answers_alike(tmp_path: Path, patience: int, idle: int, whose: bytes) -> None:
    movies = bare.group("movies", stickiness__enabled="true")
    listener = bare.listener(
        bare.default(forward(movies.arn)), routing__http__response__strict_transport_security__header_value="max-age=1"
    )
    balancer = bare.balancer(listener, idle_timeout__timeout_seconds=str(idle))
    found = distribution()
    patient = tuple(replace(one, origin=replace(one.origin, read_timeout=patience)) for one in found.behaviors)

    def groups(address: str) -> Groups:
        return ((movies, [bare.server(address)]),)

    async with pair(tmp_path, replace(found, behaviors=patient), balancer, groups) as ways:
        answer = await ways.alike(request("GET", "/silent", "Cookie: AWSALBCORS=x"))
        assert b" 504 " in answer
        assert whose in answer.lower()
        assert (b"max-age=1" in answer) == (whose == b"awselb/2.0")
        assert b"max-age=1" in await ways.alike(request("GET", "/late"))


async def test_stickiness_and_attributes_work_alike(tmp_path: Path) -> None:
    blue, green = bare.group("blue", stickiness__enabled="true"), bare.group("green")
    weighted = {
        "Type": "forward",
        "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": group.arn, "Weight": 1} for group in (blue, green)],
            "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
        },
    }
    rule = bare.rule(1, [path_is("/w*")], weighted)
    listener = bare.listener(
        rule,
        bare.default(forward(blue.arn)),
        routing__http__response__strict_transport_security__header_value="max-age=1",
        routing__http__response__server__enabled="false",
    )
    balancer = bare.balancer(
        listener,
        routing__http__preserve_host_header__enabled="true",
        routing__http__xff_header_processing__mode="remove",
        routing__http__drop_invalid_header_fields__enabled="true",
    )

    def groups(address: str) -> Groups:
        servers = [bare.server(address)]
        return (blue, servers), (green, servers)

    tokens = [sticky.token(rule.arn, group.arn) for group in (blue, green)]
    async with pair(tmp_path, distribution(EXCEPT_HOST), balancer, groups) as ways:
        given = await ways.alike(request("GET", "/first"))
        cookie = re.search(rb"AWSALB=([^;]+)", given)
        assert cookie
        held = (
            (await _ask(ways.one, request("GET", "/first"), secure=False)).partition(b"AWSALB=")[2].partition(b";")[0]
        )
        for name, path in itertools.product(("AWSALB", "AWSALBCORS"), ("/", "/own", "/broken", "/hsts")):
            answer = await ways.alike(request("GET", path, f"Cookie: a=b; {name}={held.decode()}; c=d"))
            assert b"max-age=1" in answer
        for token in tokens:
            assert b"AWSALBTG" not in await ways.alike(request("GET", "/w", f"Cookie: AWSALBTG={token}"))
        for one in (*TABLE, *generated(2, 40)):
            await ways.alike(one)


async def test_origin_headers_and_path_are_added_alike(tmp_path: Path) -> None:
    movies = bare.group("movies")
    custom = {"Quantity": 1, "Items": [{"HeaderName": "X-Secret", "HeaderValue": "100% s"}]}
    balancer = bare.balancer(bare.listener(bare.default(forward(movies.arn))))

    def groups(address: str) -> Groups:
        return ((movies, [bare.server(address)]),)

    wanted = distribution(EXCEPT_HOST, OriginPath="/base", CustomHeaders=custom)
    async with pair(tmp_path, wanted, balancer, groups) as ways:
        for one in generated(3, 30):
            await ways.alike(one)
        await ways.alike(request("GET", "/x"))
        assert b"GET /base/x HTTP/1.1" in ways.target.seen[0]
        assert b"x-secret: 100% s" in ways.target.seen[0]
