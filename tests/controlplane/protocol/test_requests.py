"""What was not understood is answered as the service answers it, and is not carried out."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from botocore.parsers import create_parser

from netflux.controlplane import apis as apis_module
from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication.admission import Admission, Door
from netflux.controlplane.authentication.keys import Keys, well_known
from netflux.controlplane.call import Call
from netflux.controlplane.moto.watchdog import Watchdog
from netflux.controlplane.protocol import models, requests, wire
from netflux.controlplane.protocol.message import HttpRequest
from netflux.controlplane.server import Server
from netflux.decoding import cbor, xml
from netflux.decoding.limits import Limits
from netflux.errors import AwsError
from tests.controlplane.plane import Plane
from tests.decoding import malformed
from tests.signing import signed

_ECS = "AmazonEC2ContainerServiceV20141113"
_LATEST = 5.0
"""Seconds after which no answer may come."""


class Clusters:
    service = "ecs"
    whole = True

    def __init__(self) -> None:
        self.made: list[dict[str, Any]] = []

    async def create_cluster(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        self.made.append(request)
        return {"cluster": {"clusterName": request.get("clusterName", "default")}}

    async def list_clusters(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def code(self) -> str:
        kind = self.headers["Content-Type"]
        if "cbor" in kind:
            found = cbor.decode(self.body, Limits())["__type"]
        elif "xml" in kind:
            text = re.search(rb"<Code>(.*?)</Code>", self.body)
            xml.decode(self.body, Limits())
            found = text[1].decode() if text else ""
        else:
            found = json.loads(self.body)["__type"]
        return str(found).rpartition("#")[2]


@dataclass
class Region:
    socket: Path
    clusters: Clusters
    plane: Plane
    apis: Apis
    session: aiohttp.ClientSession = field(init=False)

    async def send(self, service: str, body: bytes, url: str = "/", **headers: str) -> Answer:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given = signed(service, f"http://localhost{url}", body, given)
        async with (
            asyncio.timeout(_LATEST),
            self.session.post(
                f"http://localhost{url}", data=io.BytesIO(body) if isinstance(body, bytes) else body, headers=given
            ) as response,
        ):
            return Answer(response.status, dict(response.headers), await response.read())

    async def json(self, body: bytes, operation: str = "CreateCluster", **headers: str) -> Answer:
        given = {"Content_Type": "application/x-amz-json-1.1", "X_Amz_Target": f"{_ECS}.{operation}", **headers}
        return await self.send("ecs", body, **given)

    async def form(self, service: str, body: bytes, url: str = "/") -> Answer:
        return await self.send(service, body, url, Content_Type="application/x-www-form-urlencoded")

    async def cbor(self, operation: str, body: bytes, **headers: str) -> Answer:
        given = {"Smithy_Protocol": "rpc-v2-cbor", "Content_Type": "application/cbor", **headers}
        url = f"/service/GraniteServiceVersion20100801/operation/{operation}"
        return await self.send("monitoring", body, url, **given)


@pytest.fixture
async def region(plane: Plane, tmp_path: Path) -> AsyncIterator[Region]:
    apis: Apis = await plane.start()
    clusters = Clusters()
    apis.register(clusters)

    async def s3(_request: web.Request, _door: Door) -> web.StreamResponse:
        return web.Response(text="S3")

    keys = Keys()
    keys.add(well_known(apis.account))
    server = Server(apis, Admission(keys, apis.account), s3, [])
    await server.start(tmp_path / "s")
    made = Region(tmp_path / "s", clusters, plane, apis)
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(made.socket))) as made.session:
        yield made
    await server.stop()


@pytest.mark.parametrize("name", malformed.json())
async def test_a_body_that_is_no_json_makes_no_cluster(region: Region, name: str) -> None:
    answer = await region.json(malformed.json()[name])
    assert (answer.status, answer.code) in [(400, "SerializationException"), (413, "RequestEntityTooLarge")]
    assert not region.clusters.made


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"[]", "Start of list found where not expected"),
        (b"null", "Unexpected field type"),
        (b'"x"', "Unexpected field type"),
        (b'{"clusterName": 5}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"clusterName": true}', "TRUE_VALUE can not be converted to a String"),
        (b'{"clusterName": ["a"]}', "Start of list found where not expected"),
        (b'{"clusterName": {"a": 1}}', "Start of structure or map found where not expected."),
        (b'{"tags": "x"}', "Unexpected field type"),
        (b'{"tags": {}}', "Start of structure or map found where not expected."),
        (b'{"tags": [null]}', "Unexpected field type"),
        (b'{"defaultCapacityProviderStrategy": [{"base": "1"}]}', "STRING_VALUE can not be converted to an Integer"),
        (b'{"defaultCapacityProviderStrategy": [{"base": 1.5}]}', "DECIMAL_VALUE can not be converted to an Integer"),
        (b'{"defaultCapacityProviderStrategy": [{"base": 4294967296}]}', "out of range"),
    ],
)
async def test_a_value_of_another_type_is_refused_and_not_turned_into_one(
    region: Region, body: bytes, text: str
) -> None:
    answer = await region.json(body)
    assert (answer.status, answer.code) == (400, "SerializationException")
    assert text in answer.body.decode()
    assert not region.clusters.made


async def test_members_that_the_model_lacks_or_that_are_null_are_left_out(region: Region) -> None:
    answer = await region.json(b'{"clusterName": "a", "tags": null, "unheard": {"of": 1}}')
    assert answer.status == 200
    assert region.clusters.made == [{"clusterName": "a"}]


@pytest.mark.parametrize(
    ("target", "kind", "url", "status"),
    [
        ("Other.CreateCluster", "application/x-amz-json-1.1", "/", 404),
        (f"{_ECS}.Nothing", "application/x-amz-json-1.1", "/", 400),
        (f"{_ECS}.CreateCluster", "application/json", "/", 415),
        (f"{_ECS}.CreateCluster", "application/x-amz-json-1.1", "/?Action=DeleteCluster", 404),
        (f"{_ECS}.CreateCluster", "application/x-www-form-urlencoded", "/", 415),
    ],
)
async def test_a_request_that_names_no_operation_or_two_is_refused(
    region: Region, target: str, kind: str, url: str, status: int
) -> None:
    answer = await region.send("ecs", b"{}", url, X_Amz_Target=target, Content_Type=kind)
    assert answer.status == status
    assert not region.clusters.made


@pytest.mark.parametrize("name", malformed.query())
async def test_a_form_that_can_not_be_read_is_refused(region: Region, name: str) -> None:
    answer = await region.form("iam", b"UserName=a&" + malformed.query()[name] + b"&Action=CreateUser")
    assert (answer.status, answer.code) in [(400, "MalformedInput"), (413, "RequestEntityTooLarge")]
    listed = await region.form("iam", b"Action=ListUsers")
    assert b"<UserName>" not in listed.body


@pytest.mark.parametrize(
    ("service", "body", "code"),
    [
        ("iam", b"Action=CreateUser&UserName=a&UserName=b", "MalformedInput"),
        ("iam", b"Action=CreateUser&Action=DeleteUser&UserName=a", "MalformedInput"),
        ("iam", b"Action=CreateUser&UserName=a&Tags.member.2.Key=a&Tags.member.2.Value=b", "MalformedInput"),
        ("iam", b"Action=CreateUser&UserName=a&Tags.member.999999999.Key=a", "MalformedInput"),
        ("iam", b"Action=CreateUser&UserName=a&Tags.member.x.Key=a", "MalformedInput"),
        ("iam", b"Action=CreateUser&UserName=a&Tags=x", "MalformedInput"),
        ("iam", b"Action=ListUsers&MaxItems=many", "MalformedInput"),
        ("iam", b"Action=ListUsers&MaxItems=1_0", "MalformedInput"),
        ("iam", b"Action=ListUsers&MaxItems=0", "ValidationError"),
        ("iam", b"Action=CreateUser&UserName=a%00b", "ValidationError"),
        ("iam", b"Action=CreateUser&" + b"a." * 1000 + b"b=1", "MalformedInput"),
        ("iam", b"UserName=a", "MissingAction"),
        ("iam", b"Action=Nothing", "InvalidAction"),
        ("ec2", b"Action=DescribeVpcs&Unheard.1=x", "UnknownParameter"),
        ("ec2", b"Action=DescribeVpcs&VpcId.999999999=x", "InvalidParameterValue"),
        ("ec2", b"Action=CreateVpc&CidrBlock=10.0.0.0%2F16&DryRun=perhaps", "InvalidParameterValue"),
        ("ec2", b"Action=CreateNetworkInterface&SubnetId=s&SecondaryPrivateIpAddressCount=2000000000",
         "InvalidParameterValue"),
        ("elasticloadbalancing", b"Action=CreateTargetGroup&Name=a&Protocol=FOO", "ValidationError"),
    ],
)  # fmt: skip
async def test_parameters_that_break_the_protocol_or_the_model_are_refused(
    region: Region, service: str, body: bytes, code: str
) -> None:
    answer = await region.form(service, body)
    assert (answer.status, answer.code) == (400, code)


async def test_a_number_of_parameters_is_refused_at_once_and_others_are_served_meanwhile(region: Region) -> None:
    body = b"Action=DescribeVpcs&" + b"&".join(b"VpcId.%d=x" % number for number in range(1, 4_900))
    many = asyncio.create_task(region.form("ec2", body))
    assert (await region.json(b"{}")).status == 200
    assert (await many).code == "InvalidParameterValue"


@pytest.mark.parametrize("name", malformed.xml())
async def test_a_document_that_is_no_xml_makes_no_zone(region: Region, name: str) -> None:
    answer = await region.send("route53", malformed.xml()[name], "/2013-04-01/hostedzone")
    assert (answer.status, answer.code) in [
        (400, "MalformedInput"),
        (413, "RequestEntityTooLarge"),
        (400, "InvalidInput"),
    ]


@pytest.mark.parametrize(
    "document",
    [
        "<Wrong><Name>a.</Name><CallerReference>c</CallerReference></Wrong>",
        (
            "<CreateHostedZoneRequest><Name>a.</Name><Name>b.</Name><CallerReference>c</CallerReference>"
            "</CreateHostedZoneRequest>"
        ),
        (
            "<CreateHostedZoneRequest><Name>a.</Name><Unheard/><CallerReference>c</CallerReference>"
            "</CreateHostedZoneRequest>"
        ),
        "<CreateHostedZoneRequest><Name><b/></Name><CallerReference>c</CallerReference></CreateHostedZoneRequest>",
        "<CreateHostedZoneRequest><Name>a.</Name></CreateHostedZoneRequest>",
    ],
)
async def test_a_document_of_another_schema_makes_no_zone(region: Region, document: str) -> None:
    answer = await region.send("route53", document.encode(), "/2013-04-01/hostedzone")
    assert answer.status == 400
    assert answer.code in ("MalformedInput", "InvalidInput")


@pytest.mark.parametrize("name", malformed.cbor())
async def test_a_body_that_is_no_cbor_is_refused(region: Region, name: str) -> None:
    answer = await region.cbor("ListMetrics", malformed.cbor()[name])
    assert (answer.status, answer.code) in [(400, "SerializationException"), (413, "RequestEntityTooLarge")]


async def test_metrics_are_put_and_listed_by_cbor_also_compressed(region: Region) -> None:
    data = cbor.encode({"Namespace": "N", "MetricData": [{"MetricName": "m", "Value": 1.5}]})
    assert (await region.cbor("PutMetricData", data)).status == 200
    assert (await region.cbor("PutMetricData", gzip.compress(data), Content_Encoding="gzip")).status == 200
    listed = await region.cbor("ListMetrics", cbor.encode({"Namespace": "N"}))
    assert (listed.status, listed.headers["smithy-protocol"]) == (200, "rpc-v2-cbor")
    answered = {"status_code": listed.status, "headers": listed.headers, "body": listed.body}
    shape = models.operation_model("cloudwatch", "ListMetrics").output_shape
    found = create_parser(requests.CBOR).parse(answered, shape)
    assert {metric["MetricName"] for metric in found["Metrics"]} == {"m"}


async def test_an_error_by_cbor_names_itself_for_new_and_old_clients(region: Region) -> None:
    answer = await region.cbor("GetDashboard", cbor.encode({"DashboardName": "none"}))
    assert (answer.status, answer.code) == (404, "DashboardNotFoundError")
    assert answer.headers["x-amzn-query-error"] == "ResourceNotFound;Sender"
    answered = {"status_code": answer.status, "headers": answer.headers, "body": answer.body}
    shape = models.operation_model("cloudwatch", "GetDashboard").output_shape
    error = create_parser(requests.CBOR).parse(answered, shape)["Error"]
    assert (error["Code"], error["QueryErrorCode"]) == ("ResourceNotFound", "DashboardNotFoundError")
    assert (await region.cbor("Nothing", b"\xa0")).code == "UnknownOperationException"


async def test_an_answer_by_cbor_is_read_by_clients_of_it(region: Region) -> None:
    """Of a service of ours, by botocore's parser: lists, timestamps, numbers and texts."""
    model = models.operation_model("cloudwatch", "GetMetricStatistics")
    moment = datetime(2026, 1, 2, 3, 4, 5, 250000, tzinfo=UTC)
    result = {"Label": "ü", "Datapoints": [{"Timestamp": moment, "Sum": 2, "Unit": "None"}, {"Sum": 0.5}]}
    request = HttpRequest("POST", "/", {"Smithy-Protocol": "rpc-v2-cbor"}, b"")
    answer = wire.answer(model, request, result, "id")
    answered = {"status_code": answer.status, "headers": dict(answer.headers), "body": answer.body}
    found = create_parser(requests.CBOR).parse(answered, model.output_shape)
    assert {name: found[name] for name in result} == result


