"""The map in Chromium, over a region whose answers are written down."""

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright, expect

from netflux.console.routes import Access, routes
from tests.console import cloud

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium on the PATH: scripts/install-test-parts says how to get it"
    ),
]


@pytest.fixture
def region() -> Iterator[cloud.Cloud]:
    return cloud.Cloud()


@pytest_asyncio.fixture(loop_scope="module")
async def address(region: cloud.Cloud) -> AsyncIterator[str]:
    app = web.Application()
    app.add_routes(routes(cloud.sources(region), Access("token")))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    yield f"http://localhost:{port}/_netflux/"
    await runner.cleanup()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, address: str) -> AsyncIterator[Page]:
    opened = await browser.new_page()
    wrong: list[str] = []
    elsewhere: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.on("request", lambda request: None if request.url.startswith(address) else elsewhere.append(request.url))
    await opened.goto(address)
    await expect(opened.locator("#live")).to_contain_text("live ·")
    yield opened
    await opened.close()
    assert wrong == []
    assert elsewhere == []


async def test_a_task_lies_in_its_subnet_with_its_health(page: Page) -> None:
    subnet = page.locator(".subnet", has_text="netflux-private-2")
    task = subnet.locator(".task")
    await expect(task).to_contain_text("10.0.4.12")
    await expect(task).to_contain_text("unhealthy")
    await expect(page.locator("#side")).to_contain_text("Target.ResponseCodeMismatch")


async def test_rules_groups_and_origins_are_told_as_they_are(page: Page) -> None:
    await expect(page.locator(".balancer")).to_contain_text("500 /api/movies* → movie-service-containers")
    await expect(page.locator(".balancer")).to_contain_text("404 :(")
    await expect(page.locator(".groups")).to_contain_text("tcp 8080 from netflux-alb-sg, netflux-app-sg")
    await expect(page.locator(".edgecard")).to_contain_text("/api/* → alb")
    await expect(page.locator("svg.wires path")).to_have_count(4)
    dropped = page.locator("section", has=page.get_by_role("heading", name="Dropped by security groups"))
    await expect(dropped).to_contain_text("netflux-db-sg3 packets inbound, 180 bytes10.0.5.88")


async def test_a_fault_of_the_machine_is_told_beside_the_map_with_what_to_do(page: Page) -> None:
    told = page.locator("section", has=page.get_by_role("heading", name="Not as it should be"))
    await expect(told).to_contain_text("The disk of /tmp/state is full (0.0 MB free). → Make room.")


async def test_a_click_shows_the_apis_answer_and_escape_closes_it(page: Page) -> None:
    await page.locator(".database").click()
    details = page.locator("#details")
    await expect(details).to_contain_text("netflux-db.c1.us-east-1.rds.localhost")
    await page.keyboard.press("Escape")
    await expect(details).to_be_hidden()


async def test_a_region_that_no_longer_answers_is_not_shown_as_live(page: Page) -> None:
    await page.route("**/status.json", lambda route: route.abort())
    await expect(page.locator("#live")).to_contain_text("not live")


async def test_what_a_user_named_is_text_and_never_markup(
    region: cloud.Cloud, browser: Browser, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    evil = "<img src=x onerror=document.title='owned'>"
    monkeypatch.setitem(cloud.ANSWERS, "ListBuckets", {"Buckets": [{"Name": evil, "CreationDate": cloud.NOW}]})
    page = await browser.new_page()
    await page.goto(address)
    await expect(page.locator(".edge")).to_contain_text(evil)
    assert "owned" not in await page.title()
    await page.close()
