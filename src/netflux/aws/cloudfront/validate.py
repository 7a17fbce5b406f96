"""What a distribution or policy may say: AWS's own checks. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from netflux.aws.cloudfront import bounds
from netflux.errors import AwsError, Unsupported

_S3_DOMAIN = re.compile(
    r"(?P<bucket>.+)\.s3(?!-website)(?:\.dualstack)?(?:[.-][a-z0-9-]+)?\.(?:amazonaws\.com|localhost)"
)
_PATTERN = re.compile(r"[A-Za-z0-9_\-.*$/~\"'@:+&?%=!,;()\[\]]{1,255}")
_GET = {"GET", "HEAD"}
_METHODS = ({"GET", "HEAD"}, {"GET", "HEAD", "OPTIONS"},
            {"GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"})  # fmt: skip
_FAILOVER = {400, 403, 404, 416, 429, 500, 502, 503, 504}
_MOST_BEHAVIORS = 75  # "Quotas", CloudFront Developer Guide
_ERROR_CODES = {400, 403, 404, 405, 414, 416, 500, 501, 502, 503, 504}


def bucket_of(domain: str) -> str:
    """The bucket that an S3 origin's domain name is of; empty when it is none."""
    found = _S3_DOMAIN.fullmatch(domain.lower())
    return found["bucket"] if found else ""


def distribution(config: Mapping[str, Any]) -> None:
    """Checks a configuration, references to other things excepted.

    Raises:
        AwsError: of AWS's.
    """
    bounds.check_quantities(config)
    if config.get("DefaultRootObject", "").startswith("/"):
        raise AwsError("InvalidDefaultRootObject", "The default root object file name must not begin with a slash.")
    origins = config["Origins"].get("Items") or []
    if not origins:
        raise AwsError("InvalidArgument", "A distribution needs at least one origin.")
    for origin in origins:
        _origin(origin)
    _unique((origin["Id"] for origin in origins), "The origin id {} is used twice.")
    groups = (config.get("OriginGroups") or {}).get("Items") or []
    targets = {origin["Id"] for origin in origins} | {group["Id"] for group in groups}
    for group in groups:
        _group(group, {origin["Id"] for origin in origins})
    rules = (config.get("CacheBehaviors") or {}).get("Items") or []
    if len(rules) > _MOST_BEHAVIORS:
        raise AwsError("TooManyCacheBehaviors", f"A distribution has at most {_MOST_BEHAVIORS} cache behaviors.")
    _unique((rule["PathPattern"] for rule in rules), "The path pattern {} is used twice.")
    for rule in [config["DefaultCacheBehavior"], *rules]:
        _behavior(rule, targets)
    for page in (config.get("CustomErrorResponses") or {}).get("Items") or []:
        _error_page(page)


def cache_policy(config: Mapping[str, Any]) -> None:
    """Checks a cache policy.

    Raises:
        AwsError: InvalidArgument.
    """
    least = config["MinTTL"]
    most = config.get("MaxTTL", max(least, 31_536_000))
    default = config.get("DefaultTTL", max(least, 86_400))
    if not 0 <= least <= default <= most:
        raise AwsError("InvalidArgument", f"MinTTL {least}, DefaultTTL {default} and MaxTTL {most} must be in order.")
    bounds.check_quantities(config)
    for member in (config.get("ParametersInCacheKeyAndForwardedToOrigin") or {}).values():
        _named(member)
    bounds.check_cache_policy(config)


def origin_request_policy(config: Mapping[str, Any]) -> None:
    """Checks an origin request policy.

    Raises:
        AwsError: InvalidArgument; Unsupported for headers that CloudFront would add from what it knows of viewers.
    """
    bounds.check_quantities(config)
    for member in config.values():
        _named(member)
    bounds.check_origin_request_policy(config)
    headers = config["HeadersConfig"]
    if headers["HeaderBehavior"] == "whitelist":
        for name in headers["Headers"]["Items"]:
            if name.lower().startswith("cloudfront-"):
                raise Unsupported(f"The header {name} in an origin request policy")


def _origin(origin: Mapping[str, Any]) -> None:
    if (origin.get("S3OriginConfig") is None) == (origin.get("CustomOriginConfig") is None):
        raise AwsError(
            "InvalidArgument", f"The origin {origin['Id']} must have one of S3OriginConfig and CustomOriginConfig."
        )
    if origin.get("S3OriginConfig") is not None and not bucket_of(origin["DomainName"]):
        raise AwsError(
            "InvalidOrigin", f"The origin {origin['Id']} has S3OriginConfig, but {origin['DomainName']} is no bucket."
        )
    if origin.get("OriginAccessControlId") and (origin.get("S3OriginConfig") or {}).get("OriginAccessIdentity"):
        raise AwsError(
            "InvalidArgument", f"The origin {origin['Id']} has both an origin access control and an identity: use one."
        )
    if origin.get("OriginAccessControlId") and origin.get("S3OriginConfig") is None:
        raise AwsError(
            "InvalidOriginAccessControl",
            f"The origin {origin['Id']} has an origin access control but no S3OriginConfig.",
        )
    bounds.check_origin(origin)
    path = origin.get("OriginPath") or ""
    if path and (not path.startswith("/") or path.endswith("/")):
        raise AwsError("InvalidArgument", "OriginPath must begin with a slash and must not end with one.")


