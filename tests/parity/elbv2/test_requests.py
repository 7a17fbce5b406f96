"""Rows of the Application Load Balancer about what it does to requests: headers, connections, sizes."""

from __future__ import annotations

import asyncio
import re
import ssl
import subprocess
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.aws.elbv2.place import fixed, forward, path_is
from tests.haproxy.targets import get, read_answer, until
from tests.parity.elbv2.world import Alb, Backend, Listener, World, answer
from tests.parity.rows import parity

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def got(listener: Listener, target: Backend, path: str, headers: str = "", host: str = "") -> dict[str, str]:
    """The headers that reached the target, by lower-case name."""
    await listener.get(path, headers, host=host)
    request = target.last(path)
    return {name.lower(): request.header(name) for name, _ in request.headers}


@parity("elbv2", "X-Forwarded-For", "partly", but="no client comes by IPv6")
async def test_x_forwarded_for(world: World, alb: Alb) -> None:
    listener, _, [target] = await world.forwarding(alb)
    port = str(listener.port)
    first = await got(listener, target, "/1", "X-Forwarded-Proto: https\r\nX-Forwarded-Port: 1\r\n")
    assert (first["x-forwarded-for"], first["x-forwarded-proto"], first["x-forwarded-port"]) == (
        "127.0.0.1",
        "http",
        port,
    )
    assert (await got(listener, target, "/2", "X-Forwarded-For: 1.1.1.1\r\n"))[
        "x-forwarded-for"
    ] == "1.1.1.1, 127.0.0.1"
    twice = await got(listener, target, "/3", "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n")
    assert twice["x-forwarded-for"] == "1.1.1.1, 2.2.2.2, 127.0.0.1"
    await alb.set({"routing.http.xff_client_port.enabled": "true"})
    assert re.fullmatch(r"1.1.1.1, 127.0.0.1:\d+", (await got(listener, target, "/4", "X-Forwarded-For: 1.1.1.1\r\n"))[
        "x-forwarded-for"])  # fmt: skip
    await alb.set({"routing.http.xff_header_processing.mode": "preserve"})
    assert "x-forwarded-for" not in await got(listener, target, "/5")
    assert (await got(listener, target, "/6", "X-Forwarded-For: 9.9.9.9\r\n"))["x-forwarded-for"] == "9.9.9.9"
    await alb.set({"routing.http.xff_header_processing.mode": "remove"})
    assert "x-forwarded-for" not in await got(listener, target, "/7", "X-Forwarded-For: 9.9.9.9\r\n")


@parity("elbv2", "X-Amzn-Trace-Id", "supported")
async def test_trace_ids(world: World, alb: Alb) -> None:
    listener, _, [target] = await world.forwarding(alb)
    name, fresh = "x-amzn-trace-id", r"1-[0-9a-f]{8}-[0-9a-f]{24}"
    old = "1-67891233-abcdef012345678912345678"
    assert re.fullmatch(f"Root={fresh}", (await got(listener, target, "/1"))[name])
    kept = await got(listener, target, "/2", f"X-Amzn-Trace-Id: Root={old};CalledFrom=app\r\n")
    assert re.fullmatch(f"Self={fresh};Root={old};CalledFrom=app", kept[name])
    replaced = await got(listener, target, "/3", f"X-Amzn-Trace-Id: Self={old};Root={old};CalledFrom=app\r\n")
    assert re.fullmatch(f"Self={fresh};Root={old};CalledFrom=app", replaced[name])
    long = await got(listener, target, "/4", f"X-Amzn-Trace-Id: Root={old};a={'x' * 7200}\r\n")
    assert re.fullmatch(f"Root={fresh}", long[name])


@parity(
    "elbv2", "Host to the target", "partly",
    but="a request in absolute form whose Host is another, or with two Hosts, is refused with 400",
)  # fmt: skip
async def test_hosts_that_reach_the_target(world: World, alb: Alb) -> None:
    listener, group, [target] = await world.forwarding(alb)
    usual = await alb.listen(forward(group), 80)
    assert (await got(listener, target, "/1", host="SHOP.test"))["host"] == f"shop.test:{listener.port}"
    assert (await got(listener, target, "/2", host="SHOP.test:1"))["host"] in (
        f"shop.test:{listener.port}", "shop.test:1"
    )  # fmt: skip
    assert (await got(usual, target, "/3", host="SHOP.test:8080"))["host"] == "shop.test"
    await usual.raw(b"GET http://other.test/4 HTTP/1.1\r\nHost: Other.test\r\n\r\n")
    assert target.last("/4").header("host") == "other.test"
    await usual.raw(b"GET /5 HTTP/1.0\r\n\r\n")
    assert target.last("/5").header("host") == alb.host
    await alb.set({"routing.http.preserve_host_header.enabled": "true"})
    assert (await got(usual, target, "/6", host="SHOP.test:1"))["host"] == "SHOP.test:1"


