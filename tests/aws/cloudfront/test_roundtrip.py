"""Every member that CloudFront's making and changing operations carry is sent, and told again, also after a restart."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name

from netflux.aws.cloudfront import kinds
from netflux.aws.cloudfront.api import CloudFrontApi
from netflux.aws.cloudfront.deployments import Deployments
from netflux.clock import Clock
from netflux.controlplane import operation as operations
from netflux.controlplane.protocol import models
from netflux.errors import Unsupported
from netflux.resources.acm import CERTIFICATE, IMPORTED, ISSUED, Certificate
from netflux.resources.s3 import Bucket, buckets
from tests.aws.cloudfront.test_api import contains
from tests.aws.cloudfront.world import ALL_METHODS, ALL_VIEWER
from tests.controlplane.plane import Plane

NONE: dict[str, Any] = {"Quantity": 0, "Items": []}
OFF: dict[str, Any] = {"Enabled": False, **NONE}


def _list(*items: Any) -> dict[str, Any]:
    return {"Quantity": len(items), "Items": [*items]}


def _names(noun: str, mode: str, *names: str) -> dict[str, Any]:
    return {f"{noun}Behavior": mode, f"{noun}s": _list(*names)}


NAMED = {
    "HeadersConfig": _names("Header", "whitelist", "x-a"),
    "CookiesConfig": _names("Cookie", "allExcept", "session"),
    "QueryStringsConfig": _names("QueryString", "whitelist", "page", "size"),
}
CONFIGS: dict[str, dict[str, Any]] = {
    "OriginAccessControl": {
        "Name": "n", "Description": "d", "SigningProtocol": "sigv4", "SigningBehavior": "no-override",
        "OriginAccessControlOriginType": "s3",
    },
    "CachePolicy": {
        "Name": "n", "Comment": "c", "MinTTL": 1, "DefaultTTL": 2, "MaxTTL": 3,
        "ParametersInCacheKeyAndForwardedToOrigin": {
            "EnableAcceptEncodingGzip": True, "EnableAcceptEncodingBrotli": False, **NAMED
        },
    },
    "OriginRequestPolicy": {"Name": "n", "Comment": "c", **NAMED},
    "ResponseHeadersPolicy": {
        "Name": "n", "Comment": "c",
        "CorsConfig": {
            "AccessControlAllowOrigins": _list("https://a.example"), "AccessControlAllowHeaders": _list("x-a"),
            "AccessControlAllowMethods": _list("GET", "PUT"), "AccessControlAllowCredentials": True,
            "AccessControlExposeHeaders": _list("x-b"), "AccessControlMaxAgeSec": 60, "OriginOverride": True,
        },
        "SecurityHeadersConfig": {
            "XSSProtection": {"Override": True, "Protection": True, "ModeBlock": False, "ReportUri": "/report"},
            "FrameOptions": {"Override": False, "FrameOption": "DENY"},
            "ReferrerPolicy": {"Override": True, "ReferrerPolicy": "origin"},
            "ContentSecurityPolicy": {"Override": True, "ContentSecurityPolicy": "default-src 'self'"},
            "ContentTypeOptions": {"Override": True},
            "StrictTransportSecurity": {
                "Override": True, "IncludeSubdomains": True, "Preload": True, "AccessControlMaxAgeSec": 90
            },
        },
        "ServerTimingHeadersConfig": {"Enabled": False},
        "CustomHeadersConfig": _list({"Header": "x-c", "Value": "v", "Override": True}),
        "RemoveHeadersConfig": _list({"Header": "x-d"}),
    },
}  # fmt: skip
"""By kind, a configuration with every member that is carried."""
OTHERWISE = {
    "OriginAccessControl": {"SigningBehavior": "never", "Description": "e", "Name": "m"},
    "CachePolicy": {"MinTTL": 0, "DefaultTTL": 9, "MaxTTL": 10, "Comment": "e", "Name": "m"},
    "OriginRequestPolicy": {"CookiesConfig": {"CookieBehavior": "all"}, "Comment": "e", "Name": "m"},
    "ResponseHeadersPolicy": {"RemoveHeadersConfig": _list({"Header": "x-e"}), "Comment": "e", "Name": "m"},
}

NOTHING_MORE = {
    "TrustedSigners": OFF, "TrustedKeyGroups": OFF, "LambdaFunctionAssociations": NONE,
    "FunctionAssociations": _list({"FunctionARN": "{Function}", "EventType": "viewer-response"}),
    "SmoothStreaming": False, "FieldLevelEncryptionId": "", "RealtimeLogConfigArn": "",
    "GrpcConfig": {"Enabled": False},
}  # fmt: skip
BEHAVIOR: dict[str, Any] = {
    "TargetOriginId": "bucket", "ViewerProtocolPolicy": "https-only", "Compress": True,
    "AllowedMethods": {**_list(*ALL_METHODS), "CachedMethods": _list("GET", "HEAD", "OPTIONS")}, **NOTHING_MORE,
}  # fmt: skip
BY_POLICIES = {
    **BEHAVIOR, "CachePolicyId": "{CachePolicy}", "OriginRequestPolicyId": ALL_VIEWER,
    "ResponseHeadersPolicyId": "{ResponseHeadersPolicy}",
}  # fmt: skip
BY_VALUES = {
    **BEHAVIOR, "MinTTL": 1, "DefaultTTL": 2, "MaxTTL": 3,
    "ForwardedValues": {
        "QueryString": True, "QueryStringCacheKeys": _list("page"), "Headers": _list("x-a"),
        "Cookies": {"Forward": "whitelist", "WhitelistedNames": _list("session")},
    },
}  # fmt: skip
ORIGIN: dict[str, Any] = {
    "OriginPath": "/base", "CustomHeaders": _list({"HeaderName": "X-From", "HeaderValue": "edge"}),
    "ConnectionAttempts": 2, "ConnectionTimeout": 5, "OriginShield": {"Enabled": False},
}  # fmt: skip
ORIGINS = _list(
    {
        **ORIGIN, "Id": "bucket", "DomainName": "site.s3.us-east-1.amazonaws.com",
        "OriginAccessControlId": "{OriginAccessControl}",
        "S3OriginConfig": {"OriginAccessIdentity": "", "OriginReadTimeout": 9},
    },
    {
        "Id": "older", "DomainName": "site.s3.us-east-1.amazonaws.com",
        "S3OriginConfig": {"OriginAccessIdentity": "{Identity}"},
    },
    {
        **ORIGIN, "Id": "custom", "DomainName": "a.example.com",
        "CustomOriginConfig": {
            "HTTPPort": 8080, "HTTPSPort": 8443, "OriginProtocolPolicy": "match-viewer", "OriginReadTimeout": 20,
            "OriginKeepaliveTimeout": 7, "IpAddressType": "ipv4",
        },
    },
)  # fmt: skip


def _distribution(reference: str, default: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "CallerReference": reference, "Comment": "all of it", "Enabled": True, "DefaultRootObject": "index.html",
        "Aliases": _list(f"{reference}.example.com"), "Origins": ORIGINS, "DefaultCacheBehavior": {**default},
        "OriginGroups": _list({
            "Id": "both", "FailoverCriteria": {"StatusCodes": _list(404, 503)},
            "Members": _list({"OriginId": "bucket"}, {"OriginId": "custom"}), "SelectionCriteria": "default",
        }),
        "CacheBehaviors": _list({**BY_POLICIES, "PathPattern": "/a*"}, {**BY_VALUES, "PathPattern": "/b*"}),
        "CustomErrorResponses": _list(
            {"ErrorCode": 404, "ResponsePagePath": "/404.html", "ResponseCode": "200", "ErrorCachingMinTTL": 5}
        ),
        "Logging": {"Enabled": True, "IncludeCookies": True, "Bucket": "logs.s3.amazonaws.com", "Prefix": "edge/"},
        "ViewerCertificate": {"CloudFrontDefaultCertificate": False, "ACMCertificateArn": "{Certificate}"},
        "Restrictions": {"GeoRestriction": {"RestrictionType": "none", **NONE}}, "WebACLId": "",
        "HttpVersion": "http1.1", "ContinuousDeploymentPolicyId": "", "Staging": False, "AnycastIpListId": "",
        "ConnectionMode": "direct",
    }  # fmt: skip


DISTRIBUTIONS = [_distribution("r1", BY_POLICIES), _distribution("r2", BY_VALUES)]
"""Together they have every member that is carried."""
FUNCTION_CONFIG = {"Comment": "c", "Runtime": "cloudfront-js-2.0", "KeyValueStoreAssociations": NONE}
IDENTITY_CONFIG = {"CallerReference": "i", "Comment": "c"}
TAGS = {"Items": [{"Key": "team", "Value": "movies"}]}


class World:
    """CloudFront without an edge. Ids by kind stand where a configuration has the kind's name in braces."""

    def __init__(self, path: Path) -> None:
        self.plane = Plane(path)
        self.ids: dict[str, str] = {}
        self.sent: dict[str, set[str]] = {}

    async def start(self, *, again: bool = False) -> None:
        self.apis = await (self.plane.restart() if again else self.plane.start())
        self.apis.register(CloudFrontApi(self.plane.documents, Deployments(), Clock()))

    async def __call__(self, operation: str, **params: Any) -> dict[str, Any]:
        self.sent.setdefault(operation, set()).update(_paths(params))
        return await self.apis.call("cloudfront", operation, self.filled(params))

    def filled(self, value: Any) -> Any:
        if isinstance(value, str) and value.startswith("{"):
            return self.ids[value.strip("{}")]
        if isinstance(value, Mapping):
            return {name: self.filled(item) for name, item in value.items()}
        return [self.filled(item) for item in value] if isinstance(value, list) else value

    def whole(self, operation: str) -> None:
        """Every member that the operation carries was sent."""
        declared = operations.declaration(getattr(CloudFrontApi, xform_name(operation)))
        assert declared is not None
        assert {*_members(declared.carries)} == self.sent[operation], operation


