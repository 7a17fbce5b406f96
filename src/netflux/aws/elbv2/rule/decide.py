"""A listener's rules as decisions: what must hold, and what is done then. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from netflux import expressions
from netflux.resources import elbv2
from netflux.resources.elbv2 import Condition, FixedResponse, Redirect, Rule, Transform


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


Action = Forward | Redirect | FixedResponse


@dataclass(frozen=True)
class Decision:
    """A rule, by its ARN: when all matches hold, the request is rewritten, and then the action."""

    rule: str
    priority: int
    matches: tuple[Match, ...]
    action: Action
    transforms: tuple[Transform, ...] = ()


def decisions(rules: Sequence[Rule]) -> list[Decision]:
    """In the order in which they are tried: lowest priority number first, the default rule last."""
    ordered = sorted(rules, key=lambda rule: rule.priority)
    return [
        Decision(
            rule.arn,
            rule.priority,
            tuple(match(condition) for condition in rule.conditions),
            action(rule.action),
            rule.transforms,
        )
        for rule in ordered
    ]


def match(condition: Condition) -> Match:
    """What a condition compares with what."""
    if condition.regexes:
        return Match(condition.field, condition.regexes, condition.header, regex=True)
    pairs = tuple(f"{key or '*'}={value}" for key, value in condition.pairs)
    return Match(condition.field, condition.values or pairs, condition.header)


def action(found: elbv2.Action) -> Action:
    """What is done; groups of weight 0 are left out."""
    if found.redirect is not None:
        return found.redirect
    if found.fixed_response is not None:
        return found.fixed_response
    forward = found.forward or elbv2.Forward(())
    if len(forward.groups) == 1:
        return Forward(((forward.groups[0].arn, 1),))
    seconds = (forward.sticky_seconds or 0) if forward.sticky else 0
    return Forward(tuple((group.arn, group.weight) for group in forward.groups if group.weight > 0), seconds)


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
