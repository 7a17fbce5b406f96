"""`netflux up` in the foreground: a region in this process, its stack deployed, until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import importlib
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netflux import heap, names, state
from netflux.cli import stack
from netflux.cli.progress import Progress
from netflux.cli.project import Project
from netflux.cloudformation.lint import Linter
from netflux.console import readiness
from netflux.console.status import plain, snapshot, standing
from netflux.errors import UserError
from netflux.gateway import peer
from netflux.runtime import enclosure
from netflux.vitals import raise_descriptors

if TYPE_CHECKING:
    from netflux.entrance import Entrance

_READY_DEADLINE = 600.0
"""Real seconds in which services and databases must come up; CloudFormation gives a service three hours."""

_POLL = 0.15
_GIVE_WAY = 0.0005
"""Seconds for which code that is read may hold up the first calls, which are answered meanwhile."""


@dataclass(frozen=True)
class Request:
    """What a person asked for.

    Attributes:
        project: what is to run.
        state: the state directory.
        port: of the gateway; 0 takes a free one.
        speed: simulated seconds in a real one.
        network: `auto`, `loopback` or `namespaces`.
        runtime: `auto`, `process` or `podman`.
        any_credentials: access keys that nobody issued are taken.
        iam: policies decide what tasks, roles and users may do.
        fresh: the state directory is made for this start.
        listening: descriptor of the gateway's listening socket, for a region that lives in a network of its own.
        pid: of the process that a person sees and signals.
        peers: descriptor by which the kernel tells whose a connection to the gateway is; None where it does not.
        owner: user id of the person, outside of any user namespace.
    """

    project: Project
    state: Path
    port: int
    speed: float
    network: str
    runtime: str
    any_credentials: bool = False
    iam: bool = True
    fresh: bool = False
    listening: int | None = None
    pid: int = 0
    peers: int | None = None
    owner: int = 0


class _NotStarted(Exception):
    """The region did not start, so a state directory made for it holds nothing worth keeping."""

    def __init__(self, cause: UserError) -> None:
        super().__init__(str(cause))
        self.cause = cause


def run(request: Request, shown: Callable[[], Progress], ready: Callable[[dict[str, Any], float], None]) -> None:
    """Runs until SIGINT or SIGTERM; a second one kills.

    Args:
        request: what a person asked for.
        shown: makes what is told of all that happens until everything is ready or has failed; in the process that
            stays, which may be another one than that which called.
        ready: told once, with the status and the seconds it took.

    Raises:
        UserError: it can't become ready. Everything that was started has been stopped.
    """
    os.umask(0o077)  # children get their own: runtime/children.py
    heap.share()
    if request.project.config is not None:
        stack.read(request.project.config)
    state.check(request.state)
    raise_descriptors()
    request = replace(
        request,
        port=_free(request.port),
        fresh=not (request.state / "version").exists(),
        pid=os.getpid(),
        network=_driver(request.network),
        owner=os.geteuid(),
        peers=peer.descriptor(),  # of this network namespace: the region may live in another one
    )
    held = state.StateDirectory.open(request.state, request.port)
    if request.network == "namespaces":
        request = _enclosed(request, held)
    progress = shown()
    try:
        _log_to(held.log)
        with state.explained(request.state):
            asyncio.run(_run(request, held, progress, ready))
    except _NotStarted as error:
        held.close()
        if request.fresh:
            state.delete(request.state)
        raise error.cause from error
    finally:
        progress.close()
        held.close()


async def _run(
    request: Request,
    held: state.StateDirectory,
    progress: Progress,
    ready: Callable[[dict[str, Any], float], None],
) -> None:
    began = time.monotonic()
    gc.disable()  # hundreds of modules are read now, and none of what they make is garbage
    progress.step("starting the region")
    linter = Linter()
    if request.project.config is not None:
        linter.begin(request.project.config.template.read_text(), names.REGION)
    from netflux.entrance import Entrance, Options  # once the linter is on its way, on the other core

    options = Options(
        port=request.port,
        speed=request.speed,
        network=request.network,
        runtime=request.runtime,
        seed=request.project.config,
        region=names.REGION,
        listening=request.listening,
        pid=request.pid,
        any_credentials=request.any_credentials,
        iam=request.iam,
        peers=request.peers,
        owner=request.owner,
    )
    stopping = asyncio.Event()
    try:
        entrance = Entrance(held, options)
    except UserError as error:
        raise _NotStarted(error) from error
    with _signals(stopping, entrance.children):
        try:
            region = await _region(entrance)
        except UserError as error:
            raise _NotStarted(error) from error
        try:
            await _linted(request, linter, stopping)
            await linter.stop()
            status = await _deployed(request, region, progress, stopping)
            progress.close()
            if not stopping.is_set():
                ready(status, time.monotonic() - began)
            await stopping.wait()
        finally:
            if stopping.is_set():
                progress.stopping()
            await linter.stop()
            await region.stop()


async def _front(entrance: Entrance) -> Any:
    """HAProxy starts while what answers behind it is read."""
    try:
        entrance.open()
        code = await asyncio.to_thread(importlib.import_module, "netflux.front")
        return code.Front(entrance)
    except BaseException:
        await entrance.abandon()
        raise


async def _region(entrance: Entrance) -> Any:
    """The gateway answers before the services' code is read, which is done in a thread for that."""
    front = await _front(entrance)
    await front.start()
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_GIVE_WAY)
    try:
        code = await asyncio.to_thread(importlib.import_module, "netflux.region")
        sys.setswitchinterval(usual)
        region = code.Region(front)
    except BaseException:
        await front.stop()
        raise
    await region.start()
    gc.freeze()
    gc.enable()
    return region


