"""What the edge decides of a request: which behavior, whether at all, the cache key, what the origin is sent. Pure.

Rules: CloudFront Developer Guide, "Request and response behavior for custom origins" and "Understand the cache key".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from netflux import expressions
from netflux.aws.cloudfront.desired import Behavior, Distribution
from netflux.aws.cloudfront.selection import Selection

Headers = tuple[tuple[str, str], ...]
POP = "LCL50-P1"
"""X-Amz-Cf-Pop: this machine, in the form of CloudFront's locations but with a code that is no airport's."""

_HOP = {
    "connection", "keep-alive", "transfer-encoding", "expect", "proxy-authenticate", "proxy-authorization",
    "proxy-connection", "te", "trailer", "upgrade", "x-forwarded-proto", "x-real-ip", "content-length",
}  # fmt: skip
# Sent on without a policy naming them, because the body or the origin's cache semantics need them.
_ALWAYS = {"content-type", "content-encoding", "content-language", "content-md5", "x-amz-content-sha256"}
_SET_BY_EDGE = {"host", "user-agent", "via", "x-forwarded-for", "x-amz-cf-id", "accept-encoding", "cookie"}
_UNSAFE_KEEP_AUTHORIZATION = {"DELETE", "PATCH", "POST", "PUT"}


@dataclass(frozen=True)
class Viewer:
    """A viewer's request.

    Attributes:
        method: upper-case.
        scheme: `http` or `https`.
        host: with the port that the viewer used, if it named one.
        path: as sent, undecoded.
        query: as sent, without `?`.
        headers: as sent.
        address: the viewer's IP address.
        version: `1.1`, `2.0`.
    """

    method: str
    scheme: str
    host: str
    path: str
    query: str
    headers: Headers
    address: str
    version: str = "1.1"

    def header(self, name: str) -> str | None:
        """All values of a header joined by comma, or None; the name in lower case."""
        values = [value for key, value in self.headers if key.lower() == name]
        return ",".join(values) if values else None


@dataclass(frozen=True)
class Refused:
    """The edge answers itself.

    Attributes:
        status: HTTP status.
        reason: sentences of the error page.
        location: of a redirect.
    """

    status: int
    reason: str = ""
    location: str = ""


@dataclass(frozen=True)
class Key:
    """What a stored response is found by, inside one distribution."""

    path: str
    query: str
    headers: Headers
    cookies: Headers
    encoding: str
    method: str = ""


def normalized(path: str) -> str:
    """The path that patterns are compared with: slashes merged, dot segments resolved (RFC 3986, 5.2.4)."""
    out: list[str] = []
    merged = re.sub("/{2,}", "/", path)
    segments = merged.split("/")[1:]
    for segment in segments:
        if segment == "..":
            out = out[:-1]
        elif segment != ".":
            out.append(segment)
    if segments and segments[-1] in {".", ".."}:
        out.append("")
    return "/" + "/".join(out)


def regex(pattern: str) -> str:
    """A path pattern as HAProxy's regular expression for the whole path; the leading slash is optional in a pattern."""
    return f"^{expressions.untried(_rooted(pattern))}$"


def _rooted(pattern: str) -> str:
    return pattern if pattern.startswith(("/", "*")) else f"/{pattern}"


def behavior(distribution: Distribution, path: str) -> Behavior:
    """The first behavior whose pattern matches."""
    clean = normalized(path)
    for candidate in distribution.behaviors[:-1]:
        if expressions.like(clean, _rooted(candidate.pattern)):
            return candidate
    return distribution.behaviors[-1]


def gate(rule: Behavior, viewer: Viewer) -> Refused | None:
    """Protocol first, then method: what is never sent to an origin."""
    if viewer.scheme == "http" and rule.viewer_protocol == "https-only":
        return Refused(403, "Bad request. We can't connect to the server for this app or website at this time.")
    if viewer.scheme == "http" and rule.viewer_protocol == "redirect-to-https":
        status = 301 if viewer.method in {"GET", "HEAD"} else 307
        target = viewer.path + (f"?{viewer.query}" if viewer.query else "")
        return Refused(status, "", f"https://{viewer.host}{target}")
    if viewer.method not in rule.allowed:
        return Refused(
            403,
            "This distribution is not configured to allow the HTTP request method that was used for this request. "
            "The distribution supports only cachable requests.",
        )
    if viewer.method in {"GET", "HEAD"} and (viewer.header("content-length") or "0") != "0":
        return Refused(403, "Bad request.")
    return None


def cacheable(rule: Behavior, method: str) -> bool:
    """Whether responses to this method may be kept."""
    return not rule.cache.disabled and method in rule.cached


def object_path(distribution: Distribution, path: str) -> str:
    """The path that the origin is asked for: the root object for the root URL."""
    return f"/{distribution.root_object}" if path in {"", "/"} and distribution.root_object else path


