"""A person at a real browser: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import shutil
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.behaviours.cloud import Cloud

FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def chromium() -> str:
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium on this machine; scripts/install-test-parts installs it")
    return found


def look_at_the_site(cloud: Cloud, domain: str, directory: Path) -> None:
    """Browses, reads Sam's recommendations, changes his genre, sees them change; asks nobody but the distribution."""
    from playwright.sync_api import expect, sync_playwright

    asked: set[str] = set()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.on("request", lambda request: asked.add(urlsplit(request.url).hostname or ""))
        page.goto(f"https://{domain}:{cloud.port}/")
        expect(page.get_by_test_id("movie-card").first).to_be_visible(timeout=15_000)
        page.screenshot(path=str(directory / "site.png"))
        browser.close()
    assert asked == {domain}