async def test_a_compressed_body_is_inflated_to_a_bound_and_only_where_it_may_be(region: Region) -> None:
    bomb = gzip.compress(bytes(50_000_000), 1)
    answer = await region.cbor("PutMetricData", bomb, Content_Encoding="gzip")
    assert (answer.status, answer.code) == (413, "RequestEntityTooLarge")
    answer = await region.cbor("PutMetricData", b"no gzip", Content_Encoding="gzip")
    assert (answer.status, answer.code) == (400, "SerializationException")
    for encoding in ("gzip", "deflate", "br", "gzip, gzip"):
        answer = await region.json(gzip.compress(b"{}"), Content_Encoding=encoding)
        assert (answer.status, answer.code) == (415, "UnsupportedMediaType")
    assert not region.clusters.made


async def test_a_body_that_grows_beyond_the_services_size_is_read_no_further(region: Region) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b"x" * 65_536

    headers = signed("ecs", "http://localhost/", b"", {"X-Amz-Target": f"{_ECS}.CreateCluster"})
    headers["Content-Type"] = "application/x-amz-json-1.1"
    async with region.session.post("http://localhost/", data=endless(), headers=headers) as response:
        answer = Answer(response.status, dict(response.headers), await response.read())
    assert (answer.status, answer.code) == (413, "RequestEntityTooLarge")
    assert sent < 1000


