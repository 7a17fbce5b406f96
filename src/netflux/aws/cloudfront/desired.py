"""What a distribution's configuration means, AWS's defaults filled in. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from netflux.aws.cloudfront import legacy
from netflux.aws.cloudfront.selection import CachePolicy, RequestPolicy, Selection
from netflux.resources import cloudfront

_GET = ("GET", "HEAD")


@dataclass(frozen=True)
class HeaderRule:
    """A header of a response headers policy; without `override` the origin's value wins."""

    name: str
    value: str
    override: bool


@dataclass(frozen=True)
class ResponsePolicy:
    """What is changed in responses: headers set and removed, CORS as the policy has it."""

    rules: tuple[HeaderRule, ...] = ()
    removed: tuple[str, ...] = ()
    cors: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Origin:
    """Where a behavior's requests go. Times in real seconds, since they bound real work.

    Attributes:
        protocol: `http-only`, `https-only` or `match-viewer`.
        port: of HTTP.
        secure_port: of HTTPS.
        signing: `always`, `never`, `no-override` of the origin access control, or empty without one.
        identity: id of the origin access identity that a bucket is asked as; empty without one.
    """

    id: str
    domain: str
    path: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    is_bucket: bool = False
    protocol: str = "http-only"
    port: int = 80
    secure_port: int = 443
    read_timeout: int = 30
    keepalive: int = 5
    attempts: int = 3
    connect_timeout: int = 10
    signing: str = ""
    identity: str = ""

    def port_for(self, scheme: str) -> int:
        """The port that a viewer's request by this scheme is sent to."""
        secure = self.protocol == "https-only" or (self.protocol == "match-viewer" and scheme == "https")
        return self.secure_port if secure else self.port


@dataclass(frozen=True)
class Program:
    """A function at the edge, in JavaScript."""

    name: str
    code: str


@dataclass(frozen=True)
class Behavior:
    """A cache behavior. `pattern` is `*` for the default one.

    Attributes:
        fallback: asked where `origin` can't be, or answers with one of `failures`, by methods that change nothing.
        on_request, on_response: what sees viewers' requests and the responses to them.
    """

    pattern: str
    origin: Origin
    viewer_protocol: str
    allowed: frozenset[str]
    cached: frozenset[str]
    compress: bool
    cache: CachePolicy
    request: RequestPolicy
    response: ResponsePolicy | None = None
    fallback: Origin | None = None
    failures: frozenset[int] = frozenset()
    on_request: Program | None = None
    on_response: Program | None = None


@dataclass(frozen=True)
class ErrorPage:
    """A custom error response. `page` empty: only the caching time, in seconds, is meant."""

    code: int
    page: str
    response_code: int
    minimum: int


@dataclass(frozen=True)
class Logging:
    """Where a line for each request goes.

    Attributes:
        bucket: its name.
        prefix: of the files' keys.
        cookies: whether lines have the viewer's.
    """

    bucket: str
    prefix: str
    cookies: bool


@dataclass(frozen=True)
class Distribution:
    """A whole distribution. Behaviors in order of precedence, the default last.

    Attributes:
        http2: whether viewers are offered HTTP/2.
        aliases: further names that it answers by, lower-case; some with `*.`.
        certificate: ACM's ARN of the one for the aliases; empty for none.
        logging: None where requests are not logged.
    """

    id: str
    arn: str
    domain: str
    etag: str
    enabled: bool
    root_object: str
    behaviors: tuple[Behavior, ...]
    errors: tuple[ErrorPage, ...] = ()
    http2: bool = True
    aliases: tuple[str, ...] = ()
    certificate: str = ""
    logging: Logging | None = None

    @property
    def origins(self) -> Iterator[Origin]:
        """Those that its behaviors ask, groups' second ones too."""
        for rule in self.behaviors:
            yield rule.origin
            if rule.fallback is not None:
                yield rule.fallback

    def error(self, status: int) -> ErrorPage | None:
        """The custom error response for a status."""
        return next((page for page in self.errors if page.code == status), None)


_Target = tuple[Origin] | tuple[Origin, Origin, frozenset[int]]
"""An origin, or a group: the first, the second, and the statuses of the first for which the second is asked."""
Lookup = Callable[[str, str], Mapping[str, Any]]


