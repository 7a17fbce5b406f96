"""CloudFront: distributions, access controls, policies."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from netflux.cloudformation.intrinsics import function
from netflux.cloudformation.types.table import Caller, Facts, Find, Properties, Read, Row, Step, Tagging, status

_RENAMES = {
    "DistributionConfig.IPV6Enabled": "IsIPV6Enabled",
    "Origin.OriginCustomHeaders": "CustomHeaders",
    "GeoRestriction.Locations": "Items",
}


def _plain(value: Any) -> bool:
    return isinstance(value, dict) and function(value) is None


def _distribution(properties: Properties) -> Properties:
    """The API wants what the registry leaves to defaults, and nests CachedMethods in AllowedMethods."""
    config = properties.get("DistributionConfig")
    if not isinstance(config, dict) or not _plain(config):
        return properties
    made = {"Comment": "", **config}
    made["Origins"] = _each(config.get("Origins"), _origin)
    made["DefaultCacheBehavior"] = _behavior(config.get("DefaultCacheBehavior"))
    if "CacheBehaviors" in config:
        made["CacheBehaviors"] = _each(config["CacheBehaviors"], _behavior)
    return properties | {"DistributionConfig": made}


def _each(items: Any, change: Any) -> Any:
    return [change(item) for item in items] if isinstance(items, list) else items


def _origin(origin: Any) -> Any:
    if not _plain(origin):
        return origin
    made = dict(origin)
    if _plain(origin.get("S3OriginConfig")):
        made["S3OriginConfig"] = {"OriginAccessIdentity": "", **origin["S3OriginConfig"]}
    if _plain(origin.get("CustomOriginConfig")):
        # The registry's defaults: ports 80 and 443.
        made["CustomOriginConfig"] = {"HTTPPort": 80, "HTTPSPort": 443, **origin["CustomOriginConfig"]}
    return made


def _behavior(behavior: Any) -> Any:
    if not _plain(behavior):
        return behavior
    behavior = dict(behavior)
    if _plain(behavior.get("ForwardedValues")):
        behavior["ForwardedValues"] = {"Cookies": {"Forward": "none"}, **behavior["ForwardedValues"]}
    if "CachedMethods" not in behavior:
        return behavior
    made = {key: each for key, each in behavior.items() if key != "CachedMethods"}
    allowed, cached = behavior.get("AllowedMethods", ["HEAD", "GET"]), behavior["CachedMethods"]
    if isinstance(allowed, list) and isinstance(cached, list):
        made["AllowedMethods"] = {
            "Quantity": len(allowed),
            "Items": allowed,
            "CachedMethods": {"Quantity": len(cached), "Items": cached},
        }
    return made


async def _by_reference(call: Caller, facts: Facts, known: Collection[str]) -> str | None:
    """A distribution's caller reference is the token of its create call; only its configuration tells it."""
    listed = (await call("cloudfront", "ListDistributions", {}))["DistributionList"].get("Items", [])
    for each in listed:
        if each["Id"] in known:
            continue
        config = (await call("cloudfront", "GetDistributionConfig", {"Id": each["Id"]}))["DistributionConfig"]
        if config["CallerReference"] == facts.token:
            return str(each["Id"])
    return None


def _disabled(facts: Facts) -> list[dict[str, Any]]:
    """Only a disabled distribution can be deleted."""
    config = facts.item["DistributionConfig"]
    if not config["Enabled"]:
        return []
    return [{"Id": facts.id, "IfMatch": facts.response["ETag"], "DistributionConfig": config | {"Enabled": False}}]


_DISTRIBUTION = Row(
    type="AWS::CloudFront::Distribution",
    service="cloudfront",
    create=Step(
        "CreateDistributionWithTags",
        ("DistributionConfig", "Tags"),
        renames=_RENAMES,
        inside="DistributionConfigWithTags",
        params={"DistributionConfig": {"CallerReference": "$token"}, "Tags": {"Items": "$new.Tags"}},
    ),
    id="$response.Distribution.Id",
    read=Read("GetDistribution", {"Id": "$id"}, "$response.Distribution"),
    attributes={"Id": "$id", "DomainName": "$item.DomainName"},
    update=(
        Step(
            "UpdateDistribution",
            ("DistributionConfig",),
            renames=_RENAMES,
            params={
                "Id": "$id",
                "IfMatch": "$response.ETag",
                "DistributionConfig": {"CallerReference": "$item.DistributionConfig.CallerReference"},
            },
        ),
    ),
    delete=(
        Step("UpdateDistribution", build=_disabled),
        Step("DeleteDistribution", params={"Id": "$id", "IfMatch": "$response.ETag"}, settled=True),
    ),
    gone=("NoSuchDistribution",),
    stable=status("Status", ("Deployed",)),
    prepare=_distribution,
    seek=_by_reference,
    early=True,
    tags=Tagging("TagResource", "UntagResource", {"Resource": "$item.ARN"}),
)


def _modified(facts: Facts) -> str:
    return str(facts.item["LastModifiedTime"])


