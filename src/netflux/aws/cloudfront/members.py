"""What is carried of the configurations of CloudFront's nouns; the operations that take one hold it as a part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from netflux.controlplane.operation import declared

_NAMES = (
    "HeadersConfig(HeaderBehavior Headers(Quantity Items)) CookiesConfig(CookieBehavior Cookies(Quantity Items)) "
    "QueryStringsConfig(QueryStringBehavior QueryStrings(Quantity Items))"
)
_CODE = "Of code, CloudFront functions run at the edge here: use one."
_OUTSIDE = "Nothing outside of this machine is there: leave it out."
_ONE_EDGE = "There is one edge, on this machine."
_BY_ACM = "Certificates are ACM's here: use ACMCertificateArn."
_SHOWN = "CloudFront tells it of what ACMCertificateArn says."
_AT_GATEWAY = "Viewers come to the gateway, which speaks TLS by the names in it; the versions are the gateway's own."
_SIGNED = "Viewers need no signed URLs or cookies here: leave it out."


def _lists(names: Iterable[str]) -> dict[str, tuple[object, ...]]:
    """Lists that are carried while they are empty."""
    return {f"{name}.{member}": value for name in names for member, value in (("Quantity", (0,)), ("Items", ([],)))}


def _why(texts: Mapping[str, str]) -> dict[str, str]:
    """The same text for a list's number and its items."""
    return {f"{name}.{member}": text for name, text in texts.items() for member in ("Quantity", "Items")}


_BEHAVIOR_LISTS = {"TrustedSigners": _SIGNED, "TrustedKeyGroups": _SIGNED, "LambdaFunctionAssociations": _CODE}
_SWITCHED_OFF = {
    "TrustedSigners.Enabled": (False,),
    "TrustedKeyGroups.Enabled": (False,),
    "SmoothStreaming": (False,),
    "FieldLevelEncryptionId": ("",),
    "RealtimeLogConfigArn": ("",),
    "GrpcConfig.Enabled": (False,),
}
DEFAULT_BEHAVIOR = declared(
    "TargetOriginId ViewerProtocolPolicy AllowedMethods(Quantity Items CachedMethods(Quantity Items)) Compress "
    "CachePolicyId OriginRequestPolicyId ResponseHeadersPolicyId MinTTL DefaultTTL MaxTTL "
    "ForwardedValues(QueryString Cookies(Forward WhitelistedNames(Quantity Items)) Headers(Quantity Items) "
    "QueryStringCacheKeys(Quantity Items)) TrustedSigners(Enabled Quantity Items) "
    "TrustedKeyGroups(Enabled Quantity Items) LambdaFunctionAssociations(Quantity Items) "
    "FunctionAssociations(Quantity Items(FunctionARN EventType)) SmoothStreaming FieldLevelEncryptionId "
    "RealtimeLogConfigArn GrpcConfig(Enabled)",
    refused=_why(_BEHAVIOR_LISTS),
    only={**_lists(_BEHAVIOR_LISTS), **_SWITCHED_OFF},
)
BEHAVIOR = declared("PathPattern").joined(DEFAULT_BEHAVIOR)
ORIGIN = declared(
    "Id DomainName OriginPath CustomHeaders(Quantity Items(HeaderName HeaderValue)) ConnectionAttempts "
    "ConnectionTimeout OriginAccessControlId OriginShield(Enabled) "
    "S3OriginConfig(OriginAccessIdentity OriginReadTimeout) "
    "CustomOriginConfig(HTTPPort HTTPSPort OriginProtocolPolicy OriginReadTimeout OriginKeepaliveTimeout "
    "IpAddressType)",
    neutral={
        "CustomOriginConfig.OriginSslProtocols": "The way to an origin stays on this machine and is not enciphered.",
        "OriginShield.OriginShieldRegion": "A shield that is enabled is refused; where one would be is the same.",
    },
    refused={
        "CustomOriginConfig.OriginMtlsConfig": "Origins are asked without a certificate: leave it out.",
        "VpcOriginConfig": "Use CustomOriginConfig: internal load balancers are reached by it.",
        "ResponseCompletionTimeout": "Use OriginReadTimeout.",
        "OriginShield.Enabled": _ONE_EDGE,
    },
    only={
        "CustomOriginConfig.IpAddressType": ("ipv4",),
        "OriginShield.Enabled": (False,),
    },
)
_LISTS = {
    "Restrictions.GeoRestriction": "Viewers are on this machine: leave it out.",
}
DISTRIBUTION = declared(
    "CallerReference Comment Enabled DefaultRootObject Aliases(Quantity Items) Origins(Quantity) "
    "OriginGroups(Quantity Items(Id FailoverCriteria(StatusCodes(Quantity Items)) Members(Quantity Items(OriginId)) "
    "SelectionCriteria)) CacheBehaviors(Quantity) "
    "CustomErrorResponses(Quantity Items(ErrorCode ResponsePagePath ResponseCode ErrorCachingMinTTL)) "
    "Logging(Enabled IncludeCookies Bucket Prefix) ViewerCertificate(CloudFrontDefaultCertificate ACMCertificateArn) "
    "Restrictions(GeoRestriction(RestrictionType Quantity Items)) WebACLId HttpVersion ContinuousDeploymentPolicyId "
    "Staging AnycastIpListId ConnectionMode",
    neutral={
        "PriceClass": _ONE_EDGE,
        "IsIPV6Enabled": "Viewers reach the edge by this machine's own addresses, of either family.",
        "ViewerCertificate.SSLSupportMethod": _AT_GATEWAY,
        "ViewerCertificate.MinimumProtocolVersion": _AT_GATEWAY,
        "ViewerCertificate.CertificateSource": _SHOWN,
        "ViewerCertificate.Certificate": _SHOWN,
    },
    refused={
        **_why(_LISTS),
        "ViewerCertificate.IAMCertificateId": _BY_ACM,
        "OriginGroups.Items.SelectionCriteria": "The first origin that answers is taken: use default.",
        "Restrictions.GeoRestriction.RestrictionType": _LISTS["Restrictions.GeoRestriction"],
        "HttpVersion": "Use http2.",
        "WebACLId": "No firewall looks at requests here: leave it out.",
        "ContinuousDeploymentPolicyId": "A configuration takes effect at once: leave it out.",
        "Staging": "A configuration takes effect at once: leave it out.",
        "AnycastIpListId": _OUTSIDE,
        "TenantConfig": "Distributions have no tenants here: leave it out.",
        "ViewerMtlsConfig": "Viewers are asked for no certificate: leave it out.",
        "ConnectionFunctionAssociation": _CODE,
        "CacheTagConfig": "Invalidate by paths.",
    },
    only={
        **_lists(_LISTS),
        "OriginGroups.Items.SelectionCriteria": ("default",),
        "Restrictions.GeoRestriction.RestrictionType": ("none",),
        "HttpVersion": ("http1.1", "http2"),
        "WebACLId": ("",),
        "ContinuousDeploymentPolicyId": ("",),
        "Staging": (False,),
        "AnycastIpListId": ("",),
        "ConnectionMode": ("direct",),
    },
    parts={
        "Origins.Items": ORIGIN,
        "DefaultCacheBehavior": DEFAULT_BEHAVIOR,
        "CacheBehaviors.Items": BEHAVIOR,
    },
)

