"""When two owners' work on a request is done in one pass, and what that pass is then: without a process."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.haproxy import passage
from netflux.haproxy.section import LATE, Branch, Entry, Onward, Route, Section

FORWARD = Branch("{ path /a }", "lb-a", ("timeout server 60s", "server-template t 1-2 127.0.0.1:1"), "lb-a")
ANSWER = Branch("", "lb-no", ("http-request return status 404",))
ENTRY = Entry("/lb.sock", 60, (FORWARD, ANSWER))
WAY = Onward("cf-0", "/lb.sock", ("http-request set-header A 1",), ("http-after-response set-header B 2",),
             frozenset({"host", "x-edge-*"}), 90)  # fmt: skip
BALANCER = Section("lb", "backend lb-a\n", entries=(ENTRY,))
LINES = (
    "use_backend cf-edge if { path / }",
    "use_backend cf-0 if { path /api } { method GET }",
    "use_backend cf-edge",
)
EDGE = Section("cf", "backend cf-0\n", (Route("d", "http", LINES),), onward=(WAY,))


def joined(way: Onward = WAY, entry: Entry = ENTRY) -> passage.Joined:
    return passage.join([replace(EDGE, onward=(way,)), replace(BALANCER, entries=(entry,))])


def lines_of(found: passage.Joined, backend: str) -> list[str]:
    bodies = "\n".join(section.body for section in found.sections)
    texts = re.split(r"^backend ", bodies, flags=re.MULTILINE)
    mine = next(text for text in texts if text.startswith(f"{backend}\n"))
    return [line.strip() for line in mine.split("\n")[1:] if line]


def reading(*reads: str) -> Entry:
    return replace(ENTRY, branches=(replace(FORWARD, reads=frozenset(reads)), ANSWER))


def test_the_entrys_rules_are_tried_where_the_way_begins() -> None:
    (route,) = joined().sections[0].gateway
    assert route.lines == (
        "use_backend cf-edge if { path / }",
        "use_backend cf-0--lb-a if { path /api } { method GET } { path /a }",
        "use_backend cf-0--lb-no if { path /api } { method GET }",
        "use_backend cf-edge",
    )


def test_requests_that_have_to_pass_the_listener_itself_go_there_first() -> None:
    (route,) = joined(entry=replace(ENTRY, alone="{ path -m sub % }")).sections[0].gateway
    assert route.lines[1:3] == (
        "use_backend cf-0 if { path /api } { method GET } { path -m sub % }",
        "use_backend cf-0--lb-a if { path /api } { method GET } { path /a }",
    )


def test_a_branch_with_sources_has_a_backend_for_each_and_takes_them_in_turn() -> None:
    branch = replace(FORWARD, sources=("10.0.1.4", "10.0.2.4"), turns=2)
    found = joined(entry=replace(ENTRY, branches=(branch, ANSWER)))
    (route,) = found.sections[0].gateway
    assert "use_backend cf-0--lb-a-n%[rand(2),add(1)] if { path /api } { method GET } { path /a }" in route.lines
    assert found.mirrors == {"cf-0--lb-a-n1": "lb-a-n1", "cf-0--lb-a-n2": "lb-a-n2"}
    assert "server-template t 1-2 127.0.0.1:1 source 10.0.2.4" in lines_of(found, "cf-0--lb-a-n2")
    assert replace(branch, turns=1).used == "lb-a-n1"
    assert branch.by("so_id") == "lb-a-n%[so_id]"


def test_one_backend_does_the_work_of_both_in_their_order() -> None:
    found = joined()
    assert lines_of(found, "cf-0--lb-a") == [*WAY.request, *FORWARD.lines, *WAY.response]
    assert lines_of(found, "cf-0--lb-no") == [*WAY.request, *ANSWER.lines, *WAY.response]
    assert found.mirrors == {"cf-0--lb-a": "lb-a"}
    assert [section.owner for section in found.sections] == ["cf", "lb", "lb"]


@pytest.mark.parametrize("patience", [60, 30])
def test_a_way_that_gives_up_first_makes_the_answer_and_the_listener_has_no_part_in_it(patience: int) -> None:
    mine = ("errorfile 504 x", "errorfile 502 y", "http-after-response set-header C 3", "http-request set-header D 4")
    entry = replace(ENTRY, branches=(replace(FORWARD, lines=(*FORWARD.lines, *mine)), ANSWER))
    lines = lines_of(joined(replace(WAY, patience=patience, late=("http-error status 504",)), entry), "cf-0--lb-a")
    assert [line for line in lines if line.startswith("timeout")] == [f"timeout server {patience}s"]
    assert "http-error status 504" in lines
    assert not {"errorfile 504 x", "http-after-response set-header C 3"} & set(lines)
    assert {"errorfile 502 y", "http-request set-header D 4", "http-after-response set-header C 3 if !" + LATE} <= set(
        lines
    )
    mark = next(number for number, line in enumerate(lines) if "set-var(txn.late)" in line)
    assert mark < lines.index("http-after-response set-header C 3 if !" + LATE) < lines.index(WAY.response[0])


def test_a_listener_that_gives_up_first_answers_as_ever() -> None:
    way = replace(WAY, patience=61, late=("http-error status 504",))
    assert lines_of(joined(way), "cf-0--lb-a") == [*WAY.request, *FORWARD.lines, *WAY.response]


@pytest.mark.parametrize("reads", [("host",), ("x-edge-viewer",), ("path", "host")])
def test_rules_that_read_what_the_way_changes_are_tried_behind_it(reads: tuple[str, ...]) -> None:
    found = joined(entry=reading(*reads))
    assert found.sections == (EDGE, replace(BALANCER, entries=(reading(*reads),)))
    assert not found.mirrors


@given(st.frozensets(st.sampled_from(["path", "query", "host", "source", "via", "cookie", "x-edge-a", "x-edge"])))
def test_one_pass_is_taken_exactly_when_nothing_that_is_read_is_changed(reads: frozenset[str]) -> None:
    assert passage.exact(WAY, reading(*reads)) == (not reads & {"host", "x-edge-a"})


def test_a_way_into_somebody_elses_socket_stays_as_it_is() -> None:
    found = joined(replace(WAY, socket="/other.sock"))
    assert found.sections[0].gateway == EDGE.gateway
    assert not found.mirrors


def test_rules_are_not_repeated_for_ever() -> None:
    many = tuple(replace(FORWARD, condition=f"{{ path /{number} }}") for number in range(passage._MOST_LINES - 1))
    assert joined(entry=replace(ENTRY, branches=(*many, ANSWER))).mirrors
    assert not joined(entry=replace(ENTRY, branches=(*many, FORWARD, ANSWER))).mirrors
