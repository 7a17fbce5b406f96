"""The customer service as a process, with a real PostgreSQL and the real movie service, or with one that misbehaves."""

import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from app.conftest import free_port, run_module, wait_until


@pytest.fixture(scope="module")
def environments(cluster):
    return cluster.provision("customer"), cluster.provision("movie")


@pytest.fixture
def movies(start_service, environments):
    return start_service("movie_service", environments[1])


@pytest.fixture
def start_customers(start_service, environments, cluster):
    """Starts a customer service that asks this URL; Sam likes action again when the test is over."""

    def start(url):
        service = start_service("customer_service", {**environments[0], "MOVIE_SERVICE_URL": url})
        wait_until(lambda: service.health() == 200)
        return service

    yield start
    with cluster.superuser("customer") as connection:
        connection.execute("update customer set favorite_genre = 'ACTION' where id = 1")


@pytest.fixture
def customers(start_customers, movies):
    wait_until(lambda: movies.health() == 200)
    return start_customers(f"http://127.0.0.1:{movies.port}")


@contextmanager
def answering(status, body):
    """A movie service that gives every request this answer."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def change(service, customer, body, **options):
    return service.client.patch(f"/api/customers/{customer}/genre", json=body, **options)


def assert_problem(response, status, text):
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == status
    assert text in response.json()["detail"]


def test_a_customer_comes_with_the_movies_of_the_favourite_genre(customers):
    sam = customers.client.get("/api/customers/1").json()
    recommended = sam.pop("recommendedMovies")
    assert sam == {"id": 1, "name": "Sam", "favoriteGenre": "ACTION"}
    assert recommended[0] == {"id": 1, "title": "Inception", "releaseYear": 2010, "genre": "ACTION"}
    assert {movie["genre"] for movie in recommended} == {"ACTION"}
    assert customers.client.get("/api/customers/2").json()["name"] == "Sara"


def test_a_changed_genre_changes_the_recommendations(customers):
    changed = change(customers, 1, {"favoriteGenre": "DRAMA"})
    assert (changed.status_code, changed.content) == (204, b"")
    sam = customers.client.get("/api/customers/1").json()
    assert sam["favoriteGenre"] == "DRAMA"
    assert {movie["genre"] for movie in sam["recommendedMovies"]} == {"DRAMA"}


@pytest.mark.parametrize("body", [{"favoriteGenre": "WESTERN"}, {"favoriteGenre": "drama"}])
def test_an_unknown_genre_is_a_400_problem_and_changes_nothing(customers, body):
    assert_problem(change(customers, 1, body), 400, "is not a genre")
    assert customers.client.get("/api/customers/1").json()["favoriteGenre"] == "ACTION"


@pytest.mark.parametrize("body", [{}, {"favoriteGenre": None}, {"favoriteGenre": 3}, [], "DRAMA"])
def test_a_body_of_another_shape_is_a_400_problem(customers, body):
    assert_problem(change(customers, 1, body), 400, "The body must be JSON")


def test_a_body_that_is_no_json_or_too_large_is_refused(customers):
    json_type = {"Content-Type": "application/json"}
    path = "/api/customers/1/genre"
    assert_problem(customers.client.patch(path, content=b"{", headers=json_type), 400, "The body must be JSON")
    assert_problem(customers.client.patch(path, content=b" " * 20000, headers=json_type), 413, "larger than")
    assert_problem(customers.client.patch(path, content=b"{}"), 415, "must be application/json")


def test_an_unknown_customer_is_a_404_problem(customers):
    assert_problem(customers.client.get("/api/customers/3"), 404, "There is no customer 3")
    assert_problem(change(customers, 3, {"favoriteGenre": "DRAMA"}), 404, "There is no customer 3")
    assert_problem(customers.client.get("/api/customers/sam"), 400, "is not an integer")


def test_an_absent_movie_service_is_a_503_problem_that_names_it(start_customers):
    url = f"http://127.0.0.1:{free_port()}"
    customers = start_customers(url)
    assert_problem(customers.client.get("/api/customers/1"), 503, f"The movie service at {url} cannot be reached")
    assert customers.health() == 200
    assert change(customers, 1, {"favoriteGenre": "CRIME"}).status_code == 204


def test_a_silent_movie_service_is_a_503_problem_in_bounded_time(start_customers):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        customers = start_customers(f"http://127.0.0.1:{silent.getsockname()[1]}")
        started = time.monotonic()
        assert_problem(customers.client.get("/api/customers/1"), 503, "did not answer in time")
        assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    ("status", "body", "becomes"),
    [(500, b"", 502), (404, b"", 502), (503, b"", 503), (200, b"<html>", 502), (200, b'[{"id": 1}]', 502)],
)
def test_a_movie_service_that_answers_nonsense_is_a_502_problem(start_customers, status, body, becomes):
    with answering(status, body) as url:
        assert_problem(start_customers(url).client.get("/api/customers/1"), becomes, f"The movie service at {url}")


def test_a_restarted_movie_service_is_asked_again(start_customers, start_service, environments):
    """The kept connections are dead then; the customer must not see that."""
    first = start_service("movie_service", environments[1])
    wait_until(lambda: first.health() == 200)
    customers = start_customers(f"http://127.0.0.1:{first.port}")
    assert customers.client.get("/api/customers/1").status_code == 200
    assert first.stop() == 0
    assert customers.client.get("/api/customers/1").status_code == 503
    second = start_service("movie_service", {**environments[1], "SERVER_PORT": str(first.port)})
    wait_until(lambda: second.health() == 200)
    assert customers.client.get("/api/customers/1").status_code == 200


def test_a_movie_service_url_that_is_none_is_named(environments):
    done = run_module("customer_service", environment={**environments[0], "MOVIE_SERVICE_URL": "movie-service:8080"})
    assert done.returncode == 1
    assert done.stderr == "customer-service: MOVIE_SERVICE_URL is 'movie-service:8080', not http://host:port\n"