ORIGIN_ACCESS_CONTROL = declared(
    "Name Description SigningProtocol SigningBehavior OriginAccessControlOriginType",
    refused={
        "OriginAccessControlOriginType": "Only buckets check who asks for their objects here.",
        "SigningBehavior": "Use always, never or no-override.",
    },
    only={
        "SigningProtocol": ("sigv4",),
        "SigningBehavior": ("always", "never", "no-override"),
        "OriginAccessControlOriginType": ("s3",),
    },
)
CACHE_POLICY = declared(
    "Comment Name DefaultTTL MaxTTL MinTTL ParametersInCacheKeyAndForwardedToOrigin(EnableAcceptEncodingGzip "
    f"EnableAcceptEncodingBrotli {_NAMES})"
)
ORIGIN_REQUEST_POLICY = declared(
    f"Comment Name {_NAMES}",
    refused={"HeadersConfig.HeaderBehavior": "What CloudFront knows of viewers is not to be had here: use allViewer."},
    only={"HeadersConfig.HeaderBehavior": ("none", "whitelist", "allViewer", "allExcept")},
)
RESPONSE_HEADERS_POLICY = declared(
    "Comment Name CorsConfig(AccessControlAllowOrigins(Quantity Items) AccessControlAllowHeaders(Quantity Items) "
    "AccessControlAllowMethods(Quantity Items) AccessControlAllowCredentials "
    "AccessControlExposeHeaders(Quantity Items) AccessControlMaxAgeSec OriginOverride) "
    "SecurityHeadersConfig(XSSProtection(Override Protection ModeBlock ReportUri) FrameOptions(Override FrameOption) "
    "ReferrerPolicy(Override ReferrerPolicy) ContentSecurityPolicy(Override ContentSecurityPolicy) "
    "ContentTypeOptions(Override) "
    "StrictTransportSecurity(Override IncludeSubdomains Preload AccessControlMaxAgeSec)) "
    "ServerTimingHeadersConfig(Enabled) CustomHeadersConfig(Quantity Items(Header Value Override)) "
    "RemoveHeadersConfig(Quantity Items(Header))",
    neutral={"ServerTimingHeadersConfig.SamplingRate": "Of answers with Server-Timing, of which there are none here."},
    refused={"ServerTimingHeadersConfig.Enabled": "Answers have no Server-Timing here: leave it out."},
    only={"ServerTimingHeadersConfig.Enabled": (False,)},
)