def _members(carried: operations.Members, above: str = "") -> Iterator[str]:
    for name, below in carried.items():
        yield f"{above}{name}"
        yield from _members(below, f"{above}{name}.")


def _paths(value: Any, above: str = "") -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _paths(item, above)
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield f"{above}{name}"
            yield from _paths(item, f"{above}{name}.")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    await made.start()
    yield made
    made.plane.stop()


async def _made(world: World, kind: str) -> dict[str, Any]:
    made: dict[str, Any] = await world(f"Create{kind}", **{f"{kind}Config": CONFIGS[kind]})
    world.ids[kind] = made[kind]["Id"]
    return made


@pytest.mark.parametrize("kind", kinds.BY_NAME)
async def test_access_controls_and_policies(world: World, kind: str) -> None:
    made = await _made(world, kind)
    named, config = {"Id": made[kind]["Id"]}, CONFIGS[kind]
    world.whole(f"Create{kind}")
    for change in ({}, OTHERWISE[kind]):
        if change:
            config = {**config, **change}
            made = await world(f"Update{kind}", **named, IfMatch=made["ETag"], **{f"{kind}Config": config})
            world.sent[f"Update{kind}"].update(_paths({f"{kind}Config": CONFIGS[kind]}))
            world.whole(f"Update{kind}")
        await world.start(again=True)
        found = await world(f"Get{kind}", **named)
        assert found["ETag"] == made["ETag"]
        assert contains(found[kind][f"{kind}Config"], config) == []
        assert contains((await world(f"Get{kind}Config", **named))[f"{kind}Config"], config) == []
        plural = f"{kind.removesuffix('y')}ies" if kind.endswith("y") else f"{kind}s"
        own = {} if kind == "OriginAccessControl" else {"Type": "custom"}
        [listed] = (await world(f"List{plural}", **own))[f"{kind}List"]["Items"]
        assert contains(listed if not own else listed[kind][f"{kind}Config"], config) == []


