"""The gateway in a real HAProxy: one port, HTTP and HTTPS, Host decides per request."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import stat
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from netflux.errors import UserError
from netflux.gateway.gateway import Gateway, Region
from netflux.haproxy import binary
from netflux.haproxy.process import HAProxy
from netflux.haproxy.section import Route, Section
from netflux.runtime.children import Children
from tests.haproxy.targets import Request, free_port, get, read_answer, read_request

ALB = "web-1.us-east-1.elb.localhost"
REGION = Region("000000000000", "us-east-1")


class Place:
    """A gateway, its HAProxy and a control plane that echoes."""

    def __init__(self, directory: Path) -> None:
        self.run = Path(tempfile.mkdtemp(prefix="netflux-"))  # a unix socket's path must be short
        self.port = free_port()
        self.gateway = Gateway(self.port, self.run, directory / "ca", REGION)
        self.haproxy = HAProxy(
            Children(self.run / "children"), binary.find(), self.run, directory / "log", self.gateway.frontends
        )
        self.requests: list[Request] = []

    @property
    def address(self) -> tuple[str, int]:
        return ("127.0.0.1", self.port)

    async def echo(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (request := await read_request(reader)) is not None:
            self.requests.append(request)
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\napi")
        writer.close()

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.gateway.authority.certificate))


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    found = Place(tmp_path)
    server = await asyncio.start_unix_server(found.echo, str(found.run / "controlplane.sock"))
    await found.haproxy.start()
    yield found
    await found.haproxy.stop()
    server.close()
    shutil.rmtree(found.run)


def answering(host: str, text: str, scheme: str = "") -> Section:
    name = f"test-{text}"
    return Section(
        f"test/{text}",
        f"backend {name}\n    http-request return status 200 content-type text/plain string {text}\n",
        (
            Route(
                host,
                scheme,
                (
                    f"use_backend {name} if {{ path -m beg /{text} }}",
                    f"use_backend {name} if {{ path / }}",
                ),
            ),
        ),
    )


async def test_what_no_route_takes_goes_to_the_control_plane_with_its_host(place: Place) -> None:
    answer = await get(place.address, "localhost:4566", "/x", "X-Forwarded-For: 9.9.9.9\r\n")
    assert answer.body == b"api"
    request = place.requests[0]
    assert request.header("host") == "localhost:4566"
    assert request.header("x-forwarded-proto") == "http"
    assert request.header("x-forwarded-for") == "127.0.0.1"


async def test_host_decides_for_each_request_of_a_kept_alive_connection(place: Place) -> None:
    await place.haproxy.put(answering(ALB, "alb"))
    reader, writer = await asyncio.open_connection(*place.address)
    bodies = []
    for host in (ALB, "localhost", ALB.upper() + ":4566", "web-1.us-east-1.elb.amazonaws.com", "s3.localhost"):
        writer.write(f"GET /alb HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        bodies.append((await read_answer(reader)).body)
    writer.close()
    assert bodies == [b"alb", b"api", b"alb", b"alb", b"api"]


async def test_https_on_the_same_port_is_certified_by_the_local_authority(place: Place) -> None:
    await place.haproxy.put(answering(ALB, "alb", "https"))
    for host, path, body in ((ALB, "/alb", b"alb"), ("localhost", "/", b"api"), ("d1.cloudfront.localhost", "/", None)):
        reader, writer = await asyncio.open_connection(*place.address, ssl=place.trusting(), server_hostname=host)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        answer = await read_answer(reader)
        writer.close()
        if body is None:
            assert answer.status == 403
        else:
            assert answer.body == body
    assert place.requests[-1].header("x-forwarded-proto") == "https"
    assert place.requests[-1].header("x-forwarded-for") == "127.0.0.1"
    assert (await get(place.address, ALB, "/alb")).status == 503


async def test_http_2_is_offered_by_tls(place: Place) -> None:
    context = place.trusting()
    context.set_alpn_protocols(["h2", "http/1.1"])
    _, writer = await asyncio.open_connection(*place.address, ssl=context, server_hostname="localhost")
    assert writer.get_extra_info("ssl_object").selected_alpn_protocol() == "h2"
    writer.close()


async def test_a_section_with_a_new_host_brings_a_new_certificate(place: Place) -> None:
    await place.haproxy.put(answering("shop.example.test", "shop"))
    reader, writer = await asyncio.open_connection(
        *place.address, ssl=place.trusting(), server_hostname="shop.example.test"
    )
    writer.write(b"GET /shop HTTP/1.1\r\nHost: shop.example.test\r\n\r\n")
    assert (await read_answer(reader)).body == b"shop"
    writer.close()


async def test_an_unknown_load_balancer_or_distribution_is_named_in_the_answer(place: Place) -> None:
    unknown = await get(place.address, "gone-1.us-east-1.elb.localhost:4566")
    assert unknown.status == 503
    assert b"gone-1.us-east-1.elb.localhost" in unknown.body
    assert b"netflux status" in unknown.body
    unknown = await get(place.address, "d9.cloudfront.net")
    assert unknown.status == 403
    assert b"d9.cloudfront.net" in unknown.body


async def test_a_port_in_use_is_named_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=str(port)) as told:
            Gateway(port, tmp_path, tmp_path / "ca", REGION).check()
        assert "--port" in told.value.hint
        assert told.value.exit_code == 1


async def test_the_authority_is_made_once_and_its_key_is_private(tmp_path: Path) -> None:
    first = Gateway(1, tmp_path, tmp_path / "ca", REGION)
    leaf = first.frontends([])
    assert stat.S_IMODE((tmp_path / "ca" / "ca.key").stat().st_mode) == 0o600
    certificate = first.authority.certificate.read_bytes()
    again = Gateway(1, tmp_path, tmp_path / "ca", REGION)
    assert again.authority.certificate.read_bytes() == certificate
    assert again.frontends([]) == leaf


async def test_a_certificate_is_renewed_before_it_ends(tmp_path: Path) -> None:
    from datetime import UTC, datetime, timedelta

    authority = Gateway(1, tmp_path, tmp_path / "ca", REGION).authority
    now = datetime.now(UTC)
    first = authority.leaf(["x.example.test"], now)
    assert authority.leaf(["x.example.test", "a.us-east-1.elb.localhost"], now) == first
    assert authority.leaf([], now + timedelta(days=300)) == first
    assert authority.leaf([], now + timedelta(days=380)) != first
