"""The site in a real browser, with the real services and database behind one origin; and its files."""

import re
import shutil
from pathlib import Path

import pytest
from app.artwork.__main__ import sheets
from app.conftest import free_port, starting, wait_until
from app.tests.site_server import SITE, Origin, serving
from playwright.sync_api import expect, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

# What S3 and every uploader know a content type of.
EXTENSIONS = {".html", ".css", ".js", ".svg", ".md"}

expect.set_options(timeout=30_000)  # what is waited for comes when the machine has time for it

BROWSER_TEST = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH")]


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def services(cluster, tmp_path_factory):
    """Addresses of the two services: no test changes more in them than a genre, which `origin` puts back."""
    customer, movie = cluster.provision("customer"), cluster.provision("movie")
    with starting(tmp_path_factory.mktemp("services")) as start:
        movies = start("movie_service", movie)
        customers = start("customer_service", {**customer, "MOVIE_SERVICE_URL": f"http://127.0.0.1:{movies.port}"})
        wait_until(lambda: movies.health() == customers.health() == 200)
        yield f"http://127.0.0.1:{movies.port}", f"http://127.0.0.1:{customers.port}"


@pytest.fixture
def origin(cluster, services):
    with serving(Origin(*services)) as origin:
        yield origin
    with cluster.superuser("customer") as connection:
        connection.execute("update customer set favorite_genre = case id when 1 then 'ACTION' else 'COMEDY' end")


@pytest.fixture
def page(browser, origin):
    context = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.asked = []
    page.failures = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("pageerror", lambda error: page.failures.append(str(error)))
    page.goto(origin.url)
    yield page
    assert page.failures == []
    assert [url for url in page.asked if not url.startswith(origin.url)] == []
    context.close()


def titles(page, where):
    return page.get_by_test_id(where).locator(".card-title")