async def _everything(world: World) -> None:
    for kind in CONFIGS:
        await _made(world, kind)
    code = b"function handler(event) { return event.response; }"
    made = await world("CreateFunction", Name="f", FunctionConfig=FUNCTION_CONFIG, FunctionCode=code, Tags=TAGS)
    world.ids["Function"] = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    await world("PublishFunction", Name="f", IfMatch=made["ETag"])
    made = await world("CreateCloudFrontOriginAccessIdentity", CloudFrontOriginAccessIdentityConfig=IDENTITY_CONFIG)
    world.ids["Identity"] = f"origin-access-identity/cloudfront/{made['CloudFrontOriginAccessIdentity']['Id']}"
    documents, now = world.plane.documents, Clock().now()
    buckets(documents).put(Bucket("logs", "us-east-1", now, ownership="ObjectWriter"))
    arn = world.ids["Certificate"] = "arn:aws:acm:us-east-1:123456789012:certificate/c"
    certificate = Certificate(
        arn, "example.com", ("example.com", "*.example.com"), IMPORTED, ISSUED, "RSA_2048", "key", now, "certificate"
    )
    documents.table(CERTIFICATE).put(certificate)


async def _told(world: World, identifier: str, config: Mapping[str, Any]) -> None:
    await world.start(again=True)
    wanted = world.filled(config)
    for found in (
        (await world("GetDistribution", Id=identifier))["Distribution"]["DistributionConfig"],
        (await world("GetDistributionConfig", Id=identifier))["DistributionConfig"],
    ):
        assert contains(found, wanted) == []
    listed = (await world("ListDistributions"))["DistributionList"]["Items"]
    [summary] = [each for each in listed if each["Id"] == identifier]
    assert contains(summary, {name: value for name, value in wanted.items() if name in summary}) == []


