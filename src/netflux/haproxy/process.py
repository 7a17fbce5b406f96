"""HAProxy for the whole region: owners put sections, it runs them all in one process and loses no request meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from netflux.errors import Retryable, UserError
from netflux.faults import Faults
from netflux.haproxy import configuration, leaving, passage, refusal
from netflux.haproxy.configuration import Chunk, Rendered, Settings
from netflux.haproxy.journal import Journal
from netflux.haproxy.leaving import Leaving
from netflux.haproxy.master import Master
from netflux.haproxy.runtime import RuntimeApi, RuntimeApiError, commands_for
from netflux.haproxy.section import Section, Server
from netflux.haproxy.slots import Slots, place
from netflux.runtime.children import Children

_log = logging.getLogger(__name__)

Frontends = Callable[[Sequence[Section]], Sequence[Chunk]]
_RESTART_SECONDS = (0.0, 0.2, 1.0, 5.0)
"""Real seconds before HAProxy is started again after it died that many times in a row; the last one repeats."""
_FAILED = ("econ", "wretr", "wredis")
"""Columns of `show stat`: failed for good, tried again at the same server, tried again at another one."""
_MOST_THREADS = 16
"""A thread for each core, but more than these only cost memory on one person's machine."""
LONGEST_SOCKET = 97
"""Characters of a unix socket's path: HAProxy puts its pid behind it while it binds, and Linux takes 107 in all."""
_SOCKET_NAME = 25
"""Characters of the longest name that is bound in the run directory, with the slash."""


