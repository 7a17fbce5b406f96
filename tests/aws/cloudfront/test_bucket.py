"""A private bucket behind a distribution."""

from __future__ import annotations

import json

import aiohttp

from tests.aws.cloudfront.world import World, behavior, bucket_origin, config


def policy(arn: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "AllowCloudFrontServicePrincipal",
                    "Effect": "Allow",
                    "Principal": {"Service": "cloudfront.amazonaws.com"},
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::site/*",
                    "Condition": {"StringEquals": {"AWS:SourceArn": arn}},
                }
            ],
        }
    )


async def test_hello_world_after_the_bucket_policy_and_an_invalidation(world: World) -> None:
    await world.call("create_bucket", Bucket="site")
    await world.call("put_object", Bucket="site", Key="index.html", Body=b"Hello World", ContentType="text/html")
    control = await world.call(
        "create_origin_access_control",
        OriginAccessControlConfig={
            "Name": "site",
            "SigningProtocol": "sigv4",
            "SigningBehavior": "always",
            "OriginAccessControlOriginType": "s3",
        },
    )
    origin = bucket_origin(control["OriginAccessControl"]["Id"])
    made = await world.distribute(config([origin], behavior("s3"), DefaultRootObject="index.html"))

    refused = await world.get(made, "/")
    assert (refused.status, refused.cache) == (403, "Error from cloudfront")

    await world.call(
        "put_bucket_policy", Bucket="site", Policy=policy("arn:aws:cloudfront::000000000000:distribution/OTHER")
    )
    assert (await world.get(made, "/")).status == 403
    await world.call("put_bucket_policy", Bucket="site", Policy=policy(made["ARN"]))
    invalidation = await world.call(
        "create_invalidation",
        DistributionId=made["Id"],
        InvalidationBatch={"CallerReference": "1", "Paths": {"Quantity": 1, "Items": ["/*"]}},
    )
    assert invalidation["Invalidation"]["Status"] == "InProgress"
    await world.controller.reconcile(made["Id"])
    seen = await world.call("get_invalidation", DistributionId=made["Id"], Id=invalidation["Invalidation"]["Id"])
    assert seen["Invalidation"]["Status"] == "Completed"

    first, second = await world.get(made, "/"), await world.get(made, "/")
    assert (first.status, first.body, first.cache) == (200, b"Hello World", "Miss from cloudfront")
    assert (second.status, second.body, second.cache) == (200, b"Hello World", "Hit from cloudfront")
    assert second.headers["Age"] == "0"
    assert second.headers["Via"].endswith("(CloudFront)")
    assert "x-amz-request-id" not in second.headers

    posted = await world.request(made, "POST", "/", data=b"x")
    assert posted.status == 403
    assert b"The distribution supports only cachable requests." in posted.body
    assert (await world.get(made, "/missing")).status == 403


async def test_an_unsigned_write_that_a_policy_allows_arrives_whole(world: World) -> None:
    """The control plane reads unsigned bodies to tell them from API calls; S3 must still get them."""
    await world.call("create_bucket", Bucket="open")
    await world.call("delete_public_access_block", Bucket="open")
    statement = {"Effect": "Allow", "Principal": "*", "Action": "s3:*Object", "Resource": "arn:aws:s3:::open/*"}
    await world.call(
        "put_bucket_policy", Bucket="open", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    for kind in ("text/plain", "application/octet-stream"):
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{world.port}/open/k"
            async with session.put(url, data=b"x" * 100_000, headers={"Content-Type": kind}) as put:
                assert put.status == 200
            async with session.get(url) as got:
                assert (await got.read(), got.headers["Content-Type"]) == (b"x" * 100_000, kind)
