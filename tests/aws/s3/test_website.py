"""Websites of buckets."""

from __future__ import annotations

from typing import Any

import pytest

from netflux.aws.s3 import websiterules
from netflux.aws.s3.websiterules import Redirect, Visit
from netflux.errors import AwsError
from tests.aws.s3.conftest import Running
from tests.aws.s3.test_service import in_thread, raw, refused

HOST = "site.s3-website-us-east-1.localhost"
INDEX = {"IndexDocument": {"Suffix": "index.html"}}
READ = (
    '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", '
    '"Resource": "arn:aws:s3:::site/*"}%s]}'
)
LIST = ', {"Effect": "Allow", "Principal": "*", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::site"}'


def rule(redirect: dict[str, str], **condition: str) -> dict[str, Any]:
    return {"Redirect": redirect, **({"Condition": condition} if condition else {})}


@pytest.mark.parametrize(
    ("configuration", "key", "status", "found"),
    [
        ({"RedirectAllRequestsTo": {"HostName": "example.com", "Protocol": "https"}}, "a/b", None,
         Redirect(301, "https://example.com/a/b")),
        ({**INDEX, "RoutingRules": [rule({"ReplaceKeyPrefixWith": "documents/"}, KeyPrefixEquals="docs/")]}, "docs/a",
         None, Redirect(301, "http://site/documents/a")),
        ({**INDEX, "RoutingRules": [rule({"ReplaceKeyWith": "x"}, KeyPrefixEquals="docs/")]}, "a", None, None),
        ({**INDEX, "RoutingRules": [rule({"HostName": "other", "HttpRedirectCode": "307"},
                                         HttpErrorCodeReturnedEquals="404")]}, "a", None, None),
        ({**INDEX, "RoutingRules": [rule({"HostName": "other", "HttpRedirectCode": "307"},
                                         HttpErrorCodeReturnedEquals="404")]}, "a", 404, Redirect(307, "http://other/a")),
        ({**INDEX, "RoutingRules": [rule({"HostName": "other"}, HttpErrorCodeReturnedEquals="404")]}, "a", 403, None),
    ],
)  # fmt: skip
def test_where_a_request_is_led(configuration: Any, key: str, status: int | None, found: Redirect | None) -> None:
    visit = Visit("http", "site", key)
    if status is None:
        assert websiterules.before(configuration, visit) == found
    else:
        assert websiterules.after(configuration, visit, status) == found


@pytest.mark.parametrize(
    ("configuration", "says"),
    [
        ({}, "IndexDocument Suffix"),
        ({"IndexDocument": {"Suffix": "a/b"}}, "not well formed"),
        ({**INDEX, "RedirectAllRequestsTo": {"HostName": "a"}}, "in conjunction"),
        ({**INDEX, "RoutingRules": [rule({"ReplaceKeyWith": "a", "ReplaceKeyPrefixWith": "b"})]}, "not both"),
        ({**INDEX, "RoutingRules": [rule({"HttpRedirectCode": "200"})]}, "not valid"),
        ({**INDEX, "RoutingRules": [rule({"HostName": "a"}, HttpErrorCodeReturnedEquals="200")]}, "not valid"),
        ({**INDEX, "RoutingRules": [rule({"HostName": "a"})] * 51}, "limited to 50"),
    ],
)
def test_configurations_that_s3_does_not_take(configuration: Any, says: str) -> None:
    with pytest.raises(AwsError) as refusal:
        websiterules.check(configuration)
    assert says in refusal.value.message


def _site(s3: Running, configuration: Any, more: str = "") -> Any:
    client = s3.client()
    client.create_bucket(Bucket="site")
    client.delete_public_access_block(Bucket="site")
    client.put_bucket_policy(Bucket="site", Policy=READ % more)
    client.put_bucket_website(Bucket="site", WebsiteConfiguration=configuration)
    return client