def _row(kind: str, listed: str, name: str, item: str) -> Row:
    """The types that hold one configuration with a name: access controls and policies.

    Args:
        listed: the plural in the listing operation.
        name: place of the name in a listed item.
        item: place of the id in a listed item.
    """
    config = f"{kind}Config"
    locate = {"Id": "$id", "IfMatch": "$response.ETag"}
    return Row(
        type=f"AWS::CloudFront::{kind}",
        service="cloudfront",
        create=Step(f"Create{kind}", (config,)),
        id=f"$response.{kind}.Id",
        read=Read(f"Get{kind}", {"Id": "$id"}, f"$response.{kind}"),
        attributes={"Id": "$id"} if kind == "OriginAccessControl" else {"Id": "$id", "LastModifiedTime": _modified},
        update=(Step(f"Update{kind}", (config,), params=locate),),
        delete=(Step(f"Delete{kind}", params=locate),),
        gone=(f"NoSuch{kind}",),
        find=Find(f"List{listed}", f"$response.{kind}List.Items", item, {}, {name: f"$new.{config}.Name"}),
    )


async def _published(call: Caller, facts: Facts) -> list[dict[str, Any]]:
    """What was made or changed is what distributions run, where the template says so."""
    if _function_stage(facts) == "DEVELOPMENT":
        return []
    told = await call("cloudfront", "DescribeFunction", {"Name": facts.tail})
    return [{"Name": facts.tail, "IfMatch": told["ETag"]}]


def _function_stage(facts: Facts) -> str:
    return "LIVE" if str(facts.new.get("AutoPublish", False)).lower() == "true" else "DEVELOPMENT"


_FUNCTION = Row(
    type="AWS::CloudFront::Function",
    service="cloudfront",
    create=Step("CreateFunction", ("Name", "FunctionCode", "FunctionConfig"), params={"Tags": {"Items": "$new.Tags"}}),
    also=(Step("PublishFunction", ("AutoPublish", "FunctionCode", "FunctionConfig"), ask=_published),),
    id="$response.FunctionSummary.FunctionMetadata.FunctionARN",
    read=Read("DescribeFunction", {"Name": "$tail"}, "$response.FunctionSummary"),
    attributes={
        "FunctionARN": "$id",
        "FunctionMetadata.FunctionARN": "$id",
        "Stage": _function_stage,
    },
    update=(
        Step(
            "UpdateFunction",
            ("FunctionCode", "FunctionConfig"),
            always=("FunctionCode", "FunctionConfig"),
            params={"Name": "$tail", "IfMatch": "$response.ETag"},
        ),
    ),
    delete=(Step("DeleteFunction", params={"Name": "$tail", "IfMatch": "$response.ETag"}),),
    gone=("NoSuchFunctionExists",),
    find=Find(
        "ListFunctions",
        "$response.FunctionList.Items",
        "$item.FunctionMetadata.FunctionARN",
        {"Stage": "DEVELOPMENT"},
        {"Name": "$new.Name"},
    ),
    tags=Tagging("TagResource", "UntagResource", {"Resource": "$id"}),
)

_IDENTITY = Row(
    type="AWS::CloudFront::CloudFrontOriginAccessIdentity",
    service="cloudfront",
    create=Step(
        "CreateCloudFrontOriginAccessIdentity",
        ("CloudFrontOriginAccessIdentityConfig",),
        params={"CloudFrontOriginAccessIdentityConfig": {"CallerReference": "$token"}},
    ),
    id="$response.CloudFrontOriginAccessIdentity.Id",
    read=Read("GetCloudFrontOriginAccessIdentity", {"Id": "$id"}, "$response.CloudFrontOriginAccessIdentity"),
    attributes={"Id": "$id", "S3CanonicalUserId": "$item.S3CanonicalUserId"},
    update=(
        Step(
            "UpdateCloudFrontOriginAccessIdentity",
            ("CloudFrontOriginAccessIdentityConfig",),
            params={
                "Id": "$id",
                "IfMatch": "$response.ETag",
                "CloudFrontOriginAccessIdentityConfig": {
                    "CallerReference": "$item.CloudFrontOriginAccessIdentityConfig.CallerReference"
                },
            },
        ),
    ),
    delete=(Step("DeleteCloudFrontOriginAccessIdentity", params={"Id": "$id", "IfMatch": "$response.ETag"}),),
    gone=("NoSuchCloudFrontOriginAccessIdentity",),
)

ROWS = (
    _DISTRIBUTION,
    _FUNCTION,
    _IDENTITY,
    _row("OriginAccessControl", "OriginAccessControls", "Name", "$item.Id"),
    _row("CachePolicy", "CachePolicies", "CachePolicy.CachePolicyConfig.Name", "$item.CachePolicy.Id"),
    _row(
        "OriginRequestPolicy", "OriginRequestPolicies", "OriginRequestPolicy.OriginRequestPolicyConfig.Name",
        "$item.OriginRequestPolicy.Id",
    ),
    _row(
        "ResponseHeadersPolicy", "ResponseHeadersPolicies", "ResponseHeadersPolicy.ResponseHeadersPolicyConfig.Name",
        "$item.ResponseHeadersPolicy.Id",
    ),
)  # fmt: skip
