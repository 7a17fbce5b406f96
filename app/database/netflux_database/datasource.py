"""Where a PostgreSQL database is and who logs in, in Spring's names.

The variables are Spring Boot's, so that a task definition written for the Java images starts these programs unchanged.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

JDBC_URL = re.compile(
    r"jdbc:postgresql://(?P<host>\[[0-9A-Fa-f:.]+\]|[^:/?,\[\]]+)(:(?P<port>\d+))?/(?P<name>[^?/]+)(\?(?P<query>.*))?"
)

# pgjdbc's connection parameters, and the libpq keyword that means the same
# (https://jdbc.postgresql.org/documentation/use/#connection-parameters).
PARAMETERS = {
    "sslmode": "sslmode",
    "sslrootcert": "sslrootcert",
    "channelBinding": "channel_binding",
    "ApplicationName": "application_name",
    "connectTimeout": "connect_timeout",
}


class ConfigurationError(Exception):
    """The environment does not say what the program needs; the message names the variable."""


@dataclass(frozen=True)
class DataSource:
    """One database and one login. Comparable, and its printed form leaves the password out."""

    host: str
    port: int
    name: str
    username: str
    password: str = field(repr=False)
    options: tuple[tuple[str, str], ...] = ()

    def parameters(self) -> dict[str, str]:
        """libpq's keywords. TLS is required unless the URL decided: RDS refuses clear text from PostgreSQL 15 on."""
        return {
            "host": self.host,
            "port": str(self.port),
            "dbname": self.name,
            "user": self.username,
            "password": self.password,
            "gssencmode": "disable",
            "sslmode": "require",
            **dict(self.options),
        }

    def as_user(self, username: str, password: str, *, name: str) -> "DataSource":
        """The same server for another login and another database."""
        return replace(self, username=username, password=password, name=name)


def required(environ: Mapping[str, str], variable: str) -> str:
    """The variable's value; an empty one is as missing as an absent one."""
    value = environ.get(variable, "")
    if not value:
        raise ConfigurationError(f"{variable} is not set")
    return value


def port_number(environ: Mapping[str, str], variable: str, default: int) -> int:
    text = environ.get(variable) or str(default)
    if not text.isascii() or not text.isdigit() or not 0 <= int(text) <= 65535:
        raise ConfigurationError(f"{variable} is {text!r}, not a port between 0 and 65535")
    return int(text)


def libpq_option(name: str, value: str) -> tuple[str, str]:
    if name == "ssl":
        # pgjdbc: ssl=true alone verifies the server's certificate and name.
        return ("sslmode", "verify-full" if value in {"", "true"} else "prefer")
    if name not in PARAMETERS:
        raise ConfigurationError(f"SPRING_DATASOURCE_URL has the parameter {name!r}, which is not supported")
    return (PARAMETERS[name], value)


def data_source(environ: Mapping[str, str]) -> DataSource:
    """The service's own database and login, from SPRING_DATASOURCE_URL, _USERNAME and _PASSWORD."""
    url = required(environ, "SPRING_DATASOURCE_URL")
    match = JDBC_URL.fullmatch(url)
    if match is None:
        raise ConfigurationError(f"SPRING_DATASOURCE_URL is {url!r}, not jdbc:postgresql://host:port/database")
    pairs = parse_qsl(match["query"] or "", keep_blank_values=True)
    # An explicit sslmode wins over ssl=true, wherever it stands.
    options = sorted((libpq_option(name, value) for name, value in pairs if name == "ssl"), key=str)
    options += [libpq_option(name, value) for name, value in pairs if name != "ssl"]
    return DataSource(
        host=match["host"].strip("[]"),
        port=int(match["port"] or 5432),
        name=match["name"],
        username=required(environ, "SPRING_DATASOURCE_USERNAME"),
        password=required(environ, "SPRING_DATASOURCE_PASSWORD"),
        options=tuple(options),
    )
