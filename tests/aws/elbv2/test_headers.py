"""Attributes that change headers, and cookies that keep a client, through a real HAProxy."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from netflux.aws.elbv2.balancer.desired import TargetGroup
from tests.aws.elbv2 import bare
from tests.aws.elbv2.bare import Bare
from tests.aws.elbv2.place import fixed, forward, path_is
from tests.haproxy.targets import Answer, Request, Target, fresh_address, get, read_answer, until
from tests.parity.rows import parity


class Web:
    """A load balancer that is made anew for each set of attributes, with two targets."""

    def __init__(self, place: Bare, targets: list[Target]) -> None:
        self.place, self.targets = place, targets

    async def run(self, *groups: TargetGroup, rules: Any = (), listener: Any = None, **attributes: str) -> None:
        servers = [bare.server(target.address) for target in self.targets]
        found = bare.listener(*rules, bare.default(forward(groups[0].arn)), **(listener or {}))
        each = [[server] for server in servers] if len(groups) > 1 else [servers]
        await self.place.put(bare.balancer(found, **attributes), *zip(groups, each, strict=True))

    async def get(self, path: str = "/", headers: str = "") -> tuple[Answer, Request | None]:
        for target in self.targets:
            target.requests.clear()
        answer = await get(("127.0.0.1", self.place.port), bare.HOST, path, headers)
        return answer, next((one for target in self.targets for one in target.requests), None)


@pytest.fixture
async def web(tmp_path: Path) -> AsyncIterator[Web]:
    place = await Bare(tmp_path).start()
    targets = [await Target(name).start() for name in ("one", "two")]
    yield Web(place, targets)
    await place.stop()
    for target in targets:
        await target.stop()


def cookies(answer: Answer) -> dict[str, str]:
    found = [value for name, value in answer.headers if name.lower() == "set-cookie"]
    return dict(one.partition(";")[0].split("=", 1) for one in found)


async def test_names_with_other_characters_are_dropped_only_when_asked_for(web: Web) -> None:
    group = bare.group("g")
    for wanted in ("false", "true"):
        await web.run(group, routing__http__drop_invalid_header_fields__enabled=wanted)
        _, seen = await web.get(headers="X_y: 1\r\nX!: 2\r\nX-Good-1: 3\r\n")
        assert seen
        assert seen.header("x-good-1") == "3"
        assert (seen.header("x_y"), seen.header("x!")) == (("1", "2") if wanted == "false" else ("", ""))


@parity("elbv2", "LB attributes", "supported")
async def test_a_connection_that_has_lasted_too_long_is_closed_with_one_more_answer(web: Web) -> None:
    place, address = web.place, fresh_address()
    lasting = bare.balancer(bare.listener(bare.default(fixed("200"))), client_keep_alive__seconds="1")
    await place.put(lasting, addresses={80: [f"{address}:8080"]})

    async def lasts(*where: Any) -> None:
        reader, writer = await asyncio.open_connection(*where)

        async def closing() -> bool:
            writer.write(f"GET / HTTP/1.1\r\nHost: {bare.HOST}\r\n\r\n".encode())
            return (await read_answer(reader)).header("connection") == "close"

        began = asyncio.get_running_loop().time()
        assert not await closing()
        await until(closing)
        assert asyncio.get_running_loop().time() - began >= 1
        assert await reader.read() == b""
        writer.close()

    await asyncio.gather(lasts("127.0.0.1", place.port), lasts(address, 8080))
    assert not place.section(lasting).entries, "a viewer's connection to CloudFront is none to the load balancer"


async def test_the_clients_port_stands_behind_its_address(web: Web) -> None:
    await web.run(bare.group("g"), routing__http__xff_client_port__enabled="true")
    _, seen = await web.get(headers="X-Forwarded-For: 1.2.3.4\r\n")
    assert seen
    assert re.fullmatch(r"1\.2\.3\.4, 127\.0\.0\.1:\d+", seen.header("x-forwarded-for"))


async def test_a_listeners_headers_are_on_every_answer_and_replace_the_targets(web: Web) -> None:
    names = {"x_frame_options": "DENY", "access_control_max_age": "60% \" '"}
    listener = {f"routing__http__response__{name}__header_value": value for name, value in names.items()}
    rules = (bare.rule(1, [path_is("/fixed")], fixed()), bare.rule(2, [path_is("/gone")], forward("arn:x/y/gone")))
    await web.run(bare.group("g"), rules=rules, listener=listener)
    for path, status in (("/", 200), ("/fixed", 404), ("/gone", 503)):
        answer, _ = await web.get(path)
        assert answer.status == status
        assert answer.header("x-frame-options") == "DENY"
        assert answer.header("access-control-max-age") == "60% \" '"


async def test_a_client_stays_with_its_target_by_either_cookie_and_its_other_cookies_stay_whole(web: Web) -> None:
    await web.run(bare.group("g", stickiness__enabled="true"))
    first, _ = await web.get()
    held = cookies(first)
    assert held.keys() == {"AWSALB", "AWSALBCORS"}
    assert held["AWSALB"] == held["AWSALBCORS"]
    for name in held:
        for before in ("", "a=1, 2; ", "XAWSALB=no; "):
            answer, seen = await web.get(headers=f"Cookie: {before}{name}={held[name]}; z=9\r\nCookie: other=1\r\n")
            assert answer.body == first.body
            assert cookies(answer)["AWSALB"] == held["AWSALB"]
            assert seen
            assert seen.header("cookie").startswith(f"{before}{name}={held[name]}; z=9")
            assert seen.header("cookie").endswith("other=1")


async def test_a_cookie_of_nobody_gets_a_new_target_and_a_new_cookie(web: Web) -> None:
    await web.run(bare.group("g", stickiness__enabled="true"))
    answer, _ = await web.get(headers="Cookie: AWSALB=nonsense\r\n")
    assert answer.status == 200
    assert cookies(answer)["AWSALB"] != "nonsense"


async def test_a_client_stays_with_the_group_that_the_weights_have_chosen(web: Web) -> None:
    groups = [bare.group(name) for name in ("blue", "green")]
    weighted = {
        "Type": "forward",
        "ForwardConfig": {
            "TargetGroups": [{"TargetGroupArn": group.arn, "Weight": 1} for group in groups],
            "TargetGroupStickinessConfig": {"Enabled": True, "DurationSeconds": 60},
        },
    }
    await web.run(*groups, rules=[bare.rule(1, [path_is("/w")], weighted)])
    chosen = set()
    while len(chosen) < 2:
        first, _ = await web.get("/w")
        chosen.add(first.body)
        token = cookies(first)["AWSALBTG"]
        for _ in range(3):
            again, _ = await web.get("/w", f"Cookie: AWSALBTG={token}\r\n")
            assert again.body == first.body
            assert not cookies(again)
