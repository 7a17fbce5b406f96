"""A distribution's HAProxy section: uncached behaviors straight to their origin, all else to the edge. Pure.

HAProxy takes a request only where it does exactly what the edge would: the behavior keeps nothing, changes no response,
forwards all of the viewer's headers (Host perhaps not), cookies and query, and its origin is a name that answers here.
Paths that must be normalised before they are matched go to the edge.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from netflux.aws.cloudfront.decide import POP, regex
from netflux.aws.cloudfront.desired import Behavior, Distribution
from netflux.haproxy.configuration import quote
from netflux.haproxy.section import LATE, Onward, Route, Section
from netflux.network.endpoints import Address

Find = Callable[[str, int], Address | None]
Presented = Sequence[tuple[str, tuple[str, ...]]]
_SCHEMES = ("http", "https")
_REMOVED = (
    "Expect", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE", "Trailer", "X-Forwarded-Proto",
    "X-Real-IP",
)  # fmt: skip
_REMOVED_NAMES = f"^(x-edge-.*|{'|'.join(_REMOVED)})$".lower()
"""In one expression, because each line reads all headers."""


def is_direct(distribution: Distribution, rule: Behavior) -> bool:
    """Whether HAProxy alone can do what the behavior says."""
    headers = rule.request.headers
    forwards_all = headers.mode == "all" or (headers.mode == "allExcept" and headers.names <= {"host"})
    return (
        rule.cache.disabled
        and not rule.origin.is_bucket
        and forwards_all
        and rule.request.cookies.mode == "all"
        and rule.request.query.mode == "all"
        and rule.response is None
        and rule.fallback is None
        and distribution.logging is None
        and rule.on_request is None
        and rule.on_response is None
        and not distribution.errors
        and distribution.enabled
    )


def waits(distribution: Distribution, find: Find) -> bool:
    """Whether an origin that HAProxy could serve directly does not answer yet."""
    return any(
        is_direct(distribution, rule) and find(rule.origin.domain, rule.origin.port_for(scheme)) is None
        for rule in distribution.behaviors
        for scheme in schemes(rule)
    )


def schemes(rule: Behavior) -> Sequence[str]:
    """By which schemes requests reach the behavior's origin."""
    return _SCHEMES if rule.viewer_protocol == "allow-all" else ("https",)


def section(distribution: Distribution, find: Find, edge_socket: str, certificates: Presented = ()) -> Section:
    """The section. Times of the origin are real seconds: `--speed` does not make anyone's work faster.

    Args:
        certificates: PEM files with the names that viewers are shown them for.
    """
    direct = {
        (index, scheme): address
        for index, rule in enumerate(distribution.behaviors)
        if is_direct(distribution, rule)
        for scheme in schemes(rule)
        if (address := find(rule.origin.domain, rule.origin.port_for(scheme))) is not None
    }
    backends = [_edge(distribution, scheme, edge_socket) for scheme in _SCHEMES]
    backends += [_direct(distribution, index, scheme, address) for (index, scheme), address in direct.items()]
    routes = tuple(
        Route(
            distribution.domain,
            scheme,
            tuple(_lines(distribution, scheme, direct)),
            http2=distribution.http2,
            also=distribution.aliases,
            certificates=tuple(certificates),
        )
        for scheme in _SCHEMES
    )
    onward = tuple(
        _onward(distribution, index, scheme, address) for (index, scheme), address in direct.items() if not address.port
    )
    return Section(f"cloudfront/{distribution.id}", "\n".join(backends), routes, onward=onward)


def _name(distribution: Distribution, rest: str) -> str:
    return f"cloudfront_{distribution.id.lower()}_{rest}"


def _lines(distribution: Distribution, scheme: str, direct: Collection[tuple[int, str]]) -> Iterator[str]:
    edge = _name(distribution, f"edge_{scheme}")
    if any(by == scheme for _, by in direct):
        yield f"use_backend {edge} if {{ path -m sub // /./ /../ }}"
        yield f"use_backend {edge} if {{ path -m end /. /.. }}"
        if distribution.root_object:
            yield f"use_backend {edge} if {{ path / }}"
        for index, rule in enumerate(distribution.behaviors):
            match = "" if rule.pattern == "*" else f" {{ path {_compared(rule.pattern)} }}"
            if (index, scheme) in direct:
                allowed = " ".join(sorted(rule.allowed))
                bodiless = "{ method GET HEAD } { req.body_size gt 0 }"
                yield f"use_backend {edge} if{match} {bodiless}"
                yield f"use_backend {_name(distribution, f'origin_{index}_{scheme}')} if{match} {{ method {allowed} }}"
            yield f"use_backend {edge} if{match}" if match else f"use_backend {edge}"
        return
    yield f"use_backend {edge}"


def _compared(pattern: str) -> str:
    """The cheapest method that says the same as the pattern's expression."""
    literal = pattern.removesuffix("*")
    if set(literal) & set("*?"):
        return f"-m reg {quote(regex(pattern))}"
    whole = literal if literal.startswith("/") else f"/{literal}"
    return f"-m beg {quote(whole)}" if pattern.endswith("*") else f"-m str {quote(whole)}"


