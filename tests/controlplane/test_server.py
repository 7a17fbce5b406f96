"""The HTTP server as clients meet it: botocore's serializers and parsers here, our handlers or moto there."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from botocore.parsers import create_parser
from yarl import URL

from netflux.controlplane.apis import Apis
from netflux.controlplane.authentication.admission import Door
from netflux.controlplane.call import Call
from netflux.controlplane.moto import backend
from netflux.controlplane.protocol import models
from netflux.controlplane.server import Server, programs_only
from netflux.errors import AwsError
from netflux.haproxy.backlog import BACKLOG, listening
from tests.controlplane.plane import Plane, admission
from tests.signing import signed


class Clusters:
    """A service of ours: two operations, and everything else refused."""

    service = "ecs"
    whole = True

    async def create_cluster(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        if request["clusterName"] == "taken":
            raise AwsError("InvalidParameterException", "There is a cluster named 'taken' already.")
        return {"cluster": {"clusterName": request["clusterName"], "tags": request.get("tags", [])}}

    async def describe_clusters(self, _call: Call, _request: dict[str, Any]) -> dict[str, Any]:
        raise ZeroDivisionError


class Edges:
    """A rest-xml service of ours."""

    service = "cloudfront"
    whole = True

    async def create_invalidation(self, _call: Call, request: dict[str, Any]) -> dict[str, Any]:
        return {
            "Location": "https://x/y",
            "Invalidation": {
                "Id": request["DistributionId"],
                "Status": "InProgress",
                "CreateTime": datetime(2026, 1, 2, tzinfo=UTC),
                "InvalidationBatch": request["InvalidationBatch"],
            },
        }


class Client:
    """Sends what botocore would send, parses as botocore would parse."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    async def call(self, service: str, operation: str, **params: Any) -> tuple[int, dict[str, Any]]:
        from botocore.serialize import create_serializer

        model = models.operation_model(service, operation)
        protocol = model.service_model.resolved_protocol
        sent = backend._as_http(
            create_serializer(protocol).serialize_to_request(params, model), f"NETFLUX/20260101/us-east-1/{service}"
        )
        url = f"http://localhost{sent.url}"
        unsigned = {name: value for name, value in sent.headers.items() if name != "Authorization"}
        headers = signed(model.service_model.signing_name, url, sent.body, unsigned, sent.method)
        async with (
            aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(self._socket))) as session,
            session.request(sent.method, URL(url, encoded=True), data=sent.body, headers=headers) as answer,
        ):
            response = {"status_code": answer.status, "headers": dict(answer.headers), "body": await answer.read()}
        return answer.status, dict(create_parser(protocol).parse(response, model.output_shape))


@pytest.fixture
async def client(plane: Plane, tmp_path: Path) -> Any:
    apis: Apis = await plane.start()
    apis.register(Clusters())
    apis.register(Edges())

    async def s3(_request: web.Request, _door: Door) -> web.StreamResponse:
        return web.Response(text="S3")

    server = Server(apis, admission(apis), s3, [])
    await server.start(listening(tmp_path / "s"), BACKLOG)
    yield Client(tmp_path / "s")
    await server.stop()


async def test_a_json_operation_of_ours_answers_what_it_was_sent(client: Client) -> None:
    tags = [{"key": "a", "value": "ü"}]
    status, answer = await client.call("ecs", "CreateCluster", clusterName="prod", tags=tags)
    assert (status, answer["cluster"]) == (200, {"clusterName": "prod", "tags": tags})


async def test_a_rest_xml_operation_of_ours_takes_path_and_body_and_sends_headers(client: Client) -> None:
    batch = {"Paths": {"Quantity": 2, "Items": ["/a", "/b*"]}, "CallerReference": "c"}
    status, answer = await client.call("cloudfront", "CreateInvalidation", DistributionId="E1", InvalidationBatch=batch)
    assert status == 201
    assert answer["Location"] == "https://x/y"
    assert answer["Invalidation"]["Id"] == "E1"
    assert answer["Invalidation"]["InvalidationBatch"] == batch
    assert answer["Invalidation"]["CreateTime"] == datetime(2026, 1, 2, tzinfo=UTC)


async def test_an_error_of_ours_reaches_the_client_with_its_code(client: Client) -> None:
    status, answer = await client.call("ecs", "CreateCluster", clusterName="taken")
    assert status == 400
    assert answer["Error"]["Code"] == "InvalidParameterException"
    assert "taken" in answer["Error"]["Message"]


async def test_an_operation_that_a_whole_service_lacks_is_refused_by_name(client: Client) -> None:
    status, answer = await client.call("ecs", "ListClusters")
    assert status == 501
    assert "ecs:ListClusters" in answer["Error"]["Message"]


async def test_a_fault_of_ours_is_a_500_that_names_the_log(client: Client) -> None:
    status, answer = await client.call("ecs", "DescribeClusters")
    assert status == 500
    assert "netflux.log" in answer["Error"]["Message"]


async def test_a_query_operation_goes_to_moto_and_its_errors_come_back(client: Client) -> None:
    status, answer = await client.call("sts", "GetCallerIdentity")
    assert (status, answer["Account"]) == (200, "123456789012")
    status, answer = await client.call("rds", "DescribeDBSubnetGroups", DBSubnetGroupName="nobody")
    assert (status, answer["Error"]["Code"]) == (404, "DBSubnetGroupNotFoundFault")


async def test_a_missing_parameter_is_named(client: Client, plane: Plane) -> None:
    apis = Apis("123456789012", "us-east-1", plane.moto, plane.changes.append)
    apis.register(Edges())
    with pytest.raises(AwsError, match="InvalidationBatch"):
        await apis.call("cloudfront", "CreateInvalidation", {"DistributionId": "E1"})


@pytest.mark.parametrize("host", ["b.s3.us-east-1.localhost", "b.s3.amazonaws.com", "s3.us-east-1.localhost:4566"])
async def test_a_buckets_host_is_s3s(client: Client, host: str) -> None:
    async with (
        aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(client._socket))) as session,
        session.get("http://localhost/key", headers={"Host": host}) as answer,
    ):
        assert await answer.text() == "S3"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "127.0.0.1:9"}, 200),
        ({"Host": "169.254.170.2"}, 200),
        ({"Host": "rebound.example:9"}, 403),
        ({"Host": "127.0.0.1:9", "Origin": "null"}, 403),
        ({"Host": "127.0.0.1:9", "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_a_local_service_that_is_for_programs_is_for_no_page(headers: dict[str, str], status: int) -> None:
    async def handler(_request: web.Request) -> web.Response:
        return web.Response()

    app = web.Application(middlewares=[web.middleware(programs_only)])
    app.router.add_get("/", handler)
    async with TestClient(TestServer(app)) as client:
        assert (await client.get("/", headers=headers)).status == status
