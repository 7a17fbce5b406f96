"""The policies that AWS keeps for everyone. Pure.

Ids and values: "Use managed cache policies", "Use managed origin request policies" and "Use managed response headers
policies" in the CloudFront Developer Guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def _names(member: str, behavior: str, names: Sequence[str]) -> dict[str, Any]:
    config: dict[str, Any] = {f"{member.removesuffix('s')}Behavior": behavior}
    if names:
        config[member] = {"Quantity": len(names), "Items": [*names]}
    return config


def _cache(
    name: str, ttl: tuple[int, int, int], headers: Sequence[str] = (), query: str = "none", *, plain: bool = False
) -> dict[str, Any]:
    minimum, default, maximum = ttl
    return {
        "Name": f"Managed-{name}",
        "Comment": "",
        "MinTTL": minimum,
        "DefaultTTL": default,
        "MaxTTL": maximum,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": not plain,
            "EnableAcceptEncodingBrotli": not plain,
            "HeadersConfig": _names("Headers", "whitelist" if headers else "none", headers),
            "CookiesConfig": _names("Cookies", "all" if len(headers) > 1 else "none", ()),
            "QueryStringsConfig": _names("QueryStrings", query, ()),
        },
    }


_OVERRIDES = ("Host", "Origin", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")
_DAY, _YEAR = 86_400, 31_536_000

CACHE_POLICIES: Mapping[str, dict[str, Any]] = {
    "658327ea-f89d-4fab-a63d-7e88639e58f6": _cache("CachingOptimized", (1, _DAY, _YEAR)),
    "b2884449-e4de-46a7-ac36-70bc7f1ddd6d": _cache(
        "CachingOptimizedForUncompressedObjects", (1, _DAY, _YEAR), plain=True
    ),
    "4135ea2d-6df8-44a3-9df3-4b5a84be39ad": _cache("CachingDisabled", (0, 0, 0), plain=True),
    "83da9c7e-98b4-4e11-a168-04f0df8e2c65": _cache("UseOriginCacheControlHeaders", (0, 0, _YEAR), _OVERRIDES),
    "4cc15a8a-d715-48a4-82b8-cc0b614638fe": _cache(
        "UseOriginCacheControlHeaders-QueryStrings", (0, 0, _YEAR), _OVERRIDES, "all"
    ),
}


def _request(name: str, headers: str, names: Sequence[str] = (), rest: str = "none") -> dict[str, Any]:
    return {
        "Name": f"Managed-{name}",
        "Comment": "",
        "HeadersConfig": _names("Headers", headers, names),
        "CookiesConfig": _names("Cookies", rest, ()),
        "QueryStringsConfig": _names("QueryStrings", rest, ()),
    }


ORIGIN_REQUEST_POLICIES: Mapping[str, dict[str, Any]] = {
    "216adef6-5c7f-47e4-b989-5492eafa07d3": _request("AllViewer", "allViewer", (), "all"),
    "b689b0a8-53d0-40ab-baf2-68738e2966ac": _request("AllViewerExceptHostHeader", "allExcept", ("Host",), "all"),
    "59781a5b-3903-41f3-afcb-af62929ccde1": _request("CORS-CustomOrigin", "whitelist", ("Origin",)),
    "88a5eaf4-2fd4-4709-b370-b4c650ea3fcf": _request(
        "CORS-S3Origin", "whitelist", ("Origin", "Access-Control-Request-Headers", "Access-Control-Request-Method")
    ),
    "bf0718e1-ba1e-49d1-88b1-f726733018ae": _request("HostHeaderOnly", "whitelist", ("Host",)),
    "acba4595-bd28-49b8-b9fe-13317c0390fa": _request("UserAgentRefererHeaders", "whitelist", ("User-Agent", "Referer")),
}


def _list(*items: str) -> dict[str, Any]:
    return {"Quantity": len(items), "Items": [*items]}


_SIMPLE = {
    "AccessControlAllowOrigins": _list("*"),
    "AccessControlAllowHeaders": _list(),
    "AccessControlAllowMethods": _list("GET", "HEAD", "OPTIONS"),
    "AccessControlAllowCredentials": False,
    "OriginOverride": False,
}
_PREFLIGHT = {
    "AccessControlAllowOrigins": _list("*"),
    "AccessControlAllowHeaders": _list("*"),
    "AccessControlAllowMethods": _list("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "OPTIONS"),
    "AccessControlAllowCredentials": False,
    "AccessControlExposeHeaders": _list("*"),
    "OriginOverride": False,
}
_SECURITY = {
    "XSSProtection": {"Override": False, "Protection": True, "ModeBlock": True},
    "FrameOptions": {"Override": False, "FrameOption": "SAMEORIGIN"},
    "ReferrerPolicy": {"Override": False, "ReferrerPolicy": "strict-origin-when-cross-origin"},
    "ContentTypeOptions": {"Override": True},
    "StrictTransportSecurity": {"Override": False, "AccessControlMaxAgeSec": _YEAR},
}


def _response(name: str, cors: Mapping[str, Any] | None, security: Mapping[str, Any] | None) -> dict[str, Any]:
    config: dict[str, Any] = {"Name": f"Managed-{name}", "Comment": ""}
    if cors:
        config["CorsConfig"] = dict(cors)
    if security:
        config["SecurityHeadersConfig"] = dict(security)
    return config


RESPONSE_HEADERS_POLICIES: Mapping[str, dict[str, Any]] = {
    "60669652-455b-4ae9-85a4-c4c02393f86c": _response("SimpleCORS", _SIMPLE, None),
    "5cc3b908-e619-4b99-88e5-2cf7f45965bd": _response("CORS-With-Preflight", _PREFLIGHT, None),
    "67f7725c-6f97-4210-82d7-5512b31e9d03": _response("SecurityHeadersPolicy", None, _SECURITY),
    "e61eb60c-9c35-4d20-a928-2b84e02af89c": _response("CORS-and-SecurityHeadersPolicy", _SIMPLE, _SECURITY),
    "eaab4381-ed33-4a86-88ca-d9558dc6cd63": _response(
        "CORS-with-preflight-and-SecurityHeadersPolicy", _PREFLIGHT, _SECURITY
    ),
}

UNSUPPORTED: Mapping[str, str] = {
    "08627262-05a9-4f76-9ded-b50ca2e3a84f": "Elemental-MediaPackage",
    "2e54312d-136d-493c-8eb9-b001f22f67d2": "Amplify",
    "33f36d7e-f396-46d9-90e0-52428a34d9dc": "AllViewerAndCloudFrontHeaders-2022-06",
    "775133bc-15f2-49f9-abea-afb2e0bf67d2": "Elemental-MediaTailor-PersonalizedManifests",
}
"""Known by id and refused by name: their values, or what CloudFront knows of viewers, are not to be had here."""