def read(record: cloudfront.Distribution, domain: str, lookup: Lookup) -> Distribution:
    """What a record means.

    Args:
        record: as the API keeps it.
        domain: its domain name.
        lookup: configuration of a policy or access control, by the API's name of the kind and id; of a function its
            Name and Code, by its ARN.
    """
    config = record.config
    origins: dict[str, _Target] = {raw["Id"]: (_origin(raw, lookup),) for raw in config["Origins"]["Items"]}
    for group in (config.get("OriginGroups") or {}).get("Items") or []:
        first, second = (origins[member["OriginId"]][0] for member in group["Members"]["Items"])
        origins[group["Id"]] = first, second, frozenset(group["FailoverCriteria"]["StatusCodes"]["Items"])
    rules = [*((config.get("CacheBehaviors") or {}).get("Items") or []), config["DefaultCacheBehavior"]]
    return Distribution(
        id=record.id,
        arn=record.arn,
        domain=domain,
        etag=record.etag,
        enabled=config["Enabled"],
        root_object=config.get("DefaultRootObject") or "",
        behaviors=tuple(_behavior(raw, origins, lookup) for raw in rules),
        errors=tuple(_error(raw) for raw in (config.get("CustomErrorResponses") or {}).get("Items") or []),
        http2=config.get("HttpVersion", "http2") != "http1.1",
        aliases=tuple(name.lower() for name in (config.get("Aliases") or {}).get("Items") or []),
        certificate=(config.get("ViewerCertificate") or {}).get("ACMCertificateArn") or "",
        logging=_logging(config.get("Logging") or {}),
    )


def _logging(raw: Mapping[str, Any]) -> Logging | None:
    if not raw.get("Enabled"):
        return None
    return Logging(log_bucket(raw), raw.get("Prefix") or "", bool(raw.get("IncludeCookies")))


def log_bucket(raw: Mapping[str, Any]) -> str:
    """The bucket's name; a configuration has its domain name."""
    return str(raw.get("Bucket") or "").partition(".s3.")[0]


def _origin(raw: Mapping[str, Any], lookup: Lookup) -> Origin:
    custom = raw.get("CustomOriginConfig") or {}
    control = raw.get("OriginAccessControlId")
    bucket = raw.get("S3OriginConfig") or {}
    return Origin(
        id=raw["Id"],
        domain=raw["DomainName"],
        path=raw.get("OriginPath") or "",
        headers=tuple(
            (item["HeaderName"], item["HeaderValue"]) for item in (raw.get("CustomHeaders") or {}).get("Items") or []
        ),
        is_bucket=raw.get("S3OriginConfig") is not None,
        protocol=custom.get("OriginProtocolPolicy", "http-only"),
        port=custom.get("HTTPPort", 80),
        secure_port=custom.get("HTTPSPort", 443),
        read_timeout=custom.get("OriginReadTimeout") or bucket.get("OriginReadTimeout") or 30,
        keepalive=custom.get("OriginKeepaliveTimeout") or 5,
        attempts=raw.get("ConnectionAttempts") or 3,
        connect_timeout=raw.get("ConnectionTimeout") or 10,
        signing=lookup("OriginAccessControl", control)["SigningBehavior"] if control else "",
        identity=(bucket.get("OriginAccessIdentity") or "").removeprefix(cloudfront.IDENTITIES),
    )


def _behavior(raw: Mapping[str, Any], origins: Mapping[str, _Target], lookup: Lookup) -> Behavior:
    methods = raw.get("AllowedMethods") or {}
    target = origins[raw["TargetOriginId"]]
    origin = target[0]
    if raw.get("ForwardedValues") is not None:
        cache, forwarded = legacy.policies(raw, is_bucket=origin.is_bucket)
    else:
        cache, forwarded = cache_policy(lookup("CachePolicy", raw["CachePolicyId"])), RequestPolicy()
    request, response = raw.get("OriginRequestPolicyId"), raw.get("ResponseHeadersPolicyId")
    programs = {
        one["EventType"]: Program(**lookup("Function", one["FunctionARN"]))
        for one in (raw.get("FunctionAssociations") or {}).get("Items") or []
    }
    return Behavior(
        pattern=raw.get("PathPattern", "*"),
        origin=origin,
        viewer_protocol=raw["ViewerProtocolPolicy"],
        allowed=frozenset(methods.get("Items") or _GET),
        cached=frozenset((methods.get("CachedMethods") or {}).get("Items") or _GET),
        compress=bool(raw.get("Compress")),
        cache=cache,
        request=_request_policy(lookup("OriginRequestPolicy", request)) if request else forwarded,
        response=response_policy(lookup("ResponseHeadersPolicy", response)) if response else None,
        fallback=target[1] if len(target) == 3 else None,
        failures=target[2] if len(target) == 3 else frozenset(),
        on_request=programs.get("viewer-request"),
        on_response=programs.get("viewer-response"),
    )


