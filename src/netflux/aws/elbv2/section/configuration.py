"""A load balancer as a section of HAProxy's configuration. Pure.

The decision lines stand in the frontends, and all that is done to a request in the backend it is sent to: so the
gateway's shared frontend can decide for the load balancer, and a request passes HAProxy once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from netflux.aws.elbv2.accesslog import lines as accesslog
from netflux.aws.elbv2.balancer.desired import Listener, LoadBalancer
from netflux.aws.elbv2.listener import sslpolicies
from netflux.aws.elbv2.rule import conditions, decide, transform
from netflux.aws.elbv2.rule.decide import Decision, Forward
from netflux.aws.elbv2.section import answers, headers, sticky
from netflux.aws.elbv2.section.site import DEFAULT_PORT, Place, Site
from netflux.haproxy import normal
from netflux.haproxy.configuration import quote
from netflux.haproxy.section import BEGIN, Branch, Entry, Route, Section
from netflux.resources.elbv2 import DEFAULT_PRIORITY, FixedResponse, Redirect, TargetGroup

SLOTS = 8
"""Servers that a backend has to begin with; HAProxy doubles them when they are all taken."""

_BALANCE = {
    "round_robin": "roundrobin", "least_outstanding_requests": "leastconn", "weighted_random": "random",
}  # fmt: skip
FUNCTION_HEADER, FUNCTIONS = "x-netflux-target-group", "functions.sock"
"""How what calls functions is told of a group, and where it answers, in the run directory."""
_EDGE = "127.0.0.1"
"""The client's address of what comes from CloudFront's edges, which are on this machine."""
_CONNECT_SECONDS = 5
"""Of 10 that AWS waits in all for a connection: there are two attempts."""


@dataclass(frozen=True)
class Built:
    """A section, the backends in it that hold a group's targets, and those that are reached by one rule.

    Attributes:
        backends: by group, each with the number of its node from 0.
        evaluations: how many rules are tried on the way there, the default rule not counted.
    """

    section: Section
    backends: Mapping[str, Mapping[str, int]]
    evaluations: Mapping[str, int]


def owner(arn: str) -> str:
    """Of the section."""
    return f"elbv2/{arn}"


def build(load_balancer: LoadBalancer, groups: Mapping[str, TargetGroup], place: Place) -> Built:
    """The load balancer with these target groups, by ARN."""
    backends: dict[str, dict[str, int]] = {}
    parts: list[str] = []
    routes: list[Route] = []
    entries: list[Entry] = []
    tried: dict[str, set[int]] = {}
    for listener in load_balancer.listeners:
        site = Site(load_balancer, listener, place)
        branches = [*_branches(site, groups)]
        paths = _paths([one.branch for one in branches])
        if paths:
            branches = [_restored(one) for one in branches]
        for one in branches:
            for part in one.branch.backends():
                tried.setdefault(part.backend, set()).add(one.tried)
        lines = [f"use_backend {one.branch.used}" + _if(one.branch.condition) for one in branches]
        at_nodes = [f"use_backend {one.branch.by('so_id')}" + _if(one.branch.condition) for one in branches]
        before = [*normal.lines()] if paths else []
        parts += _frontends(site, [*before, *lines], [*before, *at_nodes])
        parts += [branch.text for one in _distinct(branches) for branch in one.branch.backends()]
        for one in _distinct(branches):
            if one.group:
                made = {branch.backend: node for node, branch in enumerate(one.branch.backends())}
                backends.setdefault(one.group, {}).update(made)
        if listener is _gateways(load_balancer, listener.protocol):
            closed, parts = [*_closed(site)], [*parts, *_shut(site), *_through(site, [*before, *lines])]
            inside = [f"use_backend {site.prefix}-through"] if site.logged else lines
            looks = paths and not site.logged
            routes.append(replace(_route(site), lines=(*closed, *inside), normal=looks))
        entries += _entries(site, groups)
    section = Section(owner(load_balancer.arn), "\n".join(parts), tuple(routes), tuple(entries))
    once = {name: next(iter(numbers)) for name, numbers in tried.items() if len(numbers) == 1}
    return Built(section, backends, once)


def actions(load_balancer: LoadBalancer) -> dict[str, str]:
    """What the backends without targets do, as access logs name it."""
    return {
        f"elbv2-{load_balancer.id}-{listener.port}-r{rule.priority}": rule.action.kind
        for listener in load_balancer.listeners
        for rule in listener.rules
    }


@dataclass(frozen=True)
class _Forked:
    """A branch, the group whose targets are its servers, and how many rules are tried on the way into it."""

    branch: Branch
    group: str = ""
    tried: int = 0


def _distinct(branches: Sequence[_Forked]) -> list[_Forked]:
    return [*{one.branch.backend: one for one in branches}.values()]


def _paths(branches: Sequence[Branch]) -> bool:
    return any("path" in branch.reads for branch in branches)


def _if(condition: str) -> str:
    return f" if {condition}" if condition else ""


def _restored(forked: _Forked) -> _Forked:
    """The rules have seen the path as it is when normalized: it goes on as it came."""
    return replace(forked, branch=replace(forked.branch, lines=(normal.RESTORED, *forked.branch.lines)))


def _gateways(load_balancer: LoadBalancer, protocol: str) -> Listener | None:
    """The listener that the gateway answers for: the protocol's default port, else its lowest one."""
    found = [listener for listener in load_balancer.listeners if listener.protocol == protocol]
    usual = [listener for listener in found if listener.port == DEFAULT_PORT[protocol]]
    return next(iter([*usual, *found]), None)


