"""The gateway's part of HAProxy's configuration: one port for HTTP and HTTPS, where Host decides. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from netflux.controlplane.server import UNREAD
from netflux.gateway import hosts, peer, unreadable
from netflux.haproxy import normal
from netflux.haproxy.configuration import Chunk, guarded, quote
from netflux.haproxy.section import BEGIN, Route, Section

_CONTESTED_NUMBER = 0
_LONGEST_NAME = 256  # bytes and one more; RFC 1035, 2.3.4


@dataclass(frozen=True)
class Listening:
    """Where the gateway listens and what it falls back to.

    Attributes:
        address: IP address of both frontends' port.
        port: TCP port.
        tls_socket: unix socket between the port and the frontend that speaks TLS.
        control_plane: unix socket of the control plane.
        certificate: path of a PEM file with the certificate and its key.
        chosen: path of a list of names with a certificate or protocols of their own, from `chosen`; empty for none.
        inherited: descriptor of a socket that listens there in the machine's network, where the region has one of its
            own; None binds one.
    """

    address: str
    port: int
    tls_socket: str
    control_plane: str
    certificate: str
    inherited: int | None = None
    chosen: str = ""

    @property
    def bind(self) -> str:
        """What HAProxy binds: in a network of the region's own the port too, for functions, which live there."""
        own = f"{self.address}:{self.port}"
        return own if self.inherited is None else f"fd@{self.inherited},{own}"


def chunks(listening: Listening, sections: Sequence[Section]) -> list[Chunk]:
    """The frontends with all sections' routes, and the backends that belong to the gateway itself.

    A connection starts as TCP; the first bytes make it HTTP in the same pass, or send a TLS hello through the unix
    socket to the frontend that decrypts. Rules run for each request, so a kept-alive connection may change hosts.
    """
    return [
        *_frontend(_PLAIN.format(bind=listening.bind, begin=BEGIN, peer=_PEER), _ENCRYPTED + _LAST, sections, "http"),
        *_frontend(
            _TLS.format(
                socket=quote(listening.tls_socket),
                shown=f"crt-list {quote(listening.chosen)}"
                if listening.chosen
                else f"crt {quote(listening.certificate)}",
                begin=BEGIN,
                peer=_PEER,
            ),
            _LAST,
            sections,
            "https",
        ),
        Chunk(
            "",
            _BACKENDS.format(
                tls=quote(listening.tls_socket),
                apis=_control_plane("gateway-apis", listening),
                others=_control_plane("gateway-controlplane", listening),
                no_load_balancer=quote(_NO_LOAD_BALANCER),
                no_distribution=quote(_NO_DISTRIBUTION),
                contested=quote(_CONTESTED),
            ),
        ),
    ]


def _control_plane(name: str, listening: Listening) -> str:
    return _CONTROL_PLANE.format(
        name=name,
        control_plane=quote(listening.control_plane),
        unread=UNREAD,
        unreadable="\n".join(f"    {line}" for line in unreadable.lines()),
        peer=peer.HEADER,
    )


@dataclass(frozen=True)
class Shown:
    """The gateway's own certificates.

    Attributes:
        certificate: path of the one for every name of this cloud.
        others: path of the one for names of a person's own; empty when there are none.
        names: that it is for.
    """

    certificate: str
    others: str = ""
    names: frozenset[str] = frozenset()

    def of(self, name: str) -> str:
        """The one for a name."""
        return self.others if name in self.names else self.certificate


def chosen(shown: Shown, sections: Sequence[Section]) -> str:
    """HAProxy's list of certificates by server name: users' own, those for other names than the cloud's, and ours for
    names that are not offered HTTP/2.

    Ours is the first, so it is for all other names; it may have one of these, and is not to be found by it.
    """
    listed: set[tuple[str, str]] = set()
    taken = Taken.by(sections)
    for route in (route for section in sections for route in section.gateway if route.scheme != "http"):
        left = {*hosts.forms(route.host), *taken.further(route)}
        protocols = "h2,http/1.1" if route.http2 else "http/1.1"
        for path, names in route.certificates:
            listed |= {(f"{path} [alpn {protocols}]", name) for name in left.intersection(names)}
            left -= {*names}
        if not route.http2:
            listed |= {(f"{shown.of(name)} [alpn {protocols}]", name) for name in left}
    rest = shown.names - {name for _, name in listed}
    listed |= {(f"{shown.others} [alpn h2,http/1.1]", name) for name in rest}
    if not listed:
        return ""
    others = " ".join(f"!{name}" for name in sorted({name for _, name in listed}))
    return "".join([f"{shown.certificate} {others}\n", *(f"{start} {name}\n" for start, name in sorted(listed))])


@dataclass(frozen=True)
class Taken:
    """Whose the further names of routes are.

    Attributes:
        hosts: names that routes have as their own.
        contested: names that several owners would like to have.
    """

    hosts: frozenset[str]
    contested: frozenset[str]

    @staticmethod
    def by(sections: Sequence[Section]) -> Taken:
        """The sections' routes."""
        own = {name for section in sections for route in section.gateway for name in hosts.forms(route.host)}
        owners: dict[str, set[str]] = {}
        for section in sections:
            for name in {name for route in section.gateway for name in route.also} - own:
                owners.setdefault(name, set()).add(section.owner)
        return Taken(frozenset(own), frozenset(name for name, found in owners.items() if len(found) > 1))

    def further(self, route: Route) -> list[str]:
        """The route's further names that nobody else has."""
        return [name for name in route.also if name not in self.hosts and name not in self.contested]