class TestInABrowser:
    pytestmark = BROWSER_TEST

    def test_it_opens_with_all_movies_and_sams_recommendations(self, page):
        expect(page.get_by_test_id("movie-count")).to_have_text("20 movies")
        expect(page.get_by_test_id("movies").get_by_test_id("movie-card")).to_have_count(20)
        expect(page.get_by_test_id("greeting")).to_have_text("Tonight for Sam")
        expect(titles(page, "recommendations")).to_have_text(
            ["Inception", "The Dark Knight", "The Matrix", "Gladiator"]
        )
        expect(page.get_by_test_id("customer-select").locator("option")).to_have_text(["Sam", "Sara"])

    def test_every_poster_is_really_drawn(self, page):
        expect(page.get_by_test_id("movies").get_by_test_id("movie-card")).to_have_count(20)
        page.evaluate("document.querySelectorAll('img').forEach(image => { image.loading = 'eager'; })")
        widths = page.evaluate(  # decode() waits for the picture, and fails for one that is none
            "Promise.all([...document.images].map(image => image.decode().then(() => image.naturalWidth)))"
        )
        assert len(widths) >= 20
        assert all(width > 0 for width in widths)
        assert not [url for url in page.asked if url.endswith("other.svg")]

    def test_a_genres_tab_shows_its_movies_and_is_an_address(self, page):
        page.get_by_test_id("genre-tab-CRIME").click()
        expect(page.get_by_test_id("movie-count")).to_have_text("4 crime movies")
        expect(titles(page, "movies")).to_have_text(["The Departed", "Pulp Fiction", "Heat", "Zodiac"])
        page.reload()
        expect(page.get_by_test_id("movie-count")).to_have_text("4 crime movies")
        page.go_back()
        expect(page.get_by_test_id("movie-count")).to_have_text("20 movies")

    def test_the_tabs_work_with_the_arrow_keys(self, page):
        page.get_by_test_id("genre-tab-ALL").focus()
        page.keyboard.press("ArrowLeft")
        expect(page.get_by_test_id("genre-tab-SCI_FI")).to_be_focused()
        expect(page.get_by_test_id("genre-tab-SCI_FI")).to_have_attribute("aria-selected", "true")
        expect(page.get_by_test_id("movie-count")).to_have_text("4 sci-fi movies")

    def test_changing_the_favorite_genre_changes_the_recommendations_for_good(self, page):
        page.get_by_test_id("favorite-DRAMA").click()
        expect(page.get_by_test_id("status")).to_have_text("Saved. Your favourite genre is drama now.")
        expect(page.get_by_test_id("recommendations-title")).to_have_text("Because you like drama")
        expect(titles(page, "recommendations")).to_contain_text(["Shawshank", "Forrest", "Whiplash", "Parasite"])
        page.reload()
        expect(page.get_by_test_id("favorite-DRAMA")).to_have_attribute("aria-pressed", "true")

    def test_another_customer_has_other_recommendations(self, page):
        page.get_by_test_id("customer-select").select_option("2")
        expect(page.get_by_test_id("greeting")).to_have_text("Tonight for Sara")
        expect(page.get_by_test_id("recommendations")).to_have_attribute("data-genre", "COMEDY")

    def test_a_movie_opens_with_the_keyboard_and_closes_with_escape(self, page):
        card = page.get_by_test_id("movies").locator("[data-movie-id='19']")
        card.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_test_id("details-title")).to_have_text("Interstellar")
        page.keyboard.press("Escape")
        expect(page.get_by_test_id("movie-details")).to_be_hidden()
        expect(card).to_be_focused()

    def test_a_movie_that_does_not_exist_says_so(self, page, origin):
        page.goto(f"{origin.url}/#movie=99")
        expect(page.get_by_test_id("movie-details")).to_contain_text("There is no movie 99.")
        page.get_by_test_id("close-details").click()
        expect(page.get_by_test_id("movie-details")).to_be_hidden()

    def test_an_api_that_is_away_is_shown_and_comes_back_by_itself(self, page, origin):
        works = origin.services["/api/movies"]
        origin.services["/api/movies"] = f"http://127.0.0.1:{free_port()}"
        page.get_by_test_id("genre-tab-ACTION").click()
        problem = page.get_by_test_id("browse-panel").get_by_test_id("problem")
        expect(problem).to_contain_text("503 Service Unavailable")
        origin.services["/api/movies"] = works
        expect(page.get_by_test_id("movie-count")).to_have_text("4 action movies")
        expect(problem).to_have_count(0)

    def test_a_change_that_fails_is_taken_back_and_said(self, page, origin):
        expect(page.get_by_test_id("favorite-ACTION")).to_have_attribute("aria-pressed", "true")
        origin.services["/api/customers"] = f"http://127.0.0.1:{free_port()}"
        page.get_by_test_id("favorite-CRIME").click()
        expect(page.get_by_test_id("status")).to_contain_text("Not saved")
        expect(page.get_by_test_id("favorite-ACTION")).to_have_attribute("aria-pressed", "true")

    def test_a_small_screen_needs_no_sideways_scrolling(self, page):
        page.set_viewport_size({"width": 360, "height": 740})
        expect(page.get_by_test_id("movie-count")).to_have_text("20 movies")
        assert page.evaluate("document.documentElement.scrollWidth") == 360


def files() -> list[Path]:
    return [path for path in SITE.rglob("*") if path.is_file()]


def test_the_site_holds_only_files_with_a_well_known_content_type():
    assert {path.suffix for path in files()} == EXTENSIONS


def test_nothing_in_the_site_names_another_origin():
    for path in files():
        urls = re.findall(r"(?:https?:)?//[\w.-]+\.\w+[^\s\"'<>)]*", path.read_text(encoding="utf-8"))
        assert set(urls) <= {"http://www.w3.org/2000/svg"}, path


def test_every_movie_of_the_seed_has_a_poster():
    seed = SITE.parent / "database" / "netflux_database" / "migrations" / "movie" / "0002_first_twenty.sql"
    ids = re.findall(r"^ +\((\d+),", seed.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(ids) == 20
    assert {f"{number}.svg" for number in ids} | {"other.svg"} == {path.name for path in (SITE / "posters").iterdir()}


def test_the_posters_are_what_the_drawing_program_draws():
    for name, svg in sheets().items():
        assert (SITE / "posters" / name).read_text(encoding="utf-8") == svg, "run python -m app.artwork"


def test_every_test_id_is_in_the_readme():
    readme = (SITE / "README.md").read_text(encoding="utf-8")
    sources = "".join(path.read_text(encoding="utf-8") for path in files() if path.suffix in {".html", ".js"})
    names = set(re.findall(r"data-testid=\"([\w-]+)\"", sources)) | set(re.findall(r"testid: \"([\w-]+)\"", sources))
    assert names
    assert [name for name in sorted(names) if f"`{name}`" not in readme] == []