def _other(config: Mapping[str, Any], reference: str) -> dict[str, Any]:
    """The same of another reference, by another name."""
    return {**config, "CallerReference": reference, "Aliases": _list(f"{reference}.example.com")}


async def test_distributions(world: World) -> None:
    await _everything(world)
    for config in DISTRIBUTIONS:
        made = await world("CreateDistribution", DistributionConfig=config)
        await _told(world, made["Distribution"]["Id"], config)
    world.whole("CreateDistribution")
    for config in DISTRIBUTIONS:
        given = {"DistributionConfig": _other(config, f"{config['CallerReference']}t"), "Tags": TAGS}
        made = await world("CreateDistributionWithTags", DistributionConfigWithTags=given)
        await _told(world, made["Distribution"]["Id"], given["DistributionConfig"])
        arn = made["Distribution"]["ARN"]
        assert (await world("ListTagsForResource", Resource=arn))["Tags"] == TAGS
    world.whole("CreateDistributionWithTags")
    for config in (*DISTRIBUTIONS[::-1], {**DISTRIBUTIONS[0], "Comment": "other", "HttpVersion": "http2"}):
        changed = _other(config, "r2t")
        made = await world(
            "UpdateDistribution", Id=made["Distribution"]["Id"], IfMatch=made["ETag"], DistributionConfig=changed
        )
        await _told(world, made["Distribution"]["Id"], changed)
    world.whole("UpdateDistribution")


async def test_what_was_told_can_be_sent_again(world: World) -> None:
    """As Terraform, and whoever changes a configuration, does: all that an answer has is carried, or is neutral."""
    await _everything(world)
    made = await world("CreateDistribution", DistributionConfig=DISTRIBUTIONS[0])
    named = {"Id": made["Distribution"]["Id"]}
    told = await world("GetDistributionConfig", **named)
    await world("UpdateDistribution", **named, IfMatch=told["ETag"], DistributionConfig=told["DistributionConfig"])
    assert (
        contains((await world("GetDistributionConfig", **named))["DistributionConfig"], told["DistributionConfig"])
        == []
    )


async def test_functions_and_identities(world: World) -> None:
    await _everything(world)
    for operation in ("CreateFunction", "PublishFunction", "CreateCloudFrontOriginAccessIdentity"):
        world.whole(operation)
    assert (await world("ListTagsForResource", Resource="{Function}"))["Tags"] == TAGS
    told = await world("DescribeFunction", Name="f", Stage="DEVELOPMENT")
    world.whole("DescribeFunction")
    assert told["FunctionSummary"]["FunctionConfig"] == FUNCTION_CONFIG
    changed, code = {**FUNCTION_CONFIG, "Comment": "other"}, b"function handler(event) { return 1; }"
    await world("UpdateFunction", Name="f", IfMatch=told["ETag"], FunctionConfig=changed, FunctionCode=code)
    world.whole("UpdateFunction")
    await world.start(again=True)
    kept = await world("GetFunction", Name="f")
    assert kept["FunctionCode"] == code
    assert (await world("DescribeFunction", Name="f"))["FunctionSummary"]["FunctionConfig"] == changed
    assert (await world("DescribeFunction", Name="f", Stage="LIVE"))["FunctionSummary"]["Status"] == "UNASSOCIATED"
    ran = await world("TestFunction", Name="f", IfMatch=kept["ETag"], Stage="DEVELOPMENT", EventObject=b"{}")
    world.whole("TestFunction")
    assert ran["TestResult"]["FunctionErrorMessage"] == ""
    identifier = world.ids["Identity"].rpartition("/")[2]
    told = await world("GetCloudFrontOriginAccessIdentity", Id=identifier)
    config = {**IDENTITY_CONFIG, "Comment": "other"}
    await world(
        "UpdateCloudFrontOriginAccessIdentity", Id=identifier, IfMatch=told["ETag"],
        CloudFrontOriginAccessIdentityConfig=config,
    )  # fmt: skip
    world.whole("UpdateCloudFrontOriginAccessIdentity")
    await world.start(again=True)
    found = await world("GetCloudFrontOriginAccessIdentityConfig", Id=identifier)
    assert found["CloudFrontOriginAccessIdentityConfig"] == config
    listed = (await world("ListCloudFrontOriginAccessIdentities"))["CloudFrontOriginAccessIdentityList"]["Items"]
    canonical = told["CloudFrontOriginAccessIdentity"]["S3CanonicalUserId"]
    assert listed == [{"Id": identifier, "S3CanonicalUserId": canonical, "Comment": "other"}]