class HAProxy:
    """One HAProxy and all owners' sections.

    Args:
        children: starts the process.
        binary: path of HAProxy, from `binary.find`.
        run_dir: sockets and the configuration.
        log: file for HAProxy's own messages.
        frontends: renders what is shared between sections; called with all sections before each reload.
    """

    def __init__(
        self, children: Children, binary: str, run_dir: Path, log: Path, frontends: Frontends = lambda _: ()
    ) -> None:
        self._master = Master(children, binary, run_dir, log)
        self._settings = Settings(str(run_dir / "haproxy.sock"), min(os.cpu_count() or 1, _MOST_THREADS))
        self._run_dir = run_dir
        self.journal = Journal()
        self._frontends = frontends
        self._sections: dict[str, Section] = {}
        self._good: dict[str, Section] = {}
        self._running: tuple[Section, ...] = ()
        self._mirrors: dict[str, str] = {}
        self._slots: dict[str, Slots] = {}
        self._live: dict[str, Slots] = {}
        self._structure = ""
        self._waiting: list[tuple[str, asyncio.Future[None]]] = []
        self._settling: asyncio.Task[None] | None = None
        self._watching: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()
        self._lock = asyncio.Lock()
        self._leaving: Callable[[], Awaitable[None]] | None = None
        self._old = Leaving(run_dir, self._master.runtime)
        self.reloads = 0
        self.faults = Faults()
        """Told while HAProxy does not run."""

    @property
    def runtime(self) -> RuntimeApi:
        """HAProxy's runtime API, for counters."""
        return self._master.runtime

    @property
    def pid(self) -> int:
        """Of the running master."""
        return self._master.pid

    def before_reload(self, look: Callable[[], Awaitable[None]]) -> None:
        """Called from now on before a new worker begins to count anew."""
        self._leaving = look

    async def statistics(self) -> Mapping[int, Sequence[Mapping[str, str]]]:
        """Counters of the newest worker and of those that leave, by pid; their maxima begin anew. RuntimeApiError."""
        newest, rows = await self.runtime.measured()
        found: dict[int, Sequence[Mapping[str, str]]] = {newest: rows}
        for pid in self._old.pids:
            with contextlib.suppress(RuntimeApiError):  # it has ended
                found[pid] = (await self.runtime.measured(f"@!{pid}"))[1]
        return found

    async def failed(self, backend: str = "") -> Mapping[tuple[str, str], int]:
        """Connections that failed since the newest worker began, those that were tried again too; RuntimeApiError.

        Returns:
            By backend, with an empty address; of one backend by server and its address.
        """
        rows = await self.runtime.statistics(f"{backend} 4 -1" if backend else "-1 2 -1")
        return {
            (row["svname"], row["addr"]) if backend else (row["pxname"], ""): sum(
                int(row[column] or 0) for column in _FAILED
            )
            for row in rows
        }

    def inherit(self, descriptor: int) -> None:
        """The configuration names a descriptor of this process, as `fd@N`. Before the start."""
        self._master.inherited = (*self._master.inherited, descriptor)

    def check(self) -> None:
        """Raises UserError where there can't be sockets below its folder."""
        length = len(str(self._run_dir)) + _SOCKET_NAME
        if length > LONGEST_SOCKET:
            raise UserError(
                f"The path of {self._run_dir} is too long by {length - LONGEST_SOCKET} characters for unix sockets.",
                "Choose a shorter directory with --state or NETFLUX_STATE_DIR.",
            )

    async def start(self) -> None:
        """Starts HAProxy with the shared frontends.

        Raises:
            UserError: it does not start.
        """
        self.check()
        self.journal.open()
        self._settings = replace(self._settings, journal=self.journal.address)
        self.inherit(self.journal.descriptor)
        try:
            await self._settle("")
        except (Retryable, RuntimeApiError) as error:
            await self._master.stop()
            self.journal.close()
            raise UserError(
                f"HAProxy does not start: {error}", "See haproxy.log in the state directory, if it is still there."
            ) from error
        self._watching = asyncio.ensure_future(self._watch())

    async def stop(self) -> None:
        """Ends HAProxy; puts under way fail."""
        self._stopping.set()
        for task in (self._watching, self._settling):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        for _, waiter in self._waiting:
            waiter.cancel()
        await self._old.stop()
        await self._master.stop()
        self.journal.close()

    async def put(self, section: Section) -> None:
        """Runs the section in place of the owner's last one; returns when the worker that has it answers.

        Raises:
            SectionRefused: HAProxy can't run it; the owner's last good section stays.
            ListenerRefused: an address can't be bound now; the owner's last good section stays.
        """
        if self._runs(section):
            return
        self._sections[section.owner] = section
        for backend, count in configuration.declared(section.body).items():
            self._slots[backend] = self._slots.get(backend, Slots()).widened(count)
        await self._settle(section.owner)

    def _runs(self, section: Section) -> bool:
        """Whether it is what the worker has already, and nothing else is under way: most passes change no section."""
        settled = self._settling is None or self._settling.done()
        good, wanted = self._good.get(section.owner), self._sections.get(section.owner)
        return self._master.running and bool(self._structure) and settled and section == good == wanted

    async def renew(self) -> None:
        """Reloads it if what sections share has changed, as a certificate that is valid no longer."""
        await self._settle("")

    async def remove(self, owner: str) -> None:
        """Takes the owner's section away."""
        section = self._sections.pop(owner, None)
        if section is None:
            return
        for backend in configuration.declared(section.body):
            self._slots.pop(backend, None)
            self._live.pop(backend, None)
        await self._settle("")

    async def set_servers(self, backend: str, servers: Sequence[Server]) -> None:
        """Fills the backend's slots with exactly these; returns when the running worker has them.

        A server that is absent gets no further request and its sessions end; to let them finish, pass it with state
        `drain` first. For a backend that no section has yet, the servers are kept until one does.

        Raises:
            Retryable: HAProxy did not take them.
        """
        placed = place(self._slots.get(backend, Slots()), servers)
        alike = [backend, *(mirror for mirror, original in self._mirrors.items() if original == backend)]
        self._slots.update(dict.fromkeys(alike, placed))
        live = [name for name in alike if name in self._live]
        if any(placed.capacity > self._live[name].capacity for name in live):
            await self._settle("")
            return
        async with self._lock:
            filled = await self._fill_all(live)
        if not filled:
            await self._settle("")

    async def _settle(self, owner: str) -> None:
        """Waits until HAProxy runs what is wanted now. All who ask while a reload runs share the next one."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((owner, waiter))
        if self._settling is None or self._settling.done():
            self._settling = asyncio.ensure_future(self._settle_all())
        await waiter

    async def _settle_all(self) -> None:
        await asyncio.sleep(0)
        while self._waiting:
            waiting, self._waiting = self._waiting, []
            refused: dict[str, Exception] = {}
            failed: Exception | None = None
            try:
                async with self._lock:
                    await self._converge({owner for owner, _ in waiting if owner}, refused)
            except Exception as error:  # noqa: BLE001 - whoever waits must be told, and tries again
                _log.warning("HAProxy can't be brought up to date", exc_info=error)
                failed = Retryable(f"HAProxy can't be brought up to date: {error}")
            finally:
                _tell(waiting, failed, refused)

    async def _converge(self, changed: set[str], refused: dict[str, Exception]) -> None:
        """Reloads until HAProxy runs all sections that it can run."""
        while True:
            sections = dict(self._sections)  # others may put sections while this reload runs; they get the next one
            if not self._master.running:
                self._structure = ""
                if sections:  # one of which may be refused, and the others must run
                    await self._master.start(configuration.render(self._settings, (), (), {}).text)
            joined = passage.join([*sections.values()])
            self._mirrors = dict(joined.mirrors)
            self._slots.update((name, self._slots.get(other, Slots())) for name, other in self._mirrors.items())
            empty = {name: slots.emptied() for name, slots in self._slots.items()}
            shared = [Chunk("", leaving.listener(self._run_dir)), *self._frontends(joined.sections)]
            structure = configuration.render(self._settings, shared, joined.sections, empty).text
            if structure == self._structure:
                return
            slots = dict(self._slots)
            rendered = configuration.render(self._settings, shared, joined.sections, slots)
            answer = await self._taken(rendered.text)
            if not answer:
                self._good = sections
                await self._reloaded(structure, joined.sections, slots)
                return
            self._structure = ""
            self._refuse(answer, rendered, changed, refused)

    async def _taken(self, text: str) -> str:
        """HAProxy runs this configuration, or says what is wrong with it."""
        if not self._master.running:
            await self._master.start(text)
            return ""
        return await self._master.check(text) or await self._replace(text)

    async def _replace(self, text: str) -> str:
        """A new worker for the last one, whose counters are read before and when it leaves; what is wrong, or empty."""
        look = self._leaving
        if look is None or not self._structure:
            return await self._master.reload(text)
        await look()
        held = await self._old.hold()
        answer = "nothing was replaced"
        try:
            answer = await self._master.reload(text)
        finally:
            if held is not None and answer:
                held[1].close()
            elif held is not None:
                self._old.watch(held, self._look_between)
        return answer

    async def _look_between(self) -> None:
        """Not while a reload runs, for the master does not answer then."""
        async with self._lock:
            if self._leaving is not None:
                await self._leaving()

    async def _reloaded(self, structure: str, running: tuple[Section, ...], slots: dict[str, Slots]) -> None:
        self.reloads += 1
        self._structure = structure
        self._running = running
        backends = {name for section in running for name in configuration.declared(section.body)}
        for gone in self._live.keys() - backends:
            self._slots.pop(gone, None)
        # Instead of `drain` it says weight 0, and the state is set afterwards.
        self._live = {name: slots[name].rendered() for name in backends}
        for backend in backends:
            if any(server and server.state == "drain" for server in slots[backend].servers):
                await self._fill(backend)

    def _refuse(self, answer: str, rendered: Rendered, changed: set[str], refused: dict[str, Exception]) -> None:
        """Takes the section that HAProxy complains about back to what it was."""
        owner = refusal.culprit(answer, rendered)
        owners = {owner} if owner else {name for name in changed if self._sections.get(name) != self._good.get(name)}
        if not owners or not owners & set(self._sections):
            raise RuntimeApiError(refusal.reason(answer))
        for name in owners:
            refused[name] = refusal.refusal(name, answer)
            _log.error("%s", refused[name])
            good = self._good.get(name)
            if good is None or good == self._sections.get(name):
                self._sections.pop(name, None)
                self._good.pop(name, None)
            else:
                self._sections[name] = good

    async def _fill_all(self, backends: Sequence[str]) -> bool:
        """Whether HAProxy took the servers of them all; if not, the next settling reloads it."""
        try:
            for backend in backends:
                await self._fill(backend)
        except RuntimeApiError as error:
            _log.warning("HAProxy did not take servers: %s", error)
            self._structure = ""
            return False
        return True

    async def _fill(self, backend: str) -> None:
        """Makes the worker's servers of a backend what the slots say, and looks that they are."""
        wanted, live = self._slots[backend], self._live[backend]
        prefix = next(
            found[backend]
            for found in (configuration.prefixes(section.body) for section in self._running)
            if backend in found
        )
        changes = list(enumerate(zip(live.servers, wanted.servers, strict=False), 1))
        # Those that come before those that go: there is never a moment with neither.
        changes.sort(key=lambda change: not (change[1][1] and change[1][1].state == "ready"))
        commands = [
            command
            for number, (old, new) in changes
            for command in commands_for(backend, f"{prefix}{number}", old, new)
        ]
        if not commands:
            return
        answer = await self.runtime.worker_all(commands)
        seen = await self.runtime.servers(backend)
        for number, server in enumerate(wanted.servers[: live.capacity], 1):
            found = seen.get(f"{prefix}{number}")
            if found is None or (found.state if server is None else (found.address, found.port, found.state)) != (
                "maint" if server is None else (server.address, server.port, server.state)
            ):
                told = " ".join(answer.split())
                raise RuntimeApiError(f"{backend}/{prefix}{number} is {found}, not {server}: {told}")
        self._live[backend] = wanted

    async def _watch(self) -> None:
        """Starts HAProxy again whenever it dies, with all that it had."""
        deaths = 0
        loop = asyncio.get_running_loop()
        while True:
            started = loop.time()
            code = await self._master.wait()
            deaths = deaths + 1 if loop.time() - started < 10 else 0
            delay = _RESTART_SECONDS[min(deaths, len(_RESTART_SECONDS) - 1)]
            _log.error("HAProxy ended with code %s; it is started again in %s s", code, delay)
            self.faults.tell(
                "part",
                "haproxy",
                f"HAProxy ended with code {code}: no load balancer, site or API answers until it runs again.",
                f"It is started again by itself, in {delay:g} s; haproxy.log says why it ended.",
            )
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._stopping.wait()
            self._structure = ""
            try:
                await self._settle("")
                self.faults.clear("part", "haproxy")
            except Retryable as error:
                _log.error("%s", error)


def _tell(
    waiting: Sequence[tuple[str, asyncio.Future[None]]], failed: Exception | None, refused: Mapping[str, Exception]
) -> None:
    for owner, waiter in waiting:
        error = failed or refused.get(owner)
        if waiter.done():
            continue
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)
