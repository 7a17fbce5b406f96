"""A page of somebody else's site, in a real browser on the machine that runs the cloud: it gets nothing."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest

from tests.behaviours.browser import FLAGS, chromium
from tests.behaviours.cloud import Cloud
from tests.signing import signed

pytestmark = [pytest.mark.e2e, pytest.mark.browser]

EVIL, REBOUND = "evil.example", "rebound.example"
TEMPLATE = json.dumps(
    {"Resources": {"Parameter": {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v"}}}}
)
CREATE = "Action=CreateStack&Version=2010-05-15&StackName={}&TemplateBody=" + quote(TEMPLATE)
TARGETS = {
    "AmazonEC2ContainerServiceV20141113.CreateCluster": {"clusterName": "stolen"},
    "secretsmanager.CreateSecret": {"Name": "stolen", "SecretString": "x"},
}

ATTACKS = """
async ([base, create, signed, objects]) => {
  const tried = [], read = [];
  const wait = (made, ...events) => new Promise(done => {
    events.forEach(event => made.addEventListener(event, done)); setTimeout(done, 3000);
  });
  const attempt = async (name, work) => {
    tried.push(name);
    try { const got = await work(); if (got) read.push(name + ': ' + String(got).slice(0, 200)); } catch (error) {}
  };
  const scope = 'X-Amz-Credential=' + encodeURIComponent('a/20260101/us-east-1/cloudformation/aws4_request');
  let number = 0;
  for (const url of ['/?' + scope, '/', '/?' + create('query')])
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data'])
      await attempt('form ' + type + url.slice(0, 20), async () => {
        const frame = document.createElement('iframe'); frame.name = 'f' + number++; document.body.append(frame);
        const form = document.createElement('form');
        Object.assign(form, {method: 'POST', action: base + url, target: frame.name, enctype: type});
        for (const [name, value] of new URLSearchParams(create('form' + number))) {
          const field = document.createElement('input'); field.name = name; field.value = value; form.append(field);
        }
        document.body.append(form); const loaded = wait(frame, 'load'); form.submit(); await loaded;
      });
  for (const url of ['/?' + create('img'), '/?' + create('img2') + '&' + scope, '/_netflux/status.json']) {
    await attempt('img', async () => {
      const made = new Image(); made.src = base + url; await wait(made, 'load', 'error');
    });
    await attempt('script', async () => {
      const made = document.createElement('script'); made.src = base + url; document.head.append(made);
      await wait(made, 'load', 'error');
    });
  }
  await attempt('prefetch', async () => {
    const made = document.createElement('link'); made.rel = 'prefetch'; made.href = base + '/?' + create('link');
    document.head.append(made); await wait(made, 'load', 'error');
  });
  const types = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/json',
    'application/x-amz-json-1.1', 'application/xml', 'application/cbor'];
  for (const mode of ['cors', 'no-cors']) for (const type of types) for (const url of ['/', '/?' + scope])
    await attempt('fetch ' + mode + ' ' + type, async () =>
      (await fetch(base + url, {method: 'POST', mode, body: create('fetch'), headers: {'Content-Type': type}})).text());
  for (const [headers, body] of signed) for (const mode of ['cors', 'no-cors'])
    await attempt('signed ' + mode, async () =>
      (await fetch(base + '/', {method: 'POST', mode, body, headers})).text());
  for (const [method, url, body] of objects) for (const mode of ['cors', 'no-cors'])
    await attempt('object ' + method + ' ' + mode, async () => (await fetch(url, {method, mode, body})).text());
  for (const path of ['/_netflux/', '/_netflux/status.json', '/_netflux/region.json', '/_netflux/logs.json', '/stolen',
                      '/_netflux/reach.json?from=internet&to=alb&probe=1', '/v2/', '/v2/_catalog'])
    for (const mode of ['cors', 'no-cors'])
      await attempt('get ' + path, async () => (await fetch(base + path, {mode, credentials: 'include'})).text());
  await attempt('push', async () => (await fetch(base + '/_netflux/push', {method: 'POST', mode: 'no-cors',
    body: JSON.stringify({repository: 'r', tag: 't', folder: '/', command: ['true']})})).text());
  await attempt('beacon', async () => { navigator.sendBeacon(base + '/', new URLSearchParams(create('beacon'))); });
  await attempt('websocket', async () => {
    const made = new WebSocket(base.replace('http', 'ws') + '/_netflux/status.json');
    made.onopen = () => read.push('websocket opened'); await wait(made, 'open', 'error', 'close');
  });
  await attempt('eventsource', async () => {
    const made = new EventSource(base + '/_netflux/status.json');
    made.onmessage = event => read.push('event ' + event.data); await wait(made, 'open', 'error'); made.close();
  });
  return [tried, read];
}
"""
ATTACKS = ATTACKS.replace("create, signed", "text, signed").replace(
    "const tried", "const create = name => text.replace('{}', name); const tried", 1
)


class _Blank(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>a page</title><body></body>")

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def page_of(port: int) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    led = f"MAP {EVIL} 127.0.0.1, MAP {REBOUND} 127.0.0.1, MAP *.localhost 127.0.0.1"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium(), args=[*FLAGS, f"--host-resolver-rules={led}", f"--test-port={port}"]
        )
        yield browser.new_context(ignore_https_errors=True).new_page()
        browser.close()


@pytest.fixture(scope="module")
def evil_port() -> Iterator[int]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def what_there_is(cloud: Cloud) -> dict[str, Any]:
    s3, ecr = cloud.boto3("s3"), cloud.boto3("ecr")
    buckets = [one["Name"] for one in s3.list_buckets()["Buckets"]]
    return {
        "clusters": sorted(cloud.boto3("ecs").list_clusters()["clusterArns"]),
        "secrets": sorted(one["Name"] for one in cloud.boto3("secretsmanager").list_secrets()["SecretList"]),
        "stacks": sorted(one["StackName"] for one in cloud.boto3("cloudformation").describe_stacks()["Stacks"]),
        "repositories": sorted(one["repositoryName"] for one in ecr.describe_repositories()["repositories"]),
        "objects": {
            name: [one["Key"] for one in s3.list_objects_v2(Bucket=name).get("Contents", [])] for name in buckets
        },
    }


def api_requests(url: str) -> list[tuple[dict[str, str], str]]:
    """Calls with signatures that are right but for who sends them: any page can know the pair `test`."""
    found = []
    for target, body in TARGETS.items():
        text = json.dumps(body)
        service = "ecs" if "Container" in target else "secretsmanager"
        headers = signed(service, url, text, {"X-Amz-Target": target, "Content-Type": "application/x-amz-json-1.1"})
        found.append((headers, text))
    form = CREATE.format("signed")
    found.append((signed("cloudformation", url, form, {"Content-Type": "application/x-www-form-urlencoded"}), form))
    return found


@pytest.fixture
def bucket(empty_cloud: Cloud) -> str:
    s3 = empty_cloud.boto3("s3")
    s3.create_bucket(Bucket="front-door")
    s3.put_object(Bucket="front-door", Key="private", Body=b"not for pages")
    return "front-door"


def object_requests(cloud: Cloud, bucket: str) -> list[tuple[str, str, str | None]]:
    s3 = cloud.boto3("s3")

    def url(operation: str, **more: Any) -> str:
        return str(s3.generate_presigned_url(operation, {"Bucket": bucket, **more}))

    one = {"Objects": [{"Key": "private"}]}
    return [
        ("GET", url("get_object", Key="private"), None),
        ("PUT", url("put_object", Key="stolen"), "x"),
        ("POST", url("create_multipart_upload", Key="stolen"), None),
        ("POST", url("delete_objects", Delete=one), "<Delete><Object><Key>private</Key></Object></Delete>"),
        ("DELETE", url("delete_object", Key="private"), None),
    ]  # fmt: skip


def test_a_page_of_another_site_gets_nothing_and_changes_nothing(
    empty_cloud: Cloud, evil_port: int, bucket: str
) -> None:
    before = what_there_is(empty_cloud)
    with page_of(evil_port) as page:
        page.goto(f"http://{EVIL}:{evil_port}/")
        base = f"http://localhost:{empty_cloud.port}"
        attack = [base, CREATE, api_requests(f"{base}/"), object_requests(empty_cloud, bucket)]
        tried, read = page.evaluate(ATTACKS, attack)
        assert len(tried) > 60
        assert read == []
    assert what_there_is(empty_cloud) == before


def test_a_name_that_leads_here_is_not_this_cloud(empty_cloud: Cloud, evil_port: int, bucket: str) -> None:
    before = what_there_is(empty_cloud)
    base = f"http://{REBOUND}:{empty_cloud.port}"
    with page_of(evil_port) as page:
        assert page.goto(f"{base}/_netflux/").status == 403
        assert page.goto(f"{base}/{bucket}/private").status == 403
        attack = [base, CREATE, api_requests(f"{base}/"), object_requests(empty_cloud, bucket)]
        tried, read = page.evaluate(ATTACKS, attack)
        assert len(tried) > 60
        assert [one for one in read if f"has the name '{REBOUND}" not in one and "the console is at" not in one] == []
    assert what_there_is(empty_cloud) == before


def test_an_object_at_the_consoles_own_origin_is_a_stranger_there(
    empty_cloud: Cloud, evil_port: int, bucket: str
) -> None:
    s3 = empty_cloud.boto3("s3")
    s3.put_object(Bucket=bucket, Key="page.html", Body=b"<!doctype html><body></body>", ContentType="text/html")
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/page.html",
    }
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"BlockPublicPolicy": False})
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    before = what_there_is(empty_cloud)
    base = f"http://localhost:{empty_cloud.port}"
    with page_of(evil_port) as page:
        assert page.goto(f"{base}/{bucket}/page.html").status == 200
        assert page.evaluate("window.origin") == "null"
        attack = [base, CREATE, api_requests(f"{base}/"), object_requests(empty_cloud, bucket)]
        tried, read = page.evaluate(ATTACKS, attack)
        assert len(tried) > 60
        assert read == []
    assert what_there_is(empty_cloud) == before


def test_the_same_requests_of_a_program_and_the_consoles_own_page_work(empty_cloud: Cloud, evil_port: int) -> None:
    base = f"http://127.0.0.1:{empty_cloud.port}"
    for headers, body in api_requests(f"{base}/"):
        assert empty_cloud.ask("POST", f"{base}/", headers=headers, content=body).status_code == 200
    there = what_there_is(empty_cloud)
    assert "signed" in there["stacks"]
    assert "stolen" in there["secrets"]
    with page_of(evil_port) as page:
        page.goto(f"http://localhost:{empty_cloud.port}/")
        assert page.url.endswith("/_netflux/")
        with page.expect_response(lambda answer: "status.json" in answer.url) as asked:
            pass
        assert asked.value.status == 200
        told = page.evaluate("async () => (await (await fetch('/_netflux/status.json')).json()).region.port")
        assert told == empty_cloud.port
    empty_cloud.boto3("cloudformation").delete_stack(StackName="signed")
    empty_cloud.boto3("secretsmanager").delete_secret(SecretId="stolen", ForceDeleteWithoutRecovery=True)