def curl(*arguments: str) -> str:
    done = subprocess.run(["curl", "-sS", "--max-time", "20", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while frame := await reader.read(100):
        writer.write(b"echo " + frame)


@parity(
    "elbv2", "Connections", "partly",
    but="HTTP/0.9 is refused with 400; no GOAWAY after client_keep_alive.seconds; header names reach targets "
    "and clients in lower case",
)  # fmt: skip
async def test_connections(world: World, alb: Alb) -> None:
    listener, _, [target] = await world.forwarding(alb)
    opened = target.connections
    reader, writer = await listener.connect()
    writer.write(b"GET /1 HTTP/1.1\r\nHost: a.test\r\n\r\nGET /2 HTTP/1.1\r\nHost: a.test\r\n\r\n")
    assert [(await read_answer(reader)).status for _ in range(2)] == [200, 200], "pipelined"
    writer.close()
    for _ in range(5):
        assert (await listener.get()).status == 200
    checks = len(target.checks)
    assert target.connections - opened < 7 + checks, "multiplexed over kept connections"
    reader, writer = await listener.connect()
    writer.write(b"POST /c HTTP/1.1\r\nHost: a.test\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    writer.write(b"ok")
    assert (await read_answer(reader)).status == 200
    assert (target.last("/c").body, target.last("/c").all("expect")) == (b"ok", [])
    writer.close()
    assert b" 400 " in await _all(listener, b"GET /\r\n\r\n")


@parity("elbv2", "Connections", "supported")
async def test_a_websocket_is_routed_once_and_outlives_a_rule_change(world: World, alb: Alb) -> None:
    listener, _, [target] = await world.forwarding(alb)
    target.say = lambda _: (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    )
    target.upgraded = echo
    reader, writer = await listener.connect()
    writer.write(b"GET /ws HTTP/1.1\r\nHost: a.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")  # fmt: skip
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    await listener.rule(1, path_is("/ws"), action=fixed("404"))
    writer.write(b"GET /ws HTTP/1.1")
    assert await reader.readexactly(21) == b"echo GET /ws HTTP/1.1"
    writer.close()


@parity("elbv2", "Connections", "supported")
async def test_http2_is_spoken_on_https_listeners(world: World, alb: Alb) -> None:
    group = await world.group()
    target = await world.backend(group)
    certificate = await world.place.certificate()
    listener = await alb.listen(forward(group), 443, Protocol="HTTPS", Certificates=[{"CertificateArn": certificate}])
    await world.healthy(group, target)
    assert listener
    loop = asyncio.get_running_loop()
    authority = str(world.place.gateway.authority.certificate)
    port = world.place.port
    told = await loop.run_in_executor(None, lambda: curl(
        "--http2", "--cacert", authority, "-w", " %{http_version}", "--resolve", f"{alb.host}:{port}:127.0.0.1",
        "-H", "X-Mixed-Case: 1", f"https://{alb.host}:{port}/h2",
    ))  # fmt: skip
    assert told == f"{target.name} 2"
    told = await loop.run_in_executor(None, lambda: curl(
        "--http2", "--cacert", authority, "-o", "/dev/null", "-w", "%{http_code}", "--resolve",
        f"{alb.host}:{port}:127.0.0.1", "-H", "Content-Type: application/grpc", f"https://{alb.host}:{port}/grpc",
    ))  # fmt: skip
    assert told == "464", "gRPC to a group of HTTP/1.1"
    request = target.last("/h2")
    assert request.line == "GET /h2 HTTP/1.1"
    assert (request.header("x-forwarded-proto"), request.header("x-forwarded-port")) == ("https", "443")


HEADERS, SETTINGS, GOAWAY = 1, 4, 7
MOST_STREAMS = 3


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """One of HTTP/2; RFC 9113, 4.1."""
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload


async def frames(reader: asyncio.StreamReader) -> AsyncIterator[tuple[int, int, bytes]]:
    """Kind, flags and payload of what comes."""
    while True:
        head = await reader.readexactly(9)
        yield head[3], head[4], await reader.readexactly(int.from_bytes(head[:3]))


@parity("elbv2", "Connections", "supported")
async def test_an_http2_connection_has_128_requests_at_once_and_10000_in_all(world: World, alb: Alb) -> None:
    certificate = await world.place.certificate()
    listener = await alb.listen(fixed("200", ""), Protocol="HTTPS", Certificates=[{"CertificateArn": certificate}])
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    reader, writer = await asyncio.open_connection(alb.node, listener.port, ssl=context)
    writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))
    asked = b"\x82\x87\x84\x41\x06a.test"  # GET, https, /, and the authority
    settings: dict[int, int] = {}
    sent = answered = 0
    async for kind, flags, payload in frames(reader):
        if kind == SETTINGS and not flags & 1:
            settings |= {int.from_bytes(payload[at : at + 2]): int.from_bytes(payload[at + 2 : at + 6])
                         for at in range(0, len(payload), 6)}  # fmt: skip
            writer.write(frame(SETTINGS, 1, 0))
        answered += kind == HEADERS
        if kind == GOAWAY:
            assert payload[4:8] == bytes(4), "no error"
            break
        if answered == sent:
            writer.write(b"".join(frame(HEADERS, 5, 2 * number + 1, asked) for number in range(sent, sent + 100)))
            sent += 100
            assert sent < 10_300
    assert settings[MOST_STREAMS] == 128
    assert answered >= 9_900
    writer.close()


def self_signed(name: str) -> tuple[bytes, bytes]:
    """A certificate and its key, PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=90))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return made.public_bytes(pem), key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)


@parity(
    "elbv2", "Connections", "partly",
    but="at the gateway's port the load balancer's DNS name has the local authority's certificate, and so have names "
    "whose certificate ACM has issued; there security policies are the gateway's own",
)  # fmt: skip
async def test_an_https_listener_serves_its_acm_certificates_by_server_name(world: World, alb: Alb) -> None:
    known: dict[str, tuple[str, bytes]] = {}
    for name in ("shop.test", "api.test"):
        certificate, key = self_signed(name)
        told = await world.place.apis.call("acm", "ImportCertificate", {"Certificate": certificate, "PrivateKey": key})
        known[name] = (
            told["CertificateArn"],
            x509.load_pem_x509_certificate(certificate).public_bytes(serialization.Encoding.DER),
        )
    listener = await alb.listen(
        fixed("200", "tls"), Protocol="HTTPS", Certificates=[{"CertificateArn": known["shop.test"][0]}]
    )
    await world.elb(
        "AddListenerCertificates", ListenerArn=listener.arn, Certificates=[{"CertificateArn": known["api.test"][0]}]
    )
    await world.settled()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

    async def served(name: str, address: str = alb.node, port: int = listener.port) -> bytes:
        reader, writer = await asyncio.open_connection(address, port, ssl=context, server_hostname=name)
        writer.write(f"GET / HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
        assert (await read_answer(reader)).body == b"tls"
        found = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        writer.close()
        return bytes(found)

    for name, chosen in (("shop.test", "shop.test"), ("api.test", "api.test"), ("else.test", "shop.test")):
        assert await served(name) == known[chosen][1]
    for name in known:
        assert await served(name, "127.0.0.1", world.place.port) == known[name][1]
    issued = await world.place.apis.call("acm", "RequestCertificate", {
        "DomainName": "own.test", "SubjectAlternativeNames": ["*.own.test"], "ValidationMethod": "DNS",
    })  # fmt: skip
    assert "UnsupportedCertificate" in await world.refused(
        "AddListenerCertificates", ListenerArn=listener.arn, Certificates=[{"CertificateArn": issued["CertificateArn"]}]
    )
    await world.place.validate(issued["CertificateArn"], "own.test")
    await world.elb(
        "AddListenerCertificates", ListenerArn=listener.arn, Certificates=[{"CertificateArn": issued["CertificateArn"]}]
    )
    await world.settled()
    context.check_hostname, context.verify_mode = True, ssl.CERT_REQUIRED
    context.load_verify_locations(world.place.gateway.authority.certificate)
    for name in ("own.test", "a.own.test", alb.host):
        assert await served(name, "127.0.0.1", world.place.port)
    missing = known["shop.test"][0][:-4] + "0000"
    assert "CertificateNotFound" in await world.refused(
        "CreateListener", LoadBalancerArn=alb.arn, Protocol="HTTPS", Port=8443, DefaultActions=[fixed()],
        Certificates=[{"CertificateArn": missing}],
    )  # fmt: skip


@parity("elbv2", "Host, header, query", "supported")
async def test_names_of_rules_and_of_route_53_lead_to_the_load_balancer_at_the_gateway(world: World, alb: Alb) -> None:
    other = await world.alb()
    listeners = {}
    for balancer, own in ((alb, "first"), (other, "second")):
        listener = listeners[own] = await balancer.listen(fixed("404", own))
        for number, hosts in enumerate((["*.shop.test", "both.test"], [f"{own}.test"]), 1):
            condition = {"Field": "host-header", "HostHeaderConfig": {"Values": hosts}}
            await listener.rule(number, condition, action=fixed("200", f"{own} {number}"))
    gateway = ("127.0.0.1", world.place.port)

    async def told(host: str) -> tuple[int, str]:
        found = await get(gateway, f"{host}:{world.place.port}", "/")
        return found.status, found.body.decode()

    assert await told("first.test") == (200, "first 2")
    assert await told("Second.test") == (200, "second 2")
    assert (await told("a.shop.test"))[0] == 503, "both have it"
    assert "Route 53" in (await told("both.test"))[1]
    zone = (await world.place.apis.call("route53", "CreateHostedZone", {"Name": "test", "CallerReference": "1"}))[
        "HostedZone"
    ]
    await record(world, zone["Id"], "both.test", other.host)
    await record(world, zone["Id"], "plain.test", other.host)
    await record(world, zone["Id"], "*.shop.test", alb.host)
    assert await told("both.test") == (200, "second 1")
    assert await told("plain.test") == (404, "second"), "a name that no rule has"
    assert await told("a.shop.test") == (200, "first 1")
    find, ports = world.place.endpoints.find, [listeners[own].port for own in ("first", "second")]
    assert [find("plain.test", port) for port in ports] == [None, find(other.host, ports[1])], "an origin, too"
    await record(world, zone["Id"], "plain.test", alb.host)
    await until(lambda: [find("plain.test", port) for port in ports] == [find(alb.host, ports[0]), None])
    assert await told("plain.test") == (404, "first")


async def record(world: World, zone: str, name: str, target: str) -> None:
    """An alias record in the hosted zone."""
    alias = {"HostedZoneId": "Z35SXDOTRQ7X7K", "DNSName": target, "EvaluateTargetHealth": False}
    change = {"Action": "UPSERT", "ResourceRecordSet": {"Name": name, "Type": "A", "AliasTarget": alias}}
    await world.place.apis.call(
        "route53", "ChangeResourceRecordSets", {"HostedZoneId": zone, "ChangeBatch": {"Changes": [change]}}
    )
    await world.settled()


async def _all(listener: Listener, sent: bytes) -> bytes:
    reader, writer = await listener.connect()
    writer.write(sent)
    try:
        return await reader.read()
    finally:
        writer.close()


@parity("elbv2", "Size limits", "supported")
async def test_size_limits(world: World, alb: Alb) -> None:
    listener, _, [target] = await world.forwarding(alb)
    assert (await listener.get("/" + "a" * 16000)).status == 200
    assert (await listener.get("/" + "a" * 16500)).status == 414
    one = "X-A: " + "a" * (16384 - 5) + "\r\n"
    assert (await listener.get("/a", one)).status == 200
    long = await listener.get("/b", one.replace("X-A", "X-Ab"))
    assert (long.status, long.header("server")) == (400, "awselb/2.0")
    assert (
        await listener.get("/" + "c" * 16000, one.replace("aa", "a", 1) * 3 + f"X-A: {'a' * 16000}\r\n")
    ).status == 200
    assert (await listener.get("/d", f"X-A: {'a' * 9000}\r\n" * 8)).status == 400
    assert (await listener.get("/e", f"X-A: {'a' * 9000}\r\n" * 12)).status == 400
    target.say = lambda _: answer(b"x" * 100_000, f"X-B: {'b' * 16000}\r\n" * 2)
    assert (await listener.get("/f")).status == 200
    target.say = lambda _: answer(b"", f"X-B: {'b' * 16400}\r\n" * 2)
    found = await listener.get("/g")
    assert (found.status, found.header("server")) == (502, "awselb/2.0")
    target.say = lambda _: answer(b"", f"X-B: {'b' * 100_000}\r\n")
    assert (await listener.get("/h")).status == 502
    assert not [one for one in target.requests if one.line.startswith(("GET /b", "GET /d", "GET /e"))]
