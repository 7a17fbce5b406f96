"""Aliases, origin groups and standard logs."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Any

import pytest

from netflux.aws.cloudfront import accesslog
from netflux.clock import Clock
from netflux.errors import AwsError
from netflux.network.endpoints import Address
from netflux.resources.acm import CERTIFICATE, IMPORTED, ISSUED, Certificate
from netflux.resources.s3 import buckets
from tests.aws.cloudfront.world import ALB, World, alb_origin, behavior, bucket_origin, config

ARN = "arn:aws:acm:us-east-1:000000000000:certificate/c"
FOUND = (200, {"Content-Type": "text/plain"}, b"found")


def certified(world: World, *names: str) -> dict[str, Any]:
    now = Clock().now()
    kept = Certificate(ARN, names[0], names, IMPORTED, ISSUED, "RSA_2048", "key", now, "certificate")
    world.documents.table(CERTIFICATE).put(kept)
    return {"ViewerCertificate": {"ACMCertificateArn": ARN, "SSLSupportMethod": "sni-only"}}


def names(*hosts: str) -> dict[str, Any]:
    return {"Aliases": {"Quantity": len(hosts), "Items": [*hosts]}}


async def test_a_distribution_answers_by_its_aliases(world: World) -> None:
    world.publish_alb()
    world.application.answers["/"] = FOUND
    shown = certified(world, "shop.test", "*.shop.test")
    made = await world.distribute(config([alb_origin()], behavior("alb"), **names("shop.test", "*.shop.test"), **shown))
    for host in ("shop.test", "www.shop.test", "Shop.Test", "a.b.shop.test"):
        assert (await world.get(made, "/", headers={"Host": f"{host}:{world.port}"})).status == 200, host
    assert (await world.get(made, "/", headers={"Host": "other.test"})).status == 403
    with pytest.raises(AwsError) as taken:
        await world.distribute(
            config([alb_origin()], behavior("alb"), **names("shop.test"), **shown, CallerReference="2")
        )
    assert taken.value.code == "CNAMEAlreadyExists"


@pytest.mark.parametrize(("host", "arn"), [("other.test", ARN), ("shop.test", ARN + "2"), ("a.b.shop.test", ARN)])
async def test_an_alias_needs_a_certificate_that_covers_it(world: World, host: str, arn: str) -> None:
    certified(world, "*.shop.test")
    given = {**names(host), "ViewerCertificate": {"ACMCertificateArn": arn}}
    with pytest.raises(AwsError) as refused:
        await world.call("create_distribution", DistributionConfig=config([alb_origin()], behavior("alb"), **given))
    assert refused.value.code == "InvalidViewerCertificate"


def group(*statuses: int) -> dict[str, Any]:
    members = [{"OriginId": "s3"}, {"OriginId": "alb"}]
    made = {
        "Id": "both",
        "FailoverCriteria": {"StatusCodes": {"Quantity": len(statuses), "Items": [*statuses]}},
        "Members": {"Quantity": 2, "Items": members},
    }
    return {"OriginGroups": {"Quantity": 1, "Items": [made]}}


async def test_the_second_origin_is_asked_where_the_first_fails(world: World) -> None:
    world.publish_alb()
    world.application.answers["/a"] = FOUND
    origins = [bucket_origin(name="absent"), alb_origin()]
    made = await world.distribute(config(origins, behavior("both"), **group(404)))
    assert (await world.get(made, "/a")).body == b"found"
    other = await world.distribute(config(origins, behavior("both"), **group(503), CallerReference="2"))
    assert (await world.get(other, "/a")).status == 404, "404 is no failure for it"


async def test_an_origin_that_nobody_reaches_is_a_failure(world: World) -> None:
    world.application.answers["/a"] = FOUND
    first = {**alb_origin(), "Id": "s3", "DomainName": "gone-1.us-east-1.elb.localhost"}
    world.endpoints.publish(ALB, 80, Address("127.0.0.1", world.origin_port))
    made = await world.distribute(config([first, alb_origin()], behavior("both"), **group(503)))
    assert (await world.get(made, "/a")).body == b"found"


async def test_each_request_is_a_line_in_the_bucket(world: World) -> None:
    world.publish_alb()
    world.application.answers["/a b"] = FOUND
    logging = {
        "Logging": {"Enabled": True, "IncludeCookies": True, "Bucket": "logs.s3.amazonaws.com", "Prefix": "edge/"}
    }
    given = config([alb_origin()], behavior("alb"), **logging)
    with pytest.raises(AwsError, match="valid S3 bucket"):
        await world.call("create_distribution", DistributionConfig=given)
    await world.call("create_bucket", Bucket="logs")
    with pytest.raises(AwsError, match="does not enable ACL access"):
        await world.call("create_distribution", DistributionConfig=given)
    kept = buckets(world.documents)
    kept.put(replace(next(iter(kept)), ownership="ObjectWriter"))
    made = await world.distribute(given)
    for _ in range(2):
        await world.get(made, "/a%20b?q=1", headers={"User-Agent": "a browser", "Cookie": "c=1"})
    await world.get(made, "/absent")
    await world.logs.deliver()
    [entry] = (await world.call("list_objects_v2", Bucket="logs"))["Contents"]
    assert entry["Key"].startswith(f"edge/{made['Id']}.")
    whole = await world.call("get_object", Bucket="logs", Key=entry["Key"])
    body = whole["Body"]
    text = gzip.decompress(body if isinstance(body, bytes) else body.read()).decode()
    version, fields, *lines = text.splitlines()
    assert (version, fields) == ("#Version: 1.0", f"#Fields: {accesslog.FIELDS}")
    rows = [dict(zip(accesslog.FIELDS.split(), line.split("\t"), strict=True)) for line in lines]
    assert [row["x-edge-result-type"] for row in rows] == ["Miss", "Hit", "Error"]
    first = rows[0]
    assert first["cs-uri-stem"] == "/a%2520b"
    assert (first["cs-uri-query"], first["sc-status"], first["sc-bytes"]) == ("q=1", "200", "5")
    assert (first["cs(User-Agent)"], first["cs(Cookie)"]) == ("a%20browser", "c=1")
    assert first["cs(Host)"] == made["DomainName"]
