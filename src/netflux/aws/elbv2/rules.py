"""A listener's rules as decisions: what must hold, and what is done then. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netflux import expressions
from netflux.aws.elbv2 import rulebook, transform
from netflux.aws.elbv2.desired import Rule
from netflux.aws.elbv2.transform import Rewrite


@dataclass(frozen=True)
class Match:
    """One condition: it holds when one of the patterns does.

    Attributes:
        field: of the API, e.g. `path-pattern`.
        name: of the header, for `http-header`.
        patterns: with `*` and `?`, or `key=value` patterns for `query-string`, methods, or CIDR blocks.
        regex: the patterns are regular expressions.
    """

    field: str
    patterns: tuple[str, ...]
    name: str = ""
    regex: bool = False


@dataclass(frozen=True)
class Forward:
    """To one of the groups, by weight; those of weight 0 are left out.

    Attributes:
        sticky_seconds: for which a client stays with its group; 0 for a new choice each time.
    """

    groups: tuple[tuple[str, int], ...]
    sticky_seconds: int = 0


@dataclass(frozen=True)
class Redirect:
    """Parts of the new location, with `#{…}` for those of the request."""

    code: int
    protocol: str
    host: str
    port: str
    path: str
    query: str


@dataclass(frozen=True)
class FixedResponse:
    """An answer of the load balancer's own."""

    code: int
    content_type: str
    body: str


Action = Forward | Redirect | FixedResponse


@dataclass(frozen=True)
class Decision:
    """A rule, by its ARN: when all matches hold, the request is rewritten, and then the action."""

    rule: str
    priority: int
    matches: tuple[Match, ...]
    action: Action
    rewrites: tuple[Rewrite, ...] = ()


def decisions(rules: Sequence[Rule]) -> list[Decision]:
    """In the order in which they are tried: lowest priority number first, the default rule last."""
    ordered = sorted(rules, key=lambda rule: rule.priority)
    return [
        Decision(
            rule.arn,
            rule.priority,
            tuple(match(condition) for condition in rule.conditions),
            action(rule.actions),
            transform.rewrites(rule.transforms),
        )
        for rule in ordered
    ]


def match(condition: Mapping[str, Any]) -> Match:
    """A condition of the API, in its old or its new form."""
    field = condition["Field"]
    config: Mapping[str, Any] = condition.get(_CONFIGS[field]) or {}
    regexes = rulebook.expressions(condition)
    if regexes:
        return Match(field, tuple(regexes), config.get("HttpHeaderName", ""), regex=True)
    values = config.get("Values") or condition.get("Values") or ()
    if field == "query-string":
        return Match(field, tuple(f"{pair.get('Key') or '*'}={pair['Value']}" for pair in values))
    return Match(field, tuple(values), config.get("HttpHeaderName", ""))


def action(actions: Sequence[Mapping[str, Any]]) -> Action:
    """The one action that answers; it is the last."""
    last = actions[-1]
    kind = last["Type"]
    if kind == "forward":
        return _forward(last)
    if kind == "redirect":
        config = last["RedirectConfig"]
        return Redirect(
            int(config["StatusCode"].removeprefix("HTTP_")),
            config.get("Protocol") or "#{protocol}",
            config.get("Host") or "#{host}",
            config.get("Port") or "#{port}",
            config.get("Path") or "/#{path}",
            config["Query"] if config.get("Query") is not None else "#{query}",
        )
    config = last["FixedResponseConfig"]
    return FixedResponse(
        int(config["StatusCode"]), config.get("ContentType") or "text/plain", config.get("MessageBody") or ""
    )


def _forward(action: Mapping[str, Any]) -> Forward:
    config = action.get("ForwardConfig") or {}
    groups = config.get("TargetGroups") or [{"TargetGroupArn": action.get("TargetGroupArn")}]
    weighted = [(group["TargetGroupArn"], int(group.get("Weight", 1))) for group in groups]
    if len(weighted) == 1:
        return Forward(((weighted[0][0], 1),))
    sticky = config.get("TargetGroupStickinessConfig") or {}
    seconds = int(sticky.get("DurationSeconds") or 0) if sticky.get("Enabled") in (True, "true") else 0
    return Forward(tuple((arn, weight) for arn, weight in weighted if weight > 0), seconds)


def kind(pattern: str) -> str:
    """The cheapest way to match: `str` for a literal, `beg` for a literal and a final `*`, else `reg`."""
    if not re.search(r"[*?]", pattern):
        return "str"
    if pattern.endswith("*") and not re.search(r"[*?]", pattern[:-1]) and len(pattern) > 1:
        return "beg"
    return "reg"


def expression(pattern: str, wildcard: str = ".") -> str:
    """A pattern as a regular expression without anchors; `*` is any number and `?` one of the wildcard's characters."""
    return expressions.untried(pattern, wildcard)


_CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "query-string": "QueryStringConfig",
    "source-ip": "SourceIpConfig",
}