def _route(site: Site) -> Route:
    """The gateway's names for it, without lines."""
    place, listener, http2 = site.place, site.listener, site.on("routing.http2.enabled")
    shown = tuple(place.presented.get(listener.port, ()))
    return Route(
        site.load_balancer.dns_name, listener.protocol.lower(), (), http2, also=place.names, certificates=shown
    )


def _closed(site: Site) -> Iterator[str]:
    """For clients that the security groups don't let in: no answer, as on AWS.

    Only the gateway's clients are outsiders. Between tasks and nodes of this machine the address tells nothing.
    """
    blocks = site.place.clients.get(site.listener.port)
    if blocks is not None:
        yield f"use_backend {site.prefix}-closed" + (f" if !{{ src {' '.join(blocks)} }}" if blocks else "")


def _shut(site: Site) -> Iterator[str]:
    if site.place.clients.get(site.listener.port) is not None:
        yield f"backend {site.prefix}-closed\n    http-request silent-drop\n"


def _frontends(site: Site, lines: Sequence[str], at_nodes: Sequence[str]) -> Iterator[str]:
    """One for CloudFront's edges, on a unix socket, and one for the nodes' addresses where they can be bound.

    What comes to a node's address goes on from there: its `bind` has the node's number.
    """
    rules_text, nodes_text = ("".join(f"\n    {line}" for line in some) for some in (lines, at_nodes))
    timeouts = "\n    ".join(f"timeout {kind} {site.idle}s" for kind in ("client", "http-request", "http-keep-alive"))
    logs = accesslog.listening(site.place.journal, behind=False) if site.logged else ()
    begun = (BEGIN,) if site.lasting else ()
    timeouts += "".join(f"\n    {line}" for line in (*answers.errorfiles(site), *logs, *begun))
    yield (
        f"frontend {site.prefix}-edge\n    bind unix@{quote(site.socket)} mode 600\n    {timeouts}\n"
        f"    http-request set-src str({_EDGE}){rules_text}\n"
    )
    addresses = site.place.addresses.get(site.listener.port) or ()
    if addresses and (not site.secure or site.certificates):
        files = " ".join(f"crt {quote(path)}" for path in site.certificates)
        alpn = f"alpn {'h2,' if site.on('routing.http2.enabled') else ''}http/1.1"
        tls = f" ssl {files} {alpn} {_negotiated(site)}" if site.secure else ""
        binds = "".join(f"    bind {address}{tls}\n" for address in addresses)
        yield f"frontend {site.prefix}\n{binds}    {timeouts}{nodes_text}\n"


