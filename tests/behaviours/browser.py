"""A person at a real browser: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any
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
    expect.set_options(timeout=30_000)  # what is waited for comes when the machine has time for it
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        page = browser.new_context(ignore_https_errors=True).new_page()
        page.on("request", lambda request: asked.add(urlsplit(request.url).hostname or ""))
        page.goto(f"https://{domain}:{cloud.port}/")
        expect(page.get_by_test_id("movie-count")).to_have_text("20 movies")
        page.get_by_test_id("genre-tab-CRIME").click()
        expect(page.get_by_test_id("movie-count")).to_have_text("4 crime movies")
        page.get_by_test_id("customer-select").select_option("1")
        expect(page.get_by_test_id("greeting")).to_have_text("Tonight for Sam")
        _change_favorite_genre(page, "DRAMA")
        _change_favorite_genre(page, "ACTION")
        titles = page.get_by_test_id("recommendations").locator(".card-title")
        expect(titles).to_have_text(["Inception", "The Dark Knight", "The Matrix", "Gladiator"])
        page.screenshot(path=str(directory / "site.png"))
        browser.close()
    assert asked == {domain}


def _change_favorite_genre(page: Any, genre: str) -> None:
    from playwright.sync_api import expect

    page.get_by_test_id(f"favorite-{genre}").click()
    expect(page.get_by_test_id("status")).to_have_attribute("data-kind", "saved")
    expect(page.get_by_test_id("recommendations")).to_have_attribute("data-genre", genre)
