"""A rule set's verdict without a kernel: the same as the analysis gives, network ACLs and gateways left out."""

from typing import Any

from hypothesis import HealthCheck, given, settings

from netflux.network import ruleset
from netflux.network.decide import verdict
from netflux.network.simulation import Packet, lets
from netflux.network.topology import Elsewhere
from netflux.network.verdict import Connection, Stage
from tests.network import kept, worlds

_GROUPS = (Stage.OUTBOUND_GROUP, Stage.INBOUND_GROUP)
SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(worlds.worlds())
def test_a_rule_set_lets_through_what_the_groups_let_through(world: dict[str, list[Any]]) -> None:
    topology = kept.topology(world)
    for vpc in topology.vpcs:
        rules = ruleset.of(topology, vpc)
        mine = [one for one in topology.interfaces.values() if topology.subnets[one.subnet].vpc == vpc]
        for source in mine:
            for target in mine:
                if source == target:
                    continue
                for port in worlds.PORTS:
                    hops = verdict(topology, Connection(source, target, port), listening=True).hops
                    wanted = all(hop.passed for hop in hops if hop.stage in _GROUPS)
                    assert lets(rules, Packet(source.address, target.address, 6, port)) == wanted


@SETTINGS
@given(worlds.worlds())
def test_a_rule_set_lets_in_from_the_internet_what_the_groups_let_in(world: dict[str, list[Any]]) -> None:
    topology = kept.topology(world)
    for target in topology.interfaces.values():
        rules = ruleset.of(topology, topology.vpc_of(target))
        for client in worlds.STRANGERS:
            for port in worlds.PORTS:
                hops = verdict(topology, Connection(Elsewhere(client), target, port), listening=True).hops
                wanted = all(hop.passed for hop in hops if hop.stage in (*_GROUPS, Stage.PUBLIC_ADDRESS))
                assert lets(rules, Packet(client, target.address, 6, port)) == wanted
