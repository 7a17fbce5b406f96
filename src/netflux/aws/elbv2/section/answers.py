"""What a listener answers itself: fixed responses, redirects, errors. Lines of a backend. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from netflux.aws.elbv2.section import pages
from netflux.aws.elbv2.section.site import Site
from netflux.haproxy.configuration import quote
from netflux.resources.elbv2 import FixedResponse, Redirect

_LONGEST_URL = _LONGEST_HEADER = 16 * 1024
_LONGEST_HEADERS = 64 * 1024
_LONGEST_ANSWER = 32 * 1024
"""Bytes of all headers of an answer, as the others; user guide, "Quotas", HTTP headers."""
_MOST_ADDRESSES = 30
_LONGEST_LOCATION = 8192
"""Bytes; user guide, "CloudWatch metrics", HTTP_Redirect_Url_Limit_Exceeded_Count."""

_SIZE = "internal.htx.data"
"""Bytes that have come, a head and what there is of its body. HAProxy warns of `req.len` in a condition of HTTP's."""


def error(site: Site, code: int) -> str:
    """The load balancer's own page. HAProxy takes what it denies, and not what it returns, for a failure to be told."""
    return _answer(site, code, "text/html", pages.body(code))


def fixed(site: Site, action: FixedResponse) -> str:
    """A fixed response."""
    return _answer(site, action.code, action.content_type, action.body)


def errorfiles(site: Site) -> Iterator[str]:
    """HAProxy's errors as the load balancer's."""
    for code in pages.CODES:
        yield f"errorfile {code} {quote(f'{site.place.run_dir}/{_file(site, code)}')}"


def guards(site: Site) -> Iterator[str]:
    """What is not forwarded; user guide, "Troubleshoot your Application Load Balancers"."""
    large = f"{{ {_SIZE} gt {_LONGEST_URL} }}"  # hardly any request is looked at closer
    half = f"[\\s\\S]{{{_LONGEST_HEADERS // 2}}}"  # an expression repeats 65535 times at most
    long = f"(^|\\n)[^\\n]{{{_LONGEST_HEADER + 2},}}", f"^{half}{half}[\\s\\S]"  # with its \\r
    yield f"{error(site, 414)} if {large} {{ url,length gt {_LONGEST_URL} }}"
    yield f"{error(site, 400)} if {large} {{ req.hdrs -m reg {' '.join(map(quote, long))} }}"
    yield f"{error(site, 463)} if {{ req.hdr_cnt(x-forwarded-for) gt {_MOST_ADDRESSES} }}"
    # A target group speaks HTTP/1.1 here, so gRPC has none that would understand it.
    yield f"{error(site, 464)} if {{ req.ver 2.0 }} {{ req.hdr(content-type) -m beg application/grpc }}"
    yield f"{error(site, 505)} unless {{ req.ver 1.1 1.0 2.0 }}"


def limit(site: Site) -> str:
    """What a target may not answer; user guide, as above."""
    large = f"{{ {_SIZE} gt {_LONGEST_ANSWER} }} {{ res.hdrs,length gt {_LONGEST_ANSWER} }}"
    return error(site, 502).replace("http-request", "http-response", 1) + f" if {large}"


_SEEN = "x-netflux-seen"
"""The status that an error of HAProxy's is, on its way out."""
_PASSED = "date(0,ms),sub(txn.began)"
_SLACK = 50  # ms that HAProxy's clocks may differ


def told_apart(site: Site, patience: int) -> Iterator[str]:
    """Errors for which HAProxy has one status and a load balancer two (user guide, "Troubleshoot your Application Load
    Balancers"); time tells them apart. A target that refuses the connection is a 502, and one from which nothing comes,
    as behind a security group, a 504. A client that stops within its body for the idle time-out is a 408, and one whose
    body is malformed a 400.

    Args:
        patience: seconds for one attempt to connect.
    """
    yield "http-request set-var(txn.began) date(0,ms)"
    yield _either(site, 503, (502, 504), patience)
    yield _either(site, 400, (400, 408), site.idle)


def statuses() -> Iterator[str]:
    """Lines that give these errors their status on the way out."""
    for code, shown in ((503, 502), (503, 504), (400, 408)):
        yield f"http-after-response set-status {shown} if {{ status {code} }} {{ res.hdr({_SEEN}) {shown} }}"
    yield f"http-after-response del-header {_SEEN}"


def _either(site: Site, code: int, ways: tuple[int, int], seconds: int) -> str:
    """HAProxy's error as the second of two statuses once so much time has passed, else as the first."""
    early, late = ways
    long = f"{_PASSED},add({_SLACK}),div({seconds * 1000}),bool"
    title = f"%[{long},iif({quote(pages.title(late))},{quote(pages.title(early))})]"
    page = quote(pages.page("TITLE")).replace("TITLE", title)
    return (
        f"http-error status {code} content-type text/html lf-string {page}"
        f" hdr {_SEEN} %[{long},iif({late},{early})]{_server(site)}"
    )


def redirect(site: Site, action: Redirect) -> Iterator[str]:
    """With the query's `?` only where there is a query; and, for a client of the gateway, with the gateway's port,
    because that is where this load balancer's ports 80 and 443 are found.
    """
    port = action.port.replace("#{port}", str(site.listener.port))
    ports = [(port, "")]
    gateway = str(site.place.gateway_port)
    if site.place.gateway_port and port in ("80", "443"):
        ports.append((gateway, f"{{ req.hdr(host),port_only {gateway} }}"))
    queries = [("?" + action.query, "")] if action.query else [("", "")]
    if action.query == "#{query}":
        queries = [("", ""), ("?#{query}", "{ query -m found }")]
    for number, came_by in ports:
        for query, with_query in queries:
            condition = " ".join(filter(None, [came_by, with_query]))
            location = _location(site, action, number, query)
            yield f"http-request set-var-fmt(txn.location) {location}" + (f" if {condition}" if condition else "")
    yield f"{error(site, 507)} if {{ var(txn.location),length gt {_LONGEST_LOCATION} }}"
    page = quote(pages.body(action.code))
    yield (
        f"http-request return status {action.code} content-type text/html string {page}"
        f" hdr location %[var(txn.location)]{_server(site)}"
    )


def _file(site: Site, code: int) -> str:
    return pages.file_name(code, server=site.named)


def _answer(site: Site, code: int, content_type: str, body: str) -> str:
    content = f" content-type {quote(content_type)} string {quote(body)}" if body else ""
    verb = "deny" if code >= 500 and (body or site.named) else "return"
    return f"http-request {verb} status {code}{content}{_server(site)}"


def _server(site: Site) -> str:
    return f" hdr server {pages.SERVER}" if site.named else ""


def _location(site: Site, action: Redirect, port: str, query: str) -> str:
    protocol = action.protocol.replace("#{protocol}", site.listener.protocol).lower()
    text = f"{protocol}://{action.host}:{port}{action.path}{query}"
    values = {
        "host": "%[req.hdr(host),host_only]", "port": str(site.listener.port), "query": "%[query]",
        "path": "%[path,regsub(^/,)]", "protocol": site.listener.protocol.lower(),
    }  # fmt: skip
    parts = re.split(r"#\{(host|port|path|query|protocol)\}", text)
    return "".join(
        values[part] if number % 2 else quote(part.replace("%", "%%")) if part else ""
        for number, part in enumerate(parts)
    )