def cache_policy(config: Mapping[str, Any]) -> CachePolicy:
    """A cache policy; without DefaultTTL and MaxTTL AWS uses a day and a year, or MinTTL if that is more."""
    key = config.get("ParametersInCacheKeyAndForwardedToOrigin") or {}
    least = config["MinTTL"]
    return CachePolicy(
        minimum=least,
        default=config.get("DefaultTTL", max(least, 86_400)),
        maximum=config.get("MaxTTL", max(least, 31_536_000)),
        gzip=bool(key.get("EnableAcceptEncodingGzip")),
        brotli=bool(key.get("EnableAcceptEncodingBrotli")),
        headers=_selection(key, "Header", "Headers"),
        cookies=_selection(key, "Cookie", "Cookies"),
        query=_selection(key, "QueryString", "QueryStrings"),
    )


def _request_policy(config: Mapping[str, Any]) -> RequestPolicy:
    return RequestPolicy(
        _selection(config, "Header", "Headers"),
        _selection(config, "Cookie", "Cookies"),
        _selection(config, "QueryString", "QueryStrings"),
    )


def _selection(config: Mapping[str, Any], kind: str, items: str) -> Selection:
    part = config.get(f"{items}Config") or {}
    mode = part.get(f"{kind}Behavior", "none")
    names = (part.get(items) or {}).get("Items") or []
    lowered = (name.lower() for name in names) if kind == "Header" else names
    return Selection("all" if mode == "allViewer" else mode, frozenset(lowered))


def response_policy(config: Mapping[str, Any]) -> ResponsePolicy:
    """A response headers policy."""
    custom = (config.get("CustomHeadersConfig") or {}).get("Items") or []
    rules = [HeaderRule(item["Header"], item["Value"], item["Override"]) for item in custom]
    rules += _security(config.get("SecurityHeadersConfig") or {})
    removed = (config.get("RemoveHeadersConfig") or {}).get("Items") or []
    return ResponsePolicy(
        tuple(rules), tuple(item["Header"].lower() for item in removed), config.get("CorsConfig") or {}
    )


def _security(config: Mapping[str, Any]) -> list[HeaderRule]:
    found: list[HeaderRule] = []

    def add(member: str, name: str, value: Callable[[Mapping[str, Any]], str]) -> None:
        part = config.get(member)
        if part is not None:
            found.append(HeaderRule(name, value(part), part["Override"]))

    add("ContentSecurityPolicy", "Content-Security-Policy", lambda part: str(part["ContentSecurityPolicy"]))
    add("ContentTypeOptions", "X-Content-Type-Options", lambda _: "nosniff")
    add("FrameOptions", "X-Frame-Options", lambda part: str(part["FrameOption"]))
    add("ReferrerPolicy", "Referrer-Policy", lambda part: str(part["ReferrerPolicy"]))
    add("StrictTransportSecurity", "Strict-Transport-Security", _transport)
    add("XSSProtection", "X-XSS-Protection", _xss)
    return found


def _transport(part: Mapping[str, Any]) -> str:
    value = f"max-age={part['AccessControlMaxAgeSec']}"
    value += "; includeSubDomains" if part.get("IncludeSubdomains") else ""
    return value + ("; preload" if part.get("Preload") else "")


def _xss(part: Mapping[str, Any]) -> str:
    if not part["Protection"]:
        return "0"
    value = "1; mode=block" if part.get("ModeBlock") else "1"
    return value + (f"; report={part['ReportUri']}" if part.get("ReportUri") else "")


def _error(raw: Mapping[str, Any]) -> ErrorPage:
    return ErrorPage(
        code=raw["ErrorCode"],
        page=raw.get("ResponsePagePath") or "",
        response_code=int(raw.get("ResponseCode") or raw["ErrorCode"]),
        minimum=raw.get("ErrorCachingMinTTL", 10),
    )
