"""Conditions and actions as a client sees them, through a real HAProxy."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux.haproxy.runtime import RuntimeApiError
from tests.aws.elbv2.place import Place, fixed, forward, path_is
from tests.haproxy.targets import Load, get, until


class Ready:
    """A load balancer whose default answer is 404 `default`."""

    def __init__(self, place: Place, listener: str, host: str) -> None:
        self.place, self.listener, self.host = place, listener, host
        self._next = 0

    async def rule(self, priority: int, *conditions: dict[str, Any], action: dict[str, Any] | None = None) -> None:
        await self.place.rule(self.listener, priority, conditions, action or fixed("200", str(priority)))

    async def settle(self) -> None:
        """Until the last rule made serves: a mark is added behind all others."""
        self._next += 1
        mark = f"/mark-{self._next}"
        await self.place.rule(self.listener, 40000 + self._next, [path_is(mark)], fixed("200", mark))
        await self.place.answers(self.host, mark, 200, mark.encode())
        await until(self._alone)

    async def _alone(self) -> bool:
        """Whether the newest worker alone takes connections: one that is replaced does until it reads its signal."""
        haproxy = self.place.haproxy
        try:
            old = [*await haproxy.statistics()][1:]
            return not any([await haproxy.runtime.takes_connections(pid) for pid in old])
        except RuntimeApiError:  # it reloads
            return False

    async def body(self, path: str = "/", headers: str = "", method: str = "GET", host: str = "") -> str:
        return (await self.place.get(host or self.host, path, headers, method)).body.decode()


@pytest.fixture
async def ready(tmp_path: Path) -> AsyncIterator[Ready]:
    place = await Place(tmp_path).start()
    await place.ground()
    arn = (await place.balancer())["LoadBalancerArn"]
    listener = await place.listener(arn, fixed("404", "default"))
    host = (await place.active(arn))["DNSName"]
    await place.answers(host, "/", 404, b"default")
    yield Ready(place, listener, host)
    await place.stop()


async def test_the_lowest_priority_number_whose_conditions_all_hold_wins(ready: Ready) -> None:
    await ready.rule(20, path_is("/a*"))
    await ready.rule(10, path_is("/ab*", "/x"), {
        "Field": "http-request-method", "HttpRequestMethodConfig": {"Values": ["POST", "PURGE"]},
    })  # fmt: skip
    await ready.settle()
    assert await ready.body("/abc") == "20"
    assert await ready.body("/abc", method="PURGE") == "10"
    assert await ready.body("/abc", method="post") == "20"
    assert await ready.body("/x", "Content-Length: 0\r\n", method="POST") == "10"
    assert await ready.body("/x") == "default"
    assert await ready.body("/b") == "default"


async def test_paths_match_with_case_by_wildcards_and_without_the_query(ready: Ready) -> None:
    await ready.rule(1, path_is("/img/*/small?.png", "/exact"))
    await ready.rule(2, path_is("*.css"))
    await ready.rule(3, path_is("/has space and (paren)*"))
    await ready.settle()
    assert await ready.body("/img/a/b/small1.png?x=/exact") == "1"
    assert await ready.body("/img/a/small.png") == "default"
    assert await ready.body("/IMG/a/small1.png") == "default"
    assert await ready.body("/imgxaxsmall1xpng") == "default"
    assert await ready.body("/exact?q") == "1"
    assert await ready.body("/exact/") == "default"
    assert await ready.body("/a/b.css") == "2"


async def test_headers_and_queries_match_without_case(ready: Ready) -> None:
    await ready.rule(1, {"Field": "http-header", "HttpHeaderConfig": {
        "HttpHeaderName": "X-Device", "Values": ["*Phone*", "tablet"],
    }})  # fmt: skip
    await ready.rule(2, {"Field": "query-string", "QueryStringConfig": {
        "Values": [{"Key": "version", "Value": "v1*"}, {"Value": "any"}],
    }})  # fmt: skip
    await ready.settle()
    assert await ready.body("/", "x-device: my PHONE 3\r\n") == "1"
    assert await ready.body("/", "X-Device: desk\r\nX-Device: TABLET\r\n") == "1"
    assert await ready.body("/", "X-Device: tablets\r\n") == "default"
    assert await ready.body("/?a=b&VERSION=V1.2&c") == "2"
    assert await ready.body("/?xversion=v1") == "default"
    assert await ready.body("/?other=any") == "2"
    assert await ready.body("/?other=anything") == "default"


async def test_hosts_and_source_addresses(ready: Ready) -> None:
    await ready.rule(1, {"Field": "source-ip", "SourceIpConfig": {"Values": ["127.0.0.1/32"]}}, path_is("/ip"))
    await ready.rule(2, {"Field": "source-ip", "SourceIpConfig": {"Values": ["10.0.0.0/8"]}}, path_is("/forged"))
    await ready.rule(
        3,
        {"Field": "host-header", "HostHeaderConfig": {"Values": ["*.Shop.test", ready.host.upper()]}},
        path_is("/host"),
    )
    await ready.settle()
    assert await ready.body("/ip") == "1"
    assert await ready.body("/forged", "X-Forwarded-For: 10.1.1.1\r\n") == "default"
    assert await ready.body("/host") == "3"
    edge = ready.place.endpoints.find(ready.host, 80)
    assert edge is not None
    assert (await get(edge.host, "A.shop.test:80", "/host")).body == b"3"
    assert (await get(edge.host, "shop.test", "/host")).body == b"default"


async def test_fixed_responses_come_back_whole(ready: Ready) -> None:
    text = "Line 1\nhe said \"x\" 'y' \\ $HOME #{host} %[src] ünï ; {}"
    await ready.rule(1, path_is("/text"), action={"Type": "fixed-response", "FixedResponseConfig": {
        "StatusCode": "503", "ContentType": "application/json", "MessageBody": text,
    }})  # fmt: skip
    await ready.rule(2, path_is("/long"), action=fixed("200", "#" * 1024))
    empty = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "204"}}
    await ready.rule(3, path_is("/none"), action=empty)
    await ready.settle()
    answer = await ready.place.get(ready.host, "/text")
    assert (answer.status, answer.header("content-type")) == (503, "application/json")
    assert answer.body.decode() == text
    assert answer.header("server") == "awselb/2.0"
    assert await ready.body("/long") == "#" * 1024
    reader, writer = await asyncio.open_connection("127.0.0.1", ready.place.port)
    writer.write(f"GET /none HTTP/1.1\r\nHost: {ready.host}\r\nConnection: close\r\n\r\n".encode())
    told = (await reader.read()).lower()
    writer.close()
    assert told.startswith(b"http/1.1 204")
    assert b"content-type" not in told


async def test_redirects_keep_the_parts_that_are_left_out(ready: Ready) -> None:
    def to(**config: str) -> dict[str, Any]:
        return {"Type": "redirect", "RedirectConfig": {"StatusCode": "HTTP_301", **config}}

    await ready.rule(1, path_is("/secure*"), action=to(Protocol="HTTPS", Port="443"))
    await ready.rule(2, path_is("/moved/*"), action=to(
        Host="new.#{host}", Path="/v2/#{path}", Query="from=#{port}&#{query}", StatusCode="HTTP_302", Port="8443",
    ))  # fmt: skip
    await ready.rule(3, path_is("/clean"), action=to(Path="/100%", Query=""))
    await ready.settle()

    async def location(path: str, host: str = ready.host) -> tuple[int, str | None]:
        answer = await ready.place.get(host, path)
        return answer.status, answer.header("location")

    port = ready.place.port
    assert await location("/secure/a?x=1&y") == (301, f"https://{ready.host}:443/secure/a?x=1&y")
    assert await location("/secure") == (301, f"https://{ready.host}:443/secure")
    assert await location("/secure?a", f"{ready.host}:{port}") == (301, f"https://{ready.host}:{port}/secure?a")
    assert await location("/moved/a?b=c") == (302, f"http://new.{ready.host}:8443/v2/moved/a?from=80&b=c")
    assert await location("/clean?x=1") == (301, f"http://{ready.host}:80/100%")


async def test_weights_divide_the_requests_and_an_empty_group_has_no_stand_in(ready: Ready) -> None:
    place = ready.place
    groups = [await place.group(name) for name in ("blue", "green", "empty")]
    for number, name in enumerate(("blue", "green")):
        await place.target(name, f"10.0.1.{number + 10}", groups[number])
    weighted = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in zip(groups, (3, 1, 0), strict=True)]
    await ready.rule(1, path_is("/w"), action={"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}})
    weighted = [{"TargetGroupArn": groups[0], "Weight": 1}, {"TargetGroupArn": groups[2], "Weight": 1}]
    await ready.rule(2, path_is("/e"), action={"Type": "forward", "ForwardConfig": {"TargetGroups": weighted}})
    for number, group in enumerate(groups[:2]):
        await place.becomes(group, f"10.0.1.{number + 10}", "healthy")
    await ready.settle()
    bodies = [await ready.body("/w") for _ in range(200)]
    assert set(bodies) == {"blue", "green"}
    assert 20 <= bodies.count("green") <= 85
    statuses = [(await place.get(ready.host, "/e")).status for _ in range(60)]
    assert set(statuses) == {200, 503}


async def test_what_a_target_gets(ready: Ready) -> None:
    place = ready.place
    group = await place.group("movies")
    target = await place.target("movie", "10.0.1.10", group)
    await ready.rule(1, path_is("/*"), action=forward(group))
    await place.becomes(group, "10.0.1.10", "healthy")
    await place.answers(ready.host, "/", 200, b"movie")
    target.requests.clear()
    await place.get(f"{ready.host.upper()}:{place.port}", "/1?a=b", "X-Forwarded-Proto: https\r\nCookie: a=1\r\n")
    await place.get(ready.host, "/2", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n")
    await place.get(ready.host, "/3", "X-Amzn-Trace-Id: Root=1-67891233-abcdef012345678912345678;Custom=x\r\n")
    await place.get(
        ready.host, "/4", "X-Amzn-Trace-Id: Self=1-67891233-abcdef012345678912345678;Root=1-00000001-1;Custom=x\r\n"
    )
    first, second, third, fourth = (one for one in target.requests if re.match(r"GET /\d", one.line))
    assert first.line == "GET /1?a=b HTTP/1.1"
    assert first.header("host") == ready.host
    assert first.all("x-forwarded-proto") == ["http"]
    assert first.header("x-forwarded-port") == "80"
    assert first.header("x-forwarded-for") == "127.0.0.1"
    assert first.header("cookie") == "a=1"
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24}", first.header("x-amzn-trace-id"))
    assert second.header("x-forwarded-for") == "1.1.1.1, 2.2.2.2, 127.0.0.1"
    mine = r"Self=1-[0-9a-f]{8}-[0-9a-f]{24}"
    assert re.fullmatch(mine + ";Root=1-67891233-abcdef012345678912345678;Custom=x", third.header("x-amzn-trace-id"))
    assert re.fullmatch(mine + ";Root=1-00000001-1;Custom=x", fourth.header("x-amzn-trace-id"))


async def test_load_balancer_attributes_change_what_a_target_gets(ready: Ready) -> None:
    place = ready.place
    group = await place.group("movies")
    target = await place.target("movie", "10.0.1.10", group)
    await ready.rule(1, path_is("/*"), action=forward(group))
    await place.becomes(group, "10.0.1.10", "healthy")
    arn = ready.listener.replace(":listener/", ":loadbalancer/").rpartition("/")[0]
    wanted = {
        "routing.http.preserve_host_header.enabled": "true", "routing.http.xff_header_processing.mode": "preserve",
    }  # fmt: skip
    told = await place.elb(
        "ModifyLoadBalancerAttributes",
        LoadBalancerArn=arn,
        Attributes=[{"Key": key, "Value": value} for key, value in wanted.items()],
    )
    assert wanted.items() <= {one["Key"]: one["Value"] for one in told["Attributes"]}.items()
    host = f"{ready.host.upper()}:{place.port}"
    await place.answers(host, "/", 200)

    async def preserved() -> bool:
        target.requests.clear()
        await place.get(host, "/p")
        one = next(found for found in target.requests if "/p" in found.line)
        return one.header("host") == host and one.all("x-forwarded-for") == []

    await until(preserved)


async def test_a_target_that_refuses_is_502_and_one_that_is_silent_504(ready: Ready) -> None:
    place = ready.place
    group = await place.group("movies", UnhealthyThresholdCount=10, HealthCheckIntervalSeconds=300)
    arn = ready.listener.replace(":listener/", ":loadbalancer/").rpartition("/")[0]
    await place.elb(
        "ModifyLoadBalancerAttributes",
        LoadBalancerArn=arn,
        Attributes=[
            {"Key": "idle_timeout.timeout_seconds", "Value": "1"},
        ],
    )
    target = await place.target("movie", "10.0.1.10", group)
    await ready.rule(1, path_is("/*"), action=forward(group))
    await place.becomes(group, "10.0.1.10", "healthy")
    await place.answers(ready.host, "/", 200)
    target.gate = asyncio.Event()
    silent = await place.get(ready.host, "/silent")
    assert silent.status == 504
    assert silent.header("server") == "awselb/2.0"
    await target.stop()
    refused = await place.get(ready.host, "/refused")
    assert refused.status == 502
    assert b"502 Bad Gateway" in refused.body
    assert refused.header("server") == "awselb/2.0"


async def test_a_killed_target_of_two_costs_at_most_its_requests_in_flight(ready: Ready) -> None:
    place = ready.place
    group = await place.group("movies", HealthCheckIntervalSeconds=300)
    first = await place.target("one", "10.0.1.10", group)
    await place.target("two", "10.0.1.11", group)
    await ready.rule(1, path_is("/"), action=forward(group))
    for address in ("10.0.1.10", "10.0.1.11"):
        await place.becomes(group, address, "healthy")
    await place.answers(ready.host, "/", 200)
    async with Load(("127.0.0.1", place.port), ready.host, kept=3, short=3) as load:
        await load.more(100)
        await first.stop()
        done = load.done
        await until(lambda: load.done >= done + 200)
    assert len(load.lost) <= 6, load.lost