async def _linted(request: Request, linter: Linter, stopping: asyncio.Event) -> None:
    """Waits for the verdict that was begun early; CreateStack finds it in the cache, and tells it when it is bad."""
    if request.project.config is None:
        return
    verdict = asyncio.ensure_future(linter.findings(request.project.config.template.read_text(), names.REGION))
    asked = asyncio.ensure_future(stopping.wait())
    await asyncio.wait((verdict, asked), return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if verdict.done() and verdict.exception() is None:
        return
    verdict.cancel()


async def _deployed(request: Request, region: Any, progress: Progress, stopping: asyncio.Event) -> dict[str, Any]:
    """The status once the stack stands and everything answers.

    In a new and empty cloud there is nothing to wait for, and asking each service would only make it load its code.
    """
    if request.fresh and request.project.config is None:
        return {"region": plain(region.facts())}
    if request.project.config is not None:
        deployment = stack.Deployment(region.apis.call, request.project.config, progress, stopping)
        try:
            await deployment.run()
        except UserError as error:
            if error.exit_code == 2:  # refused before anything was made
                raise _NotStarted(error) from error
            raise
    return await _ready(region, progress, stopping)


async def _ready(region: Any, progress: Progress, stopping: asyncio.Event) -> dict[str, Any]:
    """The status once nothing is missing any more.

    Raises:
        UserError: the deadline has passed; says what is missing.
    """
    deadline = time.monotonic() + _READY_DEADLINE
    progress.step("waiting until everything answers")
    while True:
        facts = plain(region.facts())
        missing = readiness.missing(await standing(region.apis.call)) + _seeds_failing(facts)
        if not missing or stopping.is_set():
            return {**await snapshot(region.apis.call), "region": facts}
        progress.waiting(missing)
        if time.monotonic() > deadline:
            raise UserError(
                f"Not ready after {_READY_DEADLINE:.0f} s:\n" + "\n".join(missing),
                "`netflux logs SERVICE` and the region's log (netflux.log) say more.",
            )
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stopping.wait(), _POLL)


def _seeds_failing(facts: dict[str, Any]) -> list[str]:
    return [one["message"] for one in facts["failures"] if one["controller"] == "seed"]


@contextlib.contextmanager
def _signals(stopping: asyncio.Event, children: Any) -> Iterator[None]:
    """The first SIGINT or SIGTERM asks to stop; the second ends all children and this process at once."""

    def asked() -> None:
        if stopping.is_set():
            for child in children.running():
                child.kill_group()
            os._exit(130)
        stopping.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, asked)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _driver(asked: str) -> str:
    """The driver that is used. `auto` is `namespaces` where the kernel lets this user make them, else `loopback`.

    Raises:
        UserError: namespaces were asked for, and this machine forbids them.
    """
    if asked == "loopback":
        return asked
    refused = enclosure.refusal()
    if refused is None:
        return "namespaces"
    if asked == "auto":
        return "loopback"
    raise UserError(
        f"The network driver `namespaces` can't be used here: {refused}.",
        f"{refused.setting}\nOr use --network loopback, which does not enforce security groups between processes.",
    )


def _enclosed(request: Request, held: state.StateDirectory) -> Request:
    """Returns inside, in another process; this one waits there and ends with it."""
    listening = socket.socket()
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", request.port))
    except OSError as error:
        held.close()
        raise UserError(*_port_refused(request.port, error)) from error
    listening.listen()

    def let_go() -> None:
        held.abandon()
        listening.close()
        if request.peers is not None:
            os.close(request.peers)

    enclosure.enter(let_go)
    return replace(request, listening=listening.detach())


def _free(port: int) -> int:
    """The port, or a free one for 0; fails before anything is started or written when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise UserError(*_port_refused(port, error)) from error
        return int(probe.getsockname()[1])


def _port_refused(port: int, error: OSError) -> tuple[str, str]:
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} on 127.0.0.1 is in use by another program.",
            f"Stop that program (ss -ltnp 'sport = :{port}' names it), or choose another with --port PORT.",
        )
    if error.errno == errno.EACCES:
        return (f"Port {port} may not be bound by this user.", "Choose one above 1023 with --port PORT.")
    return (f"Port {port} on 127.0.0.1 can't be bound: {error.strerror}.", "Choose another with --port PORT.")


def _log_to(file: Path) -> None:
    handler = logging.FileHandler(file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("netflux").setLevel(logging.INFO)
