"""A service as a process: from its environment to its exit code."""

import logging
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from types import FrameType

from starlette.types import ASGIApp
from uvicorn.config import Config
from uvicorn.server import Server

from netflux_chassis import logs
from netflux_chassis.database import Database
from netflux_database.datasource import ConfigurationError, data_source, port_number

GRACE_SECONDS = 8  # for requests in flight at SIGTERM: each of ours ends within 6, ECS kills after 30

# Above ALB's idle time-out of 60 s, so that it is the load balancer that closes an idle connection and never sends a
# request into one that this side is closing
# (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html).
KEEP_ALIVE_SECONDS = 75

Factory = Callable[[Database, Mapping[str, str]], ASGIApp]


def stop(_signal: int, _frame: FrameType | None) -> None:
    """Told to stop: a success. uvicorn takes the signals while it serves, finishes, and raises them again here."""
    raise SystemExit(0)


def listener(environ: Mapping[str, str]) -> socket.socket:
    """Bound, so that a port in use ends the program before anything else has begun."""
    host = environ.get("SERVER_ADDRESS") or "0.0.0.0"  # noqa: S104  the container's network decides who may connect
    port = port_number(environ, "SERVER_PORT", 8080)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only on sockets that name their protocol; without it every answer waits 40 ms for an ACK.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise ConfigurationError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return bound


def configuration(app: ASGIApp) -> Config:
    """Nothing is imported for what the services don't use: web sockets, other loops, other parsers."""
    return Config(
        app,
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def serve(service: str, factory: Factory) -> None:
    """Serves until told to stop; leaves the process with 0 then, and with 1 when it can't start."""
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    logs.configure(service)
    try:
        app = factory(Database(data_source(os.environ)), os.environ)
        bound = listener(os.environ)
    except ConfigurationError as error:
        sys.stderr.write(f"{service}: {error}\n")
        raise SystemExit(1) from None
    profiles = os.environ.get("SPRING_PROFILES_ACTIVE") or "default"
    logging.getLogger(service).info("starting, profiles: %s", profiles)
    Server(configuration(app)).run(sockets=[bound])
