"""The gateway in a real HAProxy: one port, HTTP and HTTPS, Host decides per request."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import stat
import subprocess
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from netflux.errors import UserError
from netflux.faults import Faults
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


async def test_an_expectation_that_is_none_is_passed_over(place: Place) -> None:
    for sent, passed in (("200", ""), ("", ""), ("100-continue", "100-continue")):
        assert (await get(place.address, "localhost", "/x", f"Expect: {sent}\r\n")).body == b"api"
        assert place.requests[-1].header("expect") == passed


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
    authority = Gateway(1, tmp_path, tmp_path / "ca", REGION).authority
    now = datetime.now(UTC)
    first = authority.leaf(["x.example.test"], now)
    assert authority.leaf(["x.example.test", "a.us-east-1.elb.localhost"], now) == first
    assert authority.leaf([], now + timedelta(days=300)) == first
    assert authority.leaf([], now + timedelta(days=380)) != first


def parts(bundle: Path) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(bundle.read_bytes())


def verified(tmp_path: Path, trusted: bytes, chain: Path, host: str) -> str:
    """What `openssl verify` says of a server's certificate; empty when it is good for the host."""
    (tmp_path / "trusted.pem").write_bytes(trusted)
    command = ["openssl", "verify", "-x509_strict", "-verify_hostname", host, "-CAfile", str(tmp_path / "trusted.pem")]
    done = subprocess.run([*command, str(chain)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def signed_by(directory: Path, host: str) -> bytes:
    """What somebody who has the authority's key makes of it."""
    key = serialization.load_pem_private_key((directory / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    authority = parts(directory / "ca.pem")[0]
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "forged")])
    now = datetime.now(UTC)
    forged = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(authority.subject)
        .public_key(ec.generate_private_key(ec.SECP256R1()).public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return forged.public_bytes(serialization.Encoding.PEM)


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("localhost", True),
        ("d1.cloudfront.localhost", True),
        ("web-1.us-east-1.elb.amazonaws.com", True),
        ("db.123.us-east-1.rds.amazonaws.com", True),
        ("bank.example.com", False),
        ("console.aws.amazon.com", False),
        ("sqs.eu-west-1.amazonaws.com", False),
        ("localhost.example.com", False),
    ],
)
def test_whoever_gets_the_authoritys_key_can_forge_names_of_this_cloud_only(
    tmp_path: Path, host: str, good: bool
) -> None:
    Gateway(1, tmp_path, tmp_path / "ca", REGION)
    (tmp_path / "forged.pem").write_bytes(signed_by(tmp_path / "ca", host))
    said = verified(tmp_path, (tmp_path / "ca" / "ca.pem").read_bytes(), tmp_path / "forged.pem", host)
    assert (said == "") == good, said
    assert good or "permitted subtree violation" in said


async def test_a_name_of_ones_own_is_certified_by_an_authority_for_it_alone_whose_key_is_gone(place: Place) -> None:
    await place.haproxy.put(answering("shop.example.test", "shop"))
    main, others = parts(place.gateway.authority.certificate)
    constraints = others.extensions.get_extension_for_class(x509.NameConstraints)
    assert constraints.critical
    assert constraints.value.permitted_subtrees == [x509.DNSName("shop.example.test")]
    keys = [
        serialization.load_pem_private_key(file.read_bytes(), None).public_key()
        for file in place.gateway.authority.certificate.parent.iterdir()
        if b"PRIVATE KEY" in file.read_bytes()
    ]
    assert main.public_key() in keys
    assert others.public_key() not in keys
    leaf, _ = place.gateway.authority.others(["shop.example.test"], datetime.now(UTC))
    bundle = place.gateway.authority.certificate.read_bytes()
    assert verified(place.run, bundle, Path(leaf), "shop.example.test") == ""
    again = Gateway(1, place.run, place.gateway.authority.certificate.parent, REGION)
    assert again.authority.others(["shop.example.test"], datetime.now(UTC))[0] == leaf


async def test_curl_takes_every_name_with_the_one_file(place: Place) -> None:
    await place.haproxy.put(answering("shop.example.test", "shop"))
    await place.haproxy.put(answering(ALB, "alb"))
    for host in ("shop.example.test", ALB, "web-1.us-east-1.elb.amazonaws.com"):
        url = f"https://{host}:{place.port}/"
        command = ["curl", "-sS", "--cacert", str(place.gateway.authority.certificate), "--noproxy", "*"]
        process = await asyncio.create_subprocess_exec(
            *command, "--resolve", f"{host}:{place.port}:127.0.0.1", url, stdout=asyncio.subprocess.PIPE
        )
        answer, _ = await process.communicate()
        assert answer == (b"shop" if host.startswith("shop") else b"alb")


def test_an_authority_without_constraints_is_replaced_and_kept_aside(tmp_path: Path) -> None:
    directory = tmp_path / "ca"
    Gateway(1, tmp_path, directory, Region("000000000000", "eu-west-1"))  # one for other names
    old = (directory / "ca.pem").read_bytes()
    Gateway(1, tmp_path, directory, REGION)
    assert parts(directory / "ca.pem")[0] != x509.load_pem_x509_certificate(old)
    assert (tmp_path / "set-aside" / "ca" / "ca.pem").read_bytes() == old
    assert (tmp_path / "set-aside" / "ca" / "ca.key").exists()


def test_half_of_an_authority_is_never_overwritten(tmp_path: Path) -> None:
    directory = tmp_path / "ca"
    Gateway(1, tmp_path, directory, REGION)
    key = (directory / "ca.key").read_bytes()
    (directory / "ca.pem").unlink()
    Gateway(1, tmp_path, directory, REGION)
    assert (tmp_path / "set-aside" / "ca" / "ca.key").read_bytes() == key


@pytest.mark.parametrize("file", ["ca.pem", "ca.key"])
@pytest.mark.parametrize("body", [b"", b"garbage", b"\xff" * 100])
def test_a_damaged_authority_is_named_and_left_as_it_is(tmp_path: Path, file: str, body: bytes) -> None:
    directory = tmp_path / "ca"
    Gateway(1, tmp_path, directory, REGION)
    (directory / file).write_bytes(body)
    with pytest.raises(UserError, match="can't be read") as told:
        Gateway(1, tmp_path, directory, REGION)
    assert "copy" in told.value.hint
    assert (directory / file).read_bytes() == body


@pytest.mark.parametrize(("days", "words"), [(-2, "is valid from"), (3653, "was valid until")])
def test_a_clock_outside_the_authoritys_validity_is_told(tmp_path: Path, days: int, words: str) -> None:
    faults = Faults()
    authority = Gateway(1, tmp_path, tmp_path / "ca", REGION, faults=faults).authority
    now = datetime.now(UTC)
    assert faults.list() == []
    authority.look(now + timedelta(days=days))
    assert [words in fault.message for fault in faults.list()] == [True]
    authority.look(now)
    assert faults.list() == []


def test_a_certificate_is_issued_anew_when_the_clock_was_set(tmp_path: Path) -> None:
    authority = Gateway(1, tmp_path, tmp_path / "ca", REGION).authority
    now = datetime.now(UTC)
    first = authority.leaf([], now)
    assert authority.leaf([], now - timedelta(hours=23)) == first, "a clock may be fast by a day"
    earlier = authority.leaf([], now - timedelta(days=5))
    assert earlier != first
    assert parts(earlier)[0].not_valid_before_utc < now - timedelta(days=5)
