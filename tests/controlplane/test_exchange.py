"""When an API's request is answered: at once, or after what has to be waited for."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Coroutine
from typing import Any

import pytest

from netflux.controlplane.authentication.admission import MAIN
from netflux.controlplane.exchange import Exchange, Exchanges, fresh_id
from netflux.controlplane.protocol import modelcache, wire
from netflux.controlplane.protocol.message import HttpRequest, HttpResponse
from netflux.controlplane.records.commitlog import NotDurable
from tests.controlplane.plane import Plane, admission
from tests.signing import signed

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Disk:
    """The records' disk, in their place."""

    synced = False

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def durable(self) -> None:
        self.asked.set()
        await self.done


def _asked(operation: str, **params: str) -> Exchange:
    form = {"Action": operation, "Version": "2016-11-15", **params}
    body = "&".join(f"{name}={value}" for name, value in form.items()).encode()
    headers = {"Host": "localhost", **signed("ec2", "http://localhost/", body, FORM)}
    request = HttpRequest("POST", "/", headers, body)
    scope = wire.scope_of(request)
    assert scope is not None
    return Exchange(scope, request, {name.lower(): value for name, value in headers.items()}, MAIN, None, fresh_id())


@pytest.fixture
async def exchanges(plane: Plane) -> Exchanges:
    apis = await plane.start()
    modelcache.get("ec2")
    return Exchanges(apis, admission(apis))


async def test_a_read_is_answered_at_once(exchanges: Exchanges) -> None:
    answer = exchanges.begin(_asked("DescribeVpcs"))
    assert isinstance(answer, HttpResponse)
    assert (answer.status, b"<vpcSet>" in answer.body) == (200, True)


async def test_what_breaks_the_model_is_refused_at_once(exchanges: Exchanges) -> None:
    answer = exchanges.begin(_asked("DescribeVpcs", MaxResults="x"))
    assert isinstance(answer, HttpResponse)
    assert answer.status == 400


async def test_a_change_is_waited_for(exchanges: Exchanges) -> None:
    answer = exchanges.begin(_asked("CreateVpc", CidrBlock="10.0.0.0/16"))
    assert isinstance(answer, Coroutine)
    assert (await answer).status == 200


@pytest.mark.parametrize("operation", ["DescribeVpcs", "NoSuchOperation"])
async def test_no_answer_leaves_before_the_disk_has_what_it_may_tell(exchanges: Exchanges, operation: str) -> None:
    disk: Any = Disk()
    exchanges.documents = disk
    answer = exchanges.begin(_asked(operation))
    assert isinstance(answer, Coroutine)
    waiting = asyncio.ensure_future(answer)
    await disk.asked.wait()
    assert not waiting.done()
    disk.done.set_result(None)
    assert (await waiting).status == (200 if operation == "DescribeVpcs" else 400)


async def test_nothing_is_told_of_a_disk_that_does_not_confirm(exchanges: Exchanges) -> None:
    disk: Any = Disk()
    disk.done.set_exception(NotDurable(OSError(errno.EIO, "Input/output error")))
    exchanges.documents = disk
    answer = exchanges.begin(_asked("DescribeVpcs"))
    assert isinstance(answer, Coroutine)
    response = await answer
    assert response.status == 503
    assert b"vpcSet" not in response.body


async def test_request_ids_are_random_uuids() -> None:
    import uuid

    made = {fresh_id() for _ in range(100)}
    assert len(made) == 100
    assert {uuid.UUID(one).version for one in made} == {4}