async def test_tags_and_invalidations(world: World) -> None:
    await _everything(world)
    made = (await world("CreateDistribution", DistributionConfig=DISTRIBUTIONS[0]))["Distribution"]
    await world("TagResource", Resource=made["ARN"], Tags=TAGS)
    world.whole("TagResource")
    batch = {"Paths": _list("/a", "/b*"), "CallerReference": "i"}
    asked = await world("CreateInvalidation", DistributionId=made["Id"], InvalidationBatch=batch)
    world.whole("CreateInvalidation")
    await world.start(again=True)
    assert (await world("ListTagsForResource", Resource=made["ARN"]))["Tags"] == TAGS
    named = {"DistributionId": made["Id"], "Id": asked["Invalidation"]["Id"]}
    assert (await world("GetInvalidation", **named))["Invalidation"]["InvalidationBatch"] == batch
    await world("UntagResource", Resource=made["ARN"], TagKeys={"Items": ["team"]})
    world.whole("UntagResource")
    assert (await world("ListTagsForResource", Resource=made["ARN"]))["Tags"]["Items"] == []


async def test_lists_come_in_pages(world: World) -> None:
    await _everything(world)
    ids = {
        (await world("CreateDistribution", DistributionConfig=config))["Distribution"]["Id"] for config in DISTRIBUTIONS
    }
    listed = [(await world("ListDistributions", MaxItems="1"))["DistributionList"]]
    listed.append((await world("ListDistributions", MaxItems="1", Marker=listed[0]["NextMarker"]))["DistributionList"])
    assert [page["IsTruncated"] for page in listed] == [True, False]
    assert {each["Id"] for page in listed for each in page["Items"]} == ids
    policies, marker = 0, {}
    for _ in range(10):
        page = (await world("ListCachePolicies", MaxItems="4", **marker))["CachePolicyList"]
        policies += page["Quantity"]
        if "NextMarker" not in page:
            break
        marker = {"Marker": page["NextMarker"]}
    assert policies == len(kinds.CACHE_POLICY.managed) + 1


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Restrictions.GeoRestriction", {"RestrictionType": "whitelist", **_list("DE")}),
        (
            "DefaultCacheBehavior.LambdaFunctionAssociations",
            _list({"LambdaFunctionARN": "a", "EventType": "viewer-request"}),
        ),
        ("HttpVersion", "http3"),
        ("ViewerCertificate.IAMCertificateId", "ASCA"),
        ("Origins.Items.0.VpcOriginConfig", {"VpcOriginId": "vo_1"}),
    ],
)
async def test_what_has_no_effect_here_is_refused_by_its_path(world: World, path: str, value: Any) -> None:
    await _everything(world)
    config = copy.deepcopy(DISTRIBUTIONS[0])
    *above, last = path.split(".")
    level: Any = config
    for name in above:
        level = level[int(name) if name.isdigit() else name]
    level[last] = value
    with pytest.raises(Unsupported, match=f"DistributionConfig.{path.replace('.0', '')}"):
        await world("CreateDistribution", DistributionConfig=config)


def test_every_operation_that_changes_something_is_among_these() -> None:
    tried = {f"{verb}{kind}" for verb in ("Create", "Update") for kind in kinds.BY_NAME}
    tried |= {"CreateDistribution", "CreateDistributionWithTags", "UpdateDistribution", "CreateInvalidation"}
    tried |= {"TagResource", "UntagResource", "CreateFunction", "UpdateFunction", "PublishFunction", "TestFunction"}
    tried |= {"DescribeFunction"} | {f"{verb}CloudFrontOriginAccessIdentity" for verb in ("Create", "Update")}
    names = models.service_model("cloudfront").operation_names
    changing = {
        name for name in names
        if hasattr(CloudFrontApi, xform_name(name)) and not name.startswith(("Get", "List", "Delete"))
    }  # fmt: skip
    assert changing == tried
