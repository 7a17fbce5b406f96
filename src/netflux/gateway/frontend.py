"""The gateway's part of HAProxy's configuration: one port for HTTP and HTTPS, where Host decides. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netflux.gateway import hosts
from netflux.haproxy import normal
from netflux.haproxy.configuration import Chunk, guarded, quote
from netflux.haproxy.section import BEGIN, Section


@dataclass(frozen=True)
class Listening:
    """Where the gateway listens and what it falls back to.

    Attributes:
        address: IP address of both frontends' port.
        port: TCP port.
        tls_socket: unix socket between the port and the frontend that speaks TLS.
        control_plane: unix socket of the control plane.
        certificate: path of a PEM file with the certificate and its key.
        older: path of a list of the names that are not offered HTTP/2, from `older`; empty for none.
        inherited: descriptor of a socket that listens there already; None binds one.
    """

    address: str
    port: int
    tls_socket: str
    control_plane: str
    certificate: str
    inherited: int | None = None
    older: str = ""

    @property
    def bind(self) -> str:
        """What HAProxy binds."""
        return f"{self.address}:{self.port}" if self.inherited is None else f"fd@{self.inherited}"


def chunks(listening: Listening, sections: Sequence[Section]) -> list[Chunk]:
    """The frontends with all sections' routes, and the backends that belong to the gateway itself.

    A connection starts as TCP; the first bytes make it HTTP in the same pass, or send a TLS hello through the unix
    socket to the frontend that decrypts. Rules run for each request, so a kept-alive connection may change hosts.
    """
    return [
        *_frontend(_PLAIN.format(bind=listening.bind, begin=BEGIN), _ENCRYPTED + _LAST, sections, "http"),
        *_frontend(
            _TLS.format(
                socket=quote(listening.tls_socket),
                certificate=quote(listening.certificate),
                older=f" crt-list {quote(listening.older)}" if listening.older else "",
                begin=BEGIN,
            ),
            _LAST,
            sections,
            "https",
        ),
        Chunk(
            "",
            _BACKENDS.format(
                tls=quote(listening.tls_socket),
                control_plane=quote(listening.control_plane),
                no_load_balancer=quote(_NO_LOAD_BALANCER),
                no_distribution=quote(_NO_DISTRIBUTION),
            ),
        ),
    ]


def older(certificate: str, sections: Sequence[Section]) -> str:
    """HAProxy's list of certificates for names that are not offered HTTP/2; empty when there are none."""
    routes = [route for section in sections for route in section.gateway if not route.http2]
    names = sorted({name for route in routes for name in hosts.forms(route.host)})
    return "".join(f"{certificate} [alpn http/1.1] {name}\n" for name in names)


def _frontend(start: str, end: str, sections: Sequence[Section], scheme: str) -> Iterator[Chunk]:
    """The host is compared once for each name, and in each line a number: with a hundred rules that halves the cost."""
    routes = [
        (section.owner, route) for section in sections for route in section.gateway if route.scheme in ("", scheme)
    ]
    numbers: dict[str, int] = {}
    yield Chunk("", start)
    for owner, route in routes:
        if route.host not in numbers:
            number = numbers[route.host] = len(numbers) + 1
            named = f"{{ req.hdr(host),host_only -m str {' '.join(map(quote, hosts.forms(route.host)))} }}"
            yield Chunk(owner, f"    http-request set-var(txn.host) int({number}) if {named}")
    for owner, route in routes:
        guard = f"{{ var(txn.host) -m int {numbers[route.host]} }}"
        yield Chunk(owner, "\n".join(f"    {guarded(line, guard)}" for line in route.lines))
    odd = sorted({numbers[route.host] for _, route in routes if route.normal})
    if odd:
        others = f"!{{ var(txn.host) -m int {' '.join(map(str, odd))} }}"
        yield Chunk("", "\n".join(f"    {line}" for line in normal.lines(others)))
    yield Chunk("", end)


_PLAIN = """\
frontend gateway
    mode tcp
    bind {bind}
    {begin}
    tcp-request inspect-delay 30s
    tcp-request content switch-mode http if HTTP
    tcp-request content accept if {{ req.ssl_hello_type 1 }}
    tcp-request content switch-mode http"""

_ENCRYPTED = "    use_backend gateway-tls if { req.ssl_hello_type 1 }\n"
"""Behind the routes, whose hosts no connection has that isn't HTTP: it costs a request nothing there."""

_TLS = """\
frontend gateway-https
    bind unix@{socket} mode 600 accept-proxy ssl crt {certificate}{older} alpn h2,http/1.1
    {begin}"""

_LAST = """\
    use_backend gateway-no-load-balancer if { req.hdr(host),host_only -m end .elb.localhost .elb.amazonaws.com }
    use_backend gateway-no-distribution if { req.hdr(host),host_only -m end .cloudfront.localhost .cloudfront.net }
    default_backend gateway-controlplane
"""

_NO_LOAD_BALANCER = (
    "No load balancer with a listener for this protocol answers to %[req.hdr(host),host_only]."
    " `netflux status` lists those there are.\n"
)
_NO_DISTRIBUTION = "No distribution answers to %[req.hdr(host),host_only]. `netflux status` lists those there are.\n"

_BACKENDS = """\
backend gateway-tls
    mode tcp
    server https unix@{tls} send-proxy-v2

backend gateway-controlplane
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    http-request set-header X-Forwarded-Proto http unless {{ ssl_fc }}
    http-request set-header X-Forwarded-For %[src]
    server controlplane unix@{control_plane}

backend gateway-no-load-balancer
    http-request return status 503 content-type text/plain lf-string {no_load_balancer}

backend gateway-no-distribution
    http-request return status 403 content-type text/plain lf-string {no_distribution}
"""