def _frontend(start: str, end: str, sections: Sequence[Section], scheme: str) -> Iterator[Chunk]:
    """The host is compared once for each name, and in each line a number: with a hundred rules that halves the cost."""
    routes = [
        (section.owner, route) for section in sections for route in section.gateway if route.scheme in ("", scheme)
    ]
    taken = Taken.by(sections)
    numbers: dict[str, int] = {}
    named: list[tuple[int, Chunk]] = []
    yield Chunk("", start)
    for owner, route in routes:
        if route.host not in numbers:
            number = numbers[route.host] = len(numbers) + 1
            named += _named(owner, [*hosts.forms(route.host), *taken.further(route)], number)
    if taken.contested:
        named += _named("", sorted(taken.contested), _CONTESTED_NUMBER)
    every = [route for section in sections for route in section.gateway]
    elsewhere = {name for route in every if route.host not in numbers for name in taken.further(route)}
    named += _named("", sorted(elsewhere), len(numbers) + 1)
    yield from (chunk for _, chunk in sorted(named, key=lambda one: one[0]))
    odd = sorted({numbers[route.host] for _, route in routes if route.normal})
    if odd:
        others = f"!{{ var(txn.host) -m int {' '.join(map(str, odd))} }}"
        yield Chunk("", "\n".join(f"    {line}" for line in normal.lines(others)))
    for owner, route in routes:
        guard = f"{{ var(txn.host) -m int {numbers[route.host]} }}"
        yield Chunk(owner, "\n".join(f"    {guarded(line, guard)}" for line in route.lines))
    if taken.contested:
        yield Chunk("", f"    use_backend gateway-contested if {{ var(txn.host) -m int {_CONTESTED_NUMBER} }}")
    if elsewhere:
        yield Chunk("", f"    use_backend gateway-no-load-balancer if {{ var(txn.host) -m int {len(numbers) + 1} }}")
    yield Chunk("", end)


def _named(owner: str, names: Sequence[str], number: int) -> Iterator[tuple[int, Chunk]]:
    """Lines that know the names, with their place: the longer one with `*.` the later, and those without it last."""
    ends = [name.removeprefix("*") for name in names if name.startswith("*.")]
    whole = [name for name in names if not name.startswith("*.")]
    for way, found, place in [*(("end", [end], len(end)) for end in ends), ("str", whole, _LONGEST_NAME)]:
        if found:
            condition = f"req.hdr(host),host_only -m {way} {' '.join(map(quote, found))}"
            yield place, Chunk(owner, f"    http-request set-var(txn.host) int({number}) if {{ {condition} }}")


_PLAIN = """\
frontend gateway
    mode tcp
    bind {bind}
    {begin}
    {peer}
    tcp-request inspect-delay 30s
    tcp-request content switch-mode http if HTTP
    tcp-request content accept if {{ req.ssl_hello_type 1 }}
    tcp-request content switch-mode http"""

_ENCRYPTED = "    use_backend gateway-tls if { req.ssl_hello_type 1 }\n"
"""Behind the routes, whose hosts no connection has that isn't HTTP: it costs a request nothing there."""

_TLS = """\
frontend gateway-https
    bind unix@{socket} mode 600 accept-proxy ssl {shown} alpn h2,http/1.1
    {begin}
    {peer}"""

_PEER = "tcp-request session set-var-fmt(sess.peer) %[src]:%[src_port]/%[date(0,us)]"

_LAST = """\
    use_backend gateway-no-load-balancer if { req.hdr(host),host_only -m end .elb.localhost .elb.amazonaws.com }
    use_backend gateway-no-distribution if { req.hdr(host),host_only -m end .cloudfront.localhost .cloudfront.net }
    use_backend gateway-apis if { req.hdr(authorization) -m sub /aws4_request } \
!{ req.hdr(authorization) -m sub /s3/aws4_request }
    default_backend gateway-controlplane
"""

_NO_LOAD_BALANCER = (
    "No load balancer with a listener for this protocol answers to %[req.hdr(host),host_only]."
    " `netflux status` lists those there are.\n"
)
_CONTESTED = (
    "The rules or certificates of several load balancers have %[req.hdr(host),host_only]."
    " A Route 53 record says which of them it leads to.\n"
)
_NO_DISTRIBUTION = "No distribution answers to %[req.hdr(host),host_only]. `netflux status` lists those there are.\n"

_CONTROL_PLANE = """\
backend {name}
{unreadable}
    http-request set-header X-Forwarded-Proto https if {{ ssl_fc }}
    http-request set-header X-Forwarded-Proto http unless {{ ssl_fc }}
    http-request set-header X-Forwarded-For %[src]
    http-after-response set-header Connection close if {{ res.hdr({unread}) -m found }}
    http-after-response del-header {unread}
    http-request set-header {peer} %[var(sess.peer)]
    server controlplane unix@{control_plane}"""
"""APIs and all else have backends, and so connections, of their own: the control plane answers an API's request at once
where the connection has had no others (`controlplane/connection.py`)."""

_BACKENDS = """\
backend gateway-tls
    mode tcp
    server https unix@{tls} send-proxy-v2

{apis}

{others}

backend gateway-no-load-balancer
    http-request return status 503 content-type text/plain lf-string {no_load_balancer}

backend gateway-contested
    http-request return status 503 content-type text/plain lf-string {contested}

backend gateway-no-distribution
    http-request return status 403 content-type text/plain lf-string {no_distribution}
"""
