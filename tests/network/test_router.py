"""A VPC's router in the kernel: cables, rules that change in place, connections that a closed rule breaks."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable
from dataclasses import replace

import pytest

from netflux.network import interception, link, namespace, netlink, ruleset
from netflux.network.hosting import Host
from netflux.network.router import Router, counted
from netflux.network.topology import (
    AclEntry,
    Interface,
    NetworkAcl,
    Ports,
    Route,
    RouteKind,
    RouteTable,
    SecurityGroup,
    SecurityGroupRule,
    Subnet,
    Topology,
)
from tests.network.enclosed import enclosed, needs_namespaces

pytestmark = needs_namespaces

ALL = "0.0.0.0/0"
OUT = SecurityGroupRule("sgr-out", "sg-a", True, "-1", Ports(), cidr=ALL)
IN = SecurityGroupRule("sgr-in", "sg-b", False, "tcp", Ports(8080, 8080), peer="sg-a")
OPEN = NetworkAcl("acl", tuple(AclEntry(100, egress, True, "-1", Ports(), ALL) for egress in (True, False)))
CLIENT = Interface("eni-client", "subnet-1", ("10.0.1.4",), ("sg-a",))
SERVER = Interface("eni-server", "subnet-2", ("10.0.2.4",), ("sg-b",))


def topology(*inbound: SecurityGroupRule, interfaces: tuple[Interface, ...] = (CLIENT, SERVER)) -> Topology:
    return Topology(
        vpcs={"vpc-1": ("10.0.0.0/16",)},
        subnets={f"subnet-{n}": Subnet(f"subnet-{n}", "vpc-1", f"10.0.{n}.0/24", "acl", "rtb") for n in (1, 2)},
        groups={
            "sg-a": SecurityGroup("sg-a", "a", "vpc-1", (OUT,)),
            "sg-b": SecurityGroup("sg-b", "b", "vpc-1", (replace(OUT, group="sg-b"), *inbound)),
        },
        acls={"acl": OPEN},
        route_tables={"rtb": RouteTable("rtb", (Route("10.0.0.0/16", RouteKind.LOCAL, "local"),))},
        internet_gateways={},
        nat_gateways={},
        interfaces={one.id: one for one in interfaces},
    )


def laid() -> Router:
    router = Router("vpc-1")
    router.connect(CLIENT.id, CLIENT.address, "10.0.1.0/24", "02:00:00:00:00:01")
    router.connect(SERVER.id, SERVER.address, "10.0.2.0/24", "02:00:00:00:00:02")
    return router


def apply(router: Router, *inbound: SecurityGroupRule) -> int:
    return router.apply(ruleset.of(topology(*inbound), "vpc-1"))


def dialled(patience: float = 5, name: str = CLIENT.id, address: tuple[str, int] = ("10.0.2.4", 8080)) -> str:
    return connecting(namespace.client(name), address, patience)


def connecting(client: socket.socket, address: tuple[str, int], patience: float = 0.5) -> str:
    client.settimeout(patience)
    try:
        client.connect(address)
    except TimeoutError:
        return "timed out"
    except OSError as error:
        return type(error).__name__
    finally:
        client.close()
    return "accepted"


def in_enclosure(test: Callable[[], None]) -> Callable[[], None]:
    def run() -> None:
        enclosed(test)

    run.__name__, run.__doc__ = test.__name__, test.__doc__
    return run


@in_enclosure
def test_before_the_first_rules_nothing_passes_and_an_allowed_port_without_a_listener_is_refused() -> None:
    router = laid()
    assert dialled(0.3) == "timed out"
    apply(router, IN)
    assert dialled() == "ConnectionRefusedError"
    with namespace.listener(SERVER.id, "0.0.0.0", 8080):
        assert dialled() == "accepted"
        assert dialled(0.3, SERVER.id, ("10.0.1.4", 8080)) == "timed out"


def connected(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """A connection from the client's namespace: its end there, and the listener's."""
    client = namespace.client(CLIENT.id)
    client.settimeout(2)
    client.connect(("10.0.2.4", 8080))
    listener.settimeout(2)
    return client, listener.accept()[0]


@in_enclosure
def test_a_revoked_rule_breaks_the_connection_that_it_had_let_in_and_comes_back() -> None:
    router = laid()
    apply(router, IN)
    with namespace.listener(SERVER.id, "0.0.0.0", 8080) as listener:
        client, server = connected(listener)
        server.settimeout(0.3)
        client.sendall(b"before")
        assert server.recv(16) == b"before"
        apply(router)
        client.sendall(b"lost?")
        with contextlib.suppress(TimeoutError):
            assert server.recv(16) == b"", "a packet passed without a rule"
        apply(router, IN)
        server.settimeout(10)
        assert server.recv(16) == b"lost?", "TCP sends again what was dropped"
        client.close()
        server.close()


@in_enclosure
def test_another_rules_end_leaves_a_connection_alone() -> None:
    router = laid()
    other = replace(IN, id="sgr-other", ports=Ports(9090, 9090))
    apply(router, IN, other)
    with namespace.listener(SERVER.id, "0.0.0.0", 8080) as listener:
        client, server = connected(listener)
        apply(router, IN)
        # The server speaks first: a forgotten connection would take this for the first packet of one to the client.
        server.sendall(b"still here")
        assert client.recv(16) == b"still here"
        client.close()
        server.close()


@in_enclosure
def test_rules_that_stay_keep_their_counts_and_only_what_differs_is_sent() -> None:
    router = laid()
    first = apply(router, IN)
    with namespace.listener(SERVER.id, "0.0.0.0", 8080):
        assert dialled() == "accepted"
    before = counted(router.counters())["in-sg-b", "sgr-in"].packets
    other = replace(IN, id="sgr-other", ports=Ports(9090, 9090))
    assert apply(router, IN, other) == 1 < first
    assert apply(router, IN, other) == 0
    counts = counted(router.counters())
    assert counts["in-sg-b", "sgr-in"].packets >= before >= 1  # a busy kernel sends a first packet twice
    assert counts["in-sg-b", "sgr-other"].packets == 0
    assert dialled(0.3, address=("10.0.2.4", 22)) == "timed out"
    denied = {key: value.packets for key, value in counted(router.counters()).items() if key[1] == "denied"}
    assert sum(denied.values()) >= 1


@in_enclosure
def test_a_forged_source_address_does_not_get_past_the_cable() -> None:
    router = laid()
    apply(router, replace(IN, peer="", cidr=ALL))
    with namespace.inside(CLIENT.id):
        kernel = netlink.Socket(netlink.ROUTE)
    kernel.send([link.address(link.LOOPBACK, "10.0.1.77")])
    kernel.close()
    with namespace.listener(SERVER.id, "0.0.0.0", 8080):
        client = namespace.client(CLIENT.id)
        client.bind(("10.0.1.77", 0))
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.connect(("10.0.2.4", 8080))
        client.close()


@in_enclosure
def test_a_port_of_the_proxys_leads_to_the_tasks_own_under_the_rules_of_the_first() -> None:
    router = laid()
    interceptor = interception.Interceptor(Host(), "127.255.0.0/24")
    interceptor.admit(SERVER.id, {9000: 8080})
    with namespace.listener(SERVER.id, "0.0.0.0", 8080):
        apply(router, IN)
        assert dialled() == "accepted", "the task's own port is asked past the proxy"
        assert dialled(0.3, address=("10.0.2.4", 9000)) == "timed out"
        apply(router, replace(IN, ports=Ports(9000, 9000)))
        assert dialled(address=("10.0.2.4", 9000)) == "accepted"
        assert dialled(0.3) == "timed out"
    interceptor.admit(CLIENT.id, {9000: 8080})
    interceptor.begin(CLIENT.id)


def from_outside(router: Router, address: str = "198.18.0.4") -> str:
    client = router.outside.client("198.51.100.7")
    return connecting(client, (address, 8080))


@in_enclosure
def test_a_client_on_the_internet_gets_to_public_addresses_as_groups_allow_and_nothing_gets_to_it() -> None:
    router = laid()
    way = RouteTable("rtb", (Route("10.0.0.0/16", RouteKind.LOCAL, "local"), Route(ALL, RouteKind.INTERNET, "igw")))
    known = replace(IN, peer="", cidr="198.51.100.0/24")
    closed = topology(IN, interfaces=(CLIENT, replace(SERVER, public=True)))
    closed = replace(closed, route_tables={"rtb": way}, internet_gateways={"igw": "vpc-1"})
    opened = replace(closed, groups=topology(known).groups)
    router.apply(ruleset.of(opened, "vpc-1"))
    with namespace.listener(SERVER.id, "0.0.0.0", 8080):
        assert from_outside(router) != "accepted", "nobody has the public address yet"
        router.outside.translate({"198.18.0.4": SERVER.address})
        assert from_outside(router) == "accepted"
        assert dialled(0.3, SERVER.id, ("198.51.100.7", 8080)) not in ("accepted", "timed out"), "refused at once"
        router.apply(ruleset.of(closed, "vpc-1"))
        assert from_outside(router) == "timed out"
        hidden = replace(opened, interfaces=topology().interfaces)
        router.apply(ruleset.of(hidden, "vpc-1"))
        assert from_outside(router, SERVER.address) == "timed out", "private addresses are nobody's on the internet"


@in_enclosure
def test_a_disconnected_interface_is_gone_and_its_address_can_be_anothers() -> None:
    router = laid()
    apply(router, IN)
    router.disconnect(SERVER.id)
    assert SERVER.id not in namespace.names()
    router.connect("eni-next", SERVER.address, "10.0.2.0/24", "02:00:00:00:00:03")
    router.apply(ruleset.of(topology(IN, interfaces=(CLIENT, replace(SERVER, id="eni-next"))), "vpc-1"))
    with namespace.listener("eni-next", "0.0.0.0", 8080):
        assert dialled() == "accepted"


@in_enclosure
def test_a_diverted_connection_reaches_the_proxy_and_leaves_the_port_to_the_task() -> None:
    laid()
    interception.Interceptor(Host(), "127.255.0.0/24").begin(CLIENT.id)
    with (
        namespace.listener(CLIENT.id, "127.255.0.7", interception.PORT) as proxy,
        namespace.listener(CLIENT.id, "0.0.0.0", 8080),
    ):
        client = namespace.client(CLIENT.id)
        client.settimeout(2)
        client.connect(("127.255.0.7", 8080))
        proxy.settimeout(2)
        accepted, _ = proxy.accept()
        original = accepted.getsockopt(socket.IPPROTO_IP, 80, 16)
        assert int.from_bytes(original[2:4], "big") == 8080
        accepted.close()
        client.close()
