import pytest

from netflux_database.datasource import ConfigurationError, data_source

LOGIN = {"SPRING_DATASOURCE_USERNAME": "movie", "SPRING_DATASOURCE_PASSWORD": "p@ss word"}


def parameters(url: str) -> dict[str, str]:
    return data_source({**LOGIN, "SPRING_DATASOURCE_URL": url}).parameters()


def test_a_jdbc_url_names_host_port_and_database():
    found = parameters("jdbc:postgresql://db.example:6543/movie")
    assert (found["host"], found["port"], found["dbname"]) == ("db.example", "6543", "movie")
    assert (found["user"], found["password"]) == ("movie", "p@ss word")


def test_the_port_defaults_to_postgresqls():
    assert parameters("jdbc:postgresql://db/movie")["port"] == "5432"


def test_an_ipv6_host_stands_in_brackets():
    assert parameters("jdbc:postgresql://[::1]:5432/movie")["host"] == "::1"


def test_tls_is_required_unless_the_url_decides():
    assert parameters("jdbc:postgresql://db/movie")["sslmode"] == "require"
    assert parameters("jdbc:postgresql://db/movie?sslmode=disable")["sslmode"] == "disable"
    assert parameters("jdbc:postgresql://db/movie?ssl=true")["sslmode"] == "verify-full"
    assert parameters("jdbc:postgresql://db/movie?sslmode=verify-ca&ssl=true")["sslmode"] == "verify-ca"


def test_jdbc_parameters_become_libpqs():
    found = parameters("jdbc:postgresql://db/movie?ApplicationName=movies&connectTimeout=3")
    assert (found["application_name"], found["connect_timeout"]) == ("movies", "3")


def test_an_unknown_parameter_is_refused_by_name():
    with pytest.raises(ConfigurationError, match="'reWriteBatchedInserts'"):
        parameters("jdbc:postgresql://db/movie?reWriteBatchedInserts=true")


@pytest.mark.parametrize("url", ["postgresql://db/movie", "jdbc:postgresql://db", "jdbc:postgresql://a:1,b:2/movie"])
def test_another_form_of_url_is_refused(url):
    with pytest.raises(ConfigurationError, match="SPRING_DATASOURCE_URL is"):
        parameters(url)


@pytest.mark.parametrize("missing", ["SPRING_DATASOURCE_URL", *LOGIN])
def test_a_missing_or_empty_variable_is_named(missing):
    environ = {**LOGIN, "SPRING_DATASOURCE_URL": "jdbc:postgresql://db/movie", missing: ""}
    with pytest.raises(ConfigurationError, match=f"{missing} is not set"):
        data_source(environ)


def test_the_password_is_not_in_the_printed_form():
    source = data_source({**LOGIN, "SPRING_DATASOURCE_URL": "jdbc:postgresql://db/movie"})
    assert "p@ss" not in repr(source)
