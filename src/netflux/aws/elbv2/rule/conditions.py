"""A rule's condition as an expression of HAProxy's. Pure.

`--` ends HAProxy's options, because a pattern may begin with a hyphen.

User guide, "Condition types for listener rules": the case of host, header and query does not count.
"""

from __future__ import annotations

from netflux.aws.elbv2.rule import decide
from netflux.aws.elbv2.rule.decide import Match
from netflux.haproxy.configuration import quote


def expression(match: Match) -> str:
    """What stands between the braces of an anonymous ACL: one of the patterns must hold."""
    if match.regex:
        return _REGEX[match.field].format(name=match.name) + " ".join(map(quote, match.patterns))
    if match.field in ("source-ip", "http-request-method"):
        return " ".join([_EXACT[match.field], *map(quote, match.patterns)])
    if match.field == "query-string":
        return f"query -m reg -i -- {' '.join(quote(_pair(pattern)) for pattern in match.patterns)}"
    if match.field == "host-header":
        lowered = tuple(pattern.lower() for pattern in match.patterns)
        return f"req.hdr(host,1),host_only {_compared(lowered)}"
    if match.field == "http-header":
        return f"req.fhdr({match.name}) {_compared(match.patterns, '-i ')}"
    return f"path {_compared(match.patterns)}"


def reads(match: Match) -> str:
    """What the condition looks at, in the words of `section.Branch`."""
    return _READS.get(match.field) or match.name.lower()


_READS = {
    "source-ip": "source", "http-request-method": "method", "query-string": "query", "host-header": "host",
    "path-pattern": "path",
}  # fmt: skip


_EXACT = {"source-ip": "src", "http-request-method": "method -m str --"}
_REGEX = {
    "host-header": "req.hdr(host,1),host_only -m reg -i -- ", "http-header": "req.fhdr({name}) -m reg -i -- ",
    "path-pattern": "path -m reg -- ",
}  # fmt: skip


def _compared(patterns: tuple[str, ...], flag: str = "") -> str:
    """All patterns by one method, the cheapest that all of them allow."""
    kinds = {decide.kind(pattern) for pattern in patterns}
    if kinds == {"str"}:
        return f"-m str {flag}-- {' '.join(map(quote, patterns))}"
    if kinds == {"beg"}:
        return f"-m beg {flag}-- {' '.join(quote(pattern[:-1]) for pattern in patterns)}"
    return f"-m reg {flag}-- {' '.join(quote(f'^{decide.expression(pattern)}$') for pattern in patterns)}"


def _pair(pattern: str) -> str:
    key, _, value = pattern.partition("=")
    return f"(^|&){decide.expression(key, '[^&=]')}={decide.expression(value, '[^&]')}(&|$)"