def _negotiated(site: Site) -> str:
    """The versions and ciphers of the listener's security policy; those of TLS 1.3 are the same in all of them."""
    policy = sslpolicies.POLICIES.get(site.listener.ssl_policy) or sslpolicies.POLICIES[sslpolicies.DEFAULT]
    lowest, highest = (_VERSIONS.get(one, one) for one in (policy.protocols[0], policy.protocols[-1]))
    ciphers = [name for name in policy.ciphers if not name.startswith("TLS_")]
    chosen = f" ciphers {':'.join(ciphers)}" if ciphers else ""
    return f"ssl-min-ver {lowest} ssl-max-ver {highest}{chosen}"


_VERSIONS = {"TLSv1": "TLSv1.0"}
"""HAProxy's words for AWS's."""


def _through(site: Site, lines: Sequence[str]) -> Iterator[str]:
    """With an access log, the gateway's clients pass a frontend of the load balancer's own, which writes it."""
    if not site.logged:
        return
    tell = "\n    ".join((*accesslog.front(), *headers.ending(site)))
    logs = accesslog.listening(site.place.journal, behind=True)
    inside = "".join(f"    {line}\n" for line in (*answers.errorfiles(site), *logs, *lines))
    yield f"backend {site.prefix}-through\n    {tell}\n    server own unix@{quote(site.behind)} send-proxy-v2\n"
    yield (
        f"frontend {site.prefix}-gateway\n    bind unix@{quote(site.behind)} mode 600 accept-proxy\n"
        f"    timeout client {site.idle}s\n{inside}"
    )


def _entries(site: Site, groups: Mapping[str, TargetGroup]) -> Iterator[Entry]:
    """What the edges' frontend does, for one pass; not where a request would show that there was no connection."""
    if (
        site.logged
        or site.lasting
        or any(
            site.on(f"routing.http.{name}.enabled")
            for name in ("xff_client_port", "x_amzn_tls_version_and_cipher_suite")
        )
    ):
        return
    there = replace(site, client=_EDGE)
    branches = tuple(one.branch for one in _branches(there, groups))
    yield Entry(site.socket, site.idle, branches, normal.ODD if _paths(branches) else "")


def _branches(site: Site, groups: Mapping[str, TargetGroup]) -> Iterator[_Forked]:
    """In the order in which they are tried, the last one without a condition."""
    trace = (answers.error(site, 405), *headers.response(site))
    yield _Forked(Branch("{ method TRACE }", f"{site.prefix}-trace", trace, reads=frozenset({"method"})))
    for number, decision in enumerate(decide.decisions(site.listener.rules), 1):
        tried = number - (decision.priority == DEFAULT_PRIORITY)
        held = " ".join(f"{{ {conditions.expression(match)} }}" for match in decision.matches)
        reads = frozenset(conditions.reads(match) for match in decision.matches)
        for forked in _decided(site, decision, groups):
            condition = " ".join(filter(None, [held, forked.branch.condition]))
            branch = replace(forked.branch, condition=condition, reads=reads | forked.branch.reads)
            yield replace(forked, branch=branch, tried=tried)


def _decided(site: Site, decision: Decision, groups: Mapping[str, TargetGroup]) -> Iterator[_Forked]:
    """What is done once the rule holds, with the further condition of each way."""
    action = decision.action
    if isinstance(action, Forward) and action.groups:
        yield from _forward(site, decision, action, groups)
        return
    lines: tuple[str, ...]
    if isinstance(action, Redirect):
        lines = tuple(answers.redirect(site, action))
    elif isinstance(action, FixedResponse):
        lines = (answers.fixed(site, action),)
    else:
        yield _Forked(Branch("", f"{site.prefix}-none", (answers.error(site, 503), *headers.response(site))))
        return
    yield _Forked(Branch("", f"{site.prefix}-r{decision.priority}", (*lines, *headers.response(site))))