@in_thread
def test_pages_folders_and_errors(s3: Running) -> None:
    client = _site(s3, {**INDEX, "ErrorDocument": {"Key": "lost.html"}}, LIST)
    for key in ("index.html", "docs/index.html"):
        client.put_object(Bucket="site", Key=key, Body=key.encode(), ContentType="text/html")
    status, headers, body = raw(s3, "GET", "/", Host=HOST)
    assert (status, headers["content-type"], body) == (200, "text/html", b"index.html")
    assert raw(s3, "GET", "/docs/", Host=HOST)[2] == b"docs/index.html"
    assert raw(s3, "GET", "/", Host="site.s3-website.us-east-1.amazonaws.com")[2] == b"index.html"
    status, headers, _ = raw(s3, "GET", "/docs", Host=HOST)
    assert (status, headers["location"]) == (302, "/docs/")
    status, headers, body = raw(s3, "GET", "/none", Host=HOST)
    assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert b"<h1>404 Not Found</h1>" in body
    assert b"<li>Code: NoSuchKey</li>\n<li>Message: The specified key does not exist.</li>\n<li>Key: none</li>" in body
    assert b"An Error Occurred While Attempting to Retrieve a Custom Error Document" in body
    client.put_object(Bucket="site", Key="lost.html", Body=b"lost", ContentType="text/html")
    assert raw(s3, "GET", "/none", Host=HOST)[::2] == (404, b"lost")
    status, headers, body = raw(s3, "PUT", "/none", Host=HOST)
    assert (status, b"<li>Code: MethodNotAllowed</li>" in body) == (405, True)


@in_thread
def test_who_may_not_list_is_told_of_no_key_and_rules_follow_the_error(s3: Running) -> None:
    rules = [rule({"HostName": "example.com", "ReplaceKeyPrefixWith": "was/"}, HttpErrorCodeReturnedEquals="403")]
    client = _site(s3, {**INDEX, "RoutingRules": rules})
    status, headers, _ = raw(s3, "GET", "/none", Host=HOST)
    assert (status, headers["location"]) == (301, "http://example.com/was/none")
    client.put_bucket_website(Bucket="site", WebsiteConfiguration=INDEX)
    status, _, body = raw(s3, "GET", "/none", Host=HOST)
    assert (status, b"<li>Code: AccessDenied</li>" in body) == (403, True)


@in_thread
def test_an_object_leads_elsewhere(s3: Running) -> None:
    client = _site(s3, INDEX)
    client.put_object(Bucket="site", Key="old", WebsiteRedirectLocation="/new")
    assert client.head_object(Bucket="site", Key="old")["WebsiteRedirectLocation"] == "/new"
    status, headers, _ = raw(s3, "GET", "/old", Host=HOST)
    assert (status, headers["location"]) == (301, "/new")
    assert raw(s3, "GET", "/site/old")[0] == 200
    assert refused(client.put_object, Bucket="site", Key="old", WebsiteRedirectLocation="new") == (
        "InvalidRedirectLocation"
    )


@in_thread
def test_a_bucket_without_a_website_has_none(s3: Running) -> None:
    client = s3.client()
    client.create_bucket(Bucket="site")
    assert refused(client.get_bucket_website, Bucket="site") == "NoSuchWebsiteConfiguration"
    assert b"<li>Code: NoSuchWebsiteConfiguration</li>" in raw(s3, "GET", "/", Host=HOST)[2]
    body = raw(s3, "GET", "/", Host="none.s3-website-us-east-1.localhost")[2]
    assert b"<li>Code: NoSuchBucket</li>" in body
    assert b"<li>BucketName: none</li>" in body
    client.put_bucket_website(Bucket="site", WebsiteConfiguration=INDEX)
    assert raw(s3, "GET", "/", Host=HOST)[0] == 403
    client.delete_bucket_website(Bucket="site")
    assert raw(s3, "GET", "/", Host=HOST)[0] == 404