def key(rule: Behavior, viewer: Viewer, path: str) -> Key:
    """The cache key. HEAD finds what GET stored; OPTIONS is apart."""
    policy = rule.cache
    names = sorted(name for name in policy.headers.names if viewer.header(name) is not None)
    return Key(
        path=path,
        query=selected_query(policy.query, viewer.query),
        headers=tuple((name, viewer.header(name) or "") for name in names if not _is_normalized(rule, name)),
        cookies=tuple(pair for pair in cookies(viewer) if policy.cookies.takes(pair[0])),
        encoding=encoding(rule, viewer),
        method="OPTIONS" if viewer.method == "OPTIONS" else "",
    )


def encoding(rule: Behavior, viewer: Viewer) -> str:
    """The normalised Accept-Encoding: `br,gzip`, `br`, `gzip` or empty."""
    accepted = _accepted(viewer.header("accept-encoding") or "")
    found = [name for name, on in (("br", rule.cache.brotli), ("gzip", rule.cache.gzip)) if on and name in accepted]
    return ",".join(found)


def origin_headers(rule: Behavior, viewer: Viewer, cf_id: str, via: str) -> Headers:
    """What the origin is sent beside the path: what the two policies name, and what CloudFront sets itself."""
    out: list[tuple[str, str]] = [("Host", _host(rule, viewer))]
    custom = {name.lower() for name, _ in rule.origin.headers}
    for name, value in viewer.headers:
        if _forwarded(rule, viewer, name.lower()) and name.lower() not in custom:
            out.append((name, value))
    agent = viewer.header("user-agent")
    out.append(("User-Agent", agent if agent and _takes(rule, "user-agent") else "Amazon CloudFront"))
    out += _encoding_header(rule, viewer)
    jar = [pair for pair in cookies(viewer) if rule.cache.cookies.takes(pair[0]) or rule.request.cookies.takes(pair[0])]
    if jar:
        out.append(("Cookie", "; ".join(f"{name}={value}" if value is not None else name for name, value in jar)))
    before = viewer.header("x-forwarded-for")
    out.append(("X-Forwarded-For", f"{before},{viewer.address}" if before else viewer.address))
    chain = viewer.header("via")
    out.append(("Via", f"{chain}, {via}" if chain else via))
    out.append(("X-Amz-Cf-Id", cf_id))
    return (*out, *rule.origin.headers)


def origin_query(rule: Behavior, query: str) -> str:
    """The parameters that either policy names, in the viewer's order."""
    return "&".join(
        part
        for part in query.split("&")
        if part and (rule.cache.query.takes(_name(part)) or rule.request.query.takes(_name(part)))
    )


def selected_query(selection: Selection, query: str) -> str:
    """The parameters that a selection takes, in the viewer's order."""
    return "&".join(part for part in query.split("&") if part and selection.takes(_name(part)))


def cookies(viewer: Viewer) -> Sequence[tuple[str, str]]:
    """The viewer's cookies, in order."""
    header = viewer.header("cookie")
    if not header:
        return ()
    pairs = (part.strip().partition("=") for part in header.replace(",", ";").split(";") if part.strip())
    return tuple((name, value) for name, _, value in pairs)


def forwards_cookies(rule: Behavior) -> bool:
    """Whether any cookie may reach the origin, which lets Set-Cookie through and forbids revalidation."""
    return rule.cache.cookies.mode != "none" or rule.request.cookies.mode != "none"


def accepted_by(values: Iterable[str]) -> frozenset[str]:
    """Codings accepted by an Accept-Encoding's parts, those with q=0 left out."""
    found = set()
    for part in values:
        name, _, parameters = part.strip().partition(";")
        weight = parameters.strip().lower().removeprefix("q=")
        if name and not re.fullmatch(r"0(\.0*)?", weight):
            found.add(name.strip().lower())
    return frozenset(found)


def _accepted(header: str) -> frozenset[str]:
    found = accepted_by(header.split(","))
    return found | {"gzip", "br"} if "*" in found else found


def _is_normalized(rule: Behavior, name: str) -> bool:
    return name == "accept-encoding" and (rule.cache.gzip or rule.cache.brotli)


def _encoding_header(rule: Behavior, viewer: Viewer) -> list[tuple[str, str]]:
    given = viewer.header("accept-encoding")
    if given is None:
        return []
    if rule.cache.gzip or rule.cache.brotli:
        return [("Accept-Encoding", encoding(rule, viewer) or "identity")]
    return [("Accept-Encoding", given)] if _takes(rule, "accept-encoding") else []


def _takes(rule: Behavior, name: str) -> bool:
    return rule.cache.headers.takes(name) or rule.request.headers.takes(name)


def _forwarded(rule: Behavior, viewer: Viewer, name: str) -> bool:
    if name in _HOP or name in _SET_BY_EDGE or name.startswith("x-edge-"):
        return False
    if name == "authorization" and viewer.method in _UNSAFE_KEEP_AUTHORIZATION:
        return True
    if name in {"range", "if-range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"}:
        return not cacheable(rule, viewer.method)
    return name in _ALWAYS or _takes(rule, name)


def _host(rule: Behavior, viewer: Viewer) -> str:
    return viewer.host if _takes(rule, "host") else rule.origin.domain


def _name(part: str) -> str:
    return part.partition("=")[0]
