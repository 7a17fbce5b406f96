"""A real HAProxy, reloaded, broken, killed and loaded."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from netflux.errors import UserError
from netflux.haproxy import binary
from netflux.haproxy.configuration import Chunk
from netflux.haproxy.process import HAProxy
from netflux.haproxy.refusal import ListenerRefused, SectionRefused
from netflux.haproxy.section import Section, Server
from netflux.runtime.children import Children
from tests.haproxy.targets import Load, Target, free_port, get, until


@pytest.fixture
async def haproxy(tmp_path: Path) -> AsyncIterator[HAProxy]:
    run = Path(tempfile.mkdtemp(prefix="netflux-"))  # a unix socket's path must be short
    found = HAProxy(Children(run / "children"), binary.find(), run, tmp_path / "haproxy.log")
    await found.start()
    yield found
    await found.stop()
    shutil.rmtree(run)


@pytest.fixture
async def targets() -> AsyncIterator[list[Target]]:
    found = [await Target(name).start() for name in ("one", "two", "three")]
    yield found
    for target in found:
        await target.stop()


def server(target: Target, state: str = "ready") -> Server:
    return Server(f"{target.address}:{target.port}", target.address, target.port, 1, state)


def section(port: int, owner: str = "test/a", slots: int = 4, extra: str = "") -> Section:
    name = owner.replace("/", "-")
    return Section(
        owner,
        f"""
frontend {name}
    bind 127.0.0.1:{port}
    {extra}
    default_backend {name}-servers
backend {name}-servers
    server-template s 1-{slots} 127.0.0.1:1 disabled
