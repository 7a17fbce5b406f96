"""Sections to the text that HAProxy reads. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from netflux.haproxy import journal
from netflux.haproxy.section import Section, Server
from netflux.haproxy.slots import Slots

_TEMPLATE = re.compile(
    r"^\s*server-template\s+(?P<prefix>\S+)\s+(?:1-)?(?P<count>\d+)\s+(?P<address>\S+)(?P<options>.*)$"
)
_SPECIAL = re.compile(r"[^A-Za-z0-9_./:,@+=?~^-]+")
_BACKEND = re.compile(r"^\s*(?:backend|listen)\s+(\S+)")
_OTHER = re.compile(r"^\s*(?:frontend|defaults|global|cache|userlist|resolvers|peers|mailers|program|ring)\b")


@dataclass(frozen=True)
class Settings:
    """What the whole process needs.

    Attributes:
        socket: path of the runtime API's unix socket, which also hands the listeners to the next worker.
        threads: one per core.
        journal: where requests that fail are told, e.g. `fd@9`; empty for nowhere.
    """

    socket: str
    threads: int
    journal: str = ""


@dataclass(frozen=True)
class Chunk:
    """Some lines, and whose they are; the owner is empty for lines that belong to nobody's section."""

    owner: str
    text: str


@dataclass(frozen=True)
class Rendered:
    """A whole configuration.

    Attributes:
        text: the file.
        owners: the owner of each line, the first line's first.
    """

    text: str
    owners: tuple[str, ...]

    def owner_of(self, line: int) -> str:
        """Whose line it is, counting from 1; empty for nobody's."""
        return self.owners[line - 1] if 0 < line <= len(self.owners) else ""


def quote(text: str) -> str:
    """Any text as one word of HAProxy's configuration; it may hold spaces, quotes and line ends."""
    return _SPECIAL.sub(lambda found: "".join(f"\\x{byte:02x}" for byte in found[0].encode()), text) or '""'


def guarded(line: str, guard: str) -> str:
    """A rule that holds only where the guard does, too.

    The guard is looked at last: of a hundred rules of one host nearly all fail by what they ask for themselves.
    """
    action, found, condition = line.rpartition(" if ")
    return f"{action} if {condition} {guard}" if found else f"{line} if {guard}"


def render(
    settings: Settings, frontends: Sequence[Chunk], sections: Sequence[Section], slots: Mapping[str, Slots]
) -> Rendered:
    """The configuration of one worker, with the servers that the slots hold now, so that a reload loses none."""
    lines: list[str] = []
    owners: list[str] = []
    bodies = [Chunk(section.owner, fill(section.body, slots)) for section in sections if section.body]
    for chunk in [Chunk("", _preamble(settings)), *frontends, *bodies]:
        new = chunk.text.strip("\n").split("\n")
        lines += new
        owners += [chunk.owner] * len(new)
    return Rendered("\n".join(lines) + "\n", tuple(owners))


def declared(body: str) -> dict[str, int]:
    """Backends of a section that have slots, with how many slots their author wrote."""
    found: dict[str, int] = {}
    backend = ""
    for line in body.split("\n"):
        backend = _section(line, backend)
        template = _TEMPLATE.match(line)
        if template and backend:
            found[backend] = int(template["count"])
    return found


def prefixes(body: str) -> dict[str, str]:
    """What the names of a backend's slots begin with."""
    found: dict[str, str] = {}
    backend = ""
    for line in body.split("\n"):
        backend = _section(line, backend)
        template = _TEMPLATE.match(line)
        if template and backend:
            found[backend] = template["prefix"]
    return found


def fill(body: str, slots: Mapping[str, Slots]) -> str:
    """The body with each `server-template` line replaced by what the slots hold."""
    lines: list[str] = []
    backend = ""
    for line in body.split("\n"):
        backend = _section(line, backend)
        template = _TEMPLATE.match(line)
        lines += _slot_lines(template, slots[backend]) if template and backend in slots else [line]
    return "\n".join(lines)


def _section(line: str, current: str) -> str:
    begun = _BACKEND.match(line)
    if begun:
        return begun[1]
    return "" if _OTHER.match(line) else current


def _slot_lines(template: re.Match[str], slots: Slots) -> list[str]:
    lines: list[str] = []
    start = 1
    for number, server in enumerate(slots.servers, 1):
        if server is None:
            continue
        if start < number:
            lines.append(_spare(template, start, number - 1))
        lines.append(_taken(template, number, server))
        start = number + 1
    if start <= slots.capacity:
        lines.append(_spare(template, start, slots.capacity))
    return lines


def _spare(template: re.Match[str], first: int, last: int) -> str:
    options = template["options"]
    disabled = "" if " disabled" in options else " disabled"
    return f"    server-template {template['prefix']} {first}-{last} {template['address']}{options}{disabled}"


def _taken(template: re.Match[str], number: int, server: Server) -> str:
    options = " ".join(word for word in template["options"].split() if word != "disabled")
    state = " disabled" if server.state == "maint" else ""
    weight = 0 if server.state == "drain" else server.weight
    name = f"{template['prefix']}{number}"
    return f"    server {name} {server.address}:{server.port} weight {weight} {options}{state}".rstrip()


def _preamble(settings: Settings) -> str:
    """Process-wide settings, and what holds where a section says nothing else.

    - bufsize holds a request's head: a line of 16 K, headers of 64 K as load balancers have them, and what is added.
      hot-size keeps as many of these per thread as of HAProxy's own size: without it a request costs 5 % more.
    - idle-close-on-response keeps idle client connections of a leaving worker open for the request that may be under
      way: without it a reload under load fails some (docs/design/edge.md).
    - fd-hard-limit, because HAProxy takes memory for as many descriptors as the system allows, which may be millions.
    - experimental directives, for normalize-uri (`haproxy/normal.py`), which is one since 2.4.
    - 128 requests at once and 10,000 in all on a client's HTTP/2 connection, as load balancers have it.
    - a line in the journal only for a request that fails: for any other it would be made, and cost more than a rule.
    - client-fin, because HAProxy does not see a client leave whose request was too large for the buffer.
    - an hour for tunnels and idle long answers; owners set their own `timeout server`.
    """
    return f"""\
global
    nbthread {settings.threads}
    stats socket {quote(settings.socket)} mode 600 level admin expose-fd listeners
    hard-stop-after 1h
    fd-hard-limit 65536
    tune.bufsize 90112
    tune.maxrewrite 4096
    tune.memory.hot-size 2000000
    expose-experimental-directives
    tune.h2.fe.max-concurrent-streams 128
    .if version_atleast(2.8.4)
    tune.h2.fe.max-total-streams 10000
    .endif
    ssl-default-bind-options ssl-min-ver TLSv1.2

defaults
    mode http
    option idle-close-on-response
    http-reuse safe
    timeout connect 10s
    timeout client 1h
    timeout client-fin 10s
    timeout server 1h
    timeout tunnel 1h
    timeout http-request 60s
    timeout http-keep-alive 60s
{journal.failures(settings.journal) if settings.journal else ""}"""
