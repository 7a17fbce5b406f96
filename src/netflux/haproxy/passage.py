"""Two owners' work on a request in one pass: what goes on into another owner's socket is done there and then. Pure.

A connection from HAProxy through a unix socket back into HAProxy costs as much as the whole rest of a request. An
owner says what its listener on a socket does (`Entry`), another where its backend sends requests (`Onward`). Where the
outcome is the same, the other's rules are tried at once, and one backend does the work of both in their order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from netflux.haproxy.configuration import guarded
from netflux.haproxy.section import LATE, Branch, Entry, Onward, Route, Section

_MOST_LINES = 200
"""Rules times ways into them that are still joined: a distribution with many behaviors would repeat them for each."""


@dataclass(frozen=True)
class Joined:
    """The sections as they run.

    Attributes:
        mirrors: backends that have the servers of another one, which is the value.
    """

    sections: tuple[Section, ...]
    mirrors: Mapping[str, str]


def join(sections: Sequence[Section]) -> Joined:
    """All sections, with the passes joined that can be.

    A joined backend belongs to the owner of the entry, who wrote the lines that HAProxy may refuse.
    """
    entries = {entry.socket: (section.owner, entry) for section in sections for entry in section.entries}
    joined: list[Section] = []
    extra: list[Section] = []
    mirrors: dict[str, str] = {}
    for section in sections:
        taken: dict[str, tuple[Onward, Entry]] = {}
        for way in section.onward:
            owner, entry = entries.get(way.socket, ("", None))
            if entry is None or not exact(way, entry) or not _few(section, way.backend, entry):
                continue
            taken[way.backend] = (way, entry)
            mirrors |= {_name(way, branch): branch.servers for branch in _own(entry) if branch.servers}
            extra.append(Section(owner, "\n".join(_backend(way, entry, branch) for branch in _own(entry))))
        routes = tuple(replace(route, lines=tuple(_lines(route, taken))) for route in section.gateway)
        joined.append(replace(section, gateway=routes) if taken else section)
    return Joined((*joined, *extra), mirrors)


def exact(way: Onward, entry: Entry) -> bool:
    """Whether the entry's rules see the same request before the way's changes as they would behind them."""
    return not any(
        fnmatchcase(read, change) for branch in entry.branches for read in branch.reads for change in way.changes
    )


def _few(section: Section, backend: str, entry: Entry) -> bool:
    uses = sum(_used(line) == backend for route in section.gateway for line in route.lines)
    return uses * len(entry.branches) <= _MOST_LINES


def _own(entry: Entry) -> Iterator[Branch]:
    """The branches with a backend each; several may share one."""
    for branch in {branch.backend: branch for branch in entry.branches}.values():
        yield from branch.backends()


def _lines(route: Route, taken: Mapping[str, tuple[Onward, Entry]]) -> Iterator[str]:
    for line in route.lines:
        found = taken.get(_used(line))
        if found is None:
            yield line
            continue
        way, entry = found
        _, _, outer = line.partition(" if ")
        if entry.alone:
            yield f"use_backend {way.backend} if {' '.join(filter(None, [outer, entry.alone]))}"
        for branch in entry.branches:
            both = " ".join(filter(None, [outer, branch.condition]))
            yield f"use_backend {way.backend}--{branch.used}" + (f" if {both}" if both else "")


def _used(line: str) -> str:
    words = line.split()
    return words[1] if words[:1] == ["use_backend"] else ""


def _name(way: Onward, branch: Branch) -> str:
    return f"{way.backend}--{branch.backend}"


def _backend(way: Onward, entry: Entry, branch: Branch) -> str:
    """The way's changes of the request first, and its changes of the response last, as in two passes."""
    lines: Iterable[str] = (*branch.lines, *branch.errors)
    if branch.servers and way.patience <= entry.idle:
        lines = (*_impatient(way.patience, lines), *way.late)
    joined = (*way.request, *lines, *way.response)
    return f"backend {_name(way, branch)}\n" + "".join(f"    {line}\n" for line in joined)


def _impatient(patience: int, lines: Iterable[str]) -> Iterator[str]:
    """The branch's lines when the way gives up before its listener does: the listener has no part in that answer."""
    yield f"timeout server {patience}s"
    yield "http-response set-var(txn.answered) bool(true)"
    yield "http-after-response set-var(txn.late) bool(true) if { status 504 } !{ var(txn.answered) -m found }"
    for line in lines:
        if line.startswith("http-after-response "):
            yield guarded(line, f"!{LATE}")
        elif not line.startswith(("timeout server ", "errorfile 504 ")):
            yield line
