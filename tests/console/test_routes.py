from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from netflux.console.routes import Access, routes
from netflux.runtime.trees import Trees
from netflux.seed import image
from tests.console import cloud

TOKEN = "0123456789abcdef"
HERE = {"Host": "localhost:4566"}
Client = TestClient[web.Request, web.Application]


@pytest.fixture
async def region() -> cloud.Cloud:
    return cloud.Cloud()


@pytest.fixture
async def client(region: cloud.Cloud, tmp_path: Path) -> AsyncIterator[Client]:
    app = web.Application()
    push = partial(image.push, region.call, Trees(tmp_path / "images", lambda _digest: True))
    app.add_routes(routes(cloud.sources(region, push), Access(TOKEN)))
    async with TestClient(TestServer(app)) as started:
        yield started


async def test_the_page_and_its_parts_come_with_their_types(client: Client) -> None:
    page = await client.get("/_netflux/", headers=HERE)
    assert page.content_type == "text/html"
    assert "http" not in (await page.text()).replace("http://www.w3.org", "")
    assert (await client.get("/_netflux/static/map.js", headers=HERE)).content_type == "text/javascript"
    assert (await client.get("/_netflux/static/map.css", headers=HERE)).content_type == "text/css"


@pytest.mark.parametrize("name", ["../status.py", "..%2fstatus.py", "nothing.js"])
async def test_nothing_but_the_pages_parts_is_served(client: Client, name: str) -> None:
    assert (await client.get(f"/_netflux/static/{name}", headers=HERE)).status == 404


async def test_status_is_the_snapshot_with_the_regions_facts(client: Client) -> None:
    found = await (await client.get("/_netflux/status.json", headers=HERE)).json()
    assert found["region"]["port"] == 4567
    assert found["stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    assert found["missing"] == [
        "target group movie-service-containers: 1 of 2 targets are healthy (Target.ResponseCodeMismatch)"
    ]


async def test_status_has_what_security_groups_dropped(region: cloud.Cloud) -> None:
    app = web.Application()
    app.add_routes(routes(cloud.sources(region), Access(TOKEN)))
    async with TestClient(TestServer(app)) as started:
        found = await (await started.get("/_netflux/status.json", headers=HERE)).json()
    assert found["dropped"] == [cloud.DROPPED]


async def test_many_who_look_at_once_cost_one_snapshot(client: Client, region: cloud.Cloud) -> None:
    for _ in range(3):
        await client.get("/_netflux/status.json", headers=HERE)
    assert len([1 for operation, _ in region.calls if operation == "DescribeVpcs"]) == 1


@pytest.mark.parametrize("host", ["evil.example", "evil.example:4566", "localhost.evil.example", ""])
async def test_a_request_under_another_name_reads_nothing(client: Client, host: str) -> None:
    assert (await client.get("/_netflux/status.json", headers={"Host": host})).status == 403


async def test_another_sites_page_cannot_push(client: Client, region: cloud.Cloud) -> None:
    answer = await client.post("/_netflux/push", data="{}", headers={**HERE, "Content-Type": "text/plain"})
    assert answer.status == 403
    assert [operation for operation, _ in region.calls if operation == "PutImage"] == []


async def test_a_push_without_its_parts_is_refused(client: Client) -> None:
    answer = await client.post("/_netflux/push", json={"repository": "r"}, headers={**HERE, "X-Netflux": TOKEN})
    assert answer.status == 400
    assert "tag" in (await answer.json())["message"]


async def test_a_push_of_a_missing_folder_names_it(client: Client, tmp_path: Path) -> None:
    body = {"repository": "r", "tag": "t", "folder": str(tmp_path / "gone"), "command": ["true"]}
    answer = await client.post("/_netflux/push", json=body, headers={**HERE, "X-Netflux": TOKEN})
    assert str(tmp_path / "gone") in (await answer.json())["message"]


async def test_logs_come_in_the_order_of_their_time_and_once_for_a_shared_group(client: Client) -> None:
    lines = await (await client.get("/_netflux/logs.json?service=movie-service", headers=HERE)).json()
    assert [(line["message"], line["id"]) for line in lines] == [("first", "1"), ("second", "2")]


async def test_logs_of_an_unknown_service_say_which_there_are(client: Client) -> None:
    answer = await client.get("/_netflux/logs.json?service=moovie", headers=HERE)
    assert answer.status == 404
    assert "there is: movie-service" in (await answer.json())["message"]


async def test_a_time_that_is_none_is_refused(client: Client) -> None:
    assert (await client.get("/_netflux/logs.json?since=noon", headers=HERE)).status == 400


@pytest.mark.parametrize(
    "marks",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
    ],
)
@pytest.mark.parametrize("path", ["", "status.json", "region.json", "logs.json", "static/map.js"])
async def test_another_sites_page_reads_nothing(client: Client, path: str, marks: dict[str, str]) -> None:
    assert (await client.get(f"/_netflux/{path}", headers={**HERE, **marks})).status == 403


async def test_its_own_page_and_a_link_that_a_person_follows_are_answered(client: Client) -> None:
    own = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}
    assert (await client.get("/_netflux/status.json", headers={**HERE, **own})).status == 200
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    assert (await client.get("/_netflux/", headers={**HERE, **link})).status == 200
    assert (await client.get("/_netflux/status.json", headers={**HERE, **link})).status == 403


@pytest.mark.parametrize("token", ["", "1", TOKEN[:-1], f"{TOKEN}0"])
async def test_a_push_needs_the_token(client: Client, region: cloud.Cloud, token: str) -> None:
    body = {"repository": "r", "tag": "t", "folder": "/", "command": ["true"]}
    answer = await client.post("/_netflux/push", json=body, headers={**HERE, "X-Netflux": token})
    assert answer.status == 403
    assert [operation for operation, _ in region.calls if operation == "PutImage"] == []


async def test_another_user_of_the_machine_sees_nothing_without_the_token(region: cloud.Cloud) -> None:
    app = web.Application()
    app.add_routes(routes(cloud.sources(region), Access(TOKEN, lambda headers: headers["x-peer"] == "own")))
    async with TestClient(TestServer(app)) as started:
        for peer, token, status in (("own", "", 200), ("other", "", 403), ("other", TOKEN, 200)):
            headers = {**HERE, "X-Peer": peer, "X-Netflux": token}
            assert (await started.get("/_netflux/region.json", headers=headers)).status == status
