"""CloudFront's API as boto3 sees it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.aws.cloudfront.world import (
    ALL_VIEWER,
    DISABLED,
    OPTIMIZED,
    World,
    alb_origin,
    api_behavior,
    behavior,
    bucket_origin,
    config,
)


def contains(whole: Any, part: Any, where: str = "") -> list[str]:
    """Members of `part` that `whole` lacks or has otherwise."""
    if isinstance(part, dict):
        return [
            lack
            for name, value in part.items()
            for lack in (contains(whole[name], value, f"{where}.{name}") if name in whole else [f"{where}.{name}"])
        ]
    if isinstance(part, list):
        if len(whole) != len(part):
            return [where]
        return [lack for one, other in zip(whole, part, strict=True) for lack in contains(one, other, where)]
    return [] if whole == part else [where]


def full(control: str) -> dict[str, Any]:
    return config(
        [
            bucket_origin(control),
            alb_origin(
                OriginPath="/base",
                ConnectionAttempts=2,
                ConnectionTimeout=5,
                CustomHeaders={"Quantity": 1, "Items": [{"HeaderName": "X-From", "HeaderValue": "edge"}]},
                CustomOriginConfig={
                    "HTTPPort": 80,
                    "HTTPSPort": 443,
                    "OriginProtocolPolicy": "http-only",
                    "OriginSslProtocols": {"Quantity": 1, "Items": ["TLSv1.2"]},
                    "OriginReadTimeout": 20,
                    "OriginKeepaliveTimeout": 7,
                },
            ),
        ],
        behavior("s3", ViewerProtocolPolicy="redirect-to-https"),
        api_behavior(),
        Comment="all of it",
        DefaultRootObject="index.html",
        PriceClass="PriceClass_All",
        HttpVersion="http2",
        IsIPV6Enabled=False,
        CustomErrorResponses={
            "Quantity": 1,
            "Items": [
                {"ErrorCode": 404, "ResponsePagePath": "/404.html", "ResponseCode": "404", "ErrorCachingMinTTL": 5}
            ],
        },
    )


def make_control(client: Any) -> str:
    made = client.create_origin_access_control(
        OriginAccessControlConfig={
            "Name": "site",
            "Description": "of the site",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        }
    )
    return str(made["OriginAccessControl"]["Id"])


async def test_every_field_sent_comes_back(world: World) -> None:
    def run() -> None:
        client = world.boto()
        sent = full(make_control(client))
        made = client.create_distribution_with_tags(
            DistributionConfigWithTags={
                "DistributionConfig": sent,
                "Tags": {"Items": [{"Key": "app", "Value": "netflux"}]},
            }
        )
        identifier = made["Distribution"]["Id"]
        assert identifier.startswith("E")
        assert len(identifier) == 14
        assert made["Distribution"]["DomainName"] == f"{identifier.lower()}.cloudfront.localhost"
        assert made["Distribution"]["ARN"] == f"arn:aws:cloudfront::000000000000:distribution/{identifier}"
        got = client.get_distribution(Id=identifier)
        assert got["ETag"] == made["ETag"]
        assert contains(got["Distribution"]["DistributionConfig"], sent) == []
        assert contains(client.get_distribution_config(Id=identifier)["DistributionConfig"], sent) == []
        assert client.list_distributions()["DistributionList"]["Items"][0]["Id"] == identifier
        assert client.list_tags_for_resource(Resource=made["Distribution"]["ARN"])["Tags"]["Items"] == [
            {"Key": "app", "Value": "netflux"}
        ]

    await asyncio.to_thread(run)


async def test_it_is_in_progress_until_the_edge_serves_it(world: World) -> None:
    client = world.boto()
    world.publish_alb()
    made = await asyncio.to_thread(
        lambda: client.create_distribution(DistributionConfig=config([alb_origin()], behavior("alb")))
    )
    identifier = made["Distribution"]["Id"]
    assert made["Distribution"]["Status"] == "InProgress"
    await world.controller.reconcile(identifier)
    got = await asyncio.to_thread(lambda: client.get_distribution(Id=identifier))
    assert got["Distribution"]["Status"] == "Deployed"

    disabled = got["Distribution"]["DistributionConfig"] | {"Enabled": False}

    def change() -> None:
        with pytest.raises(ClientError, match="InvalidIfMatchVersion"):
            client.update_distribution(Id=identifier, DistributionConfig=disabled)
        with pytest.raises(ClientError, match="PreconditionFailed"):
            client.update_distribution(Id=identifier, DistributionConfig=disabled, IfMatch="EOLD")
        with pytest.raises(ClientError, match="DistributionNotDisabled"):
            client.delete_distribution(Id=identifier, IfMatch=got["ETag"])
        updated = client.update_distribution(Id=identifier, DistributionConfig=disabled, IfMatch=got["ETag"])
        assert updated["Distribution"]["Status"] == "InProgress"
        with pytest.raises(ClientError, match="DistributionNotDisabled"):
            client.delete_distribution(Id=identifier, IfMatch=updated["ETag"])

    await asyncio.to_thread(change)
    await world.controller.reconcile(identifier)
    assert (await world.get(made["Distribution"], "/")).status == 403

    def delete() -> None:
        client.delete_distribution(Id=identifier, IfMatch=client.get_distribution(Id=identifier)["ETag"])
        with pytest.raises(ClientError, match="NoSuchDistribution"):
            client.get_distribution(Id=identifier)

    await asyncio.to_thread(delete)
    await world.controller.reconcile(identifier)
    assert await world.controller.keys() == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"WebACLId": "arn:aws:wafv2:us-east-1:1:global/webacl/x/1"}, "WebACLId"),
        ({"Aliases": {"Quantity": 1, "Items": ["www.example.com"]}}, "InvalidViewerCertificate"),
        ({"Logging": {"Enabled": True, "IncludeCookies": False, "Bucket": "b", "Prefix": ""}}, "Logging"),
        ({"HttpVersion": "http3"}, "HttpVersion"),
        ({"Restrictions": {"GeoRestriction": {"RestrictionType": "blacklist", "Quantity": 0}}}, "GeoRestriction"),
        (
            {
                "DefaultCacheBehavior": behavior(
                    "alb",
                    FunctionAssociations={
                        "Quantity": 1,
                        "Items": [
                            {
                                "FunctionARN": "arn:aws:cloudfront::123456789012:function/f",
                                "EventType": "viewer-request",
                            }
                        ],
                    },
                )
            },
            "InvalidFunctionAssociation",
        ),
        ({"DefaultCacheBehavior": behavior("alb", RealtimeLogConfigArn="arn:x")}, "RealtimeLogConfigArn"),
        ({"DefaultCacheBehavior": behavior("alb", FieldLevelEncryptionId="C1")}, "FieldLevelEncryptionId"),
        ({"DefaultCacheBehavior": behavior("nowhere")}, "NoSuchOrigin"),
        ({"DefaultCacheBehavior": behavior("alb", CachePolicyId="none")}, "NoSuchCachePolicy"),
        ({"DefaultRootObject": "/index.html"}, "InvalidDefaultRootObject"),
        (
            {"DefaultCacheBehavior": behavior("alb", AllowedMethods={"Quantity": 2, "Items": ["GET", "POST"]})},
            "AllowedMethods",
        ),
    ],
)
async def test_what_has_no_effect_here_is_refused_by_name(world: World, change: dict[str, Any], named: str) -> None:
    def run() -> None:
        with pytest.raises(ClientError, match=named):
            world.boto().create_distribution(DistributionConfig=config([alb_origin()], behavior("alb")) | change)

    await asyncio.to_thread(run)


async def test_an_operation_that_is_not_here_is_refused_by_name(world: World) -> None:
    def run() -> None:
        with pytest.raises(ClientError, match="ListStreamingDistributions"):
            world.boto().list_streaming_distributions()

    await asyncio.to_thread(run)


async def test_policies_round_trip_and_are_guarded_while_used(world: World) -> None:
    def run() -> None:
        client = world.boto()
        sent = {
            "Name": "mine",
            "Comment": "c",
            "MinTTL": 0,
            "DefaultTTL": 5,
            "MaxTTL": 50,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": True,
                "EnableAcceptEncodingBrotli": False,
                "HeadersConfig": {"HeaderBehavior": "whitelist", "Headers": {"Quantity": 1, "Items": ["X-A"]}},
                "CookiesConfig": {"CookieBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "all"},
            },
        }
        made = client.create_cache_policy(CachePolicyConfig=sent)
        identifier = made["CachePolicy"]["Id"]
        assert client.get_cache_policy(Id=identifier)["CachePolicy"]["CachePolicyConfig"] == sent
        with pytest.raises(ClientError, match="CachePolicyAlreadyExists"):
            client.create_cache_policy(CachePolicyConfig=sent)
        changed = client.update_cache_policy(
            Id=identifier, CachePolicyConfig=sent | {"DefaultTTL": 6}, IfMatch=made["ETag"]
        )
        client.create_distribution(DistributionConfig=config([alb_origin()], behavior("alb", CachePolicyId=identifier)))
        with pytest.raises(ClientError, match="CachePolicyInUse"):
            client.delete_cache_policy(Id=identifier, IfMatch=changed["ETag"])
        listed = client.list_cache_policies(Type="managed")["CachePolicyList"]["Items"]
        assert {OPTIMIZED, DISABLED} <= {item["CachePolicy"]["Id"] for item in listed}
        managed = client.get_origin_request_policy(Id=ALL_VIEWER)
        name = managed["OriginRequestPolicy"]["OriginRequestPolicyConfig"]["Name"]
        assert name == "Managed-AllViewer"
        with pytest.raises(ClientError, match="IllegalDelete"):
            client.delete_cache_policy(Id=OPTIMIZED, IfMatch="E1")
        control = make_control(client)
        got = client.get_origin_access_control(Id=control)
        assert got["OriginAccessControl"]["OriginAccessControlConfig"]["Description"] == "of the site"
        client.delete_origin_access_control(Id=control, IfMatch=got["ETag"])

    await asyncio.to_thread(run)


async def test_an_invalidation_of_a_bad_path_is_refused(world: World) -> None:
    def run() -> None:
        client = world.boto()
        made = client.create_distribution(DistributionConfig=config([alb_origin()], behavior("alb")))
        batch = {"CallerReference": "1", "Paths": {"Quantity": 1, "Items": ["a*b"]}}
        with pytest.raises(ClientError, match="InvalidArgument"):
            client.create_invalidation(DistributionId=made["Distribution"]["Id"], InvalidationBatch=batch)
        with pytest.raises(ClientError, match="NoSuchInvalidation"):
            client.get_invalidation(DistributionId=made["Distribution"]["Id"], Id="I1")
        batch["Paths"]["Items"] = ["/a"]
        one = client.create_invalidation(DistributionId=made["Distribution"]["Id"], InvalidationBatch=batch)
        assert one["Invalidation"]["InvalidationBatch"] == batch
        listed = client.list_invalidations(DistributionId=made["Distribution"]["Id"])["InvalidationList"]
        assert [item["Status"] for item in listed["Items"]] == ["InProgress"]

    await asyncio.to_thread(run)
