"""Which of a bucket's CORS rules a page's request falls under, and what its answer says ["Using cross-origin resource
sharing (CORS)", Amazon S3 User Guide]. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from netflux.aws.s3.refusals import Refused
from netflux.errors import AwsError

Rule = Mapping[str, Any]
"""A CORSRule as the API has it."""

METHODS = frozenset({"GET", "PUT", "POST", "DELETE", "HEAD"})
MOST_RULES = 100
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"
_LONGEST_ID = 255  # characters; "CORSRule", Amazon S3 API Reference


@dataclass(frozen=True)
class Preflight:
    """What a browser asks before it sends a page's request.

    Attributes:
        origin: of the page.
        method: that it would use.
        headers: that it would send, in lower case.
    """

    origin: str
    method: str
    headers: tuple[str, ...] = ()


def check(rules: Sequence[Rule]) -> None:
    """Raises AwsError for the first rule that S3 does not take."""
    if len(rules) > MOST_RULES:
        raise AwsError("InvalidRequest", "The number of CORS rules should not exceed allowed limit of 100 rules.")
    for rule in rules:
        _check_methods(rule)
        for member, name in (("AllowedOrigins", "AllowedOrigin"), ("AllowedHeaders", "AllowedHeader")):
            for value in rule.get(member) or ():
                if value.count("*") > 1:
                    raise AwsError("InvalidRequest", f'{name} "{value}" can not have more than one wildcard.')
        for value in rule.get("ExposeHeaders") or ():
            if "*" in value:
                raise AwsError(
                    "InvalidRequest",
                    f'ExposeHeader "{value}" contains wildcard. We currently do not support wildcard for ExposeHeader.',
                )
        if len(rule.get("ID") or "") > _LONGEST_ID:
            raise AwsError("InvalidRequest", "The ID of a CORS rule has 255 characters at most.")


def _check_methods(rule: Rule) -> None:
    for method in rule["AllowedMethods"]:
        if method not in METHODS:
            raise AwsError(
                "InvalidRequest", f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )


def asked(headers: Mapping[str, str]) -> Preflight:
    """What a preflight request asks.

    Args:
        headers: lower-case names.

    Raises:
        AwsError: BadRequest where it lacks what makes it one.
    """
    if not headers.get("origin"):
        raise AwsError("BadRequest", "Insufficient information. Origin request header needed.")
    method = headers.get("access-control-request-method")
    if method not in METHODS:
        raise AwsError("BadRequest", f"Invalid Access-Control-Request-Method: {method or 'null'}")
    named = headers.get("access-control-request-headers", "").split(",")
    return Preflight(headers["origin"], method, tuple(name.strip().lower() for name in named if name.strip()))


def permitted(rules: Sequence[Rule] | None, preflight: Preflight, kind: str) -> dict[str, str]:
    """The headers of a preflight's answer.

    Args:
        rules: the bucket's; None where it has none.
        kind: BUCKET or OBJECT, for the refusal.

    Raises:
        AwsError: AccessForbidden where no rule lets the request through.
    """
    if not rules:
        raise Refused(
            "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.", 403,
            Method=preflight.method, ResourceType=kind,
        )  # fmt: skip
    for rule in rules:
        if _fits(rule, preflight):
            allowed = {"Access-Control-Allow-Headers": ", ".join(preflight.headers)} if preflight.headers else {}
            return {**_told(rule, preflight), **allowed}
    raise Refused(
        "AccessForbidden",
        "CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request "
        "method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the "
        "resource's CORS spec.",
        403,
        Method=preflight.method,
        ResourceType=kind,
    )


def told(rules: Sequence[Rule], origin: str, method: str) -> dict[str, str]:
    """The headers that an actual request's answer has; none where no rule is for it."""
    request = Preflight(origin, method)
    return next((_told(rule, request) for rule in rules if _fits(rule, request)), {})


def _fits(rule: Rule, request: Preflight) -> bool:
    return (
        request.method in rule["AllowedMethods"]
        and any(_like(request.origin, pattern) for pattern in rule["AllowedOrigins"])
        and all(_header_fits(name, rule) for name in request.headers)
    )


def _header_fits(name: str, rule: Rule) -> bool:
    return any(_like(name, pattern.lower()) for pattern in rule.get("AllowedHeaders") or ())


def _like(text: str, pattern: str) -> bool:
    head, star, tail = pattern.partition("*")
    if not star:
        return text == pattern
    return len(text) >= len(head) + len(tail) and text.startswith(head) and text.endswith(tail)


def _told(rule: Rule, request: Preflight) -> dict[str, str]:
    anyone = "*" in rule["AllowedOrigins"]
    found = {
        "Access-Control-Allow-Origin": "*" if anyone else request.origin,
        "Access-Control-Allow-Methods": ", ".join(rule["AllowedMethods"]),
    }
    if rule.get("ExposeHeaders"):
        found["Access-Control-Expose-Headers"] = ", ".join(rule["ExposeHeaders"])
    if rule.get("MaxAgeSeconds") is not None:
        found["Access-Control-Max-Age"] = str(rule["MaxAgeSeconds"])
    if not anyone:
        found["Access-Control-Allow-Credentials"] = "true"
    return {**found, "Vary": VARY}
