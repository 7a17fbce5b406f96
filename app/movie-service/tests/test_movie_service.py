"""The movie service as a process, against a real PostgreSQL that the init container's program prepared."""

import json
import os
import signal
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from app.conftest import free_port, run_module, wait_until


@pytest.fixture(scope="module")
def environment(cluster):
    return cluster.provision("movie")


@pytest.fixture
def service(start_service, environment):
    service = start_service("movie_service", environment)
    wait_until(lambda: service.health() == 200)
    return service


def events(service):
    return [json.loads(line) for line in service.log.read_text().splitlines()]


def assert_problem(response, status, text):
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert (problem["status"], problem["instance"]) == (status, response.request.url.path)
    assert text in problem["detail"]


def test_all_twenty_movies_come_in_the_order_of_their_ids(service):
    movies = service.client.get("/api/movies").json()
    assert [movie["id"] for movie in movies] == list(range(1, 21))
    assert movies[0] == {"id": 1, "title": "Inception", "releaseYear": 2010, "genre": "ACTION"}


def test_a_genre_narrows_the_list(service):
    movies = service.client.get("/api/movies", params={"genre": "ACTION"}).json()
    titles = {"Inception", "The Dark Knight", "The Matrix", "Gladiator"}
    assert {movie["title"] for movie in movies} == titles


def test_one_movie_by_its_id(service):
    movie = service.client.get("/api/movies/5").json()
    assert movie == {"id": 5, "title": "The Departed", "releaseYear": 2006, "genre": "CRIME"}


@pytest.mark.parametrize("path", ["/api/movies/21", "/api/movies/-1", "/api/movies/9223372036854775807"])
def test_a_movie_that_does_not_exist_is_a_404_problem(service, path):
    assert_problem(service.client.get(path), 404, "There is no movie")


@pytest.mark.parametrize("bad", ["one", "1.5", "9223372036854775808", "1_0", "%D9%A1"])
def test_an_id_that_is_no_integer_is_a_400_problem(service, bad):
    assert_problem(service.client.get(f"/api/movies/{bad}"), 400, "is not an integer")


@pytest.mark.parametrize("bad", ["WESTERN", "action", ""])
def test_an_unknown_genre_is_a_400_problem_that_lists_the_genres(service, bad):
    response = service.client.get("/api/movies", params={"genre": bad})
    assert_problem(response, 400, "ACTION, CRIME, DRAMA, COMEDY, SCI_FI")


def test_other_paths_and_methods_are_problems_too(service):
    assert_problem(service.client.get("/api/nothing"), 404, "nothing at this path")
    assert_problem(service.client.get("/api/movies/"), 404, "nothing at this path")
    refused = service.client.post("/api/movies", json={})
    assert_problem(refused, 405, "POST is not allowed")
    assert "GET" in refused.headers["allow"]


def test_health_has_springs_shape(service):
    up = service.client.get("/actuator/health")
    assert (up.status_code, up.json()) == (200, {"status": "UP", "components": {"db": {"status": "UP"}}})
    for probe in ("liveness", "readiness"):
        assert service.client.get(f"/actuator/health/{probe}").json()["status"] == "UP"


def test_a_stopped_database_is_down_and_503_at_once_and_recovers_by_itself(service, cluster):
    cluster.stop()
    started = time.monotonic()
    down = service.client.get("/actuator/health")
    assert time.monotonic() - started < 1.5
    assert (down.status_code, down.json()) == (503, {"status": "DOWN", "components": {"db": {"status": "DOWN"}}})
    assert service.client.get("/actuator/health/liveness").status_code == 200
    started = time.monotonic()
    assert_problem(service.client.get("/api/movies"), 503, "database cannot be reached")
    assert time.monotonic() - started < 2.5
    cluster.start()
    wait_until(lambda: service.health() == 200, seconds=5)
    assert len(service.client.get("/api/movies").json()) == 20


def test_a_restart_between_two_requests_is_not_noticed(service, cluster):
    assert service.client.get("/api/movies/1").status_code == 200
    cluster.stop()
    cluster.start()
    assert service.client.get("/api/movies/1").status_code == 200


