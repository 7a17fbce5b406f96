"""`python -m netflux_database movie`: an init container's whole work, and its exit code."""

import os
import sys
import time
from collections.abc import Mapping

import psycopg

from netflux_database.datasource import ConfigurationError, data_source, required
from netflux_database.migrations import MigrationError, migrate, migrations, schemas
from netflux_database.provision import (
    ProvisionError,
    connect,
    exclusively,
    first_line,
    prepare_database,
    prepare_login,
)

# Seconds from start to giving up. A database that is being created or fails over takes a minute or two; ECS waits as
# long as the container runs.
DEADLINE = 120


def report(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def wait_seconds(environ: Mapping[str, str]) -> float:
    text = environ.get("DATABASE_WAIT_SECONDS") or str(DEADLINE)
    try:
        return float(text)
    except ValueError:
        raise ConfigurationError(f"DATABASE_WAIT_SECONDS is {text!r}, not a number of seconds") from None


def apply(schema: str, environ: Mapping[str, str]) -> None:
    """Login, database and schema, in this order, under one lock; each step finds its work done on a second run."""
    service = data_source(environ)
    username, password = required(environ, "MASTER_USERNAME"), required(environ, "MASTER_PASSWORD")
    known, deadline = migrations(schema), time.monotonic() + wait_seconds(environ)
    master_source = service.as_user(username, password, name="postgres")
    with connect(master_source, deadline, report) as master, exclusively(master, deadline):
        created = prepare_login(master, service)
        report(f"login {service.username}: {'created' if created else 'exists, password set from the secret'}")
        created = prepare_database(master, service)
        report(f"database {service.name}: {'created' if created else 'exists'}, owned by {service.username}")
        with connect(service, deadline, report) as own:
            applied = migrate(own, known)
        for migration in applied:
            report(f"migration {migration.version:04}_{migration.name}: applied")
        report(f"schema {schema}: at version {len(known)}, {len(applied)} of {len(known)} applied now")


def main(arguments: list[str], environ: Mapping[str, str]) -> int:
    """0 when the database is ready; else 1 and one line that says why not."""
    if len(arguments) != 1 or arguments[0] not in schemas():
        sys.stderr.write(f"usage: python -m netflux_database {{{'|'.join(schemas())}}}\n")
        return 2
    try:
        apply(arguments[0], environ)
    except (ConfigurationError, MigrationError, ProvisionError) as error:
        sys.stderr.write(f"netflux_database: {error}\n")
        return 1
    except psycopg.Error as error:
        sys.stderr.write(f"netflux_database: the database refused: {first_line(error)}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
