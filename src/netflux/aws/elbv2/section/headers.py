"""What a load balancer does to the headers of requests and responses. Lines of a backend. Pure.

User guide: "HTTP headers and Application Load Balancers", "HTTP header modification", "Edit attributes".
"""

from __future__ import annotations

from collections.abc import Iterator

from netflux.aws.elbv2.attributes import RESPONSE_HEADERS, TLS_HEADERS
from netflux.aws.elbv2.section.site import DEFAULT_PORT, Site
from netflux.haproxy.configuration import quote
from netflux.haproxy.section import BORN

_TLS = ("ssl_fc_protocol", "ssl_fc_cipher")


def request(site: Site) -> Iterator[str]:
    """On the way to the target."""
    if site.on("routing.http.drop_invalid_header_fields.enabled"):
        yield f"http-request del-header {quote('[^-A-Za-z0-9]')} -m reg"
    yield f"http-request set-header Host {site.load_balancer.dns_name} unless {{ req.hdr(host) -m found }}"
    # HAProxy asks for the body itself then, and takes the header away.
    yield f"http-request wait-for-body time {site.idle}s at-least 1 if {{ req.hdr(expect) -m found }}"
    if not site.on("routing.http.preserve_host_header.enabled"):
        yield _host(site)
    yield from _forwarded_for(site)
    yield f"http-request set-header X-Forwarded-Proto {site.listener.protocol.lower()}"
    yield f"http-request set-header X-Forwarded-Port {site.listener.port}"
    if site.secure and site.on("routing.http.x_amzn_tls_version_and_cipher_suite.enabled"):
        values = ("var(txn.front),field(2,|)", "var(txn.front),field(3,|)")
        for attribute, value in zip(TLS_HEADERS, values if site.logged else _TLS, strict=True):
            yield f"http-request set-header {site.listener.attributes[attribute]} %[{value}]"
    yield from _TRACE


def response(site: Site) -> Iterator[str]:
    """On every answer, the load balancer's own too: it replaces what the target has sent."""
    yield from ending(site)
    for attribute, name in RESPONSE_HEADERS.items():
        value = site.listener.attributes[attribute]
        if value:
            yield f"http-after-response set-header {name} {quote(value.replace('%', '%%'))}"


def ending(site: Site) -> Iterator[str]:
    """A connection that has lasted too long is closed with the answer to one more request."""
    if site.lasting:
        yield f"http-after-response set-header Connection close if {{ date,sub({BORN}) gt {site.lasting} }}"


def _forwarded_for(site: Site) -> Iterator[str]:
    mode = site.load_balancer.attributes["routing.http.xff_header_processing.mode"]
    if mode == "remove":
        yield "http-request del-header X-Forwarded-For"
    elif mode == "append":
        client = f"{site.client}:%[src_port]" if site.on("routing.http.xff_client_port.enabled") else site.client
        # One line is continued; where there are none or several, ours is a line of its own behind them.
        one = "{ req.fhdr_cnt(x-forwarded-for) 1 }"
        yield f'http-request set-header X-Forwarded-For "%[req.fhdr(x-forwarded-for)], {client}" if {one}'
        yield f"http-request add-header X-Forwarded-For {client} unless {one}"


def _host(site: Site) -> str:
    """Lower-case; without port on a default port, and with the listener's port on another."""
    if site.listener.port == DEFAULT_PORT[site.listener.protocol]:
        return "http-request set-header Host %[req.hdr(host),host_only] if { req.hdr(host) -m reg [A-Z:] }"
    return f"http-request set-header Host %[req.hdr(host),host_only]:{site.listener.port}"


_TRACE_HEADER = "req.fhdr(x-amzn-trace-id)"
_ID = "1-%[date,hex,bytes(8,8),lower]-" + 3 * "%[rand,hex,bytes(8,8),lower]"
_OTHERS = r"Self=1-\w+-\w+;?"
_TRACED = f"{{ {_TRACE_HEADER} -m found }}"
_TRACE = (
    # A Self that came in is another load balancer's: it is replaced. A Root that came in is kept behind ours.
    f'http-request set-header X-Amzn-Trace-Id "Self={_ID};%[{_TRACE_HEADER},regsub({_OTHERS},)]" if {_TRACED}',
    # One that comes to more than 7 KB is made anew.
    f'http-request set-header X-Amzn-Trace-Id "Root={_ID}" if !{_TRACED} or {{ {_TRACE_HEADER},length gt 7168 }}',
)
"""User guide, "Request tracing for your Application Load Balancer"."""
