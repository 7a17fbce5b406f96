"""Cookies that keep a client with a target, or with one of a rule's target groups. Lines of a backend. Pure.

User guide: "Edit target group attributes" (sticky sessions), "Action types" (weighted target groups).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from netflux.resources.elbv2 import TargetGroup

_WEEK = 604800
"""Seconds that AWSALB lives in the browser, whatever the duration is."""
_CROSS = "SameSite=None; Secure"


def target(group: TargetGroup) -> Iterator[str]:
    """The group's own kind, when it has stickiness."""
    if group.attributes["stickiness.enabled"] == "true":
        yield f"dynamic-cookie-key {hashlib.sha256(f'sticky {group.arn}'.encode()).hexdigest()[:32]}"
        yield from _application(group) if group.attributes["stickiness.type"] == "app_cookie" else _balancer(group)


def _application(group: TargetGroup) -> Iterator[str]:
    """AWSALBAPP-0 beside the cookie that the target sets; both must come back.

    HAProxy writes the target's mark into a cookie that the response has already, so one is put there first.
    """
    name, life = (group.attributes[f"stickiness.app_cookie.{part}"] for part in ("cookie_name", "duration_seconds"))
    yield "cookie AWSALBAPP-0 rewrite dynamic"
    yield (
        rf'http-request replace-header Cookie "(.*)AWSALBAPP-0=(.*)" "\1AWSALBAPP=\2" '
        f"unless {{ req.cook({name}) -m found }}"
    )
    expires = f"Expires=%[date({life}),http_date]; Path=/"
    yield f'http-response add-header Set-Cookie "AWSALBAPP-0=-; {expires}" if {{ res.cook({name}) -m found }}'


def _balancer(group: TargetGroup) -> Iterator[str]:
    """AWSALB and AWSALBCORS: the same value, both on every response.

    HAProxy's own cookie is AWSALBCORS, which wins; a client that has only AWSALB gets it from there. Its value is a
    hash of the target's address and the time when the client came, so it holds over reloads and in all backends.
    """
    life = group.attributes["stickiness.lb_cookie.duration_seconds"]
    cross, plain, found = "req.cook(AWSALBCORS)", "req.cook(AWSALB)", "-m found }"
    yield f"cookie AWSALBCORS insert dynamic maxlife {life}s"
    only = f"{{ {plain} {found} !{{ {cross} {found}"
    yield rf'http-request replace-header Cookie "^((.*; ?)?AWSALB=([^;]*).*)" "\1; AWSALBCORS=\3" if {only}'
    yield f"http-request set-var(txn.alb) {cross}"
    expires = f"Expires=%[date({_WEEK}),http_date]; Path=/"
    new, held = "{ var(txn.alb_new) -m found }", "{ var(txn.alb) -m found }"
    yield "http-after-response set-var(txn.alb_new) res.cook(AWSALBCORS)"
    yield rf'http-after-response replace-header Set-Cookie ^AWSALBCORS=([^;]*).* "AWSALBCORS=\1; {expires}; {_CROSS}"'
    yield (
        f'http-after-response add-header Set-Cookie "AWSALBCORS=%[var(txn.alb)]; {expires}; {_CROSS}" if !{new} {held}'
    )
    yield f"http-after-response set-var(txn.alb) var(txn.alb_new) if {new}"
    yield f'http-after-response add-header Set-Cookie "AWSALB=%[var(txn.alb)]; {expires}" if {held}'


def token(rule: str, group: str) -> str:
    """What stands for a rule's group in AWSALBTG."""
    return hashlib.sha256(f"{rule} {group}".encode()).hexdigest()[:32]


def chosen(token: str) -> str:
    """The condition that a client was sent to the group before."""
    return f"{{ req.hdr(cookie) -m sub AWSALBTG={token} AWSALBTGCORS={token} }}"


def group(token: str, seconds: int) -> Iterator[str]:
    """AWSALBTG and AWSALBTGCORS, when the weights have chosen the group. They end with the duration."""
    yield f"http-request set-var(txn.albtg) bool(true) if {chosen(token)}"
    expires, new = f"Expires=%[date({seconds}),http_date]; Path=/", "!{ var(txn.albtg) -m found }"
    yield f'http-after-response add-header Set-Cookie "AWSALBTG={token}; {expires}" if {new}'
    yield f'http-after-response add-header Set-Cookie "AWSALBTGCORS={token}; {expires}; {_CROSS}" if {new}'