def test_a_database_that_accepts_and_stays_silent_does_not_hang_anything(start_service, environment):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"jdbc:postgresql://127.0.0.1:{silent.getsockname()[1]}/movie"
        service = start_service("movie_service", {**environment, "SPRING_DATASOURCE_URL": url})
        started = time.monotonic()
        assert service.health() == 503
        assert_problem(service.client.get("/api/movies"), 503, "database cannot be reached")
        assert time.monotonic() - started < 4.5
        assert service.stop() == 0


def test_a_query_on_a_frozen_server_ends_in_time_and_the_service_recovers(service, cluster):
    """SIGSTOP to every backend: connections stay open and nothing answers."""
    assert service.health() == 200
    with cluster.superuser() as connection:
        query = "select pid from pg_stat_activity where backend_type = 'client backend' and datname = 'movie'"
        backends = [row[0] for row in connection.execute(query)]
    assert backends
    for pid in backends:
        os.kill(pid, signal.SIGSTOP)
    try:
        started = time.monotonic()
        assert service.health() == 503
        assert time.monotonic() - started < 1.5
    finally:
        for pid in backends:
            os.kill(pid, signal.SIGCONT)
    wait_until(lambda: service.health() == 200)


def test_sigterm_finishes_the_request_in_flight_and_exits_with_0(service, cluster):
    with cluster.superuser("movie") as blocker, ThreadPoolExecutor() as threads:
        with blocker.transaction():
            blocker.execute("lock table movie in access exclusive mode")
            answer = threads.submit(service.client.get, "/api/movies/1")
            waiting = "select count(*) from pg_stat_activity where datname = 'movie' and wait_event_type = 'Lock'"
            wait_until(lambda: blocker.execute(waiting).fetchone() != (0,))
            service.process.send_signal(signal.SIGTERM)
            wait_until(lambda: not accepts(service.port))
        assert answer.result().status_code == 200
    assert service.process.wait(5) == 0


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def test_an_answer_does_not_wait_for_the_clients_acknowledgement(service):
    """Without TCP_NODELAY each answer on a kept connection takes 40 ms, the delayed ACK of Linux."""
    durations = []
    for _ in range(20):
        started = time.monotonic()
        service.client.get("/actuator/health/liveness")
        durations.append(time.monotonic() - started)
    assert sorted(durations)[len(durations) // 2] < 0.03


def test_every_event_is_one_json_line_and_a_request_says_what_became_of_it(service):
    service.client.get("/api/movies/99")
    asked = wait_until(lambda: [event for event in events(service) if event.get("path") == "/api/movies/99"])
    access = asked[0]
    assert (access["logger"], access["method"], access["status"]) == ("access", "GET", 404)
    assert access["duration_ms"] > 0
    assert access["service"] == "movie-service"


def test_a_port_in_use_is_said_and_the_exit_code_is_1(environment):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        settings = {**environment, "SERVER_ADDRESS": "127.0.0.1", "SERVER_PORT": port}
        done = run_module("movie_service", environment=settings)
    expected = f"movie-service: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    assert (done.returncode, done.stderr) == (1, expected)


@pytest.mark.parametrize("missing", ["URL", "USERNAME", "PASSWORD"])
def test_a_missing_variable_is_named_in_one_line(environment, missing):
    missing = f"SPRING_DATASOURCE_{missing}"
    done = run_module("movie_service", environment={**environment, missing: ""})
    assert (done.returncode, done.stderr) == (1, f"movie-service: {missing} is not set\n")


def test_a_port_that_is_none_is_named(environment):
    done = run_module("movie_service", environment={**environment, "SERVER_PORT": "http"})
    expected = "movie-service: SERVER_PORT is 'http', not a port between 0 and 65535\n"
    assert (done.returncode, done.stderr) == (1, expected)


def test_the_service_starts_before_its_database(start_service, environment):
    url = f"jdbc:postgresql://127.0.0.1:{free_port()}/movie"
    service = start_service("movie_service", {**environment, "SPRING_DATASOURCE_URL": url})
    assert service.health() == 503
