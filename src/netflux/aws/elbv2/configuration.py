"""A load balancer as a section of HAProxy's configuration. Pure.

The decision lines stand in the frontends, and all that is done to a request in the backend it is sent to: so the
gateway's shared frontend can decide for the load balancer, and a request passes HAProxy once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from netflux.aws.elbv2 import conditions, pages, rules
from netflux.aws.elbv2.desired import Listener, LoadBalancer, TargetGroup
from netflux.aws.elbv2.rules import FixedResponse, Forward, Redirect
from netflux.haproxy.configuration import quote
from netflux.haproxy.section import Route, Section

SLOTS = 8
"""Servers that a backend has to begin with; HAProxy doubles them when they are all taken."""

_DEFAULT_PORT = {"HTTP": 80, "HTTPS": 443}
_BALANCE = {
    "round_robin": "roundrobin", "least_outstanding_requests": "leastconn", "weighted_random": "random",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where the load balancer runs.

    Attributes:
        run_dir: for its unix sockets and the error pages.
        gateway_port: 0 when there is no gateway.
        certificate: PEM file for HTTPS listeners on its own addresses; empty when there is none.
        clients: by listener port, the blocks from which the load balancer's security groups let clients in; a port that
            is open to all is absent.
        addresses: HAProxy `bind` addresses of its nodes by listener port; those that can be bound.
        source: name of the network namespace that connections to targets come from; empty for the region's.
    """

    run_dir: str
    gateway_port: int = 0
    certificate: str = ""
    addresses: Mapping[int, Sequence[str]] = field(default_factory=dict)
    clients: Mapping[int, Sequence[str]] = field(default_factory=dict)
    source: str = ""


@dataclass(frozen=True)
class Built:
    """A section, and the backends in it that hold a group's targets."""

    section: Section
    backends: Mapping[str, tuple[str, ...]]


def owner(arn: str) -> str:
    """Of the section."""
    return f"elbv2/{arn}"


def socket_of(place: Place, load_balancer: LoadBalancer, port: int) -> str:
    """Path of the unix socket where a listener answers, e.g. for CloudFront's edges.

    HAProxy takes at most 97 characters, so the name is short; ten digits of the id tell load balancers apart.
    """
    return f"{place.run_dir}/lb-{load_balancer.id[:10]}-{port}.sock"


def build(load_balancer: LoadBalancer, groups: Mapping[str, TargetGroup], place: Place) -> Built:
    """The load balancer with these target groups, by ARN."""
    backends: dict[str, list[str]] = {}
    parts: list[str] = []
    routes: list[Route] = []
    for listener in load_balancer.listeners:
        writer = _Writer(load_balancer, listener, place, groups)
        lines = writer.decisions()
        parts += [*writer.frontends(lines), *writer.backends]
        for arn, names in writer.targets.items():
            backends.setdefault(arn, []).extend(names)
        if listener is _gateways(load_balancer, listener.protocol):
            routes.append(Route(load_balancer.dns_name, listener.protocol.lower(), (*writer.closed(), *lines)))
            parts += writer.shut
    section = Section(owner(load_balancer.arn), "\n".join(parts), tuple(routes))
    return Built(section, {arn: tuple(names) for arn, names in backends.items()})


def _gateways(load_balancer: LoadBalancer, protocol: str) -> Listener | None:
    """The listener that the gateway answers for: the protocol's default port, else its lowest one."""
    found = [listener for listener in load_balancer.listeners if listener.protocol == protocol]
    usual = [listener for listener in found if listener.port == _DEFAULT_PORT[protocol]]
    return next(iter([*usual, *found]), None)


