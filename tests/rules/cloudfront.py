"""What CloudFront refuses."""

from __future__ import annotations

from typing import Any

from netflux.aws.cloudfront.api import CloudFrontApi
from netflux.aws.cloudfront.deployments import Deployments
from netflux.clock import Clock
from netflux.controlplane.apis import Apis
from tests.controlplane.plane import Plane
from tests.rules.rule import Rule

SERVICE = "cloudfront"

_GUIDE = "Amazon CloudFront Developer Guide"
_SETTINGS, _QUOTAS = f"All distribution settings reference, {_GUIDE}", f"Quotas, {_GUIDE}"
_HEADERS = f"Add custom headers to origin requests, {_GUIDE}"
_CACHE, _REQUEST = f"Understand cache policies, {_GUIDE}", f"Understand origin request policies, {_GUIDE}"
_CREATE = "CreateDistribution, Amazon CloudFront API Reference"


def _custom(**changes: Any) -> dict[str, Any]:
    return {"HTTPPort": 80, "HTTPSPort": 443, "OriginProtocolPolicy": "http-only", **changes}


def _origin(**changes: Any) -> dict[str, Any]:
    return {"Id": "o", "DomainName": "a.example.com", "CustomOriginConfig": _custom(), **changes}


def _added(*names: str) -> dict[str, Any]:
    items = [{"HeaderName": name, "HeaderValue": "v"} for name in names]
    return _distribution(_origin(CustomHeaders={"Quantity": len(items), "Items": items}))