async def test_a_handler_that_does_not_answer_is_given_up(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apis_module, "DEADLINE", 0.1)
    answer = await region.json(b"{}", "ListClusters")
    assert (answer.status, answer.code) == (503, "ServiceUnavailable")


async def test_a_call_that_holds_motos_thread_is_broken_off_and_changes_nothing(
    region: Region, monkeypatch: pytest.MonkeyPatch
) -> None:
    from moto.kms.models import KmsBackend

    async def kms(operation: str) -> Answer:
        target = f"TrentService.{operation}"
        return await region.send("kms", b"{}", Content_Type="application/x-amz-json-1.1", X_Amz_Target=target)

    assert (await kms("CreateKey")).status == 200
    before = (await kms("ListKeys")).body
    region.plane.moto._watchdog = Watchdog(0.3, 10)
    made = KmsBackend.create_key

    def hold(self: Any, *given: Any, **named: Any) -> Any:
        made(self, *given, **named)
        while True:
            try:
                pass
            except Exception:
                continue

    with monkeypatch.context() as patch:
        patch.setattr(KmsBackend, "create_key", hold)
        answer = await kms("CreateKey")
    assert (answer.status, answer.code) == (503, "ServiceUnavailable")
    assert b"broken off" in answer.body
    region.plane.moto._watchdog.stop()
    region.plane.moto._watchdog = Watchdog(60, 60)
    assert (await kms("ListKeys")).body == before
    assert (await kms("CreateKey")).status == 200
    region.plane.moto._watchdog.stop()


