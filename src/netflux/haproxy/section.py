"""What an owner wants HAProxy to do."""

from __future__ import annotations

from dataclasses import dataclass, replace

LATE = "{ var(txn.late) -m found }"
"""For the conditions of `Onward.late`: the answer is made because the patience is over."""


BORN = "sess.born"
"""When the client's connection began, seconds of the clock: the gateway sets it, and listeners whose owner needs it."""
BEGIN = f"tcp-request connection set-var({BORN}) date"


@dataclass(frozen=True)
class Route:
    """What the gateway's shared frontend does with requests for one host name.

    Attributes:
        host: exact name, lower-case, without port; AWS's own form of it is matched as well.
        scheme: `http`, `https`, or empty for both.
        lines: `use_backend …` lines, in order; each may end in `if <conditions>`. The gateway adds the host and scheme
            condition, so conditions are joined by AND (a line per OR branch).
        http2: whether clients that come by TLS for this name are offered HTTP/2.
        normal: whether the lines look at the path as it is when normalized (`haproxy/normal.py`).
        also: further names, lower-case; `*.` stands for whatever is in front. A name of several owners is nobody's.
        certificates: PEM files for some of these names, each with the names that it is for.
    """

    host: str
    scheme: str
    lines: tuple[str, ...]
    http2: bool = True
    normal: bool = False
    also: tuple[str, ...] = ()
    certificates: tuple[tuple[str, tuple[str, ...]], ...] = ()


@dataclass(frozen=True)
class Branch:
    """One thing that an owner's listener may do with a request.

    Attributes:
        condition: under which it is chosen, if no branch before it is; empty for always.
        backend: the backend that it is sent to.
        lines: of that backend; `nbsrv` and the like name no backend, for they may run in another one.
        servers: the backend whose slots its servers sit in, which is itself; empty when it has none.
        reads: what the condition looks at: `path`, `query`, `method`, `source`, or a header's lower-case name.
        sources: addresses that its servers are asked from; each has a backend of its own, `{backend}-n1` and so on.
        turns: so many of the first of them take the requests that come to none in particular, in turn.
        errors: `http-after-response` lines for answers from 400 on, behind all others.
    """

    condition: str
    backend: str
    lines: tuple[str, ...]
    servers: str = ""
    reads: frozenset[str] = frozenset()
    sources: tuple[str, ...] = ()
    turns: int = 1
    errors: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The backend."""
        last = ("http-after-response allow if { status lt 400 }", *self.errors) if self.errors else ()
        return f"backend {self.backend}\n" + "".join(f"    {line}\n" for line in (*self.lines, *last))

    @property
    def used(self) -> str:
        """What a `use_backend` line names; the source is drawn by lot."""
        if not self.sources:
            return self.backend
        return f"{self.backend}-n" + ("1" if self.turns == 1 else f"%[rand({self.turns}),add(1)]")

    def by(self, chosen: str) -> str:
        """The same, with the source's number from this expression."""
        return f"{self.backend}-n%[{chosen}]" if self.sources else self.backend

    def backends(self) -> tuple[Branch, ...]:
        """A branch for each backend of its own."""
        if not self.sources:
            return (self,)
        return tuple(
            replace(
                self, backend=f"{self.backend}-n{number}", servers=f"{self.servers}-n{number}", sources=(),
                lines=tuple(
                    f"{line} source {source}" if line.startswith("server-template ") else line for line in self.lines
                ),
            )
            for number, source in enumerate(self.sources, 1)
        )  # fmt: skip


@dataclass(frozen=True)
class Entry:
    """What a listener on a unix socket does with the requests of this HAProxy.

    Attributes:
        socket: its path.
        idle: real seconds without a byte after which it gives up on a server.
        branches: tried in order; the last one has no condition.
        alone: condition of requests that have to pass the listener itself; empty for none.
    """

    socket: str
    idle: int
    branches: tuple[Branch, ...]
    alone: str = ""


@dataclass(frozen=True)
class Onward:
    """A backend whose only server is another listener of this HAProxy.

    Attributes:
        backend: its name.
        socket: the listener's path.
        request: lines that change the request before it leaves.
        response: lines that change an answer, whoever made it.
        changes: what the request lines change, in the words of `Branch.reads`; `*` is any number of characters.
        patience: real seconds that it waits for an answer.
        late: lines that make its own answer when that has passed.
    """

    backend: str
    socket: str
    request: tuple[str, ...]
    response: tuple[str, ...]
    changes: frozenset[str]
    patience: int
    late: tuple[str, ...] = ()


@dataclass(frozen=True)
class Section:
    """One owner's part of the configuration.

    Attributes:
        owner: unique, e.g. `elbv2/{arn}`.
        body: complete `frontend`, `backend`, `cache` … sections; every name in it starts with a prefix of the owner's.
        gateway: routes of the shared frontend.
        entries: what its listeners do, for owners whose requests go on into one of them.
        onward: those of its backends that lead into another owner's listener.
    """

    owner: str
    body: str = ""
    gateway: tuple[Route, ...] = ()
    entries: tuple[Entry, ...] = ()
    onward: tuple[Onward, ...] = ()


@dataclass(frozen=True)
class Server:
    """A server in a backend's slot.

    Attributes:
        name: unique in the backend, stable, e.g. `10.0.3.17:8080`: the same name keeps its slot.
        address: local IP address.
        port: TCP port.
        weight: 0-256.
        state: `ready`, `drain` (no new requests, those in flight end) or `maint` (no request at all).
    """

    name: str
    address: str
    port: int
    weight: int = 1
    state: str = "ready"
