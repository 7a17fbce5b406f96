"""A load balancer's surroundings for all tests of a module, and a load balancer for each."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.parity.elbv2.world import Alb, World, close_world, open_world


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    found = await open_world(tmp_path_factory.mktemp("elbv2"))
    yield found
    await close_world(found)


@pytest_asyncio.fixture(loop_scope="module")
async def world(place: World) -> AsyncIterator[World]:
    yield place
    await place.clear()


@pytest_asyncio.fixture(loop_scope="module")
async def alb(world: World) -> Alb:
    return await world.alb()
