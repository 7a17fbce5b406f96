"""What a router writes down of packets, in the kernel."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from netflux.network import flowbook, namespace, ruleset
from netflux.network.flowbook import Ends, Fate, Flow, Page, since
from netflux.network.router import Router, counted
from netflux.network.topology import AclEntry, NetworkAcl, Ports
from tests.network.enclosed import needs_namespaces
from tests.network.test_router import ALL, CLIENT, IN, SERVER, connected, dialled, in_enclosure, laid, topology

pytestmark = needs_namespaces

CLOSED = NetworkAcl("acl", (AclEntry(100, egress=True, allow=True, protocol="-1", ports=Ports(), cidr=ALL),))


def watch(router: Router, acl: NetworkAcl | None = None) -> int:
    drawn = topology(IN)
    if acl is not None:
        drawn = replace(drawn, acls={"acl": acl})
    return router.apply(ruleset.of(drawn, "vpc-1", watched=True))


def fates(flows: Iterable[Flow]) -> dict[tuple[str, Fate], int]:
    found: dict[tuple[str, Fate], int] = {}
    for flow in flows:
        key = flow.ends.source, flow.ends.fate
        found[key] = found.get(key, 0) + flow.packets
    return found


def seen(router: Router, wanted: set[tuple[str, Fate]], send: Callable[[], object]) -> dict[tuple[str, Fate], int]:
    """What was written down until all that is wanted was: a cable that was just laid may lose its first packets."""
    end = time.monotonic() + 15
    found: dict[tuple[str, Fate], int] = {}
    while not wanted <= found.keys():
        assert time.monotonic() < end, found
        send()
        for key, packets in fates(router.flows().flows).items():
            found[key] = found.get(key, 0) + packets
    return found


@in_enclosure
def test_each_direction_of_a_connection_is_written_down_once_with_what_it_counted() -> None:
    router = laid()
    watch(router)
    began = time.time()
    with namespace.listener(SERVER.id, "0.0.0.0", 8080) as listener:
        client, server = connected(listener)
        port = client.getsockname()[1]
        client.sendall(b"x" * 100)
        assert server.recv(200) == b"x" * 100
        client.close()
        server.close()
    flows = router.flows().flows  # the server has read all, so all has passed; the last FIN's ACK may be missing
    there = [flow for flow in flows if flow.ends.source == CLIENT.address]
    back = [flow for flow in flows if flow.ends.source == SERVER.address]
    assert {(flow.ends.source_port, flow.ends.destination_port, flow.ends.protocol) for flow in there} == {
        (port, 8080, socket.IPPROTO_TCP)
    }
    assert {(flow.ends.source_port, flow.ends.destination_port) for flow in back} == {(8080, port)}
    assert {flow.ends.fate for flow in flows} == {Fate.PASSED}
    assert sum(flow.bytes for flow in there) >= 100 + 40 * sum(flow.packets for flow in there)
    assert {flow.ends.flags for flow in there} >= {2, 16}
    assert 18 in {flow.ends.flags for flow in back}
    for flow in flows:
        assert began - 0.1 <= flow.first <= flow.last <= time.time()


@in_enclosure
def test_where_a_packet_is_dropped_is_written_down() -> None:
    router = laid()
    watch(router)
    turned = {(CLIENT.address, Fate.TURNED)}
    assert seen(router, turned, lambda: dialled(0.1, address=("10.0.2.4", 22))).keys() == turned
    router.apply(ruleset.of(replace(topology(IN), groups={**topology(IN).groups, "sg-a": replace(
        topology().groups["sg-a"], rules=())}), "vpc-1", watched=True))  # fmt: skip
    router.flows()
    kept = {(CLIENT.address, Fate.KEPT)}
    assert seen(router, kept, lambda: dialled(0.1)).keys() == kept


@in_enclosure
def test_a_network_acl_that_forgets_the_answers_shows_as_a_connection_let_in_and_its_answer_turned_away() -> None:
    router = laid()
    forgetful = (*CLOSED.entries, AclEntry(100, False, True, "tcp", Ports(8080, 8080), "10.0.1.0/24"))
    watch(router, NetworkAcl("acl", forgetful))
    with namespace.listener(SERVER.id, "0.0.0.0", 8080):
        both = {(CLIENT.address, Fate.PASSED), (SERVER.address, Fate.TURNED)}
        assert seen(router, both, lambda: dialled(0.1)).keys() == both
    assert counted(router.counters())["acl-in", ruleset.REST].packets >= 1


@in_enclosure
def test_watching_costs_nothing_before_and_after_and_keeps_what_rules_have_counted() -> None:
    router = laid()
    plain = ruleset.of(topology(IN), "vpc-1")
    router.apply(plain)
    rules = {(one.chain, one.name) for one in router.counters()}
    watch(router)
    seen(router, {(CLIENT.address, Fate.TURNED)}, lambda: dialled(0.1, address=("10.0.2.4", 22)))
    router.apply(plain)
    before = counted(router.counters())
    denied = next(key for key, value in before.items() if key[1] == ruleset.DENIED and value.packets)
    for _ in range(2):
        watch(router)
        assert counted(router.counters())[denied] == before[denied]
        assert router.flows() == Page()
        router.flows()
        router.apply(plain)
        assert {(one.chain, one.name) for one in router.counters()} == rules
        assert counted(router.counters())[denied] == before[denied]
        assert router.flows() == Page()


@in_enclosure
def test_a_full_book_says_so_and_changes_nothing_of_what_passes() -> None:
    flowbook.MOST = 4
    router = laid()
    watch(router)
    with namespace.listener(SERVER.id, "0.0.0.0", 8080):
        assert dialled() == "accepted"
        router.flows()
        for port in range(1000, 1006):
            assert dialled(0.1, address=("10.0.2.4", port)) == "timed out"
        assert dialled() == "accepted"
    page = router.flows()
    assert page.full
    assert len(page.flows) == 4
    assert not router.flows().full


@in_enclosure
def test_of_packets_that_pass_while_books_change_none_is_lost_or_told_twice() -> None:
    router = laid()
    everything = replace(IN, peer="", cidr=ALL, protocol="-1", ports=Ports())
    router.apply(ruleset.of(topology(everything), "vpc-1", watched=True))
    with namespace.inside(CLIENT.id):
        senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(4)]

    def send() -> None:
        for number in range(20_000):
            senders[number % 4].sendto(b"x", (SERVER.address, 9))

    thread = threading.Thread(target=send)
    thread.start()
    told, turns = 0, 0
    while thread.is_alive() or turns < 3:
        told += counted_out(router.flows().flows)
        turns += 1
    thread.join()
    for sender in senders:
        sender.close()
    told += counted_out(router.flows().flows) + counted_out(router.flows().flows)
    passed = counted(router.counters())["in-sg-b", everything.id].packets
    assert told == passed > 1000, f"in {turns} books"


def counted_out(flows: Iterable[Flow]) -> int:
    return sum(flow.packets for flow in flows if flow.ends.source == CLIENT.address)


@in_enclosure
def test_udp_has_its_ports_and_icmp_none() -> None:
    router = laid()
    watch(router)
    with namespace.inside(CLIENT.id):
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        echo = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    seen(router, {(CLIENT.address, Fate.TURNED)}, lambda: dialled(0.1, address=("10.0.2.4", 22)))
    router.flows()
    datagram.bind((CLIENT.address, 5000))
    datagram.sendto(b"x" * 72, (SERVER.address, 53))
    datagram.close()
    echo.sendto(b"\x08\x00\xf7\xff\x00\x00\x00\x00", (SERVER.address, 0))
    echo.close()
    flows: list[Flow] = []
    end = time.monotonic() + 10
    while len(flows) < 2:
        assert time.monotonic() < end, flows
        flows += router.flows().flows
    assert {(flow.ends, flow.packets, flow.bytes) for flow in flows} == {
        (Ends(CLIENT.address, SERVER.address, 5000, 53, socket.IPPROTO_UDP, 0, Fate.TURNED), 1, 100),
        (Ends(CLIENT.address, SERVER.address, 0, 0, socket.IPPROTO_ICMP, 0, Fate.TURNED), 1, 28),
    }


def test_what_a_closed_book_got_late_is_told_once() -> None:
    ends = Ends("10.0.1.4", "10.0.2.4", 40000, 8080, socket.IPPROTO_TCP, 16, Fate.PASSED)
    other = replace(ends, source_port=40001)
    early, late = Flow(ends, 3, 300, 1.0, 2.0), Flow(ends, 4, 340, 1.0, 5.0)
    fresh = Flow(other, 1, 60, 4.0, 4.0)
    assert [*since([early], {ends: early})] == []
    assert [*since([late, fresh], {ends: early})] == [Flow(ends, 1, 40, 5.0, 5.0), fresh]