def _edge(distribution: Distribution, scheme: str, edge_socket: str) -> str:
    return "\n".join(
        (
            f"backend {_name(distribution, f'edge_{scheme}')}",
            "    http-request del-header X-Edge- -m beg",
            f"    http-request set-header X-Edge-Viewer-Scheme {scheme}",
            "    http-request set-header X-Edge-Viewer-Address %[src]",
            "    http-request set-header X-Edge-Viewer-Version %[req.ver]",
            f"    server edge unix@{edge_socket}",
        )
    )


def _direct(distribution: Distribution, index: int, scheme: str, address: Address) -> str:
    origin = distribution.behaviors[index].origin
    lines = (
        f"timeout connect {origin.connect_timeout}s",
        f"timeout server {origin.read_timeout}s",
        f"retries {origin.attempts - 1}",
        *_request(distribution, distribution.behaviors[index]),
        f"server origin {quote(address.haproxy)}",
        _ANSWERED,
        *_unreachable(),
        _late(),
        f'http-after-response set-status 502 reason "Bad Gateway" if {{ status 503 }} {_UNANSWERED}',
        f"http-after-response set-header Server CloudFront if {_UNANSWERED}",
        *_response(distribution),
    )
    return _backend(_name(distribution, f"origin_{index}_{scheme}"), lines)


def _onward(distribution: Distribution, index: int, scheme: str, address: Address) -> Onward:
    """The same for an origin whose listener is HAProxy's own: it always answers, only perhaps too late."""
    rule = distribution.behaviors[index]
    changes = {"source", "x-edge-*", "via", "x-amz-cf-id", "x-forwarded-for", *(name.lower() for name in _REMOVED)}
    changes |= {name.lower() for name, _ in rule.origin.headers}
    if rule.origin.path:
        changes.add("path")
    if not rule.request.headers.takes("host"):
        changes.add("host")
    return Onward(
        _name(distribution, f"origin_{index}_{scheme}"),
        address.host,
        tuple(_request(distribution, rule)),
        tuple(_response(distribution)),
        frozenset(changes),
        rule.origin.read_timeout,
        (_late(), f"http-after-response set-header Server CloudFront if {LATE}"),
    )


def _backend(name: str, lines: Iterable[str]) -> str:
    return "\n".join((f"backend {name}", *(f"    {line}" for line in lines)))


def _request(distribution: Distribution, rule: Behavior) -> Iterator[str]:
    domain = distribution.domain
    yield f"http-request set-var-fmt(txn.cf_id) {_ID}"
    yield "http-request wait-for-body time 1s at-least 1 if { req.hdr(expect) -m found }"
    yield f"http-request del-header {quote(_REMOVED_NAMES)} -m reg"
    if rule.origin.path:
        yield f"http-request set-path {quote(rule.origin.path)}%[path]"
    if not rule.request.headers.takes("host"):
        yield f"http-request set-header Host {quote(rule.origin.domain)}"
    yield "http-request set-header X-Amz-Cf-Id %[var(txn.cf_id)]=="
    yield f'http-request add-header Via "%[req.ver] {domain} (CloudFront)"'
    yield "http-request set-var(txn.cf_hops) req.fhdr_cnt(x-forwarded-for)"
    hops = "var(txn.cf_hops)"
    yield f"http-request add-header X-Forwarded-For %[src] unless {{ {hops} -m int eq 1 }}"
    yield f"http-request set-header X-Forwarded-For %[req.fhdr(x-forwarded-for)],%[src] if {{ {hops} -m int eq 1 }}"
    for name, value in rule.origin.headers:
        yield f"http-request set-header {quote(name)} {quote(value.replace('%', '%%'))}"


_ID = 9 * "%[rand,bytes(4,4),ub64enc]"
"""54 characters of base64: six for each of nine random numbers of four bytes."""
_ANSWERED = "http-response set-var(txn.cf_answered) bool(true)"
_UNANSWERED = "!{ var(txn.cf_answered) -m found }"
_PAGE = (
    "<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY>\n<H1>{} ERROR</H1>\n"
    "<H2>The request could not be satisfied.</H2>\n<HR>\n{}\n<HR>\nGenerated by cloudfront (CloudFront)\n"
    "</BODY></HTML>\n"
)


def _unreachable() -> Iterator[str]:
    page = _PAGE.format(502, "CloudFront wasn't able to connect to the origin.")
    yield from (f"http-error status {code} content-type text/html string {quote(page)}" for code in (502, 503))


def _late() -> str:
    page = _PAGE.format(504, "CloudFront attempted to establish a connection with the origin, but it did not answer.")
    return f"http-error status 504 content-type text/html string {quote(page)}"


def _response(distribution: Distribution) -> Iterator[str]:
    """On every answer; the origin's and HAProxy's own are both HTTP/1.1 by the time they are here."""
    yield 'http-after-response set-header X-Cache "Miss from cloudfront" if { status lt 400 }'
    yield 'http-after-response set-header X-Cache "Error from cloudfront" unless { status lt 400 }'
    yield f'http-after-response set-header Via "1.1 {distribution.domain} (CloudFront)"'
    yield "http-after-response set-header Date %[date,http_date] unless { res.hdr(date) -m found }"
    yield f"http-after-response set-header X-Amz-Cf-Pop {POP}"
    yield "http-after-response set-header X-Amz-Cf-Id %[var(txn.cf_id)]=="
