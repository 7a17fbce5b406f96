"""What CloudFront adds to a configuration in its responses. Pure.

Defaults: "DistributionConfig" and the types that it holds, CloudFront API Reference.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

_NONE: Mapping[str, Any] = {"Quantity": 0}
_CONFIG: Mapping[str, Any] = {
    "Aliases": _NONE,
    "DefaultRootObject": "",
    "OriginGroups": _NONE,
    "CacheBehaviors": _NONE,
    "CustomErrorResponses": _NONE,
    "Logging": {"Enabled": False, "IncludeCookies": False, "Bucket": "", "Prefix": ""},
    "PriceClass": "PriceClass_All",
    "ViewerCertificate": {
        "CloudFrontDefaultCertificate": True,
        "SSLSupportMethod": "vip",
        "MinimumProtocolVersion": "TLSv1",
        "CertificateSource": "cloudfront",
    },
    "Restrictions": {"GeoRestriction": {"RestrictionType": "none", "Quantity": 0}},
    "WebACLId": "",
    "HttpVersion": "http2",
    "IsIPV6Enabled": True,
    "ContinuousDeploymentPolicyId": "",
    "Staging": False,
}
_ORIGIN: Mapping[str, Any] = {
    "OriginPath": "",
    "CustomHeaders": _NONE,
    "ConnectionAttempts": 3,
    "ConnectionTimeout": 10,
    "OriginShield": {"Enabled": False},
    "OriginAccessControlId": "",
}
_CUSTOM: Mapping[str, Any] = {
    "OriginSslProtocols": {"Quantity": 3, "Items": ["TLSv1", "TLSv1.1", "TLSv1.2"]},
    "OriginReadTimeout": 30,
    "OriginKeepaliveTimeout": 5,
}
_BEHAVIOR: Mapping[str, Any] = {
    "TrustedSigners": {"Enabled": False, "Quantity": 0},
    "TrustedKeyGroups": {"Enabled": False, "Quantity": 0},
    "AllowedMethods": {
        "Quantity": 2,
        "Items": ["HEAD", "GET"],
        "CachedMethods": {"Quantity": 2, "Items": ["HEAD", "GET"]},
    },
    "SmoothStreaming": False,
    "Compress": False,
    "LambdaFunctionAssociations": _NONE,
    "FunctionAssociations": _NONE,
    "FieldLevelEncryptionId": "",
    "GrpcConfig": {"Enabled": False},
}


def filled(config: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of the configuration with what was not given, and what CloudFront says of a certificate
    ("ViewerCertificate"), of its own whatever was given; all else is as it was.
    """
    whole = copy.deepcopy(
        {**_CONFIG, **config, "ViewerCertificate": _certificate(config.get("ViewerCertificate") or {})}
    )
    for origin in whole["Origins"]["Items"]:
        _fill(origin, _ORIGIN)
        if origin.get("CustomOriginConfig") is not None:
            _fill(origin["CustomOriginConfig"], _CUSTOM)
    for rule in [whole["DefaultCacheBehavior"], *(whole["CacheBehaviors"].get("Items") or [])]:
        _fill(rule, _BEHAVIOR)
        rule["AllowedMethods"].setdefault("CachedMethods", copy.deepcopy(_BEHAVIOR["AllowedMethods"]["CachedMethods"]))
    return whole


def _certificate(given: Mapping[str, Any]) -> Mapping[str, Any]:
    arn = given.get("ACMCertificateArn")
    if not arn:
        shown: Mapping[str, Any] = _CONFIG["ViewerCertificate"]
        return shown
    kept = {"SSLSupportMethod": "sni-only", "MinimumProtocolVersion": "TLSv1", **given}
    return {**kept, "CloudFrontDefaultCertificate": False, "Certificate": arn, "CertificateSource": "acm"}


def _fill(part: dict[str, Any], defaults: Mapping[str, Any]) -> None:
    for name, value in defaults.items():
        if part.get(name) is None:
            part[name] = copy.deepcopy(value)
