"""`python -m netflux_database` against a real PostgreSQL, with a master user that is no superuser."""

import os
import subprocess
import sys

import psycopg
import pytest
from app.conftest import free_port, run_module


@pytest.fixture
def environment(cluster):
    """A database of this test's own, gone afterwards."""
    yield cluster.environment("movie")
    with cluster.superuser() as connection:
        connection.execute("drop database if exists movie with (force)")
        connection.execute("drop role if exists movie_user")


def apply(environment):
    return run_module("netflux_database", "movie", environment=environment)


def test_an_empty_cluster_gets_login_database_schema_and_rows(cluster, environment):
    done = apply(environment)
    assert (done.returncode, done.stderr) == (0, "")
    with cluster.login("movie_user", "a-service-password", "movie") as connection:
        assert connection.execute("select count(*) from movie").fetchone() == (20,)
        per_genre = connection.execute("select genre, count(*) from movie group by genre").fetchall()
        owner = connection.execute("select tableowner from pg_tables where tablename = 'movie'").fetchone()
    assert min(count for _, count in per_genre) >= 4
    assert len(per_genre) == 5
    assert owner == ("movie_user",)


def test_a_second_run_changes_nothing(cluster, environment):
    apply(environment)
    done = apply(environment)
    assert done.returncode == 0
    assert "0 of 2 applied now" in done.stdout
    with cluster.login("movie_user", "a-service-password", "movie") as connection:
        assert connection.execute("select count(*) from movie").fetchone() == (20,)


def test_a_row_added_later_takes_the_next_id(cluster, environment):
    apply(environment)
    with cluster.login("movie_user", "a-service-password", "movie") as connection:
        insert = "insert into movie (title, release_year, genre) values ('Dune', 2021, 'SCI_FI') returning id"
        assert connection.execute(insert).fetchone() == (21,)


def test_two_tasks_that_start_at_once_both_succeed(environment):
    command = [sys.executable, "-m", "netflux_database", "movie"]
    both = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    outputs = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(output.count(": applied") for output in outputs) == [0, 2]


def test_a_changed_secret_becomes_the_logins_password(cluster, environment):
    apply(environment)
    assert apply({**environment, "SPRING_DATASOURCE_PASSWORD": "rotated"}).returncode == 0
    cluster.login("movie_user", "rotated", "movie").close()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        cluster.login("movie_user", "a-service-password", "movie")


def test_a_database_that_the_instance_was_created_with_is_handed_over(cluster, environment):
    with cluster.login("master", "master-password", "postgres") as connection:
        connection.execute("create database movie")
    assert apply(environment).returncode == 0
    with cluster.superuser() as connection:
        query = "select pg_get_userbyid(datdba) from pg_database where datname = 'movie'"
        assert connection.execute(query).fetchone() == ("movie_user",)


def test_another_services_login_cannot_enter_the_database(cluster, environment):
    apply(environment)
    cluster.provision("customer")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        cluster.login("customer_user", "a-service-password", "movie")


def test_a_database_of_a_stranger_is_refused(cluster, environment):
    with cluster.superuser() as connection:
        connection.execute("create database movie")
    done = apply(environment)
    assert done.returncode == 1
    assert done.stderr == "netflux_database: database 'movie' belongs to 'postgres', not to 'movie_user'\n"


def test_a_wrong_master_password_fails_at_once(environment):
    done = apply({**environment, "MASTER_PASSWORD": "wrong"})
    assert done.returncode == 1
    assert "master cannot log in to postgres" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_server_that_never_comes_is_given_up_at_the_deadline(environment):
    port = free_port()
    url = f"jdbc:postgresql://127.0.0.1:{port}/movie"
    done = apply({**environment, "SPRING_DATASOURCE_URL": url, "DATABASE_WAIT_SECONDS": "1"})
    assert done.returncode == 1
    assert f"127.0.0.1:{port} did not accept a connection in time" in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("missing", ["SPRING_DATASOURCE_URL", "MASTER_USERNAME", "MASTER_PASSWORD"])
def test_a_missing_variable_is_named_in_one_line(environment, missing):
    done = apply({name: value for name, value in environment.items() if name != missing})
    assert (done.returncode, done.stderr) == (1, f"netflux_database: {missing} is not set\n")


def test_an_unknown_schema_prints_the_usage():
    done = run_module("netflux_database", "music", environment=dict(os.environ))
    assert (done.returncode, done.stderr) == (2, "usage: python -m netflux_database {customer|movie}\n")


def test_the_password_never_reaches_the_servers_log(cluster, environment):
    with cluster.superuser() as connection:
        connection.execute("alter role master set log_statement = 'all'")
        secret = {**environment, "SPRING_DATASOURCE_PASSWORD": "not-for-the-log"}
        assert apply(secret).returncode == 0
        connection.execute("alter role master reset log_statement")
    log = (cluster.folder / "log").read_text()
    assert "not-for-the-log" not in log