class _Writer:
    """Writes one listener."""

    def __init__(
        self, load_balancer: LoadBalancer, listener: Listener, place: Place, groups: Mapping[str, TargetGroup]
    ) -> None:
        self._load_balancer = load_balancer
        self._listener = listener
        self._place = place
        self._groups = groups
        self._prefix = f"elbv2-{load_balancer.id}-{listener.port}"
        self._named = listener.attributes["routing.http.response.server.enabled"] == "true"
        self._idle = load_balancer.attributes["idle_timeout.timeout_seconds"]
        self.backends: list[str] = []
        self.shut: list[str] = []
        self.targets: dict[str, list[str]] = {}

    def decisions(self) -> list[str]:
        """The `use_backend` lines, the last one without a condition; makes the backends they name."""
        lines: list[str] = []
        for decision in rules.decisions(self._listener.rules):
            held = " ".join(f"{{ {conditions.expression(match)} }}" for match in decision.matches)
            lines += [
                f"use_backend {backend}" + (f" if {both}" if both else "")
                for backend, chance in self._chosen(decision.priority, decision.action)
                for both in [" ".join(filter(None, [held, chance]))]
            ]
        return lines

    def closed(self) -> Iterator[str]:
        """For clients that the security groups don't let in: no answer, as on AWS.

        Only the gateway's clients are outsiders. Between tasks and nodes of this machine the address tells nothing.
        """
        blocks = self._place.clients.get(self._listener.port)
        if blocks is None:
            return
        self.shut.append(f"backend {self._prefix}-closed\n    http-request silent-drop\n")
        yield f"use_backend {self._prefix}-closed" + (f" if !{{ src {' '.join(blocks)} }}" if blocks else "")

    def frontends(self, lines: Sequence[str]) -> Iterator[str]:
        """One for CloudFront's edges, on a unix socket, and one for the nodes' addresses where they can be bound."""
        rules_text = "".join(f"\n    {line}" for line in lines)
        socket = quote(socket_of(self._place, self._load_balancer, self._listener.port))
        timeouts = f"timeout client {self._idle}s\n    timeout http-keep-alive {self._idle}s"
        # A unix socket has no client address: the edge is on this machine, so that is its address.
        yield (
            f"frontend {self._prefix}-edge\n    bind unix@{socket} mode 600\n    {timeouts}\n"
            f"    http-request set-src str(127.0.0.1){rules_text}\n"
        )
        addresses = self._place.addresses.get(self._listener.port) or ()
        if addresses and (self._listener.protocol == "HTTP" or self._place.certificate):
            secure = self._listener.protocol == "HTTPS"
            tls = f" ssl crt {quote(self._place.certificate)} alpn h2,http/1.1" if secure else ""
            binds = "".join(f"    bind {address}{tls}\n" for address in addresses)
            yield f"frontend {self._prefix}\n{binds}    {timeouts}{rules_text}\n"

    def _chosen(self, priority: int, action: rules.Action) -> Iterator[tuple[str, str]]:
        """Backends with the condition under which each is chosen once the rule holds."""
        if isinstance(action, Forward):
            rest = sum(weight for _, weight in action.groups)
            for arn, weight in action.groups:
                chance = f"{{ rand({rest}) lt {weight} }}" if weight < rest else ""
                yield self._forward(arn), chance
                rest -= weight
            if not action.groups:
                yield self._own(f"{self._prefix}-r{priority}", [self._answer(503, "text/html", pages.body(503))]), ""
        elif isinstance(action, Redirect):
            yield self._own(f"{self._prefix}-r{priority}", [*self._redirect(action)]), ""
        else:
            yield self._own(f"{self._prefix}-r{priority}", [self._fixed(action)]), ""

    def _own(self, name: str, lines: Sequence[str]) -> str:
        self.backends.append(f"backend {name}\n" + "".join(f"    {line}\n" for line in lines))
        return name

    def _fixed(self, action: FixedResponse) -> str:
        return self._answer(action.code, action.content_type, action.body)

    def _answer(self, code: int, content_type: str, body: str) -> str:
        content = f" content-type {quote(content_type)} string {quote(body)}" if body else ""
        return f"http-request return status {code}{content}{self._server()}"

    def _server(self) -> str:
        return f" hdr server {pages.SERVER}" if self._named else ""

    def _redirect(self, action: Redirect) -> Iterator[str]:
        """With the query's `?` only where there is a query; and, for a client of the gateway, with the gateway's port,
        because that is where this load balancer's ports 80 and 443 are found.
        """
        port = action.port.replace("#{port}", str(self._listener.port))
        ports = [(port, "")]
        gateway = str(self._place.gateway_port)
        if self._place.gateway_port and port in ("80", "443"):
            ports = [(gateway, f"{{ req.hdr(host),port_only {gateway} }}"), (port, "")]
        queries = [("?" + action.query, "")] if action.query else [("", "")]
        if action.query == "#{query}":
            queries = [("?#{query}", "{ query -m found }"), ("", "")]
        page = quote(pages.body(action.code))
        for number, came_by in ports:
            for query, with_query in queries:
                location = self._location(action, number, query)
                condition = " ".join(filter(None, [came_by, with_query]))
                yield (
                    f"http-request return status {action.code} content-type text/html string {page}"
                    f" hdr location {location}{self._server()}" + (f" if {condition}" if condition else "")
                )

    def _location(self, action: Redirect, port: str, query: str) -> str:
        protocol = action.protocol.replace("#{protocol}", self._listener.protocol).lower()
        text = f"{protocol}://{action.host}:{port}{action.path}{query}"
        values = {
            "host": "%[req.hdr(host),host_only]", "port": str(self._listener.port), "query": "%[query]",
            "path": "%[path,regsub(^/,)]", "protocol": self._listener.protocol.lower(),
        }  # fmt: skip
        parts = re.split(r"#\{(host|port|path|query|protocol)\}", text)
        return "".join(
            values[part] if number % 2 else quote(part.replace("%", "%%")) if part else ""
            for number, part in enumerate(parts)
        )

    def _forward(self, arn: str) -> str:
        group = self._groups.get(arn)
        name = f"{self._prefix}-{group.name if group else arn.rpartition('/')[2]}"
        if group is None:
            name = f"{name}-gone"
        if name in self.targets.get(arn, []):
            return name
        self.targets.setdefault(arn, []).append(name)
        self.backends.append(f"backend {name}\n" + "".join(f"    {line}\n" for line in self._group(name, group)))
        return name

    def _group(self, name: str, group: TargetGroup | None) -> Iterator[str]:
        """A target that can't be connected to is tried once more, on another one: then 502."""
        unavailable = self._answer(503, "text/html", pages.body(503))
        if group is None:
            yield unavailable
            return
        yield f"balance {_BALANCE[group.attributes['load_balancing.algorithm.type']]}"
        yield f"timeout server {self._idle}s"
        yield "retries 1"
        yield "option redispatch 1"
        for code, page in ((400, 400), (408, 408), (502, 502), (503, 502), (504, 504)):
            file = f"{self._place.run_dir}/{pages.file_name(page, server=self._named)}"
            yield f"errorfile {code} {quote(file)}"
        yield f"{unavailable} if {{ nbsrv({name}) eq 0 }}"
        yield from self._headers()
        tls = " ssl verify none" if group.protocol == "HTTPS" else ""
        source = f" namespace {self._place.source}" if self._place.source else ""
        yield f"server-template t 1-{SLOTS} 127.0.0.1:1 disabled{tls}{source}"

    def _headers(self) -> Iterator[str]:
        """What the load balancer does to a request; user guide, "HTTP headers and Application Load Balancers"."""
        attributes = self._load_balancer.attributes
        if attributes["routing.http.preserve_host_header.enabled"] != "true":
            yield self._host()
        mode = attributes["routing.http.xff_header_processing.mode"]
        if mode == "remove":
            yield "http-request del-header X-Forwarded-For"
        elif mode == "append":
            client = "%[src]"
            if attributes["routing.http.xff_client_port.enabled"] == "true":
                client = "%[src]:%[src_port]"
            # One line is continued; where there are none or several, ours is a line of its own behind them.
            one = "{ req.fhdr_cnt(x-forwarded-for) 1 }"
            yield f'http-request set-header X-Forwarded-For "%[req.fhdr(x-forwarded-for)], {client}" if {one}'
            yield f"http-request add-header X-Forwarded-For {client} unless {one}"
        yield f"http-request set-header X-Forwarded-Proto {self._listener.protocol.lower()}"
        yield f"http-request set-header X-Forwarded-Port {self._listener.port}"
        yield from _TRACE

    def _host(self) -> str:
        """Lower-case; without port on a default port, and with the listener's port on another."""
        if self._listener.port == _DEFAULT_PORT[self._listener.protocol]:
            return "http-request set-header Host %[req.hdr(host),host_only] if { req.hdr(host) -m reg [A-Z:] }"
        return f"http-request set-header Host %[req.hdr(host),host_only]:{self._listener.port}"


_DIGITS = "%[rand,hex,bytes(8,8),lower]"
_ID = f"1-%[date,hex,bytes(8,8),lower]-{_DIGITS}{_DIGITS}{_DIGITS}"
_TRACE_HEADER = "req.fhdr(x-amzn-trace-id)"
_OTHERS = r"Self=1-\w+-\w+;?"
_TRACED = "{ req.hdr_cnt(x-amzn-trace-id) gt 0 }"
_TRACE = (
    # A Self that came in is another load balancer's: it is replaced. A Root that came in is kept behind ours.
    f'http-request set-header X-Amzn-Trace-Id "Self={_ID};%[{_TRACE_HEADER},regsub({_OTHERS},)]" if {_TRACED}',
    f'http-request set-header X-Amzn-Trace-Id "Root={_ID}" unless {_TRACED}',
)
"""User guide, "Request tracing for your Application Load Balancer"."""
