"""What a bucket's website answers: where requests are led, and which keys they mean ["Hosting a static website using
Amazon S3", Amazon S3 User Guide]. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from netflux.errors import AwsError

Configuration = Mapping[str, Any]
"""A WebsiteConfiguration as the API has it."""

_MOST_RULES = 50  # "Quotas", the guide's page on redirects
_REDIRECTS = frozenset({"301", "302", "303", "304", "305", "307", "308"})
_REDIRECTED = 301


@dataclass(frozen=True)
class Visit:
    """A request for a page.

    Attributes:
        scheme: by which it came.
        host: to which, with its port.
        key: the path without its first slash.
    """

    scheme: str
    host: str
    key: str


@dataclass(frozen=True)
class Redirect:
    """Leads the browser elsewhere."""

    status: int
    location: str


def check(configuration: Configuration) -> None:
    """Raises AwsError for what S3 does not take."""
    everything = configuration.get("RedirectAllRequestsTo")
    if everything is not None:
        if any(name in configuration for name in ("IndexDocument", "ErrorDocument", "RoutingRules")):
            raise AwsError(
                "InvalidArgument", "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules."
            )
        return
    if "IndexDocument" not in configuration:
        raise AwsError(
            "InvalidArgument", "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty"
        )
    suffix = configuration["IndexDocument"]["Suffix"]
    if not suffix or "/" in suffix:
        raise AwsError("InvalidArgument", "The IndexDocument Suffix is not well formed")
    if "ErrorDocument" in configuration and not configuration["ErrorDocument"]["Key"]:
        raise AwsError("InvalidArgument", "The ErrorDocument Key is not well formed")
    rules = configuration.get("RoutingRules") or ()
    if len(rules) > _MOST_RULES:
        raise AwsError(
            "InvalidRequest",
            f"{len(rules)} routing rules provided, the number of routing rules in a website configuration is limited "
            f"to {_MOST_RULES}.",
        )
    for rule in rules:
        _check_rule(rule)


def _check_rule(rule: Mapping[str, Any]) -> None:
    redirect, condition = rule["Redirect"], rule.get("Condition")
    if not redirect:
        raise AwsError("InvalidRequest", "A redirect must name what it changes: a host, a protocol, a code or a key.")
    if "ReplaceKeyWith" in redirect and "ReplaceKeyPrefixWith" in redirect:
        raise AwsError("InvalidRequest", "You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    code = redirect.get("HttpRedirectCode")
    if code is not None and code not in _REDIRECTS:
        raise AwsError(
            "InvalidRequest", f"The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except 300."
        )
    if condition is None:
        return
    if not condition:
        raise AwsError(
            "InvalidRequest",
            "Condition cannot be empty. To redirect all requests without a condition, the condition element "
            "shouldn't be present.",
        )
    error = condition.get("HttpErrorCodeReturnedEquals")
    if error is not None and not (error.isdecimal() and 400 <= int(error) <= 599):
        raise AwsError(
            "InvalidRequest", f"The provided HTTP error code ({error}) is not valid. Valid codes are 4XX or 5XX."
        )


def before(configuration: Configuration, visit: Visit) -> Redirect | None:
    """Where a request is led before any object is looked at."""
    everything = configuration.get("RedirectAllRequestsTo")
    if everything is not None:
        scheme = everything.get("Protocol") or visit.scheme
        return Redirect(_REDIRECTED, f"{scheme}://{everything['HostName']}/{quote(visit.key)}")
    return _led(configuration.get("RoutingRules") or (), visit, None)


def after(configuration: Configuration, visit: Visit, status: int) -> Redirect | None:
    """Where a request is led that would be answered with an error."""
    return _led(configuration.get("RoutingRules") or (), visit, status)


def document(configuration: Configuration, key: str) -> str:
    """The key of the object that a path means."""
    suffix: str = configuration["IndexDocument"]["Suffix"]
    return key + suffix if not key or key.endswith("/") else key


def folder(configuration: Configuration, key: str) -> str:
    """The key that would make the path a folder's; empty where it is one already."""
    return "" if not key or key.endswith("/") else f"{key}/{configuration['IndexDocument']['Suffix']}"


def quoted(key: str) -> str:
    """As a path has it."""
    return quote(key)


def _led(rules: Sequence[Mapping[str, Any]], visit: Visit, status: int | None) -> Redirect | None:
    for rule in rules:
        condition = rule.get("Condition") or {}
        wanted = condition.get("HttpErrorCodeReturnedEquals")
        if (wanted is None) != (status is None) or (wanted is not None and int(wanted) != status):
            continue
        prefix = condition.get("KeyPrefixEquals") or ""
        if visit.key.startswith(prefix):
            return _redirect(rule["Redirect"], visit, prefix)
    return None


def _redirect(to: Mapping[str, Any], visit: Visit, prefix: str) -> Redirect:
    key = visit.key
    if "ReplaceKeyWith" in to:
        key = to["ReplaceKeyWith"]
    elif "ReplaceKeyPrefixWith" in to:
        key = to["ReplaceKeyPrefixWith"] + key[len(prefix) :]
    scheme, host = to.get("Protocol") or visit.scheme, to.get("HostName") or visit.host
    return Redirect(int(to.get("HttpRedirectCode") or _REDIRECTED), f"{scheme}://{host}/{quote(key)}")