def _distribution(origin: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    behavior = {"TargetOriginId": "o", "ViewerProtocolPolicy": "allow-all",
                "CachePolicyId": "658327ea-f89d-4fab-a63d-7e88639e58f6"}  # fmt: skip
    config = {
        "CallerReference": "r", "Comment": "", "Enabled": True, "DefaultCacheBehavior": behavior,
        "Origins": {"Quantity": 1, "Items": [origin or _origin()]}, **changes,
    }  # fmt: skip
    return {"DistributionConfig": config}


def _names(noun: str, behavior: str, *names: str) -> dict[str, Any]:
    found: dict[str, Any] = {f"{noun}Behavior": behavior}
    return found | ({f"{noun}s": {"Quantity": len(names), "Items": [*names]}} if names else {})


def _cache(times: tuple[int, int, int] = (1, 2, 3), **changes: Any) -> dict[str, Any]:
    key = {
        "EnableAcceptEncodingGzip": False, "HeadersConfig": _names("Header", "none"),
        "CookiesConfig": _names("Cookie", "none"), "QueryStringsConfig": _names("QueryString", "none"), **changes,
    }  # fmt: skip
    least, default, most = times
    config = {"Name": "p", "MinTTL": least, "DefaultTTL": default, "MaxTTL": most}
    return {"CachePolicyConfig": {**config, "ParametersInCacheKeyAndForwardedToOrigin": key}}


def _request(**changes: Any) -> dict[str, Any]:
    config = {
        "Name": "p", "HeadersConfig": _names("Header", "none"), "CookiesConfig": _names("Cookie", "none"),
        "QueryStringsConfig": _names("QueryString", "none"), **changes,
    }  # fmt: skip
    return {"OriginRequestPolicyConfig": config}


_OFF = (0, 0, 0)
_ELEVEN = [f"X-{number}" for number in range(11)]

RULES = [
    Rule("Quantity is the number of origins.", "CreateDistribution",
         _distribution(Origins={"Quantity": 2, "Items": [_origin()]}), "InconsistentQuantities", _CREATE),
    Rule("Quantity is the number of headers that an origin adds.", "CreateDistribution",
         _distribution(_origin(CustomHeaders={"Quantity": 1})), "InconsistentQuantities", _CREATE),
    Rule("Quantity is the number of headers of a policy.", "CreateCachePolicy",
         _cache(HeadersConfig={"HeaderBehavior": "whitelist", "Headers": {"Quantity": 2, "Items": ["X-A"]}}),
         "InconsistentQuantities", "CreateCachePolicy, Amazon CloudFront API Reference"),
    Rule("Quantity is the number of cookies of a policy.", "CreateOriginRequestPolicy",
         _request(CookiesConfig={"CookieBehavior": "whitelist", "Cookies": {"Quantity": 0, "Items": ["a"]}}),
         "InconsistentQuantities", "CreateOriginRequestPolicy, Amazon CloudFront API Reference"),
    Rule("CloudFront tries to connect 3 times at most.", "CreateDistribution",
         _distribution(_origin(ConnectionAttempts=4)), "InvalidArgument", _SETTINGS, "ConnectionAttempts"),
    Rule("CloudFront tries to connect once at least.", "CreateDistribution",
         _distribution(_origin(ConnectionAttempts=0)), "InvalidArgument", _SETTINGS),
    Rule("CloudFront waits for a connection for 10 seconds at most.", "CreateDistribution",
         _distribution(_origin(ConnectionTimeout=11)), "InvalidArgument", _SETTINGS),
    Rule("CloudFront waits for an answer for a second at least.", "CreateDistribution",
         _distribution(_origin(CustomOriginConfig=_custom(OriginReadTimeout=0))), "InvalidOriginReadTimeout",
         _SETTINGS),
    Rule("CloudFront waits for an answer for 120 seconds at most.", "CreateDistribution",
         _distribution(_origin(CustomOriginConfig=_custom(OriginReadTimeout=121))), "InvalidOriginReadTimeout",
         _SETTINGS),
    Rule("CloudFront keeps a connection for a second at least.", "CreateDistribution",
         _distribution(_origin(CustomOriginConfig=_custom(OriginKeepaliveTimeout=0))),
         "InvalidOriginKeepaliveTimeout", _SETTINGS),
    Rule("An origin's port is 80, 443 or above 1023.", "CreateDistribution",
         _distribution(_origin(CustomOriginConfig=_custom(HTTPPort=22))), "InvalidArgument", _SETTINGS, "HTTPPort"),
    Rule("An origin's port for TLS is 80, 443 or above 1023.", "CreateDistribution",
         _distribution(_origin(CustomOriginConfig=_custom(HTTPSPort=70000))), "InvalidArgument", _SETTINGS),
    Rule("Host is CloudFront's own header.", "CreateDistribution", _added("Host"), "InvalidArgument", _HEADERS),
    Rule("Cookie is the viewer's header.", "CreateDistribution", _added("Cookie"), "InvalidArgument", _HEADERS),
    Rule("Via is CloudFront's own header.", "CreateDistribution", _added("via"), "InvalidArgument", _HEADERS),
    Rule("X-Amz headers are AWS's own.", "CreateDistribution", _added("X-Amz-Date"), "InvalidArgument", _HEADERS),
    Rule("X-Edge headers are CloudFront's own.", "CreateDistribution", _added("X-Edge-A"), "InvalidArgument",
         _HEADERS),
    Rule("A header that is added stands once.", "CreateDistribution", _added("X-A", "x-a"), "InvalidArgument",
         _HEADERS),
    Rule("A header that is added is a header.", "CreateDistribution", _added("X A"), "InvalidArgument", _HEADERS),
    Rule("An origin adds 10 headers at most.", "CreateDistribution", _added(*_ELEVEN), "TooManyOriginCustomHeaders",
         _QUOTAS),
    Rule("A price class is one of three.", "CreateDistribution", _distribution(PriceClass="PriceClass_999"),
         "InvalidArgument", _SETTINGS),
    Rule("Origins are reached by IPv4 here.", "CreateDistribution",
         _distribution(_origin(CustomOriginConfig=_custom(IpAddressType="dualstack"))), "UnsupportedOperation",
         _SETTINGS, "IpAddressType"),
    Rule("An origin is a bucket or a server.", "CreateDistribution",
         _distribution(_origin(S3OriginConfig={"OriginAccessIdentity": ""})), "InvalidArgument", _SETTINGS),
    Rule("An S3 origin is a bucket.", "CreateDistribution",
         _distribution({"Id": "o", "DomainName": "a.example.com", "S3OriginConfig": {"OriginAccessIdentity": ""}}),
         "InvalidOrigin", _SETTINGS),
    Rule("An origin's path begins with a slash.", "CreateDistribution", _distribution(_origin(OriginPath="a")),
         "InvalidArgument", _SETTINGS),
    Rule("A default root object has no slash before it.", "CreateDistribution",
         _distribution(DefaultRootObject="/index.html"), "InvalidDefaultRootObject", _SETTINGS),
    Rule("A behavior's origin is there.", "CreateDistribution", _distribution(_origin(Id="other")), "NoSuchOrigin",
         _SETTINGS),
    Rule("An origin access control is there.", "CreateDistribution",
         _distribution({"Id": "o", "DomainName": "b.s3.amazonaws.com", "OriginAccessControlId": "E0",
                        "S3OriginConfig": {"OriginAccessIdentity": ""}}), "NoSuchOriginAccessControl", _SETTINGS),
    Rule("Without caching nothing is compressed with gzip.", "CreateCachePolicy",
         _cache(_OFF, EnableAcceptEncodingGzip=True), "InvalidArgument", _CACHE, "caching disabled"),
    Rule("Without caching nothing is compressed with Brotli.", "CreateCachePolicy",
         _cache(_OFF, EnableAcceptEncodingBrotli=True), "InvalidArgument", _CACHE, "caching disabled"),
    Rule("Without caching there is no header in the key.", "CreateCachePolicy",
         _cache(_OFF, HeadersConfig=_names("Header", "whitelist", "Authorization")), "InvalidArgument", _CACHE,
         "caching disabled"),
    Rule("Without caching there is no cookie in the key.", "CreateCachePolicy",
         _cache(_OFF, CookiesConfig=_names("Cookie", "all")), "InvalidArgument", _CACHE),
    Rule("Without caching there is no query string in the key.", "CreateCachePolicy",
         _cache(_OFF, QueryStringsConfig=_names("QueryString", "all")), "InvalidArgument", _CACHE),
    Rule("Encodings have switches of their own.", "CreateCachePolicy",
         _cache(HeadersConfig=_names("Header", "whitelist", "Accept-Encoding")), "InvalidArgument", _CACHE,
         "Accept-Encoding"),
    Rule("Cookies are named as such.", "CreateCachePolicy",
         _cache(HeadersConfig=_names("Header", "whitelist", "Cookie")), "InvalidArgument", _CACHE),
    Rule("A cache policy names 10 headers at most.", "CreateCachePolicy",
         _cache(HeadersConfig=_names("Header", "whitelist", *_ELEVEN)), "TooManyHeadersInCachePolicy", _QUOTAS),
    Rule("A cache policy names 10 cookies at most.", "CreateCachePolicy",
         _cache(CookiesConfig=_names("Cookie", "whitelist", *_ELEVEN)), "TooManyCookiesInCachePolicy", _QUOTAS),
    Rule("A cache policy names 10 query strings at most.", "CreateCachePolicy",
         _cache(QueryStringsConfig=_names("QueryString", "whitelist", *_ELEVEN)), "TooManyQueryStringsInCachePolicy",
         _QUOTAS),
    Rule("Times are in order.", "CreateCachePolicy", _cache((5, 4, 6)), "InvalidArgument", _CACHE),
    Rule("Names and behavior go together.", "CreateCachePolicy", _cache(HeadersConfig=_names("Header", "whitelist")),
         "InvalidArgument", _CACHE),
    Rule("A cache policy's name is one policy's.", "CreateCachePolicy",
         {"CachePolicyConfig": {**_cache()["CachePolicyConfig"], "Name": "taken"}}, "CachePolicyAlreadyExists",
         _CACHE),
    Rule("Authorization is a cache policy's header.", "CreateOriginRequestPolicy",
         _request(HeadersConfig=_names("Header", "whitelist", "Authorization")), "InvalidArgument", _REQUEST,
         "Authorization"),
    Rule("An origin request policy names 10 headers at most.", "CreateOriginRequestPolicy",
         _request(HeadersConfig=_names("Header", "whitelist", *_ELEVEN)), "TooManyHeadersInOriginRequestPolicy",
         _QUOTAS),
    Rule("An origin request policy names 10 cookies at most.", "CreateOriginRequestPolicy",
         _request(CookiesConfig=_names("Cookie", "whitelist", *_ELEVEN)), "TooManyCookiesInOriginRequestPolicy",
         _QUOTAS),
    Rule("A policy's new name is no other policy's.", "UpdateCachePolicy",
         {"Id": "{policy}", "IfMatch": "{version}",
          "CachePolicyConfig": {**_cache()["CachePolicyConfig"], "Name": "taken"}}, "CachePolicyAlreadyExists", _CACHE),
    Rule("A policy that a distribution uses is not deleted.", "DeleteCachePolicy",
         {"Id": "{policy}", "IfMatch": "{version}"}, "CachePolicyInUse", _CACHE),
    Rule("A policy goes by its version.", "DeleteCachePolicy", {"Id": "{policy}"}, "InvalidIfMatchVersion", _CACHE),
    Rule("An access control is deleted by its version.", "DeleteOriginAccessControl", {"Id": "{control}"},
         "InvalidIfMatchVersion", "DeleteOriginAccessControl, Amazon CloudFront API Reference"),
    Rule("Quantity is the number of paths.", "CreateInvalidation",
         {"DistributionId": "{distribution}",
          "InvalidationBatch": {"CallerReference": "i", "Paths": {"Quantity": 2, "Items": ["/a"]}}},
         "InconsistentQuantities", "CreateInvalidation, Amazon CloudFront API Reference"),
    Rule("A marker is one that a list gave.", "ListDistributions", {"Marker": "nobody"}, "InvalidArgument",
         "ListDistributions, Amazon CloudFront API Reference", "Marker"),
]  # fmt: skip


def register(plane: Plane, apis: Apis) -> None:
    apis.register(CloudFrontApi(plane.documents, Deployments(), Clock()))


async def prepare(apis: Apis) -> dict[str, str]:
    taken = {"CachePolicyConfig": {**_cache()["CachePolicyConfig"], "Name": "taken"}}
    await apis.call(SERVICE, "CreateCachePolicy", taken)
    policy = await apis.call(SERVICE, "CreateCachePolicy", _cache())
    behavior = {
        "TargetOriginId": "o",
        "ViewerProtocolPolicy": "allow-all",
        "CachePolicyId": policy["CachePolicy"]["Id"],
    }
    asked = _distribution(CallerReference="made before", DefaultCacheBehavior=behavior)
    made = await apis.call(SERVICE, "CreateDistribution", asked)
    control = {
        "Name": "o",
        "SigningProtocol": "sigv4",
        "SigningBehavior": "always",
        "OriginAccessControlOriginType": "s3",
    }
    controls = await apis.call(SERVICE, "CreateOriginAccessControl", {"OriginAccessControlConfig": control})
    return {
        "control": controls["OriginAccessControl"]["Id"],
        "distribution": made["Distribution"]["Id"], "policy": policy["CachePolicy"]["Id"], "version": policy["ETag"]
    }  # fmt: skip
