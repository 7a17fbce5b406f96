"""CloudFront functions: they run at the edge, bounded, and see what AWS's see."""

from __future__ import annotations

import json
from typing import Any

import pytest

from netflux.aws.cloudfront.functions import event, javascript
from netflux.errors import AwsError
from tests.aws.cloudfront.world import World, alb_origin, behavior, bucket_origin, config

FOUND = (200, {"Content-Type": "text/plain"}, b"found")
INDEX = "function handler(event) { var r = event.request; if (r.uri.endsWith('/')) r.uri += 'index.html'; return r; }"
HEADERS = """
const handler = async (event) => {
  const response = event.response;
  response.headers['strict-transport-security'] = {value: 'max-age=63072000'};
  response.cookies.seen = {value: 'yes', attributes: 'Secure; Path=/'};
  return response;
};
"""


async def function(world: World, name: str, code: str, runtime: str = "cloudfront-js-2.0") -> str:
    given = {"Comment": "", "Runtime": runtime}
    made = await world.call("create_function", Name=name, FunctionConfig=given, FunctionCode=code.encode())
    await world.call("publish_function", Name=name, IfMatch=made["ETag"])
    return str(made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"])


def associated(**arns: str) -> dict[str, Any]:
    items = [{"EventType": kind.replace("_", "-"), "FunctionARN": arn} for kind, arn in arns.items()]
    return {"FunctionAssociations": {"Quantity": len(items), "Items": items}}


async def site(world: World, **functions: str) -> dict[str, Any]:
    world.publish_alb()
    return await world.distribute(config([alb_origin()], behavior("alb", **associated(**functions))))


async def test_a_request_is_changed_before_it_is_looked_for(world: World) -> None:
    arn = await function(world, "index", INDEX)
    made = await site(world, viewer_request=arn)
    world.application.answers["/docs/index.html"] = FOUND
    assert (await world.get(made, "/docs/")).body == b"found"


async def test_a_function_can_answer_itself(world: World) -> None:
    code = """function handler(event) {
      var to = 'https://example.test' + event.request.uri + '?' + event.request.querystring.a.value;
      return {statusCode: 302, headers: {location: {value: to}}, cookies: {a: {value: '1', attributes: 'Secure'}}};
    }"""
    made = await site(world, viewer_request=await function(world, "moved", code, "cloudfront-js-1.0"))
    got = await world.get(made, "/x?a=1")
    assert (got.status, got.headers["Location"]) == (302, "https://example.test/x?1")
    assert got.headers["Set-Cookie"] == "a=1; Secure"
    assert got.cache == "FunctionGeneratedResponse from cloudfront"


async def test_a_response_gets_headers_and_cookies(world: World) -> None:
    made = await site(world, viewer_response=await function(world, "secure", HEADERS))
    world.application.answers["/a"] = FOUND
    for _ in range(2):
        got = await world.get(made, "/a")
        assert got.headers["Strict-Transport-Security"] == "max-age=63072000"
        assert got.headers["Set-Cookie"] == "seen=yes; Secure; Path=/"
    assert got.cache == "Hit from cloudfront"
    assert "Strict-Transport-Security" not in (await world.get(made, "/absent")).headers, "no function sees an error"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("function handler(event) { throw new Error('no'); }", 503),
        ("function handler(event) { while (true) {} }", 503),
        ("function handler(event) { return /^(a+)+$/.test('a'.repeat(60) + 'b'); }", 503),
        ("function handler(event) { var all = []; while (true) all.push('x'.repeat(10000)); }", 503),
        ("function handler(event) { return 'text'; }", 502),
        ("function handler(event) { event.request.headers.host = {value: 'other'}; return event.request; }", 502),
        ("function handler(event) { event.request.headers['x-edge-a'] = {value: '1'}; return event.request; }", 502),
        ("function handler(event) { event.request.headers['a'] = {value: '1\\r\\nb: 2'}; return event.request; }", 502),
        ("function handler(event) { event.request.uri = 'x'; return event.request; }", 502),
        ("async function handler(event) { await new Promise(() => {}); }", 503),
    ],
)
async def test_what_fails_is_an_error_for_the_viewer(world: World, code: str, status: int) -> None:
    made = await site(world, viewer_request=await function(world, "broken", code))
    assert (await world.get(made, "/a")).status == status


async def test_what_a_function_writes_is_in_its_log_group(world: World) -> None:
    code = "function handler(event) { console.log('asked for', event.request.uri); return event.request; }"
    made = await site(world, viewer_request=await function(world, "talks", code))
    await world.get(made, "/a")
    await world.runs.stop()
    start, line, end = world.logged
    assert start.startswith("/aws/cloudfront/function/talks ")
    assert start.endswith(f" START DistributionID: {made['Id']}")
    assert line.endswith(" asked for /a")
    assert end.endswith(" END")