""",
    )


async def test_a_put_section_answers_when_put_returns(haproxy: HAProxy, targets: list[Target]) -> None:
    port = free_port()
    await haproxy.set_servers("test-a-servers", [server(targets[0])])
    await haproxy.put(section(port))
    assert (await get(("127.0.0.1", port), "x")).body == b"one"


async def test_an_unchanged_section_and_new_servers_need_no_reload(haproxy: HAProxy, targets: list[Target]) -> None:
    port = free_port()
    await haproxy.put(section(port))
    reloads = haproxy.reloads
    await haproxy.put(section(port))
    await haproxy.set_servers("test-a-servers", [server(target) for target in targets])
    seen = {(await get(("127.0.0.1", port), "x")).body for _ in range(6)}
    assert seen == {b"one", b"two", b"three"}
    assert haproxy.reloads == reloads


async def test_a_burst_of_puts_is_one_reload(haproxy: HAProxy) -> None:
    ports = [free_port() for _ in range(8)]
    reloads = haproxy.reloads
    await asyncio.gather(*(haproxy.put(section(port, f"test/{number}")) for number, port in enumerate(ports)))
    assert haproxy.reloads == reloads + 1
    assert {(await get(("127.0.0.1", port), "x")).status for port in ports} == {503}


async def test_servers_and_their_states_survive_a_reload(haproxy: HAProxy, targets: list[Target]) -> None:
    port = free_port()
    await haproxy.put(section(port))
    states = ("maint", "drain", "ready")
    await haproxy.set_servers(
        "test-a-servers", [server(target, state) for target, state in zip(targets, states, strict=True)]
    )
    await haproxy.put(section(free_port(), "test/other"))
    assert {(await get(("127.0.0.1", port), "x")).body for _ in range(4)} == {b"three"}
    found = await haproxy.runtime.servers("test-a-servers")
    assert [found[f"s{number}"].state for number in (1, 2, 3, 4)] == ["maint", "drain", "ready", "maint"]


async def test_slots_grow_when_all_are_taken(haproxy: HAProxy, targets: list[Target]) -> None:
    port = free_port()
    await haproxy.put(section(port, slots=1))
    await haproxy.set_servers("test-a-servers", [server(target) for target in targets])
    assert {(await get(("127.0.0.1", port), "x")).body for _ in range(6)} == {b"one", b"two", b"three"}


async def test_a_slot_taken_again_never_reaches_its_last_server(haproxy: HAProxy, targets: list[Target]) -> None:
    port = free_port()
    await haproxy.put(section(port, slots=1))
    for target in (*targets, *targets):
        await haproxy.set_servers("test-a-servers", [server(target)])
        for _ in range(3):
            assert (await get(("127.0.0.1", port), "x")).body == target.name.encode()


async def test_a_broken_section_is_refused_by_its_owners_name_and_harms_no_other(
    haproxy: HAProxy, targets: list[Target]
) -> None:
    port, other = free_port(), free_port()
    await haproxy.set_servers("test-a-servers", [server(targets[0])])
    await haproxy.set_servers("test-good-servers", [server(targets[1])])
    results = await asyncio.gather(
        haproxy.put(section(port)),
        haproxy.put(section(free_port(), "test/bad", extra="no-such-word at all")),
        haproxy.put(section(free_port(), "test/lost", extra="use_backend nowhere if { path /x }")),
        haproxy.put(section(other, "test/good")),
        return_exceptions=True,
    )
    assert results[0] is None
    assert results[3] is None
    assert isinstance(results[1], SectionRefused)
    assert isinstance(results[2], SectionRefused)
    assert (results[1].owner, results[2].owner) == ("test/bad", "test/lost")
    assert "no-such-word" in str(results[1])
    assert (await get(("127.0.0.1", port), "x")).body == b"one"
    assert (await get(("127.0.0.1", other), "x")).body == b"two"


async def test_an_owners_last_good_section_stays_when_its_next_one_is_broken(
    haproxy: HAProxy, targets: list[Target]
) -> None:
    port = free_port()
    await haproxy.set_servers("test-a-servers", [server(targets[0])])
    await haproxy.put(section(port))
    with pytest.raises(SectionRefused, match="test/a"):
        await haproxy.put(section(port, extra="nonsense"))
    assert (await get(("127.0.0.1", port), "x")).body == b"one"


async def test_an_address_in_use_is_refused_to_its_owner_and_can_be_tried_again(
    haproxy: HAProxy, targets: list[Target]
) -> None:
    good, taken = free_port(), targets[1]
    await haproxy.set_servers("test-a-servers", [server(targets[0])])
    await haproxy.put(section(good))
    body = section(0, "test/busy").body.replace("127.0.0.1:0", f"{taken.address}:{taken.port}")
    with pytest.raises(ListenerRefused, match="test/busy"):
        await haproxy.put(Section("test/busy", body))
    assert (await get(("127.0.0.1", good), "x")).body == b"one"
    await taken.stop()
    await haproxy.put(Section("test/busy", body))
    assert (await get((taken.address, taken.port), "x")).status == 503
    assert (await get(("127.0.0.1", good), "x")).body == b"one"


async def test_a_removed_section_answers_no_more(haproxy: HAProxy) -> None:
    port = free_port()
    await haproxy.put(section(port))
    await haproxy.remove("test/a")
    with pytest.raises(ConnectionRefusedError):
        await get(("127.0.0.1", port), "x")


async def test_no_request_is_lost_while_sections_and_servers_change(haproxy: HAProxy, targets: list[Target]) -> None:
    port = free_port()
    await haproxy.set_servers("test-a-servers", [server(targets[0]), server(targets[1])])
    await haproxy.put(section(port))
    async with Load(("127.0.0.1", port), "x") as load:
        await load.more(100)
        for number in range(8):
            await haproxy.put(section(free_port(), f"test/{number}"))
            await load.more(50)
            await haproxy.set_servers(
                "test-a-servers", [server(targets[0]), server(targets[1], "drain" if number % 2 else "ready")]
            )
            await load.more(50)
    assert load.lost == []
    assert load.done > 900


async def test_a_draining_server_finishes_requests_in_flight_and_gets_no_new_one(
    haproxy: HAProxy, targets: list[Target]
) -> None:
    one, two = targets[:2]
    port = free_port()
    await haproxy.put(section(port))
    await haproxy.set_servers("test-a-servers", [server(one)])
    one.gate = asyncio.Event()
    in_flight = asyncio.ensure_future(get(("127.0.0.1", port), "x"))
    await until(lambda: len(one.requests) == 1)
    await haproxy.set_servers("test-a-servers", [server(one, "drain"), server(two)])
    assert {(await get(("127.0.0.1", port), "x")).body for _ in range(4)} == {b"two"}
    await haproxy.put(section(free_port(), "test/other"))
    one.gate.set()
    assert (await in_flight).body == b"one"
    assert len(one.requests) == 1


async def test_a_killed_haproxy_comes_back_with_everything(haproxy: HAProxy, targets: list[Target]) -> None:
    port = free_port()
    await haproxy.put(section(port))
    await haproxy.set_servers("test-a-servers", [server(targets[0]), server(targets[1], "maint")])
    before = haproxy.pid
    os.kill(before, signal.SIGKILL)

    async def answers() -> bool:
        try:
            return haproxy.pid != before and (await get(("127.0.0.1", port), "x")).body == b"one"
        except (ConnectionError, asyncio.IncompleteReadError):
            return False

    await until(answers)
    await haproxy.set_servers("test-a-servers", [server(targets[1])])
    assert (await get(("127.0.0.1", port), "x")).body == b"two"


async def test_a_start_that_fails_names_the_reason_and_leaves_no_process(tmp_path: Path, targets: list[Target]) -> None:
    taken = targets[0]
    children = Children(tmp_path / "children")
    shared = [Chunk("", f"frontend f\n    bind {taken.address}:{taken.port}\n")]
    run = Path(tempfile.mkdtemp(prefix="netflux-"))
    haproxy = HAProxy(children, binary.find(), run, tmp_path / "log", lambda _: shared)
    with pytest.raises(UserError, match="Address already in use"):
        await haproxy.start()
    await haproxy.stop()
    shutil.rmtree(run)
    assert children.running() == []


async def test_a_haproxy_that_crashes_at_its_start_is_started_again(tmp_path: Path) -> None:
    crashed = tmp_path / "crashed"
    program = tmp_path / "haproxy"
    program.write_text(
        f'#!/bin/sh\ncase "$1" in -W) [ -e {crashed} ] || {{ touch {crashed}; echo so long; kill -SEGV $$; }} ;; esac\n'
        f'exec {binary.find()} "$@"\n'
    )
    program.chmod(0o700)
    run = Path(tempfile.mkdtemp(prefix="netflux-"))
    haproxy = HAProxy(Children(run / "children"), str(program), run, tmp_path / "log")
    await haproxy.start()
    await haproxy.stop()
    shutil.rmtree(run)
    assert crashed.exists()


async def test_a_haproxy_that_never_starts_says_its_last_words(tmp_path: Path) -> None:
    program = tmp_path / "haproxy"
    program.write_text("#!/bin/sh\necho cannot go on\nexit 3\n")
    program.chmod(0o700)
    run = Path(tempfile.mkdtemp(prefix="netflux-"))
    haproxy = HAProxy(Children(run / "children"), str(program), run, tmp_path / "log")
    with pytest.raises(UserError, match=r"code 3 at start\. cannot go on"):
        await haproxy.start()
    shutil.rmtree(run)


async def test_a_state_directory_with_a_path_too_long_for_sockets_is_named(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 90)
    deep.mkdir()
    haproxy = HAProxy(Children(tmp_path / "children"), binary.find(), deep, tmp_path / "log")
    with pytest.raises(UserError, match="too long") as told:
        await haproxy.start()
    assert "--state" in told.value.hint