def _group(group: Mapping[str, Any], origins: set[str]) -> None:
    members = [one["OriginId"] for one in group["Members"]["Items"]]
    if len(members) != 2 or len({*members}) != 2:
        raise AwsError("InvalidArgument", f"The origin group {group['Id']} must have two members.")
    for member in members:
        if member not in origins:
            raise AwsError("NoSuchOrigin", f"No origin exists with the specified Origin Id {member}.", 404)
    statuses = group["FailoverCriteria"]["StatusCodes"].get("Items") or []
    if not statuses or not {*statuses} <= _FAILOVER:
        raise AwsError("InvalidArgument", f"The origin group {group['Id']} has a status code that is no failure.")


def certificate(config: Mapping[str, Any], hosts: Collection[str] | None) -> None:
    """What an alternate domain name needs: a certificate that covers it.

    Args:
        config: of the distribution.
        hosts: names of the certificate that it names; None where it is not there, or not issued.

    Raises:
        AwsError: InvalidViewerCertificate.
    """
    aliases = (config.get("Aliases") or {}).get("Items") or []
    arn = (config.get("ViewerCertificate") or {}).get("ACMCertificateArn")
    if aliases and not arn:
        told = (
            "To add an alternate domain name (CNAME) to a CloudFront distribution, you must attach a trusted "
            "certificate that validates your authorization to use the domain name."
        )
        raise AwsError("InvalidViewerCertificate", told)
    if arn and hosts is None:
        told = (
            "The specified SSL certificate doesn't exist, isn't in us-east-1 region, isn't valid, or doesn't include a "
            f"valid certificate chain: {arn}"
        )
        raise AwsError("InvalidViewerCertificate", told)
    for alias in aliases:
        parent = "*." + alias.lower().partition(".")[2]
        if not {alias.lower(), parent} & {host.lower() for host in hosts or ()}:
            told = (
                "The certificate that is attached to your distribution doesn't cover the alternate domain name (CNAME) "
                f"that you're trying to add: {alias}"
            )
            raise AwsError("InvalidViewerCertificate", told)


def _behavior(rule: Mapping[str, Any], origins: set[str]) -> None:
    if rule["TargetOriginId"] not in origins:
        raise AwsError("NoSuchOrigin", f"No origin exists with the specified Origin Id {rule['TargetOriginId']}.", 404)
    _one_kind_of_policy(rule)
    if "PathPattern" in rule and not _PATTERN.fullmatch(rule["PathPattern"]):
        raise AwsError("InvalidArgument", f"The path pattern {rule['PathPattern']} is not valid.")
    _functions(rule)
    allowed = rule.get("AllowedMethods")
    if allowed is None:
        return
    methods = set(allowed["Items"])
    cached = set((allowed.get("CachedMethods") or {}).get("Items") or _GET)
    if methods not in _METHODS or cached not in _METHODS[:2] or not cached <= methods:
        raise AwsError("InvalidArgument", "AllowedMethods and CachedMethods must be one of the sets CloudFront offers.")


def _functions(rule: Mapping[str, Any]) -> None:
    """One function for each event ("Restrictions on all edge functions"); CloudFront functions see viewers' events."""
    events = [one["EventType"] for one in (rule.get("FunctionAssociations") or {}).get("Items") or []]
    if len(events) != len({*events}) or not {*events} <= {"viewer-request", "viewer-response"}:
        told = "A cache behavior has at most one function for each of viewer-request and viewer-response."
        raise AwsError("InvalidFunctionAssociation", told)


def _one_kind_of_policy(rule: Mapping[str, Any]) -> None:
    old = rule.get("ForwardedValues") is not None
    if old == bool(rule.get("CachePolicyId")):
        raise AwsError(
            "InvalidArgument", "Exactly one of the parameters ForwardedValues and CachePolicyId is required."
        )
    times = [name for name in ("MinTTL", "DefaultTTL", "MaxTTL") if rule.get(name) is not None]
    if not old and times:
        raise AwsError("InvalidArgument", f"The parameter {times[0]} cannot be used with CachePolicyId.")
    if old and rule.get("OriginRequestPolicyId"):
        raise AwsError("InvalidArgument", "The parameter OriginRequestPolicyId needs CachePolicyId.")
    least, most = rule.get("MinTTL") or 0, rule.get("MaxTTL", 31_536_000)
    if old and not least <= rule.get("DefaultTTL", max(least, 86_400)) <= max(most, least):
        raise AwsError("InvalidTTLOrder", "The order of MinTTL, DefaultTTL and MaxTTL is invalid.")


def _error_page(page: Mapping[str, Any]) -> None:
    if page["ErrorCode"] not in _ERROR_CODES:
        raise AwsError("InvalidErrorCode", f"CloudFront has no custom error response for {page['ErrorCode']}.")
    if bool(page.get("ResponsePagePath")) != bool(page.get("ResponseCode")):
        raise AwsError("InvalidArgument", "ResponsePagePath and ResponseCode are given together or not at all.")
    if page.get("ResponseCode") and int(page["ResponseCode"]) not in {200, *_ERROR_CODES}:
        raise AwsError("InvalidResponseCode", f"ResponseCode {page['ResponseCode']} is not one that can be returned.")


def _named(member: object) -> None:
    """A Headers, Cookies or QueryStrings configuration names things exactly when its behavior wants names."""
    if not isinstance(member, Mapping):
        return
    for kind, items in (("Header", "Headers"), ("Cookie", "Cookies"), ("QueryString", "QueryStrings")):
        behavior = member.get(f"{kind}Behavior")
        wants = behavior in {"whitelist", "allExcept", "allViewerAndWhitelistCloudFront"}
        if behavior and wants != bool((member.get(items) or {}).get("Items")):
            raise AwsError("InvalidArgument", f"{kind}Behavior {behavior} and {items} do not go together.")


def _unique(values: Iterator[str], message: str) -> None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            raise AwsError("InvalidArgument", message.format(value))
        seen.add(value)