def _forward(site: Site, decision: Decision, action: Forward, groups: Mapping[str, TargetGroup]) -> Iterator[_Forked]:
    """Clients that were sent to a group before first, then by weight."""
    made = [_backend(site, arn, groups.get(arn)) for arn, _ in action.groups]
    if decision.transforms or site.logged:
        rewritten = [*transform.lines(decision.transforms, answers.error(site, 500))]
        if site.logged:
            rewritten += accesslog.transformed([rewrite.kind for rewrite in decision.transforms])
        made = [_own(forked, decision, rewritten) for forked in made]
    if action.sticky_seconds and len(made) > 1:
        for number, (arn, _) in enumerate(action.groups):
            token = sticky.token(decision.rule, arn)
            made[number] = _own(made[number], decision, (), sticky.group(token, action.sticky_seconds))
            chosen = replace(made[number].branch, condition=sticky.chosen(token), reads=frozenset({"cookie"}))
            yield replace(made[number], branch=chosen)
    rest = sum(weight for _, weight in action.groups)
    for forked, (_, weight) in zip(made, action.groups, strict=True):
        chance = f"{{ rand({rest}) lt {weight} }}" if weight < rest else ""
        yield replace(forked, branch=replace(forked.branch, condition=chance))
        rest -= weight


def _own(forked: _Forked, decision: Decision, before: Iterable[str], after: Iterable[str] = ()) -> _Forked:
    """The same for this rule alone, with lines of its own."""
    branch, rule = forked.branch, f"-r{decision.priority}"
    return replace(forked, branch=replace(
        branch, backend=branch.backend.removesuffix(rule) + rule, lines=(*before, *branch.lines, *after),
        servers=branch.servers and branch.servers.removesuffix(rule) + rule,
    ))  # fmt: skip


def _function(site: Site, group: TargetGroup) -> Iterator[str]:
    """What calls the group's function is part of this region, and told whose request it is."""
    yield f"timeout server {site.idle}s"
    yield from answers.errorfiles(site)
    yield from headers.request(site)
    yield f"http-request set-header {FUNCTION_HEADER} {quote(group.arn)}"
    yield from (accesslog.forwarding() if site.logged else ())
    yield from headers.response(site)
    yield f"server functions unix@{quote(f'{site.place.run_dir}/{FUNCTIONS}')}"


def _backend(site: Site, arn: str, group: TargetGroup | None) -> _Forked:
    """A target that can't be connected to is tried once more, on another one: then 502 or 504."""
    if group is None:
        name = f"{site.prefix}-{arn.rpartition('/')[2]}-gone"
        return _Forked(Branch("", name, (answers.error(site, 503), *headers.response(site))))
    name = f"{site.prefix}-{group.name}"
    if group.is_function:
        return _Forked(Branch("", name, tuple(_function(site, group))))
    options = " ssl verify none" if group.protocol == "HTTPS" else ""
    lines = (
        f"balance {_BALANCE[group.attributes['load_balancing.algorithm.type']]}",
        f"timeout server {site.idle}s",
        f"timeout connect {_CONNECT_SECONDS}s",
        "retries 1",
        "option redispatch 1",
        *answers.errorfiles(site),
        f"{answers.error(site, 503)} if {{ nbsrv eq 0 }}",
        *answers.told_apart(site, _CONNECT_SECONDS),
        *answers.guards(site),
        answers.limit(site),
        *headers.request(site),
        *(accesslog.forwarding() if site.logged else ()),
        *headers.response(site),
        *sticky.target(group),
        f"server-template t 1-{SLOTS} 127.0.0.1:1 disabled{options}",
    )
    sources, errors = site.place.sources, tuple(answers.statuses())
    branch = Branch("", name, lines, servers=name, sources=sources, turns=site.place.turns, errors=errors)
    return _Forked(branch, arn)