async def test_only_what_is_published_runs_and_what_runs_stays(world: World) -> None:
    given = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    made = await world.call("create_function", Name="one", FunctionConfig=given, FunctionCode=INDEX.encode())
    arn = made["FunctionSummary"]["FunctionMetadata"]["FunctionARN"]
    with pytest.raises(AwsError) as unpublished:
        await site(world, viewer_request=arn)
    assert unpublished.value.code == "InvalidFunctionAssociation"
    live = (await world.call("publish_function", Name="one", IfMatch=made["ETag"]))["FunctionSummary"]
    assert (live["Status"], live["FunctionMetadata"]["Stage"]) == ("UNASSOCIATED", "LIVE")
    distribution = await site(world, viewer_request=arn)
    world.application.answers["/index.html"] = FOUND
    other = b"function handler(event) { return {statusCode: 204}; }"
    edited = await world.call(
        "update_function", Name="one", IfMatch=made["ETag"], FunctionConfig=given, FunctionCode=other
    )
    await world.controller.reconcile(distribution["Id"])
    assert (await world.get(distribution, "/")).body == b"found"
    await world.call("publish_function", Name="one", IfMatch=edited["ETag"])
    await world.controller.reconcile(distribution["Id"])
    assert (await world.get(distribution, "/")).status == 204
    with pytest.raises(AwsError) as used:
        await world.call("delete_function", Name="one", IfMatch=edited["ETag"])
    assert used.value.code == "FunctionInUse"
    listed = (await world.call("list_functions"))["FunctionList"]["Items"]
    assert [one["Status"] for one in listed] == ["UNPUBLISHED", "ASSOCIATED"]


async def test_a_test_really_runs_the_code(world: World) -> None:
    given = {"Comment": "", "Runtime": "cloudfront-js-2.0"}
    made = await world.call("create_function", Name="one", FunctionConfig=given, FunctionCode=INDEX.encode())
    asked = {"version": "1.0", "request": {"method": "GET", "uri": "/a/", "headers": {}}}
    told = await world.call("test_function", Name="one", IfMatch=made["ETag"], EventObject=json.dumps(asked).encode())
    assert json.loads(told["TestResult"]["FunctionOutput"])["request"]["uri"] == "/a/index.html"
    told = await world.call("test_function", Name="one", IfMatch=made["ETag"], EventObject=b'{"request": {}}')
    assert "TypeError" in told["TestResult"]["FunctionErrorMessage"]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("function handler(", "SyntaxError"),
        ("require('fs')", "Cannot find module"),
        ("x" * 10_241, "larger than 10 KB"),
    ],
)
async def test_code_that_cannot_run_is_refused(world: World, code: str, problem: str) -> None:
    with pytest.raises(AwsError, match=problem):
        await function(world, "bad", code)


def test_the_engines_own_modules() -> None:
    code = """import crypto from 'crypto';
    const query = require('querystring');
    function handler() {
      return [crypto.createHash('sha256').update('a').update('b').digest('hex'),
              crypto.createHmac('sha1', 'key').update('ab').digest('base64'),
              query.stringify(query.parse('a=1&b=%20&a=2')), btoa('hi'), atob('aGk=')];
    }"""
    assert javascript.run(code, {}).value == [
        "fb8e20fc2e4c3f248c60c39bd652f3c1347298bb977b8b4d5903b85055620603", "1lnIpieF/KDQMpxudn7kgX40Yo0=",
        "a=1&a=2&b=%20", "aGk=", "hi",
    ]  # fmt: skip


def test_one_call_knows_nothing_of_the_last() -> None:
    code = "var count = 0; function handler() { count += 1; return count; }"
    assert [javascript.run(code, {}).value for _ in range(2)] == [1, 1]


def test_headers_of_several_values_stay_several() -> None:
    given = event._several([("accept", "a"), ("accept", "b"), ("x", "1")])
    assert given == {"accept": {"value": "a", "multiValue": [{"value": "a"}, {"value": "b"}]}, "x": {"value": "1"}}
    assert event._flat(given) == [("accept", "a"), ("accept", "b"), ("x", "1")]


@pytest.mark.parametrize("by", ["arn", "canonical"])
async def test_a_bucket_knows_an_origin_access_identity(world: World, by: str) -> None:
    await world.call("create_bucket", Bucket="site")
    await world.call("put_object", Bucket="site", Key="a", Body=b"private")
    given = {"CallerReference": "1", "Comment": ""}
    made = await world.call("create_cloud_front_origin_access_identity", CloudFrontOriginAccessIdentityConfig=given)
    identity = made["CloudFrontOriginAccessIdentity"]
    origin = bucket_origin()
    origin["S3OriginConfig"]["OriginAccessIdentity"] = f"origin-access-identity/cloudfront/{identity['Id']}"
    distribution = await world.distribute(config([origin], behavior("s3")))
    assert (await world.get(distribution, "/a")).status == 403
    user = f"arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity {identity['Id']}"
    principal = {"AWS": user} if by == "arn" else {"CanonicalUser": identity["S3CanonicalUserId"]}
    statement = {"Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::site/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    await world.call("put_bucket_policy", Bucket="site", Policy=policy)
    batch = {"CallerReference": "1", "Paths": {"Quantity": 1, "Items": ["/*"]}}
    await world.call("create_invalidation", DistributionId=distribution["Id"], InvalidationBatch=batch)
    await world.controller.reconcile(distribution["Id"])
    assert (await world.get(distribution, "/a")).body == b"private"
    with pytest.raises(AwsError) as used:
        await world.call("delete_cloud_front_origin_access_identity", Id=identity["Id"], IfMatch=made["ETag"])
    assert used.value.code == "CloudFrontOriginAccessIdentityInUse"