async def test_queues_are_used_by_form_with_the_names_of_older_clients(region: Region) -> None:
    made = await region.form(
        "sqs", b"Action=CreateQueue&QueueName=q&Attribute.1.Name=VisibilityTimeout&Attribute.1.Value=7"
    )
    found = re.search(rb"<QueueUrl>(.*?)</QueueUrl>", made.body)
    assert found is not None
    url = b"QueueUrl=" + quote(found[1].decode(), safe="").encode()
    batch = b"SendMessageBatchRequestEntry"
    entries = b"&".join(b"%b.%d.Id=%d&%b.%d.MessageBody=m%d" % (batch, n, n, batch, n, n) for n in (1, 2))
    sent = await region.form("sqs", b"Action=SendMessageBatch&" + url + b"&" + entries)
    assert re.findall(rb"<Id>(\d)</Id>", sent.body) == [b"1", b"2"]
    attributes = await region.form("sqs", b"Action=GetQueueAttributes&AttributeName.1=All&" + url)
    told = dict(re.findall(rb"<Name>(\w+)</Name><Value>(.*?)</Value>", attributes.body))
    assert (told[b"VisibilityTimeout"], told[b"ApproximateNumberOfMessages"]) == (b"7", b"2")
    unknown = await region.form("sqs", b"Action=PurgeQueue&QueueUrl=http%3A%2F%2Flocalhost%2F123456789012%2Fother")
    assert (unknown.status, unknown.code) == (400, "AWS.SimpleQueueService.NonExistentQueue")


class KeyRules:
    """What a service refuses of calls that moto answers."""

    service = "kms"
    whole = False

    async def precheck(self, _call: Call, params: dict[str, Any]) -> None:
        if params.get("Description") == "refused":
            raise AwsError("ValidationException", "Describe it otherwise.")


async def test_a_services_own_rules_hold_for_what_moto_answers_a_client(region: Region) -> None:
    region.apis.register(KeyRules())
    given = {"Content_Type": "application/x-amz-json-1.1", "X_Amz_Target": "TrentService.CreateKey"}
    answer = await region.send("kms", b'{"Description": "refused"}', **given)
    assert (answer.status, answer.code) == (400, "ValidationException")
    assert (await region.send("kms", b'{"Description": "taken"}', **given)).status == 200


def test_a_request_for_a_classic_load_balancer_is_refused_by_name() -> None:
    body = b"Action=CreateLoadBalancer&Version=2012-06-01&LoadBalancerName=web"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with pytest.raises(AwsError, match=r"Classic Load Balancers\) is not supported by Netflux"):
        requests.meant("elbv2", HttpRequest("POST", "/", form, body))
